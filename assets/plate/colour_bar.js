// How the plate is coloured, as the person who looks wants it: for the whole page.

import { tell } from "../core/bus.js"

export const colourBar = {
  /** Where the colours end: at most values of this plate ("robust"), at all ("full"), or
   *  where those of all plates of the project do.
   *  @type {Limits} */
  limits: "robust",
  /** Metrics whose logarithm a person wants, or does not; others are as is usual.
   *  @type {Map<string, boolean>} */
  logs: new Map(),
}

/** @param {Limits} limits */
export function setLimits(limits) {
  colourBar.limits = limits
  tell("limits", limits)
}

/** @param {string} metric @param {boolean} on */
export function setLogarithm(metric, on) {
  colourBar.logs.set(metric, on)
  tell("limits", colourBar.limits)
}
