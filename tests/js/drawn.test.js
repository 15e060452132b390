import assert from "node:assert/strict"
import test from "node:test"

import { notDrawn } from "../../assets/review/drawn.js"

const DRAWN = { well: "A1", field: "", drawn: true }
const why = (bar, pictures = DRAWN) => notDrawn("A1", { field: "", ...bar }, { ...DRAWN, ...pictures }, "Enter")

test("a well whose pictures are drawn waits until the bar is told of it", () => {
  assert.match(why({ well: "", stage: "canvas" }), /not drawn yet/)
  assert.match(why({ well: "B2", stage: "well" }), /not drawn yet/)
  assert.equal(why({ well: "A1", stage: "well" }), "")
  assert.equal(why({ well: "A1", stage: "field" }), "")
})

test("a well that the bar was told of waits until its own pictures are drawn", () => {
  assert.match(why({ well: "A1", stage: "well" }, { well: "A1", drawn: false }), /not drawn yet/)
  assert.match(why({ well: "A1", stage: "well" }, { well: "B2", drawn: true }), /not drawn yet/)
})

test("a field that is open waits until the bar is told of it: another would be judged, or the well", () => {
  const second = { field: "null/1" }
  assert.match(why({ well: "A1", stage: "field" }, second), /not drawn yet/)
  assert.match(why({ well: "A1", stage: "field", field: "null/0" }, second), /not drawn yet/)
  assert.match(why({ well: "A1", stage: "field", field: "null/1" }), /not drawn yet/)
  assert.equal(why({ well: "A1", stage: "field", field: "null/1" }, second), "")
})

test("on the plate's pictures a chosen well is opened first, by the key that is set", () => {
  assert.match(why({ well: "A1", stage: "canvas" }), /^The fields of A1 .* Enter opens them/)
})
