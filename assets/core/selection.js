// Which wells are chosen: one selection for the whole page. The map draws it, a verdict
// is about it, plots may show and make it.

import { tell } from "./bus.js"

/** The present selection; read it here, change it only by the functions below. */
export const selection = {
  well: "", // label of the well that is open or about to be; "" where none is
  /** @type {string[]} */
  wells: [], // labels of the wells that were chosen together; [] where none were
}

/** Mark the well that is looked at. The map alone calls this: others `ask("choose", label)`.
 *  @param {string} label */
export function markWell(label) {
  if (selection.well === label) return
  selection.well = label
  tell("selection", selection)
}

/** Choose wells together, [] for none: by rectangle, row, column, lasso in a plot ...
 *  @param {Iterable<string>} labels */
export function selectWells(labels) {
  const next = [...new Set(labels)]
  if (next.length === selection.wells.length && next.every((label, i) => label === selection.wells[i])) return
  selection.wells = next
  tell("selection", selection)
}
