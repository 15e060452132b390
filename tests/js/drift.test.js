import assert from "node:assert/strict"
import test from "node:test"

import { driftText } from "../../assets/panels/drift.js"

const plates = (n) => Array.from({ length: n }, () => ({}))

test("five plates that fall show how far, and how many it takes to tell", () => {
  const words = driftText({ plates: plates(5), change: [-32, -40, -24], drift: null, needed: 6, p: 0.017, unit: "counts" })
  assert.match(words, /5 plates: it takes 6 to tell a drift from chance\. So far -32 counts .*interval -40 counts to -24 counts/)
})

test("a change that may be chance is shown as such", () => {
  const words = driftText({ plates: plates(8), change: [1, -2, 4], drift: null, needed: 6, p: 0.4, unit: "" })
  assert.match(words, /^No drift beyond chance: \+1 from the first to the last plate \(95 % interval -2 to \+4, Kendall p 0\.4/)
})

test("two plates have no change that means anything", () => {
  const words = driftText({ plates: plates(2), change: null, drift: null, needed: 6, p: null, unit: "" })
  assert.equal(words, "2 plates: it takes 6 to tell a drift from chance.")
})
