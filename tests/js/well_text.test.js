import assert from "node:assert/strict"
import test from "node:test"

import { bareText, chosenText, isPartial, valueText, wellFacts, wellText } from "../../assets/plate/well_text.js"

const PLATE = {
  labels: ["A01", "A02", "A03"], states: [0, 0, 1], fields: [2, 1, null], expected: [2, 2, null],
  errors: {}, conditions: [[["compound", "DMSO"]], [], []],
}
const VALUES = { title: "Mean", unit: "counts", values: [1234.5, null, null], reasons: {}, from: {} }
const PLAIN = { partial: false, corrected: false, hidden: false, verdict: "" }

test("a well is read out with its value and unit", () => {
  assert.equal(wellText(PLATE, VALUES, 0, PLAIN), "A01, 2 fields, Mean 1,235 counts")
  assert.equal(wellText(PLATE, VALUES, 1, { ...PLAIN, partial: true, verdict: "fail, blur" }), "A02, 1 field, no Mean, incomplete, fail, blur")
})

test("a well without pictures says why, and nothing of a metric", () => {
  assert.equal(wellText(PLATE, VALUES, 2, PLAIN), "A03, listed, but nothing is there")
})

test("a value is a number with its unit, or the name of a category", () => {
  assert.equal(valueText(VALUES, 2), "2 counts")
  assert.equal(bareText(VALUES, 2), "2")
  assert.equal(valueText(VALUES, null), "–")
  assert.equal(bareText(null, 2), "–")
  assert.equal(valueText({ ...VALUES, categories: ["DMSO", "X"] }, 1), "X")
})

test("chosen wells are summed up by median and range of what has a value", () => {
  const values = { ...VALUES, values: [1, null, 5, 3, 9] }
  assert.equal(chosenText(values, [0, 1, 2, 3]), "4 wells chosen · Mean median 3, 1 to 5 counts")
  assert.equal(chosenText(values, [0, 2, 3, 4]), "4 wells chosen · Mean median 4, 1 to 9 counts")
  assert.equal(chosenText(values, [1]), "1 well chosen")
  assert.equal(chosenText(null, [0, 1]), "2 wells chosen")
})

test("a well with fewer fields than expected is partial", () => {
  assert.deepEqual([0, 1, 2].map((index) => isPartial(PLATE, index)), [false, true, false])
})

test("the card names fields, conditions and history", () => {
  assert.deepEqual(wellFacts(PLATE, 0, true), [["Fields", "2 of 2"], ["compound", "DMSO"], ["History", "corrected"]])
  assert.deepEqual(wellFacts(PLATE, 2, false), [["State", "listed, but nothing is there"]])
})
