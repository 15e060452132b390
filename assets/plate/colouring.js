// From a metric's values to colours: where the colours end, whether they go by the
// logarithm, and which one each well has. Pure; the map and the canvas both draw by it.

import { ramp } from "../core/colours.js"

/**
 * @typedef {import("../types.d.ts").MetricValues} MetricValues
 * @typedef {"robust" | "full" | "project"} Limits
 * @typedef {object} Colouring
 * @property {number | null} low  where the colours begin; null where there are no values
 * @property {number | null} high
 * @property {boolean | null} log  by the logarithm or not; null where that is impossible
 * @property {boolean} diverging
 * @property {number} below  how many values lie below `low`
 * @property {number} above
 * @property {(number | null)[]} parts  place on the colour bar for each well, 0 to 1 and
 *   beyond it for values outside the limits; of a column the number of the category
 * @property {(part: number) => string} colour  the CSS colour of a part
 */

/**
 * Colour the values; `limits` says which limits are wanted, and `log` whether the
 * logarithm, undefined for what is usual for the metric.
 *
 * @param {MetricValues | null} values
 * @param {{limits?: Limits, log?: boolean}} [choice]
 * @returns {Colouring}
 */
export function colouring(values, { limits = "robust", log } = {}) {
  if (!values) return { low: null, high: null, log: null, diverging: false, below: 0, above: 0, parts: [], colour: ramp }
  if (values.categories) return ofCategories(values)
  const diverging = Boolean(values.diverging)
  const numbers = values.values.filter((value) => value !== null)
  const [low, high] = ends(values, numbers, limits)
  const canLog = high !== null && high > 0 && !diverging && numbers.some((value) => value > 0) && numbers.every((value) => value >= 0)
  const byLog = canLog ? log ?? Boolean(values.log) : null
  const place = byLog ? logarithmic(numbers, low ?? 0, high ?? 0) : linear(low ?? 0, high ?? 0)
  return {
    low, high, log: byLog, diverging,
    below: numbers.filter((value) => value < (low ?? 0)).length,
    above: numbers.filter((value) => value > (high ?? 0)).length,
    parts: values.values.map((value) => (value === null ? null : place(value))),
    colour: (part) => ramp(part, diverging),
  }
}

/** @param {MetricValues} values @returns {Colouring} */
function ofCategories(values) {
  const colours = values.colours ?? []
  return { low: null, high: null, log: null, diverging: false, below: 0, above: 0, parts: values.values, colour: (part) => colours[part] }
}

/**
 * Where the colours end: at most wells of this plate, at all of them, or where those of
 * the project do, as soon as that is known.
 *
 * @param {MetricValues} values
 * @param {number[]} numbers
 * @param {Limits} limits
 * @returns {[number, number] | [null, null]}
 */
function ends(values, numbers, limits) {
  if (limits === "project" && values.project?.length) return [values.project[0], values.project[1]]
  if (limits !== "full" && values.low !== null && values.high !== null) return [values.low, values.high]
  if (!numbers.length) return [null, null]
  if (!values.diverging) return [Math.min(...numbers), Math.max(...numbers)]
  const reach = Math.max(...numbers.map(Math.abs)) // zero stays in the middle
  return [-reach, reach]
}

/** @param {number} low @param {number} high @returns {(value: number) => number} */
function linear(low, high) {
  return (value) => (high > low ? (value - low) / (high - low) : 0.5)
}

/**
 * A value of zero has no logarithm; it stands with the least that has one.
 * @param {number[]} numbers @param {number} low @param {number} high
 * @returns {(value: number) => number}
 */
function logarithmic(numbers, low, high) {
  const least = Math.min(...numbers.filter((value) => value > 0))
  const at = (/** @type {number} */ value) => Math.log10(Math.max(value, least))
  const [from, to] = [at(low), at(high)]
  return (value) => (to > from ? (at(value) - from) / (to - from) : value > 0 ? 1 : 0)
}
