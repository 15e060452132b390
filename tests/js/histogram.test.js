import assert from "node:assert/strict"
import test from "node:test"

import { heightOf, outline } from "../../assets/pixels/histogram.js"

test("all pixels in one bin stand at the top, what is rarer lower, what is not there on the ground", () => {
  assert.equal(heightOf(1, 1e-5), 1)
  assert.equal(heightOf(0, 1e-5), 0)
  assert.ok(heightOf(1e-5, 1e-5) > 0)
  assert.ok(heightOf(0.1, 1e-5) > heightOf(0.01, 1e-5))
})

test("an outline begins and ends on the ground, and says steps alone", () => {
  assert.equal(outline([1, 1, 0, 0], 40, 10), "M0 10H0V0H20V10H40V10")
  assert.equal(outline([], 40, 10), "")
})
