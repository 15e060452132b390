// In which order wells are looked at. Pure: labels in, a label out.

/** Ways to go through a plate, with their words. */
export const ORDERS = [["suspicion", "suspects first"], ["controls", "controls first"], ["position", "by position"]]

/**
 * The labels in the order that was asked for.
 *
 * `queue` has the suspects first, the worst of them at the start, then all others by their
 * place; `places` all labels by their place; `controls` those of control wells.
 *
 * @param {{queue: string[], places: string[], controls: string[]}} labels @param {string} order
 * @returns {string[]}
 */
export function arrange({ queue, places, controls }, order) {
  if (order === "position") return places
  if (order !== "controls") return queue
  const first = new Set(controls)
  return [...queue.filter((label) => first.has(label)), ...queue.filter((label) => !first.has(label))]
}

/**
 * The next well that nobody has judged, after `from` and round again: suspects before the
 * others, in any order. `judged` and `hidden` say of a label whether it is done or left out.
 *
 * @param {string[]} labels @param {Set<string>} suspects @param {string} from
 * @param {(label: string) => boolean} judged @param {(label: string) => boolean} hidden
 * @returns {string | undefined}
 */
export function nextWell(labels, suspects, from, judged, hidden) {
  const at = labels.indexOf(from)
  const ahead = [...labels.slice(at + 1), ...labels.slice(0, Math.max(0, at))]
  const open = ahead.filter((label) => label !== from && !judged(label) && !hidden(label))
  // A suspect far away comes before a well next door: who goes by position shall miss none either.
  return open.find((label) => suspects.has(label)) ?? open[0]
}

/**
 * The well before in the order, judged or not.
 * @param {string[]} labels @param {string} from @param {(label: string) => boolean} hidden
 */
export function wellBefore(labels, from, hidden) {
  const shown = labels.filter((label) => label === from || !hidden(label))
  const at = shown.indexOf(from)
  return shown[(at < 0 ? shown.length : at + shown.length - 1) % shown.length]
}
