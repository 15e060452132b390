// What the server says to verdicts, and what becomes of those that it did not save.

import { count } from "../core/text.js"
import { watchUnsaved } from "./unsaved.js"
import { TURNS, named } from "./waiting.js"

/**
 * @param {object} its
 * @param {VerdictBar} its.bar
 * @param {ReturnType<typeof import("./waiting.js").makeWaiting>} its.sent
 * @param {ReturnType<typeof import("./messages.js").makeMessages>} its.messages
 * @param {Pick<ReturnType<typeof import("./deciding.js").makeDeciding>, "ask">} its.deciding
 * @param {import("./unshown.js").Unshown} its.unshown
 * @param {() => unknown} its.onAnswers
 * @param {(wells: string[]) => unknown} its.onUnsaved  of the open plate
 * @param {import("./waiting.js").Elsewhere} its.elsewhere
 */
export function makeAnswers({ bar, sent, unshown, messages, deciding, onAnswers, onUnsaved, elsewhere }) {
  let answered = 0
  /** @type {Set<string>} */
  const offered = new Set() // batches of earlier pages that a question is about
  const unsaved = watchUnsaved(sent.batches)

  /** @param {VerdictAnswer} result */
  function take(result) {
    const pending = sent.get(result.batch)
    if (result.error && pending && !TURNS.includes(pending.type)) return failed(result, pending)
    sent.done(result.batch)
    if (result.error) return messages.hint(result.error)
    pending?.notes.dropUnsaved(result.batch)
    messages.confirm(result, elsewhere(pending?.message.plate))
  }

  /** @param {VerdictAnswer} result @param {SentDecision} decision */
  function failed(result, { type, message, notes }) {
    sent.stopped(result.batch)
    if (!elsewhere(message.plate)) onUnsaved(message.wells ?? [])
    messages.ask(() => [`${named({ type, ...message })}${elsewhere(message.plate)} was not saved.`, result.error ?? ""],
      () => deciding.ask(type, message, notes),
      () => {
        sent.done(result.batch)
        notes.dropUnsaved(result.batch)
      })
  }

  return {
    /** Those that are new. @param {VerdictAnswer[]} results */
    take(results) {
      for (const result of results) {
        if (result.n <= answered) continue
        answered = result.n
        unshown.take(result)
        take(result)
      }
      onAnswers()
    },
    /** Verdicts of an earlier page that were never confirmed. */
    async offerLeft() {
      const { notes, now: { plate } } = bar
      const lost = await unsaved.abandoned(notes.unsaved().filter(({ batch }) => !sent.has(batch) && !offered.has(batch)))
      if (!lost.length || notes !== bar.notes) return
      /** @param {(decision: UnsavedDecision) => void} act */
      const withEach = (act) => () => {
        for (const decision of lost) {
          offered.delete(decision.batch)
          act(decision)
        }
      }
      for (const { batch } of lost) offered.add(batch)
      messages.ask(() => [`${count(lost.length, "verdict")}${elsewhere(plate)} of an earlier page may not be saved:`, lost.slice(0, 3).map(named).join("; ")],
        withEach(({ type, ...message }) => deciding.ask(type, { ...message, plate }, notes)), // it may have had another name then
        withEach(({ batch }) => notes.dropUnsaved(batch)))
    },
  }
}
