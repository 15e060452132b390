import assert from "node:assert/strict"
import test from "node:test"

import { notDrawn } from "../../assets/review/drawn.js"

const DRAWN = { well: "A1", drawn: true }
const why = (bar, pictures = DRAWN) => notDrawn("A1", bar, pictures, "Enter")

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

test("on the plate's pictures a chosen well is opened first, by the key that is set", () => {
  assert.match(why({ well: "A1", stage: "canvas" }), /^The fields of A1 .* Enter opens them/)
})
