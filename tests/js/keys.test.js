import assert from "node:assert/strict"
import test from "node:test"

import { ACTIONS, match, needsKey, pressed } from "../../assets/core/keys.js"

// Keys are shown, changed and kept by the name of the act.
test("each act has a name and a key of its own", () => {
  assert.ok(ACTIONS.length > 30)
  assert.equal(new Set(ACTIONS.map(({ id }) => id)).size, ACTIONS.length)
  assert.equal(new Set(ACTIONS.map(({ key }) => key)).size, ACTIONS.length)
})

test("a digit is its place on the keyboard, a letter what it writes", () => {
  assert.equal(pressed({ code: "Digit1", key: "&", shiftKey: false }), "1")
  assert.equal(pressed({ code: "Digit1", key: "!", shiftKey: true }), "1", "with Shift it is that channel alone")
  assert.equal(pressed({ code: "KeyQ", key: "a", shiftKey: false }), "A")
  assert.equal(pressed({ code: "ArrowUp", key: "ArrowUp", shiftKey: true }), "ArrowUp")
})

test("a well is found however people spell it", () => {
  const labels = ["A01", "D07", "AF48"]
  for (const text of ["d7", "D007", "d-7", " D 07 ", "r04c07"]) assert.equal(match(labels, text), "D07", text)
  assert.equal(match(labels, "r32c48"), "AF48")
  assert.equal(match(labels, "B2"), undefined)
})

test("a control keeps the keys that it needs, a box to tick only the space", () => {
  const keys = ["Home", "ArrowDown", "Enter", " ", "p"]
  const needed = (control) => keys.filter((key) => needsKey(control, key))
  assert.deepEqual(needed({ tagName: "INPUT", type: "range" }), ["Home", "ArrowDown", "Enter", " "])
  assert.deepEqual(needed({ tagName: "INPUT", type: "radio" }), ["ArrowDown", " "])
  assert.deepEqual(needed({ tagName: "INPUT", type: "checkbox" }), [" "])
  assert.deepEqual(needed({ tagName: "INPUT", type: "file" }), ["Enter", " "])
  assert.deepEqual(needed({ tagName: "BUTTON", type: "button" }), ["Enter", " "])
  assert.deepEqual(needed(undefined), [])
})
