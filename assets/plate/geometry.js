// Where wells stand on the plate map: sizes, boxes, and which wells lie in a rectangle, a
// row or a column. Pure; a well is its index, row by row.

const MOST_CELL = 96 // larger wells tell nothing more, unless they have the page to themselves
const LEAST_CELL = 4

const LEAST_PART = [4, 6] // rows and columns: less would not look like a part of a plate

/**
 * The part of a plate that has wells, with one well around it; the whole plate where that
 * is more than half of it.
 * @param {boolean[]} used  row by row @param {number} rows @param {number} columns
 * @returns {PlatePart}
 */
export function usedPart(used, rows, columns) {
  const indices = used.flatMap((is, index) => (is ? [index] : []))
  const span = (/** @type {number[]} */ values, /** @type {number} */ count, /** @type {number} */ least) => {
    const low = Math.max(0, Math.min(...values) - 1)
    const size = Math.min(count, Math.max(least, Math.max(...values) + 2 - low))
    return [Math.min(low, count - size), size]
  }
  const [row, height] = span(indices.map((index) => Math.floor(index / columns)), rows, LEAST_PART[0])
  const [column, width] = span(indices.map((index) => index % columns), columns, LEAST_PART[1])
  return indices.length && height * width * 2 <= rows * columns ? [row, column, height, width] : [0, 0, rows, columns]
}

/**
 * Whether a well is in the part that is shown.
 * @param {Geometry} place @param {number} index
 */
export function isShown({ rows, columns, row = 0, column = 0, across = columns }, index) {
  const [down, right] = [Math.floor(index / across) - row, (index % across) - column]
  return down >= 0 && down < rows && right >= 0 && right < columns
}

/**
 * The largest wells that fit.
 * @param {number} rows @param {number} columns @param {number} width @param {number} height
 * @param {{most?: number, part?: PlatePart}} [more]  side of the largest well; what is shown of the plate
 * @returns {Geometry}
 */
export function geometry(rows, columns, width, height, { most = MOST_CELL, part = [0, 0, rows, columns] } = {}) {
  const [row, column, down, right] = part
  const rowHead = rows > 26 ? 26 : 20 // two letters after Z
  const columnHead = 18
  const fit = Math.min((width - rowHead - 2) / right, (height - columnHead - 2) / down, most)
  return sized({ rows: down, columns: right, row, column, across: columns, rowHead, columnHead, cell: Math.max(LEAST_CELL, Math.floor(fit)) })
}

/** @param {Omit<Geometry, "width" | "height">} place @returns {Geometry} */
export function sized(place) {
  return {
    ...place,
    width: place.rowHead + place.cell * place.columns + 2,
    height: place.columnHead + place.cell * place.rows + 2,
  }
}

/**
 * The square of a well, `[x, y, side]`, on whole device pixels so that edges are crisp.
 * @param {Geometry} place @param {number} index @param {number} inset @param {number} [ratio]
 * @returns {[number, number, number]}
 */
export function squareOf(place, index, inset, ratio = 1) {
  const snap = (/** @type {number} */ value) => Math.round(value * ratio) / ratio
  const { row = 0, column = 0, across = place.columns } = place
  const x = place.rowHead + ((index % across) - column) * place.cell + inset
  const y = place.columnHead + (Math.floor(index / across) - row) * place.cell + inset
  return [snap(x), snap(y), snap(place.cell - 2 * inset)]
}

/**
 * Whether a letter or number has room: every so many, those of the chosen well always,
 * and none that would touch it.
 * @param {number} index @param {number} every @param {number} current  -1 where none is chosen
 */
export function isNamed(index, every, current) {
  if (index === current) return true
  if (current >= 0 && Math.abs(index - current) < every) return false
  return index % every === 0
}

/**
 * The wells of the rectangle between two of its corners, row by row.
 * @param {number} corner @param {number} opposite @param {number} columns
 */
export function rectangle(corner, opposite, columns) {
  const sorted = (/** @type {(index: number) => number} */ of) => [of(corner), of(opposite)].sort((a, b) => a - b)
  const [top, bottom] = sorted((index) => Math.floor(index / columns))
  const [left, right] = sorted((index) => index % columns)
  const wells = []
  for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) wells.push(row * columns + column)
  return wells
}

/** @param {number} row @param {number} columns */
export const rowOf = (row, columns) => rectangle(row * columns, (row + 1) * columns - 1, columns)

/** @param {number} column @param {number} rows @param {number} columns */
export const columnOf = (column, rows, columns) => rectangle(column, (rows - 1) * columns + column, columns)

/**
 * The well some rows and columns away, at the plate's edge where it would lie outside.
 * @param {number} index @param {[number, number]} step @param {number} rows @param {number} columns
 */
export function stepped(index, [down, right], rows, columns) {
  const inside = (/** @type {number} */ value, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, value))
  return inside(Math.floor(index / columns) + down, rows) * columns + inside((index % columns) + right, columns)
}
