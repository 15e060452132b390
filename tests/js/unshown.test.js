import assert from "node:assert/strict"
import { test } from "node:test"

import { Unshown } from "../../assets/review/unshown.js"

const EARLIER = { batch: "0", text: "A01 pass" }
const shown = (answered = 0, more = {}) => ({ answered, plate: "p", undo: EARLIER, redo: null, ...more })
const acts = (...messages) => {
  const unshown = new Unshown()
  for (const [type, message, plate = "p"] of messages) unshown.add(type, message, plate)
  return unshown
}
const FAIL = ["judge", { batch: "1", wells: ["A02"], verdict: "fail" }]

test("undo means the verdict that was sent last, before its answer and until the page shows it", () => {
  const unshown = acts(FAIL)
  const fail = { undo: { batch: "1", text: "A02 fail" }, redo: null }
  assert.deepEqual(unshown.offers(shown()), fail)
  unshown.take({ batch: "1", n: 1 })
  assert.deepEqual(unshown.offers(shown()), fail)
  const now = shown(1, { undo: { batch: "1", text: "A02 fail, focus" } })
  assert.deepEqual(unshown.offers(now), { undo: now.undo, redo: null })
})

test("what was refused is not there to be undone", () => {
  const unshown = acts(FAIL)
  unshown.take({ batch: "1", n: 1, error: "The database is busy." })
  assert.deepEqual(unshown.offers(shown()).undo, EARLIER)
})

test("redo means the undo before it, and of a second undo only the server knows", () => {
  const unshown = acts(FAIL, ["undo", { batch: "2", target: "1", text: "A02 fail" }])
  assert.deepEqual(unshown.offers(shown()), { undo: undefined, redo: { batch: "1", text: "A02 fail" } })
  unshown.add("redo", { batch: "3", target: "1", text: "A02 fail" }, "p")
  assert.deepEqual(unshown.offers(shown()), { undo: { batch: "1", text: "A02 fail" }, redo: undefined })
  unshown.add("judge", { batch: "4", wells: ["A03"], verdict: "pass" }, "p")
  assert.deepEqual(unshown.offers(shown()), { undo: { batch: "4", text: "A03 pass" }, redo: null })
})

test("what was done on another plate is nothing to undo on this", () => {
  const [type, message] = FAIL
  assert.deepEqual(acts([type, message, "q"]).offers(shown()), { undo: EARLIER, redo: null })
})

test("a note is to the verdict that was sent last on the same well, field or plate", () => {
  const unshown = acts(FAIL,
    ["judge", { batch: "2", wells: ["A02"], field: "0", acquisition: 1, verdict: "pass" }],
    ["judge", { batch: "3", wells: [], verdict: "flag" }],
    ["judge", { batch: "4", wells: ["B01", "B02"], verdict: "pass" }],
    ["amend", { batch: "5", wells: ["A02"], target: "1" }])
  const batch = (about) => unshown.verdictOn(shown(), about)?.batch
  assert.deepEqual([{ well: "A02" }, { well: "A02", field: "0", acquisition: 1 }, { well: "" }, { well: "B02" }].map(batch), ["1", "2", "3", "4"])
  assert.equal(unshown.verdictOn(shown(), { well: "A03" }), null)
  unshown.take({ batch: "1", n: 1 })
  assert.equal(unshown.verdictOn(shown(1), { well: "A02" }), null)
})
