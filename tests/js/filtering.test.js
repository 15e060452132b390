import assert from "node:assert/strict"
import test from "node:test"

import { isHidden, leftOut, setFiltering } from "../../assets/plate/filtering.js"

const NOTHING = { state: "", basis: "", reason: "", reviewer: "", column: "", condition: "", low: null, high: null }
const WELLS = [
  { label: "A1", value: 1, conditions: [["compound", "DMSO"]] },
  { label: "A2", value: null, conditions: [] },
  { label: "A3", value: 9, conditions: [["compound", "X"]] },
]
const VERDICTS = { A1: ["pass", false, "field", "", "ann", 0], A3: ["fail", true, "field", "blur", "bob", 2] }
const hidden = (filter) => [...leftOut(WELLS, VERDICTS, { ...NOTHING, ...filter })]

test("a filter with nothing in it leaves nothing out", () => {
  assert.deepEqual(hidden({}), [])
})

test("a stale verdict counts as unreviewed, and as stale", () => {
  assert.deepEqual(hidden({ state: "unreviewed" }), ["A1"])
  assert.deepEqual(hidden({ state: "stale" }), ["A1", "A2"])
})

test("a well without a value is in no range of values", () => {
  assert.deepEqual(hidden({ low: 0 }), ["A2"])
  assert.deepEqual(hidden({ low: 0, high: 5 }), ["A2", "A3"])
})

test("a column without a chosen condition leaves nothing out", () => {
  assert.deepEqual(hidden({ column: "compound" }), [])
  assert.deepEqual(hidden({ column: "compound", condition: "X" }), ["A1", "A2"])
})

test("reviewer and reason are those of a verdict", () => {
  assert.deepEqual(hidden({ reviewer: "ann" }), ["A2", "A3"])
  assert.deepEqual(hidden({ reason: "blur" }), ["A1", "A2"])
  assert.deepEqual(hidden({ state: "field" }), ["A1", "A2"])
})

test("what a filter leaves out is left out of its own plate alone", () => {
  setFiltering("p", new Set(["A1"]), true)
  assert.ok(isHidden("p", "A1"))
  assert.ok(!isHidden("q", "A1"))
  setFiltering("q", new Set(["A1"]), true)
  assert.ok(isHidden("q", "A1"))
})
