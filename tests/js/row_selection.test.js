import assert from "node:assert/strict"
import test from "node:test"

import { NONE, clicked, edited, keyed, still } from "../../assets/panels/row_selection.js"

const ORDER = ["a", "b", "c", "d", "e"]
const rows = (selection) => [...selection.rows].sort()
const press = (selection, key, held = {}) => keyed(selection, ORDER, { key, ...held })

test("a click chooses one row, with Ctrl more or less, with Shift all up to it", () => {
  let selection = clicked(NONE, ORDER, "b")
  assert.deepEqual(rows(selection), ["b"])
  selection = clicked(selection, ORDER, "d", { more: true })
  assert.deepEqual(rows(selection), ["b", "d"])
  selection = clicked(selection, ORDER, "b", { more: true })
  assert.deepEqual(rows(selection), ["d"])
  selection = clicked(clicked(NONE, ORDER, "d"), ORDER, "b", { shift: true })
  assert.deepEqual(rows(selection), ["b", "c", "d"])
})

test("a range shrinks back to where it began", () => {
  let selection = press(clicked(NONE, ORDER, "b"), "ArrowDown", { shiftKey: true })
  selection = press(selection, "ArrowDown", { shiftKey: true })
  assert.deepEqual(rows(selection), ["b", "c", "d"])
  selection = press(selection, "ArrowUp", { shiftKey: true })
  assert.deepEqual(rows(selection), ["b", "c"])
  selection = press(selection, "Home", { shiftKey: true })
  assert.deepEqual(rows(selection), ["a", "b"])
})

test("arrows begin at the first row and stop at the last", () => {
  const first = press(NONE, "ArrowDown")
  assert.deepEqual([first.at, rows(first)], ["a", ["a"]])
  assert.equal(press(clicked(NONE, ORDER, "e"), "ArrowDown").at, "e")
  assert.equal(press(NONE, "End").at, "e")
})

test("single rows are added by Space, walking there with Ctrl", () => {
  let selection = press(clicked(NONE, ORDER, "a"), "ArrowDown", { ctrlKey: true })
  selection = press(selection, "ArrowDown", { ctrlKey: true })
  assert.deepEqual([selection.at, rows(selection)], ["c", ["a"]])
  selection = press(selection, " ")
  assert.deepEqual(rows(selection), ["a", "c"])
})

test("Ctrl+A chooses all, Escape none, and then is the page's again", () => {
  const all = press(NONE, "a", { ctrlKey: true })
  assert.deepEqual(rows(all), ORDER)
  const none = press(all, "Escape")
  assert.deepEqual(rows(none), [])
  assert.equal(press(none, "Escape"), null)
  assert.equal(press(all, "x"), null)
  assert.equal(keyed(NONE, [], { key: "ArrowDown" }), null)
})

test("an edit is about all chosen rows, and about a row alone that is not among them", () => {
  const two = clicked(clicked(NONE, ORDER, "d"), ORDER, "b", { more: true })
  assert.deepEqual(edited(two, "b", ORDER), ["b", "d"])
  assert.deepEqual(edited(two, "c", ORDER), ["c"])
})

test("rows that have gone are chosen no more", () => {
  const selection = still(clicked(clicked(NONE, ORDER, "a"), ORDER, "c", { shift: true }), ["b", "d"])
  assert.deepEqual([rows(selection), selection.anchor, selection.at], [["b"], "", ""])
})
