import assert from "node:assert/strict"
import test from "node:test"

import { listen } from "../../assets/core/bus.js"
import { setVerdicts, withChanges } from "../../assets/review/verdicts.js"

const PASS = ["pass", false, "", "", "Ann", 0]
const FAIL = ["fail", false, "", "focus", "Ben", 2]

test("what has changed stands before the whole, and the others stay", () => {
  const whole = { A1: PASS, A2: PASS }
  assert.deepEqual(withChanges(whole, { A2: FAIL, B1: PASS }), { A1: PASS, A2: FAIL, B1: PASS })
})

test("a verdict that was taken back is there no more, and can come again", () => {
  const whole = { A1: PASS, A2: FAIL }
  assert.deepEqual(withChanges(whole, { A1: null }), { A2: FAIL })
  assert.deepEqual(withChanges(whole, { A1: null, A3: null }), { A2: FAIL })
  assert.deepEqual(withChanges(whole, { A1: FAIL }), { A1: FAIL, A2: FAIL })
})

test("each message is of the whole, not of the one before it", () => {
  const whole = { A1: PASS }
  withChanges(whole, { A1: null, A2: FAIL })
  assert.deepEqual(whole, { A1: PASS }, "and changes nothing in it")
  assert.deepEqual(withChanges(whole, {}), { A1: PASS })
})

test("verdicts are announced when they change, and not again with each well that is looked at", () => {
  let times = 0
  listen("verdicts", () => { times += 1 })
  const verdicts = { A1: PASS }
  setVerdicts(verdicts, { well: "A1", list: [] })
  assert.equal(times, 1)
  setVerdicts(verdicts, { well: "A2", list: [] })
  assert.equal(times, 1)
  const field = { field: "0", acquisition: null, name: "field 0", verdict: "fail", stale: false }
  setVerdicts(verdicts, { well: "A3", list: [/** @type {any} */ (field)] })
  assert.equal(times, 2)
  setVerdicts(verdicts, { well: "A4", list: [] })
  assert.equal(times, 3)
  setVerdicts({ ...verdicts }, { well: "A4", list: [] })
  assert.equal(times, 4)
})
