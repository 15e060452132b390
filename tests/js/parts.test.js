import assert from "node:assert/strict"
import { test } from "node:test"

import { renew } from "../../assets/core/parts.js"

/** A box that has been given the value 1, then has what is entered: its text, and what the browser makes of it. */
function box(text, { focused = true, value = text, badInput = false } = {}) {
  const input = { dataset: {}, validity: { badInput }, matches: () => focused, get value() { return value }, set value(next) { text = value = next } }
  input.dataset.saved = "1"
  return { input, text: () => text }
}

test("a box that nobody types in shows the value that holds", () => {
  const { input, text } = box("7", { focused: false })
  renew(input, 2)
  assert.equal(text(), "2")
  renew(input, null)
  assert.equal(text(), "")
})

test("what somebody is typing stays, and goes when they leave it", () => {
  const { input, text } = box("0.3")
  renew(input, 2)
  assert.equal(text(), "0.3")
  input.matches = () => false
  renew(input, 2)
  assert.equal(text(), "2")
})

test("half a number stays, whatever the browser makes of it", () => {
  for (const [half, made] of [["-", { value: "", badInput: true }], ["1.", { value: "1" }]]) {
    const { input, text } = box(half, made)
    renew(input, 1)
    assert.equal(text(), half)
  }
})

test("a box that is only looked at follows others", () => {
  const { input, text } = box("1")
  renew(input, 2)
  assert.equal(text(), "2")
  renew(input, 3)
  assert.equal(text(), "3")
})
