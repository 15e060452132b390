import assert from "node:assert/strict"
import { test } from "node:test"

import { absenceText } from "../../assets/core/absence.js"
import { named, waitingText, wellsWaiting } from "../../assets/review/waiting.js"

const sent = (type, message) => ({ type, message: { batch: "", plate: "P1", ...message } })
const elsewhere = (plate) => (plate === "P1" ? "" : ` on ${plate}`)

test("only verdicts on wells of the open plate are drawn at wells, while they are not saved", () => {
  const wells = wellsWaiting([
    sent("judge", { wells: ["A01", "A02"], verdict: "fail" }),
    sent("judge", { wells: ["A03"], field: "0", verdict: "fail" }),
    sent("amend", { wells: ["A04"], verdict: "pass" }),
    sent("undo", { text: "A05 fail" }),
    sent("judge", { plate: "P2", wells: ["A06"], verdict: "fail" }),
  ], elsewhere)
  assert.deepEqual([...wells], [["A01", "fail"], ["A02", "fail"]])
})

test("what is not saved yet is named, the first of it and how much more", () => {
  const verdict = sent("judge", { wells: ["A01"], verdict: "fail", note: "dust" })
  assert.equal(waitingText([], elsewhere), "")
  assert.match(waitingText([verdict], elsewhere), /^Not saved yet: A01 fail \(“dust”\)\. /)
  assert.match(waitingText([verdict, verdict, verdict], elsewhere), /“dust”\) and 2 more\. .*Keep this page open\.$/)
  assert.match(waitingText([sent("judge", { plate: "P2", wells: ["A01"], verdict: "fail" })], elsewhere), /^Not saved yet: A01 fail on P2\. /)
  assert.equal(named({ type: "redo", text: "A01 fail" }), "redo of A01 fail")
  assert.equal(named({ type: "rest", verdict: "pass" }), "All the rest pass")
})

test("a plate that cannot be reached is told with what to do", () => {
  const text = { since: "2026-11-29T14:02:00Z", reason: "There is nothing at p now.", moved_to: "" }
  const at = () => "14:02"
  assert.match(absenceText(text, at), /^The plate cannot be reached since 14:02: There is nothing at p now\. Check that its network share is mounted/)
  assert.match(absenceText({ ...text, moved_to: "q" }, at), /The same plate is served as q: open that one\./)
})
