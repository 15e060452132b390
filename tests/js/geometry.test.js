import assert from "node:assert/strict"
import test from "node:test"

import { columnOf, geometry, isNamed, isShown, rectangle, rowOf, squareOf, stepped, usedPart } from "../../assets/plate/geometry.js"

test("wells are as large as fits, within bounds", () => {
  assert.equal(geometry(8, 12, 622, 1000).cell, 50)
  assert.equal(geometry(8, 12, 10000, 10000).cell, 96)
  assert.equal(geometry(32, 48, 100, 100).cell, 4)
})

test("the map is as large as its wells and heads", () => {
  const place = geometry(2, 3, 322, 1000)
  assert.deepEqual([place.width, place.height], [20 + 3 * 96 + 2, 18 + 2 * 96 + 2])
  assert.deepEqual(squareOf(place, 4, 1), [20 + 96 + 1, 18 + 96 + 1, 94])
})

test("a rectangle is the same from any of its corners", () => {
  const wells = [13, 14, 15, 25, 26, 27]
  for (const [from, to] of [[13, 27], [27, 13], [15, 25], [25, 15]]) assert.deepEqual(rectangle(from, to, 12), wells)
})

test("rows and columns are whole", () => {
  assert.deepEqual(rowOf(1, 3), [3, 4, 5])
  assert.deepEqual(columnOf(2, 4, 3), [2, 5, 8, 11])
})

test("a step ends at the plate's edge", () => {
  assert.equal(stepped(0, [-1, -1], 8, 12), 0)
  assert.equal(stepped(13, [1, 1], 8, 12), 26)
  assert.equal(stepped(13, [0, 1e4], 8, 12), 23)
  assert.equal(stepped(13, [1e4, 0], 8, 12), 85)
})

test("every so many lines are named, the selected one always and none that touches it", () => {
  const named = (every, here) => Array.from({ length: 8 }, (_, i) => i).filter((i) => isNamed(i, every, here))
  assert.deepEqual(named(1, -1), [0, 1, 2, 3, 4, 5, 6, 7])
  assert.deepEqual(named(2, -1), [0, 2, 4, 6])
  assert.deepEqual(named(4, -1), [0, 4])
  assert.deepEqual(named(4, 4), [0, 4])
  assert.deepEqual(named(2, 3), [0, 3, 6])
})

const used = (rows, columns, ...wells) => Array.from({ length: rows * columns }, (_, index) => wells.includes(index))

test("of a sparse plate the part with wells is shown, and one well around it", () => {
  assert.deepEqual(usedPart(used(16, 24, 5 * 24 + 10, 9 * 24 + 17), 16, 24), [4, 9, 7, 10])
  assert.deepEqual(usedPart(used(16, 24, 0), 16, 24), [0, 0, 4, 6])
  assert.deepEqual(usedPart(used(16, 24, 16 * 24 - 1), 16, 24), [12, 18, 4, 6])
})

test("a plate that is used here and there is shown whole, and so is one without wells", () => {
  assert.deepEqual(usedPart(used(8, 12, 0, 95), 8, 12), [0, 0, 8, 12])
  assert.deepEqual(usedPart(used(2, 3, 0), 2, 3), [0, 0, 2, 3])
  assert.deepEqual(usedPart(used(16, 24), 16, 24), [0, 0, 16, 24])
})

test("wells of a part stand where the part begins, and no others are shown", () => {
  const place = geometry(16, 24, 400, 400, { part: [4, 9, 7, 10] })
  assert.deepEqual(squareOf(place, 4 * 24 + 9, 0), [place.rowHead, place.columnHead, place.cell])
  assert.equal(isShown(place, 4 * 24 + 9), true)
  assert.equal(isShown(place, 4 * 24 + 8), false)
  assert.equal(isShown(place, 11 * 24 + 9), false)
  assert.deepEqual([place.width, place.height], [place.rowHead + 10 * place.cell + 2, place.columnHead + 7 * place.cell + 2])
})
