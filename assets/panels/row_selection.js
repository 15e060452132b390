// Which rows of a table are chosen, and which one the keys stand at: the rules of clicks
// and keys that people know of lists of files. Pure; rows are known by their ids.

/** @type {RowSelection} */
export const NONE = { rows: new Set(), anchor: "", at: "" }

/** @param {string[]} order @param {string} from @param {string} to */
function between(order, from, to) {
  const [a, b] = [order.indexOf(from), order.indexOf(to)]
  if (a < 0 || b < 0) return [to]
  return order.slice(Math.min(a, b), Math.max(a, b) + 1)
}

/**
 * A click on a row: it alone, with Ctrl it more or less, with Shift the range up to it.
 * @param {RowSelection} selection @param {string[]} order @param {string} row
 * @param {{shift?: boolean, more?: boolean}} held
 */
export function clicked(selection, order, row, { shift = false, more = false } = {}) {
  if (shift && selection.anchor) {
    const range = between(order, selection.anchor, row)
    return { rows: new Set(more ? [...selection.rows, ...range] : range), anchor: selection.anchor, at: row }
  }
  if (!more) return { rows: new Set([row]), anchor: row, at: row }
  const rows = new Set(selection.rows)
  if (!rows.delete(row)) rows.add(row)
  return { rows, anchor: row, at: row }
}

/** @type {Record<string, (at: number, last: number) => number>} */
const STEPS = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  PageUp: (at) => at - 8,
  PageDown: (at) => at + 8,
  Home: () => 0,
  End: (_, last) => last,
}

/**
 * A key: arrows move and choose, with Shift they extend, Space chooses more or less, Ctrl+A
 * all, Escape none. Null where a key means nothing here.
 * @param {RowSelection} selection @param {string[]} order
 * @param {{key: string, shiftKey?: boolean, ctrlKey?: boolean, metaKey?: boolean}} event
 * @returns {RowSelection | null}
 */
export function keyed(selection, order, { key, shiftKey: shift = false, ctrlKey = false, metaKey = false }) {
  if (!order.length) return null
  const control = ctrlKey || metaKey
  if (control && key.toLowerCase() === "a") return { rows: new Set(order), anchor: order[0], at: selection.at || order[0] }
  if (key === "Escape") return selection.rows.size ? { ...NONE, at: selection.at } : null
  const at = order.indexOf(selection.at)
  if (key === " ") return at < 0 ? null : clicked(selection, order, selection.at, { more: true })
  const step = STEPS[key]
  if (!step) return null
  const last = order.length - 1
  const to = order[at < 0 ? (key === "End" ? last : 0) : Math.min(last, Math.max(0, step(at, last)))]
  // With Ctrl one moves without choosing, as to add single rows by Space.
  if (control && !shift) return { ...selection, at: to }
  return clicked(shift && !selection.anchor ? { ...selection, anchor: selection.at || to } : selection, order, to, { shift })
}

/** What is left of a selection when the table has other rows. @param {RowSelection} selection @param {string[]} order */
export function still(selection, order) {
  const there = new Set(order)
  const rows = new Set([...selection.rows].filter((row) => there.has(row)))
  const left = (/** @type {string} */ row) => (there.has(row) ? row : "")
  return { rows, anchor: left(selection.anchor), at: left(selection.at) }
}

/** Which rows an edit of a row is about: all chosen ones where it is among them, else it
 *  alone. @param {RowSelection} selection @param {string} row @param {string[]} order */
export const edited = (selection, row, order) =>
  selection.rows.has(row) ? order.filter((each) => selection.rows.has(each)) : [row]
