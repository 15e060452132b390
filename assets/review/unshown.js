// What this page has done and does not show yet. Answers come before what they have changed,
// and keys before answers: U right after F means that F, whatever the page shows until then. Pure.

import { TURNS, named } from "./waiting.js"

/** @typedef {{ type: string, message: Decision, plate: string, n: number }} UnshownAct  `n` is that of its answer */
/** @typedef {{answered: number, plate: string}} ShownState  after how many answers it was drawn */

export class Unshown {
  /** @type {UnshownAct[]} */
  #acts = []

  /** It is sent, and the server does what it is sent in that order. @param {string} type @param {Decision} message @param {string} plate */
  add(type, message, plate) {
    this.#acts.push({ type, message, plate, n: Infinity })
  }

  /** @param {{batch: string, n: number, error?: string}} answer */
  take({ batch, n, error }) {
    if (error) this.#acts = this.#acts.filter(({ message }) => message.batch !== batch)
    for (const act of this.#acts) if (act.message.batch === batch) act.n = n
  }

  /** Forget what was drawn. @param {ShownState} shown */
  forget({ answered }) {
    this.#acts = this.#acts.filter(({ n }) => n > answered)
  }

  /** @param {ShownState} shown */
  #after({ answered, plate }) {
    return this.#acts.filter((act) => act.n > answered && act.plate === plate)
  }

  /**
   * What undo and redo would do after all that was sent; undefined where only the server knows.
   * @param {ShownState & {undo: TurnOffer | null, redo: TurnOffer | null}} shown
   */
  offers(shown) {
    /** @type {{undo: TurnOffer | null | undefined, redo: TurnOffer | null | undefined}} */
    let offers = { undo: shown.undo, redo: shown.redo }
    for (const { type, message } of this.#after(shown)) {
      const taken = { batch: message.target ?? "", text: message.text ?? "" }
      if (type === "undo") offers = { undo: undefined, redo: taken }
      else if (type === "redo") offers = { undo: taken, redo: undefined }
      else offers = { undo: { batch: message.batch, text: named({ ...message, type }) }, redo: null }
    }
    return offers
  }

  /**
   * The verdict that will hold, as a note or a reason to it needs to know it; undefined where only the server knows.
   * @param {ShownState} shown @param {{well: string, field?: string, acquisition?: number | null}} about  no well for the plate
   * @param {SavedVerdict | null | undefined} held  as it is shown, undefined where it is not yet
   */
  held(shown, { well, field = "", acquisition = null }, held) {
    const isAbout = (/** @type {Decision} */ message) => (message.field ?? "") === field && (message.acquisition ?? null) === acquisition
      && (well ? (message.wells ?? []).includes(well) : !message.wells?.length)
    /** @type {SavedVerdict | null | undefined} */
    let now = held
    /** @type {Set<string>} */
    const ofOthers = new Set() // what it does not depend on
    for (const { type, message } of this.#after(shown)) {
      if (TURNS.includes(type)) {
        if (!ofOthers.has(message.target ?? "")) now = undefined
      } else if (type === "rest") {
        if (well && !field) now = undefined
      } else if (!isAbout(message)) ofOthers.add(message.batch)
      else if (type === "judge") now = { batch: message.batch, verdict: message.verdict ?? "", note: message.note ?? "", code: message.reason ?? "" }
      else if (now && now.batch === message.target) now = { ...now, note: message.note ?? now.note, code: message.reason ?? now.code }
      else now = undefined
    }
    return now
  }
}
