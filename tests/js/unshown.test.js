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
const FAIL = ["judge", { batch: "1", wells: ["A02"], verdict: "fail", note: "a fibre", reason: "debris" }]
const UNDO = ["undo", { batch: "2", target: "1", text: "A02 fail" }]
const PASSED = { batch: "0", verdict: "pass", note: "clean", code: "" }
const FAILED = { batch: "1", verdict: "fail", note: "a fibre", code: "debris" }

test("undo means the verdict that was sent last, before its answer and until the page shows it", () => {
  const unshown = acts(FAIL)
  const fail = { undo: { batch: "1", text: "A02 fail (“a fibre”)" }, redo: null }
  assert.deepEqual(unshown.offers(shown()), fail)
  unshown.take({ batch: "1", n: 1 })
  assert.deepEqual(unshown.offers(shown()), fail)
  const now = shown(1, { undo: { batch: "1", text: "A02 fail, debris" } })
  assert.deepEqual(unshown.offers(now), { undo: now.undo, redo: null })
})

test("what was refused is not there to be undone, until it is tried again", () => {
  const unshown = acts(FAIL)
  unshown.take({ batch: "1", n: 1, error: "The database is busy." })
  assert.deepEqual(unshown.offers(shown()).undo, EARLIER)
  unshown.add(...FAIL, "p")
  assert.equal(unshown.offers(shown(1)).undo?.batch, "1")
})

test("what was drawn is forgotten, also of another plate", () => {
  const [type, message] = FAIL
  const unshown = acts([type, message, "q"])
  assert.deepEqual(unshown.offers(shown()), { undo: EARLIER, redo: null })
  assert.equal(unshown.offers(shown(0, { plate: "q" })).undo?.batch, "1")
  unshown.take({ batch: "1", n: 1 })
  unshown.forget(shown(1))
  assert.deepEqual(unshown.offers(shown(0, { plate: "q" })).undo, EARLIER)
})

test("redo means the undo before it, and of a second undo only the server knows", () => {
  const unshown = acts(FAIL, UNDO)
  assert.deepEqual(unshown.offers(shown()), { undo: undefined, redo: { batch: "1", text: "A02 fail" } })
  unshown.add("redo", { batch: "3", target: "1", text: "A02 fail" }, "p")
  assert.deepEqual(unshown.offers(shown()), { undo: { batch: "1", text: "A02 fail" }, redo: undefined })
  unshown.add("judge", { batch: "4", wells: ["A03"], verdict: "pass" }, "p")
  assert.deepEqual(unshown.offers(shown()), { undo: { batch: "4", text: "A03 pass" }, redo: null })
})

test("a note is to the verdict that was sent last on the same well, field or plate, and what it said then", () => {
  const unshown = acts(FAIL,
    ["judge", { batch: "2", wells: ["A02"], field: "0", acquisition: 1, verdict: "pass" }],
    ["judge", { batch: "3", wells: [], verdict: "flag" }],
    ["judge", { batch: "4", wells: ["B01", "B02"], verdict: "pass" }])
  const held = (about) => unshown.held(shown(), about, PASSED)
  assert.deepEqual(held({ well: "A02" }), FAILED)
  assert.deepEqual([{ well: "A02", field: "0", acquisition: 1 }, { well: "" }, { well: "B02" }, { well: "A03" }].map((about) => held(about)?.batch), ["2", "3", "4", "0"])
  unshown.add("amend", { batch: "5", wells: ["A02"], target: "1", note: "" }, "p")
  assert.deepEqual(held({ well: "A02" }), { ...FAILED, note: "" })
})

test("what an undo has left, or a pass of all the rest, only the server knows", () => {
  assert.equal(acts(FAIL, UNDO).held(shown(), { well: "A02" }, PASSED), undefined)
  assert.equal(acts(FAIL, UNDO).held(shown(), { well: "A03" }, PASSED), PASSED)
  assert.equal(acts(["undo", { batch: "2", target: "0" }]).held(shown(), { well: "A02" }, PASSED), undefined)
  const rest = acts(["rest", { batch: "2", verdict: "pass" }])
  assert.deepEqual([rest.held(shown(), { well: "A02" }, null), rest.held(shown(), { well: "" }, null)], [undefined, null])
})

test("on a well that is not shown yet a verdict is known only where it was sent, and until it was drawn", () => {
  const unshown = acts(FAIL)
  assert.deepEqual(unshown.held(shown(), { well: "A02" }, undefined), FAILED)
  assert.equal(unshown.held(shown(), { well: "A03" }, undefined), undefined)
  unshown.take({ batch: "1", n: 1 })
  unshown.forget(shown(1))
  assert.equal(unshown.held(shown(1), { well: "A02" }, undefined), undefined)
})
