// What the medians of plates in time say, in words.

import { count, number } from "../core/text.js"

/**
 * Whether plates drift, and how far they have moved in any case.
 * @param {Pick<Trend, "plates" | "change" | "drift" | "needed" | "p" | "unit">} trend
 */
export function driftText({ plates, change, drift, needed, p, unit }) {
  const few = plates.length < needed ? `${count(plates.length, "plate")}: it takes ${needed} to tell a drift from chance.` : ""
  if (!change) return few || "No drift beyond chance."
  const [size, low, high] = change
  const of = (/** @type {number} */ value) => `${value > 0 ? "+" : ""}${number(value)}${unit ? ` ${unit}` : ""}`
  const moved = `${of(size)} from the first to the last plate (95 % interval ${of(low)} to ${of(high)}`
  if (few) return `${few} So far ${moved}).`
  const chance = `Kendall p ${p !== null && p < 0.001 ? "< 0.001" : number(p)}`
  return drift === null ? `No drift beyond chance: ${moved}, ${chance}).` : `Drifts: ${moved}, ${chance}).`
}
