import assert from "node:assert/strict"
import test from "node:test"

import { arrange, nextWell, wellBefore } from "../../assets/review/queue.js"

const PLACES = ["A1", "A2", "A3", "B1"]
const nobody = () => false

test("controls come first, and keep the order of suspicion among themselves", () => {
  const known = { queue: ["A3", "B1", "A1", "A2"], places: PLACES, controls: ["A1", "B1"] }
  assert.deepEqual(arrange(known, "controls"), ["B1", "A1", "A3", "A2"])
  assert.deepEqual(arrange(known, "position"), PLACES)
  assert.deepEqual(arrange(known, "suspicion"), known.queue)
})

test("the next well is a suspect that nobody has judged, wherever it stands", () => {
  assert.equal(nextWell(PLACES, new Set(["B1"]), "A1", nobody, nobody), "B1")
  assert.equal(nextWell(PLACES, new Set(["B1"]), "A1", (label) => label === "B1", nobody), "A2")
})

test("after the last well the queue begins again, and never offers the one it is at", () => {
  assert.equal(nextWell(PLACES, new Set(), "B1", nobody, nobody), "A1")
  assert.equal(nextWell(["A1"], new Set(), "A1", nobody, nobody), undefined)
})

test("the well before passes over what a filter leaves out", () => {
  assert.equal(wellBefore(PLACES, "A3", (label) => label === "A2"), "A1")
  assert.equal(wellBefore(PLACES, "A1", nobody), "B1")
})
