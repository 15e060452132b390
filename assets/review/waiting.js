// What was sent and is not confirmed: shown as not saved yet, never as given. A busy
// database is waited out by the server; closing the page meanwhile is asked about.

import { isReloading } from "../core/connection.js"
import { fill, h, icon } from "../core/dom.js"
import { count } from "../core/text.js"

const SLOW_MILLISECONDS = 1000 // most are confirmed within a tenth of that

export const TURNS = ["undo", "redo"]

/** What a message decides, in words. Pure. @param {UnsavedDecision} message */
export function named({ type, verdict, wells, field, note, text }) {
  if (TURNS.includes(type)) return `${type} of ${text}`
  const what = wells?.length === 1 ? `${wells[0]}${field ? ` field ${field}` : ""}` : wells?.length ? count(wells.length, "well") : type === "rest" ? "All the rest" : "The plate"
  return `${what} ${verdict}${note ? ` (“${note}”)` : ""}`
}

/** " on P1" where that plate is not open, else "". @typedef {(plate: string | undefined) => string} Elsewhere */

/** The wells of the open plate that verdicts are about which are not saved yet, and what they say. Pure.
 *  @param {Iterable<SentDecision>} sent @param {Elsewhere} elsewhere @returns {Map<string, string>} */
export function wellsWaiting(sent, elsewhere) {
  const wells = new Map()
  for (const { type, message } of sent) {
    if (type === "judge" && !message.field && !elsewhere(message.plate)) for (const well of message.wells ?? []) wells.set(well, message.verdict ?? "")
  }
  return wells
}

/** What is not saved yet, in words. Pure. @param {SentDecision[]} sent @param {Elsewhere} elsewhere */
export function waitingText(sent, elsewhere) {
  const [first, ...more] = sent
  if (!first) return ""
  return `Not saved yet: ${named({ ...first.message, type: first.type })}${elsewhere(first.message.plate)}${more.length ? ` and ${more.length} more` : ""}. The server goes on trying, its database may be busy. Keep this page open.`
}

/** @param {{elsewhere: Elsewhere, onChange: (wells: Map<string, string>) => void}} options  it hears which wells wait */
export function makeWaiting({ elsewhere, onChange }) {
  /** @type {Map<string, SentDecision>} */
  const sent = new Map()
  /** @type {Set<string>} */
  const slow = new Set()
  const element = h("div", { class: "notice warn hcs-not-saved", role: "status", hidden: true })

  function show() {
    const late = [...slow].map((batch) => /** @type {SentDecision} */ (sent.get(batch)))
    fill(element, icon("warn"), h("span", { class: "grow" }, waitingText(late, elsewhere)))
    element.hidden = !late.length
    onChange(wellsWaiting(late, elsewhere))
  }

  /** @param {BeforeUnloadEvent} event */
  const ask = (event) => { if (sent.size && !isReloading()) event.preventDefault() }
  window.addEventListener("beforeunload", ask)

  return {
    element,
    /** Another plate is open. */
    renew() { if (slow.size) show() },
    get size() { return sent.size },
    /** @param {string} batch */
    get: (batch) => sent.get(batch),
    /** @param {string} batch */
    has: (batch) => sent.has(batch),
    batches: () => sent.keys(),
    /** @param {string} type @param {Decision} message @param {PlateNotes} notes */
    add(type, message, notes) {
      sent.set(message.batch, { type, message, notes })
      setTimeout(() => {
        if (!sent.has(message.batch) || slow.has(message.batch)) return
        slow.add(message.batch)
        show()
      }, SLOW_MILLISECONDS)
    },
    /** It is not tried any more: a person is asked what is to become of it. @param {string} batch */
    stopped(batch) {
      if (slow.delete(batch)) show()
    },
    /** @param {string} batch */
    done(batch) {
      sent.delete(batch)
      if (slow.delete(batch)) show()
    },
  }
}
