// What the map says of wells in words: in cells for screen readers, in the line below the
// map, and in the card under the pointer. Pure.

import { count, number } from "../core/text.js"
import { usedPart } from "./geometry.js"
import { STATE, STATE_WORDS } from "./states.js"

/**
 * A value as people read it: a category's name, or a number with its unit.
 * @param {MetricValues} values @param {number | null | undefined} value
 */
export function valueText(values, value) {
  const text = bareText(values, value)
  return values.unit && !values.categories && text !== NONE ? `${text} ${values.unit}` : text
}

/**
 * The same without its unit, as the map shows numbers in wells.
 * @param {MetricValues | null} values @param {number | null | undefined} value
 */
export function bareText(values, value) {
  if (!values || value === null || value === undefined) return NONE
  return values.categories ? values.categories[value] : number(value)
}

const NONE = "–"

/**
 * @param {PlateText} plate @param {MetricValues | null} values @param {number} index
 * @param {{partial: boolean, corrected: boolean, hidden: boolean, verdict: string}} signs
 */
export function wellText(plate, values, index, { partial, corrected, hidden, verdict }) {
  const words = [plate.labels[index]]
  const state = plate.states[index]
  const fields = plate.fields[index]
  if (state !== STATE.present) words.push(STATE_WORDS[state])
  else if (fields !== null) words.push(count(fields, "field"))
  if (values && state === STATE.present) {
    const value = values.values[index]
    words.push(value === null ? `no ${values.title}` : `${values.title} ${valueText(values, value)}`)
  }
  if (partial) words.push("incomplete")
  if (corrected) words.push("corrected")
  if (hidden) words.push("filtered out")
  if (verdict) words.push(verdict)
  return words.join(", ")
}

/**
 * How many wells were chosen together, with median and range of their values.
 * @param {MetricValues | null} values @param {Iterable<number>} wells
 */
export function chosenText(values, wells) {
  const indices = [...wells]
  const text = `${count(indices.length, "well")} chosen`
  if (!values || values.categories) return text
  const numbers = indices.map((index) => values.values[index]).filter((value) => value !== null && value !== undefined)
  if (!numbers.length) return text
  numbers.sort((a, b) => a - b)
  return `${text} · ${values.title} median ${number(median(numbers))}, ${number(numbers[0])} to ${valueText(values, numbers.at(-1))}`
}

/** @param {number[]} sorted */
function median(sorted) {
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * The part of a plate that has wells, "" where that is most of it.
 * @param {{rows: string[], columns: string[], states: number[]}} plate
 */
export function usedText({ rows, columns, states }) {
  const [row, column, down, right] = usedPart(states.map((state) => state !== STATE.not_acquired), rows.length, columns.length)
  return down * right < rows.length * columns.length ? `${rows[row]}${columns[column]} to ${rows[row + down - 1]}${columns[column + right - 1]}` : ""
}

/**
 * Facts of a well for its card, `[name, text]`.
 * @param {PlateText} plate @param {number} index @param {boolean} corrected
 * @returns {[string, string][]}
 */
export function wellFacts(plate, index, corrected) {
  /** @type {[string, string][]} */
  const facts = []
  const [state, fields, expected] = [plate.states[index], plate.fields[index], plate.expected[index]]
  if (state !== STATE.present) facts.push(["State", STATE_WORDS[state]])
  else if (fields !== null) facts.push(["Fields", expected ? `${fields} of ${expected}` : String(fields)])
  if (plate.errors[index]) facts.push(["Error", plate.errors[index]])
  facts.push(...plate.conditions[index])
  if (corrected) facts.push(["History", "corrected"])
  return facts
}

/**
 * Whether a well has fewer fields than were expected.
 * @param {PlateText} plate @param {number} index
 */
export function isPartial(plate, index) {
  const [fields, expected] = [plate.fields[index], plate.expected[index]]
  return plate.states[index] === STATE.present && fields !== null && expected !== null && fields < expected
}
