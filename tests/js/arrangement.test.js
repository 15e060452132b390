import assert from "node:assert/strict"
import test from "node:test"

import { arrangement } from "../../assets/plate/arrangement.js"
import { STATE } from "../../assets/plate/states.js"

const lines = (count) => Array.from({ length: count }, (_, index) => String(index + 1))

/** A plate of 8 x 12 with wells at these positions. */
const plate = (...used) => ({ rows: lines(8), columns: lines(12), states: Array.from({ length: 96 }, (_, index) => (used.includes(index) ? STATE.present : STATE.not_acquired)) })
const ROOM = { width: 1200, height: 900, large: false, whole: false, numbered: false, selected: -1 }

test("of a sparse plate the used part is shown, and all of it where a person wants that", () => {
  assert.deepEqual([arrangement(plate(13, 14), ROOM)].map(({ rows, columns }) => [rows, columns]), [[4, 6]])
  assert.deepEqual([arrangement(plate(13, 14), { ...ROOM, whole: true })].map(({ rows, columns }) => [rows, columns]), [[8, 12]])
})

test("an empty well outside the used part is shown while it is looked at", () => {
  const { rows, columns } = arrangement(plate(13, 14), { ...ROOM, selected: 95 })
  assert.deepEqual([rows, columns], [8, 12])
})

test("wells are larger where the plate has the middle of the page", () => {
  const [small, large] = [false, true].map((is) => arrangement(plate(13, 14), { ...ROOM, large: is }).cell)
  assert.ok(small < large, `${small} and ${large}`)
})

test("wells with numbers in them have room for these, also where the map becomes larger than its place", () => {
  const narrow = { ...ROOM, width: 200, whole: true }
  assert.ok(arrangement(plate(13), narrow).width <= 200)
  assert.ok(arrangement(plate(13), { ...narrow, numbered: true }).width > 200)
})
