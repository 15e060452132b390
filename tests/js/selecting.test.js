import assert from "node:assert/strict"
import test from "node:test"

import { extended, lineOf, toggled } from "../../assets/plate/selecting.js"

test("wells are added to the one that is looked at, and taken away where all are chosen", () => {
  assert.deepEqual(toggled(new Set(), 5, [2]), [2, 5])
  assert.deepEqual(toggled(new Set([2, 5]), 5, [2]), [5])
  assert.deepEqual(toggled(new Set([2]), 5, [2, 3]), [2, 3])
  assert.deepEqual(toggled(new Set(), -1, [7]), [7])
})

test("a rectangle grows from where it began and shrinks back", () => {
  const plate = { selected: 13, rows: 8, columns: 12 }
  const first = extended({ anchor: 13, edge: -1 }, { ...plate, step: [0, 1], fresh: true })
  assert.deepEqual(first, { anchor: 13, edge: 14, wells: [13, 14] })
  const second = extended(first, { ...plate, step: [1, 0], fresh: false })
  assert.deepEqual(second.wells, [13, 14, 25, 26])
  assert.deepEqual(extended(second, { ...plate, step: [-1, 0], fresh: false }).wells, [13, 14])
})

test("a rectangle over a cleared choice begins anew where it began first", () => {
  const plate = { selected: 13, rows: 8, columns: 12 }
  assert.deepEqual(extended({ anchor: 13, edge: 40 }, { ...plate, step: [1, 0], fresh: true }).wells, [13, 25])
  assert.equal(extended({ anchor: -1, edge: -1 }, { ...plate, selected: -1, step: [1, 0], fresh: true }).anchor, 0)
})

test("a row or a column is chosen by its number, or as that of the well", () => {
  assert.deepEqual(lineOf({ row: 1 }, 0, 2, 3), [3, 4, 5])
  assert.deepEqual(lineOf({ row: -1 }, 4, 2, 3), [3, 4, 5])
  assert.deepEqual(lineOf({ column: 0 }, 4, 2, 3), [0, 3])
  assert.deepEqual(lineOf({ column: -1 }, 4, 2, 3), [1, 4])
  assert.deepEqual(lineOf({ row: -1 }, -1, 2, 3), [0, 1, 2])
})
