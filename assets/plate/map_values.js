// What the plate map shows now, for those who draw the same numbers another way.

import { tell } from "../core/bus.js"
import { colouring } from "./colouring.js"

export const shown = {
  /** @type {string[]} */
  labels: [], // of every position of the grid
  /** @type {(number | null)[]} */
  values: [], // a number each, null without; none where a column of the plate map is shown
  scored: false, // they are scores and not the metric as measured
  title: "", // of what is shown, "" where nothing is
  colouring: colouring(null),
  /** The colour of a well's frame on the dark stage; null where there is nothing to see.
   *  @type {(index: number) => string | null} */
  frame: () => null,
}

/** The map alone calls this. @param {typeof shown} next */
export function shareValues(next) {
  Object.assign(shown, next)
  tell("values", shown)
}
