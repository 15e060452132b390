// From a metric's values to colours: where the colours end, whether they go by the
// logarithm, which one each well has, and what stands out. Pure; the map and the canvas
// both draw by it.

import { css, mixed } from "../core/colours.js"

const GREY = [[0, 0, 0], [255, 255, 255]]

/**
 * Colour the values by the stops of their scale's ramp; `limits` says which limits are
 * wanted, and `log` whether the logarithm, undefined for what is usual for the metric.
 *
 * @param {MetricValues | null} values
 * @param {{limits?: Limits, log?: boolean, stops?: number[][]}} [choice]
 * @returns {Colouring}
 */
export function colouring(values, { limits = "robust", log, stops = GREY } = {}) {
  const scale = values?.scale ?? "sequential"
  /** @type {Colouring} */
  const plain = {
    low: null, high: null, log: null, scale, stops, below: 0, above: 0, notch: null, parts: [], signs: [],
    colour: (part) => css(mixed(stops, part)),
  }
  if (!values) return plain
  if (values.categories) {
    const colours = values.colours ?? []
    return { ...plain, parts: values.values, signs: values.values.map((value) => (value === null ? 0 : letterOf(value))), colour: (part) => colours[part] }
  }
  const numbers = values.values.filter((value) => value !== null)
  const [low, high] = ends(values, numbers, limits)
  const canLog = high !== null && low !== null && high > 0 && low <= high && scale !== "diverging" && numbers.some((value) => value > 0) && numbers.every((value) => value >= 0)
  const byLog = canLog ? log ?? (Boolean(values.log) && scale !== "deviation") : null
  const place = byLog ? logarithmic(numbers, low ?? 0, high ?? 0) : linear(low ?? 0, high ?? 0, scale === "deviation" ? 0 : 0.5)
  const parts = values.values.map((value) => (value === null ? null : place(value)))
  const { notable, right = 0 } = values
  return {
    ...plain, low, high, log: byLog, parts,
    below: parts.filter((part) => part !== null && part < 0).length,
    above: parts.filter((part) => part !== null && part > 1).length,
    notch: notable && scale === "deviation" && high !== low ? place(right + notable) : null,
    signs: values.values.map((value) => standsOut(values, value)),
  }
}

/** The letter of a category, which says it without colour. @param {number} category */
export const letterOf = (category) => String.fromCharCode(65 + category)

/** Below this part of a deviation, and so near the middle of what diverges, all is well. */
const QUIET = 0.05

/**
 * The colour of a well's frame around its picture, null where there is nothing to see.
 * @param {Colouring} colouring by the stops of the ground that the frame is on
 * @param {number} index
 */
export function frameOf({ scale, parts, colour }, index) {
  const part = parts[index] ?? null
  if (part === null || (scale === "deviation" && part < QUIET) || (scale === "diverging" && Math.abs(part - 0.5) < QUIET)) return null
  return colour(part)
}

/**
 * Whether a value stands out, and to which side: what its mark in the well says.
 * @param {MetricValues} values @param {number | null} value
 */
export function standsOut({ scale, notable, right = 0 }, value) {
  if (!notable || value === null) return 0
  if (scale === "diverging") return Math.abs(value) >= notable ? Math.sign(value) : 0
  return (value - right) / notable >= 1 ? Math.sign(notable) : 0
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
  const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)]
  if (values.scale === "deviation") {
    const right = values.right ?? 0
    return [right, greatest - right >= right - least ? greatest : least]
  }
  if (values.scale !== "diverging") return [least, greatest]
  const reach = Math.max(-least, greatest) // zero stays in the middle
  return [-reach, reach]
}

/** @param {number} low @param {number} high @param {number} alike the part of values that are all alike
 *  @returns {(value: number) => number} */
function linear(low, high, alike) {
  return (value) => (high !== low ? (value - low) / (high - low) + 0 : alike) // and no -0
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
