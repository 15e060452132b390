import assert from "node:assert/strict"
import test from "node:test"

import { openedAt, pixelScale, targetOf, targetOfWell } from "../../assets/plate/canvas/target.js"
import { Viewport } from "../../assets/pixels/viewport.js"

const PLATE = /** @type {any} */ ({ rows: ["A", "B"], columns: ["1", "2", "3"], labels: ["A1", "A2", "A3", "B1", "B2", "B3"] })
const field = (name, box, more = {}) => /** @type {any} */ ({ name, acquisition: 1, box, levels: [[2000, 1000]], ...more })
const TWO = /** @type {any} */ ({ fields: [field("0", [0, 0, 0.5, 1]), field("1", [0.5, 0, 0.5, 1])] })
const ONE = /** @type {any} */ ({ fields: [field("0", [0, 0, 1, 1])] })

/** All of the plate on 300 x 200 pixels, or a part of it. */
function view(factor = 1) {
  const viewport = new Viewport()
  viewport.largest = 10_000
  viewport.fit(300, 200, [3, 2])
  if (factor !== 1) viewport.zoom(factor)
  return viewport
}

test("the pointer leads, where it is over the plate or outside of it", () => {
  assert.equal(targetOf(PLATE, view(), { pointer: [150, 150], well: "A1" })?.index, 4)
  assert.equal(targetOf(PLATE, view(), { pointer: [-20, 10], well: "A1" }), null)
})

test("without a pointer the selected well is meant on the whole plate, and the middle when zoomed in", () => {
  assert.equal(targetOf(PLATE, view(), { pointer: null, well: "B3" })?.index, 5)
  assert.equal(targetOf(PLATE, view(), { pointer: null, well: "" }), null)
  assert.equal(targetOf(PLATE, view(4), { pointer: null, well: "B3" })?.column, 1)
})

test("a label has its row and column, and one of another plate none", () => {
  assert.deepEqual(targetOfWell(PLATE, "B1"), { index: 3, row: 1, column: 0, x: -1, y: -1 })
  assert.equal(targetOfWell(PLATE, "H12"), null)
})

test("a field is opened where fields can be told apart, else its well", () => {
  const right = /** @type {any} */ ({ x: 0.75, y: 0.5 })
  assert.deepEqual(openedAt(right, TWO, view()), { field: "", acquisition: 1 })
  assert.deepEqual(openedAt(right, TWO, view(4)), { field: "1", acquisition: 1 })
  assert.deepEqual(openedAt(right, undefined, view(4)), { field: "", acquisition: null })
})

test("a well's only field is opened when it fills half of the view", () => {
  const middle = /** @type {any} */ ({ x: 0.5, y: 0.5 })
  assert.equal(openedAt(middle, ONE, view()).field, "")
  assert.equal(openedAt(middle, ONE, view(2)).field, "0")
})

test("a pixel of a field is one of the screen at the scale of its size, where that is known", () => {
  assert.equal(Math.round(/** @type {number} */ (pixelScale(ONE.fields[0], 2)) * 0.94 * 2), 2000)
  assert.equal(pixelScale(field("0", [0, 0, 1, 1], { levels: null }), 1), null)
  assert.equal(pixelScale(null, 1), null)
})
