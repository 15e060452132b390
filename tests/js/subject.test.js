import assert from "node:assert/strict"
import test from "node:test"

import { subjectOf, subjectText, targetOf } from "../../assets/review/subject.js"

const HELD = { verdict: "pass", batch: "1" }
const OF_FIELD = { verdict: "fail", batch: "2", field: "0", acquisition: 3, name: "field 0" }
const FIELD = { name: "0", label: "field 0", acquisition: 3 }
const NOW = { well: "B02", field: null, stage: "field", locked: "", away: "", standing: HELD, plate_standing: null, fields: [OF_FIELD] }
const DRAWN = { well: "B02", digest: "d", field: "", drawn: true }
const KEY = { open: "Enter", click: false }
const sight = (now = {}, more = {}) => /** @type {any} */ ({ shown: true, whole: true, selected: "", chosen: [], now: { ...NOW, ...now }, ...more })

test("the well that is open is judged, by the pictures that are drawn", () => {
  assert.deepEqual(targetOf(sight(), DRAWN, KEY), { wells: ["B02"], digest: "d" })
  assert.equal(subjectOf(sight()).held, HELD)
})

test("a field is judged alone where a person asks for it, by its own verdict", () => {
  const alone = sight({ field: FIELD }, { whole: false })
  assert.deepEqual(targetOf(alone, { ...DRAWN, field: "3/0" }, KEY), { wells: ["B02"], digest: "d", field: "0", acquisition: 3 })
  assert.deepEqual([subjectOf(alone).held, subjectText(alone)], [OF_FIELD, "B02 field 0"])
  assert.equal(subjectText(sight({ field: FIELD })), "B02")
})

test("wells that were chosen together are one subject, whatever is open", () => {
  const many = sight({ field: FIELD }, { whole: false, chosen: ["A01", "A02"] })
  assert.deepEqual(targetOf(many, DRAWN, KEY), { wells: ["A01", "A02"] })
  assert.deepEqual([subjectOf(many).held, subjectText(many)], [null, "2 wells"])
})

test("of a well that the server has not described yet no verdict is known, not even that there is none, and its pictures are waited for", () => {
  const ahead = sight({}, { selected: "C03" })
  assert.equal(subjectOf(ahead).held, undefined)
  assert.match(targetOf(ahead, DRAWN, KEY).refusal ?? "", /^C03 is not drawn yet/)
})

test("without a well a click judges the plate, and a key asks for a well", () => {
  const plate = sight({ well: "", plate_standing: HELD })
  assert.deepEqual(targetOf(plate, DRAWN, { ...KEY, click: true }), { wells: [] })
  assert.match(targetOf(plate, DRAWN, KEY).refusal ?? "", /^No well is open/)
  assert.deepEqual([subjectOf(plate).held, subjectText(plate)], [HELD, "Plate"])
})

test("nothing is judged on a plate that is locked, on a server that is away, or without a plate", () => {
  assert.equal(targetOf(sight({ locked: "Signed off." }), DRAWN, KEY).refusal, "Signed off.")
  assert.equal(targetOf(sight({ away: "Closing." }), DRAWN, KEY).refusal, "Closing.")
  assert.equal(targetOf(sight({}, { shown: false }), DRAWN, KEY).refusal, "No plate is open.")
})

test("what is open is another subject than its field and than another well", () => {
  const subjects = [sight(), sight({ field: FIELD }, { whole: false }), sight({}, { selected: "B03" }), sight({}, { chosen: ["B02", "B03"] })].map((each) => subjectOf(each).subject)
  assert.equal(new Set(subjects).size, subjects.length)
})
