// Wells that the server is asked for: of those that a held key passes, few.

const REPEAT_MILLISECONDS = 90 // no faster than this

/** @param {(well: string) => number} send  returns the number of its message */
export function makeWellRequests(send) {
  let lastMessage = 0
  let lastSent = -Infinity // a page counts its time from its opening
  let waiting = 0

  return {
    /** At once, or where the key pauses. @param {string} well */
    ask(well) {
      clearTimeout(waiting)
      const ask = () => {
        lastSent = performance.now()
        waiting = 0
        lastMessage = send(well)
      }
      const remaining = REPEAT_MILLISECONDS - (performance.now() - lastSent)
      if (remaining <= 0) ask()
      else waiting = setTimeout(ask, remaining)
    },
    /** Whether an answer is to something older than the last well that was asked for. @param {number} message  the newest that the server has seen */
    outruns: (message) => Boolean(waiting) || message < lastMessage,
  }
}
