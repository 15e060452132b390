// Wells that the server is asked for: of those that a held key passes, few.

import { makeRequests } from "../core/requests.js"

const REPEAT_MILLISECONDS = 90 // no faster than this

/** @param {(well: string) => number} send  returns the number of its message */
export function makeWellRequests(send) {
  const requests = makeRequests()
  let lastSent = -Infinity // a page counts its time from its opening

  return {
    /** At once, or where the key pauses. @param {string} well */
    ask(well) {
      const ask = () => {
        lastSent = performance.now()
        return send(well)
      }
      const remaining = REPEAT_MILLISECONDS - (performance.now() - lastSent)
      if (remaining <= 0) requests.now(ask)
      else requests.settled(ask, remaining)
    },
    /** Whether an answer is to something older than the last well that was asked for. */
    outruns: requests.outruns,
  }
}
