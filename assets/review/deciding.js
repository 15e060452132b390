// From a key or a click to a message: verdicts, notes and reasons, and what takes them back.

import { toPlate } from "../core/boxes.js"
import { reviewer, tell } from "../core/bus.js"
import { keyName } from "../core/keys.js"
import { barredOf, placeOf, subjectOf, targetOf } from "./subject.js"
import { newBatch } from "./unsaved.js"
import { review } from "./verdicts.js"

/**
 * @param {object} its
 * @param {VerdictBar} its.bar
 * @param {Send} its.send
 * @param {ReturnType<typeof import("./waiting.js").makeWaiting>} its.sent
 * @param {import("./unshown.js").Unshown} its.unshown
 * @param {(text: string) => unknown} its.hint
 * @param {() => ReturnType<typeof import("./remark.js").remark>} its.remarks  which call it as well, so that neither can be made first
 * @param {() => unknown} its.onSent
 * @param {(well: string) => unknown} its.onJudged  a whole well, by itself
 */
export function makeDeciding({ bar, send, sent, unshown, hint, remarks, onSent, onJudged }) {
  /** @type {(() => void) | null} */
  let refused = null // a verdict that waits for its reason

  const isStill = (/** @type {string} */ subject) => subjectOf(bar).subject === subject

  /** @param {string} type @param {Decision} message @param {PlateNotes} notes  of its plate, which need not be open any more */
  function ask(type, message, notes = bar.notes) {
    sent.add(type, message, notes)
    unshown.add(type, message, message.plate ?? bar.now.plate)
    send(type, message)
    onSent()
  }

  /** @param {string} type @param {Decision} message */
  function post(type, message) {
    // Before it is sent: a page that is closed at once has it all the same.
    bar.notes.keepUnsaved({ ...message, type })
    ask(type, message)
  }

  /** @param {() => unknown} then  with a name */
  function askName(then) {
    tell("ask-name", then)
    hint("Enter your name first; it is saved with every verdict.")
  }

  /** @param {Verdict} verdict @returns {void} */
  function decide(verdict, { click = false } = {}) {
    const { refusal, ...about } = targetOf(bar, review.pictures, { open: keyName("open"), click })
    if (refusal) return void hint(refusal)
    const { subject } = subjectOf(bar)
    const again = () => { if (isStill(subject)) decide(verdict, { click }) }
    if (!reviewer.name) return askName(again)
    const reason = remarks().code(verdict)
    if (verdict === "fail" && bar.now.demands_reason && !reason) {
      refused = again
      remarks().reason.focus()
      return void hint("This project demands a reason with each fail: choose one, Enter confirms it.")
    }
    const note = remarks().text()
    remarks().given() // before it is sent, for then they are about this verdict
    post("judge", { plate: bar.now.plate, batch: newBatch(), verdict, ...about, reason, note })
    if (about.wells.length === 1 && !about.field) onJudged(about.wells[0])
  }

  /** The verdict on what is open, with what was sent; null where there is none, undefined where only the server knows. */
  function heldNow() {
    if (bar.chosen.length > 1) return null
    const { well, field, held } = subjectOf(bar)
    return unshown.held(bar.now, { well, ...placeOf(field) }, held)
  }

  return {
    decide,
    heldNow,
    post,
    ask,
    askName,
    /** A reason was confirmed, or left; returns whether a verdict has waited for it. */
    reasonGiven(confirmed = true) {
      const again = refused
      refused = null
      if (!confirmed || !again || !remarks().reason.value) return false
      again()
      toPlate()
      return true
    },
    /** Save a note or a reason to the verdict that holds; returns whether it is sent. @param {{note?: string, reason?: string}} change */
    amend(change) {
      const { subject, well, field } = subjectOf(bar)
      const held = heldNow()
      const barred = barredOf(bar.now)
      if (barred) hint(barred)
      else if (!reviewer.name) askName(() => { if (isStill(subject)) remarks().save() })
      if (barred || !reviewer.name || !held) return false
      post("amend", { plate: bar.now.plate, batch: newBatch(), target: held.batch, verdict: held.verdict, wells: well ? [well] : [], ...placeOf(field), ...change })
      return true
    },
    /** @param {"undo" | "redo"} type */
    turn(type) {
      const barred = bar.shown ? barredOf(bar.now) : ""
      if (barred) return void hint(barred)
      const offer = bar.shown ? unshown.offers(bar.now)[type] : null
      if (offer === undefined) return void hint(`The ${type} before does not show yet: press again.`)
      if (!offer) return void hint(`You have nothing to ${type} on this plate.`)
      ask(type, { plate: bar.now.plate, target: offer.batch, batch: newBatch(), text: offer.text })
    },
  }
}
