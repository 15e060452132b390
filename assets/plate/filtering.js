// Which wells a filter leaves out, for the whole page: the map dims them, J and K pass
// over them where that was asked for.

import { tell } from "../core/bus.js"

export const filtering = {
  plate: "", // the one that it is of: another has no filter until its own has come
  /** @type {Set<string>} */
  hidden: new Set(), // labels that the filter leaves out
  skip: true, // J and K pass over them
}

/** Whether the filter leaves out a well of a plate. @param {string} plate @param {string} label */
export const isHidden = (plate, label) => filtering.plate === plate && filtering.hidden.has(label)

/** @param {string} plate @param {Set<string>} hidden @param {boolean} skip */
export function setFiltering(plate, hidden, skip) {
  const same = filtering.skip === skip && hidden.size === filtering.hidden.size && [...hidden].every((label) => filtering.hidden.has(label))
  const moved = filtering.plate !== plate
  filtering.plate = plate
  if (same && !(moved && hidden.size)) return
  filtering.hidden = hidden
  filtering.skip = skip
  tell("filtered")
}

/**
 * The labels that a filter leaves out. `wells` are `{label, conditions, value}`; a part of
 * the filter that is empty leaves nothing out.
 * @param {FilteredWell[]} wells @param {Record<string, VerdictEntry>} verdicts @param {WellFilter} filter
 * @returns {Set<string>}
 */
export function leftOut(wells, verdicts, filter) {
  /** @type {Set<string>} */
  const out = new Set()
  for (const well of wells) if (!matches(well, verdicts[well.label], filter)) out.add(well.label)
  return out
}

/** @param {FilteredWell} well @param {VerdictEntry | undefined} entry @param {WellFilter} filter */
function matches(well, entry, filter) {
  const [verdict = "", stale = false, basis = "", reason = "", who = "", failed = 0] = entry ?? []
  return stateFits(filter.state, verdict, stale, failed)
    && (!filter.basis || (verdict && basis === filter.basis))
    && (!filter.reason || (verdict && reason === filter.reason))
    && (!filter.reviewer || (verdict && who === filter.reviewer))
    && (!filter.column || !filter.condition || well.conditions.some(([name, value]) => name === filter.column && value === filter.condition))
    && (filter.low === null || (well.value !== null && well.value >= filter.low))
    && (filter.high === null || (well.value !== null && well.value <= filter.high))
}

/** @param {string} state @param {string} verdict @param {boolean} stale @param {number} failed */
function stateFits(state, verdict, stale, failed) {
  if (!state) return true
  if (state === "unreviewed") return !verdict || stale
  if (state === "stale") return Boolean(verdict && stale)
  if (state === "field") return failed > 0
  return verdict === state
}
