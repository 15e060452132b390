// What this page has done and does not show yet. Answers come before what they have changed,
// and keys before answers: U right after F means that F, whatever the page shows until then. Pure.

import { named } from "./waiting.js"

/** @typedef {{ type: string, message: Decision, plate: string, n: number }} UnshownAct  `n` is that of its answer */
/** @typedef {{ batch: string, text: string } | null} Offer */

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

  /** What is not in what was drawn after that many answers. @param {{answered: number, plate: string}} shown */
  #after({ answered, plate }) {
    this.#acts = this.#acts.filter(({ n }) => n > answered)
    return this.#acts.filter((act) => act.plate === plate)
  }

  /**
   * What undo and redo would do after all that was sent; undefined where only the server knows.
   * @param {{answered: number, plate: string, undo: Offer, redo: Offer}} shown
   * @returns {{undo: Offer | undefined, redo: Offer | undefined}}
   */
  offers(shown) {
    /** @type {{undo: Offer | undefined, redo: Offer | undefined}} */
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
   * The verdict that will hold on a well or a field, null where the one that is shown does.
   * @param {{answered: number, plate: string}} shown @param {{well: string, field?: string, acquisition?: number | null}} about  no well for the plate
   */
  verdictOn(shown, { well, field = "", acquisition = null }) {
    const isAbout = (/** @type {string[]} */ wells) => (well ? wells.includes(well) : !wells.length)
    const judged = this.#after(shown).findLast(({ type, message }) => type === "judge" && isAbout(message.wells ?? [])
      && (message.field ?? "") === field && (message.acquisition ?? null) === acquisition)
    return judged?.message ?? null
  }
}
