// Verdicts that the server has not confirmed, kept in the browser until it does: a
// closed page, a lost connection or a busy database loses nothing that was typed. What a
// page that is open still waits for is that page's own.

const CHANNEL = "hcs-unsaved"
const ANSWER_MILLISECONDS = 300

/**
 * Tell other pages what this one waits for.
 *
 * @param {() => Iterable<string>} waiting
 *
 * `waiting` returns batches. Returns `{abandoned, stop}`; `abandoned(messages)` is a
 * promise of those messages that no open page waits for.
 */
export function watchUnsaved(waiting) {
  if (typeof BroadcastChannel === "undefined") return { abandoned: async (/** @type {UnsavedDecision[]} */ messages) => messages, stop() {} }
  const channel = new BroadcastChannel(CHANNEL)
  const others = new Set()
  channel.onmessage = ({ data }) => {
    if (data === "who waits?") channel.postMessage([...waiting()])
    else if (Array.isArray(data)) data.forEach((batch) => others.add(batch))
  }
  return {
    /** @param {UnsavedDecision[]} messages */
    async abandoned(messages) {
      if (!messages.length) return messages
      others.clear()
      channel.postMessage("who waits?")
      await new Promise((done) => { setTimeout(done, ANSWER_MILLISECONDS) })
      return messages.filter(({ batch }) => !others.has(batch))
    },
    stop: () => channel.close(),
  }
}

/** 32 hexadecimal digits that nobody has used. */
export function newBatch() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
