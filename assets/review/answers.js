// What the server says to verdicts, and what becomes of those that it did not save.

import { h } from "../core/dom.js"
import { count } from "../core/text.js"
import { watchUnsaved } from "./unsaved.js"
import { TURNS, named } from "./waiting.js"

/**
 * @param {object} its
 * @param {VerdictBar} its.bar
 * @param {ReturnType<typeof import("./waiting.js").makeWaiting>} its.sent
 * @param {ReturnType<typeof import("./messages.js").makeMessages>} its.messages
 * @param {Pick<ReturnType<typeof import("./deciding.js").makeDeciding>, "ask" | "post">} its.deciding
 * @param {import("./unshown.js").Unshown} its.unshown
 * @param {() => unknown} its.onAnswers
 * @param {(wells: string[]) => unknown} its.onUnsaved
 */
export function makeAnswers({ bar, sent, unshown, messages, deciding, onAnswers, onUnsaved }) {
  let answered = 0
  const unsaved = watchUnsaved(sent.batches)

  /** @param {VerdictAnswer} result */
  function take(result) {
    const pending = sent.get(result.batch)
    if (result.error && pending && !TURNS.includes(pending.type)) return failed(result, pending)
    sent.done(result.batch)
    if (result.error) return messages.hint(result.error)
    if (result.batch) bar.notes.dropUnsaved(result.batch)
    messages.confirm(result)
  }

  /** @param {VerdictAnswer} result @param {SentDecision} decision */
  function failed(result, { type, message }) {
    sent.stopped(result.batch)
    onUnsaved(message.wells ?? [])
    const { notes } = bar
    messages.ask(h("span", { class: "grow" }, h("b", `${named({ type, ...message })} was not saved. `), result.error),
      () => deciding.ask(type, message),
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
      const { notes } = bar
      const lost = await unsaved.abandoned(notes.unsaved().filter(({ batch }) => !sent.has(batch)))
      if (!lost.length || messages.asking || notes !== bar.notes) return
      messages.ask(h("span", { class: "grow" }, h("b", `${count(lost.length, "verdict")} of an earlier page may not be saved: `), lost.slice(0, 3).map(named).join("; ")),
        () => { for (const { type, ...message } of lost) deciding.post(type, { ...message, plate: bar.now.plate }) },
        () => { for (const { batch } of lost) notes.dropUnsaved(batch) })
    },
  }
}
