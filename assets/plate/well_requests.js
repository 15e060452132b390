// Wells that the server is asked for: of those that a held key passes, few.

import { makeRequests } from "../core/requests.js"

const REPEAT_MILLISECONDS = 90 // no faster than this

/** @param {(well: string) => number} send  returns the number of its message */
export function makeWellRequests(send) {
  const requests = makeRequests()
  let lastSent = -Infinity // a page counts its time from its opening
  /** @type {(() => number) | null} */
  let due = null // the request that waits

  return {
    /** At once, or where the key pauses. @param {string} well */
    ask(well) {
      const ask = () => {
        due = null
        lastSent = performance.now()
        return send(well)
      }
      const remaining = REPEAT_MILLISECONDS - (performance.now() - lastSent)
      due = ask
      if (remaining <= 0) requests.now(ask)
      else requests.settled(ask, remaining)
    },
    /** Ask for a well that waits: what is said next is about it. */
    settle() { if (due) requests.now(due) },
    /** Whether an answer is to something older than the last well that was asked for. */
    outruns: requests.outruns,
  }
}
