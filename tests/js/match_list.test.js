import assert from "node:assert/strict"
import test from "node:test"

import { committable, counts, fieldsOf, firstOfFields, leftoverText, listed, obstacle, openKinds, standing } from "../../assets/panels/match_list.js"

const row = (id, more = {}) => ({
  id, key: `A1/${id}`, name: `${id}.tif`, certainty: "sure", problem: "", help: "", needs: [], doubts: [], reasons: [], excluded: false, ready: true, ...more,
})
const entry = (key, state, more = {}) => [key, { key, state, ready: true, text: "", action: "", differences: [], ...more }]
const difference = (kind, more = {}) => ({ kind, message: "", blocking: true, confirmed: false, confirmable: true, ...more })

test("what waits for a person is listed as to be settled, and nothing that was left out", () => {
  const rows = [
    row("a"), row("b", { problem: "no well", needs: ["well"] }), row("c", { doubts: ["its name says B2"] }),
    row("d", { problem: "no well", excluded: true }), row("e"), row("f", { certainty: "guessed" }),
  ]
  const entries = new Map([entry("A1/e", "staged", { ready: false })])
  const settle = rows.filter((each) => listed("settle", each, entries.get(each.key))).map(({ id }) => id)
  assert.deepEqual(settle, ["b", "c", "e"])
  assert.deepEqual([...counts(rows, entries)], [["all", 6], ["settle", 3], ["guessed", 1], ["out", 1]])
})

test("a failure waits for a person, what can be committed does not", () => {
  const of = (state) => listed("settle", row("a"), entry("A1/a", state)[1])
  assert.deepEqual(["failed", "refused", "staged"].map(of), [true, true, false])
})

test("only what nothing blocks can be committed, a field once however many rows it has", () => {
  const rows = [row("a", { key: "A1/0" }), row("b", { key: "A1/0" }), row("c", { key: "A2/0" }), row("d", { key: "" })]
  assert.deepEqual(fieldsOf(rows, ["a", "b", "c", "d"]), ["A1/0", "A2/0"])
  const entries = new Map([entry("A1/0", "staged"), entry("A2/0", "staged", { ready: false }), entry("A3/0", "failed")])
  assert.deepEqual(committable(["A1/0", "A2/0", "A3/0", "B1/0"], entries), ["A1/0"])
})

test("why nothing can be committed is said, the gravest first", () => {
  const fine = { ready: 3, blocked: 0, barred: "", busy: "", name: "Ada", reason: "again" }
  assert.equal(obstacle(fine), "")
  assert.match(obstacle({ ...fine, reason: "" }), /reason/)
  assert.match(obstacle({ ...fine, name: "", reason: "" }), /name/)
  assert.match(obstacle({ ...fine, ready: 0, blocked: 2 }), /2 corrections wait/)
  assert.equal(obstacle({ ...fine, ready: 0, barred: "You are reviewer." }), "You are reviewer.")
  // What is ready may go although others wait.
  assert.equal(obstacle({ ...fine, blocked: 2 }), "")
})

test("sure, guessed and missing differ by a sign and a word", () => {
  const standings = [row("a"), row("b", { certainty: "guessed" }), row("c", { problem: "x", needs: ["well", "channel"] }), row("d", { excluded: true })].map(standing)
  assert.equal(new Set(standings.map(([sign]) => sign)).size, 4)
  assert.equal(standings[2][1], "choose the well and the channel")
})

test("of a file that cannot be used name and help are said once", () => {
  const help = "Export it as TIFF."
  assert.equal(leftoverText({ name: "a.txt", reason: `a.txt is no image. ${help}`, help }), `is no image. ${help}`)
  assert.equal(leftoverText({ name: "a.txt", reason: "It is empty.", help }), `cannot be used: It is empty. ${help}`)
  assert.equal(leftoverText({ name: "a.txt", reason: "It is empty.", help: "" }), "cannot be used: It is empty.")
})

test("one confirmation is offered where several ask the same", () => {
  const entries = new Map([
    entry("a", "staged", { differences: [difference("dtype"), difference("well")] }),
    entry("b", "staged", { differences: [difference("dtype"), difference("well", { confirmed: true })] }),
    entry("c", "staged", { differences: [difference("shape", { confirmable: false })] }),
  ])
  assert.deepEqual(openKinds(["a", "b", "c"], entries), [["dtype", 2]])
})

test("a correction is spoken of in the first row of its field that is not left out", () => {
  const rows = [row("a", { key: "A1/0", excluded: true }), row("b", { key: "A1/0" }), row("c", { key: "A1/0" }), row("d", { key: "" })]
  assert.deepEqual([...firstOfFields(rows)], ["b"])
})
