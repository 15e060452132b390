// What a control asks of the server: at once, once a moment, or when its changes settle. What
// the server shows until it has heard that is older, and must not pull the control back.

const MOMENT_MILLISECONDS = 16 // about a frame: a slider that is dragged moves more often

/** Each `send` makes the message and returns its number. */
export function makeRequests() {
  let lastMessage = 0
  let waiting = 0

  /** @param {() => number} send */
  const now = (send) => {
    drop()
    lastMessage = send()
  }
  function drop() {
    clearTimeout(waiting)
    waiting = 0
  }
  /** @param {() => number} send @param {number} milliseconds */
  const settled = (send, milliseconds) => {
    drop()
    waiting = setTimeout(() => now(send), milliseconds)
  }

  return {
    /** At once, in place of what waits. */
    now,
    /** When nothing else was asked for so long. */
    settled,
    /** Soon, and not more than once until then: `send` says what holds by then. @param {() => number} send */
    soon(send) { if (!waiting) settled(send, MOMENT_MILLISECONDS) },
    /** Ask for nothing that waits. */
    drop,
    /** Whether what the server shows is older than what was asked last. @param {number} message  the newest that it has seen */
    outruns: (message) => Boolean(waiting) || message < lastMessage,
  }
}
