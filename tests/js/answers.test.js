import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import { PlateNotes } from "../../assets/core/storage.js"
import { makeAnswers } from "../../assets/review/answers.js"
import { makeDeciding } from "../../assets/review/deciding.js"
import { Unshown } from "../../assets/review/unshown.js"

delete globalThis.BroadcastChannel // no other page is open
const FAIL = { batch: "1", wells: ["D07"], verdict: "fail" }
const REST = { batch: "2", verdict: "pass" }

/** @type {ReturnType<typeof page>} */
let at
beforeEach(() => { at = page() })

/** The verdict bar of a page, without its elements. */
function page() {
  const bar = {}
  const [messages, questions, confirmed, left] = [[], [], [], []]
  const waiting = new Map()
  const sent = {
    add: (type, message, notes) => waiting.set(message.batch, { type, message, notes }),
    get: (batch) => waiting.get(batch), has: (batch) => waiting.has(batch), done: (batch) => waiting.delete(batch), stopped() {}, batches: () => waiting.keys(),
  }
  const unshown = new Unshown()
  const deciding = makeDeciding({ bar, sent, unshown, send: (type, message) => messages.push({ type, ...message }), onSent() {} })
  const answers = makeAnswers({
    bar, sent, unshown, deciding, onAnswers() {}, onUnsaved: (wells) => left.push(...wells),
    elsewhere: (plate) => (plate === bar.now.plate ? "" : ` on ${plate}`),
    messages: { ask: (words, again, drop) => questions.push({ words, again, drop }), confirm: (result, elsewhere) => confirmed.push(elsewhere) },
  })
  let n = 0
  return {
    messages, questions, confirmed, left, deciding, answers, notesOf: (plate) => new PlateNotes("w", plate),
    open: (plate) => Object.assign(bar, { now: { plate }, notes: new PlateNotes("w", plate) }),
    answer: (result) => answers.take([{ n: ++n, ...result }]),
  }
}

test("what an earlier page left is tried again on its own plate, whichever is open then", async () => {
  at.notesOf("P1").keepUnsaved({ type: "rest", plate: "its name then", ...REST })
  at.open("P1")
  await at.answers.offerLeft()
  const [{ words, again }] = at.questions
  assert.equal(words()[0], "1 verdict of an earlier page may not be saved:")
  at.open("P2")
  assert.equal(words()[0], "1 verdict on P1 of an earlier page may not be saved:")
  again()
  assert.deepEqual(at.messages, [{ type: "rest", plate: "P1", ...REST }])
  assert.deepEqual(at.notesOf("P2").unsaved(), [])
  at.answer({ batch: "2" })
  assert.deepEqual(at.notesOf("P1").unsaved(), [])
})

test("what is asked about already is not asked again, and does not keep another plate's from being asked about", async () => {
  for (const plate of ["P1", "P2"]) at.notesOf(plate).keepUnsaved({ type: "rest", plate, ...REST, batch: plate })
  for (const plate of ["P1", "P2", "P1"]) {
    at.open(plate)
    await at.answers.offerLeft()
  }
  assert.equal(at.questions.length, 2)
  at.questions.forEach(({ drop }) => drop())
  assert.deepEqual(["P1", "P2"].flatMap((plate) => at.notesOf(plate).unsaved()), [])
})

test("what is confirmed after another plate was opened is left in no notes, and said to be elsewhere", () => {
  at.open("P1")
  at.deciding.post("judge", { plate: "P1", ...FAIL })
  at.open("P2")
  assert.equal(at.notesOf("P1").unsaved().length, 1)
  at.answer({ batch: "1" })
  assert.deepEqual(at.notesOf("P1").unsaved(), [])
  assert.deepEqual(at.confirmed, [" on P1"])
})

test("what was not saved names its plate where another is open, and its wells are not that one's", () => {
  at.open("P1")
  at.deciding.post("judge", { plate: "P1", ...FAIL })
  at.open("P2")
  at.answer({ batch: "1", error: "The database is busy." })
  assert.deepEqual(at.questions[0].words(), ["D07 fail on P1 was not saved.", "The database is busy."])
  assert.deepEqual(at.left, [])
  at.questions[0].again()
  at.open("P1")
  at.answer({ batch: "1", error: "The database is busy." })
  assert.equal(at.questions[1].words()[0], "D07 fail was not saved.")
  assert.deepEqual(at.left, ["D07"])
  at.questions[1].drop()
  assert.deepEqual(at.notesOf("P1").unsaved(), [])
})
