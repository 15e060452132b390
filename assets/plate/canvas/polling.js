// Asks one address again and again, as long as its answers say that there is more to come.

import { reason } from "../../pixels/answers.js"

/**
 * `take` gets each answer of the address that is followed, and returns whether to ask again;
 * `fail` hears why it is refused. Who is refused asks again after a longer while.
 * @template Answer
 * @param {{take: (answer: Answer) => boolean, fail: (why: string) => void, milliseconds: number}} its
 */
export function makePolling({ take, fail, milliseconds }) {
  let address = ""
  let turn = 0
  let timer = 0

  async function ask() {
    clearTimeout(timer)
    const mine = ++turn
    if (!address) return
    /** @type {Answer | undefined} */
    let state
    let refusal = ""
    try {
      const answer = await fetch(address)
      if (answer.ok) state = await answer.json()
      else refusal = await reason(answer)
    } catch { /* the top of the page says that a server is away */ }
    if (mine !== turn) return // it is too late, or of another address
    if (refusal) fail(refusal)
    if (state && !take(state)) return
    timer = setTimeout(ask, refusal ? 6 * milliseconds : milliseconds)
  }

  return {
    /** Now, and what was asked before is not waited for. */
    ask,
    /** Ask this address from now on, "" none. @param {string} next */
    follow(next) {
      address = next
      ask()
    },
  }
}
