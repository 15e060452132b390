// Which part of a plate the map shows, and how large its wells are there. Pure.

import { geometry, sized, usedPart } from "./geometry.js"
import { STATE } from "./states.js"

const SMALL_HEIGHT = 0.32 // of the window, beside the pictures of a well
const LARGE_CELL = 160 // where the plate has the middle of the page
const NUMBERED_CELL = 44 // pixels that a well with a number in it needs

/**
 * @param {Pick<PlateText, "rows" | "columns" | "states">} plate
 * @param {object} room
 * @param {number} room.width
 * @param {number} room.height  of the window, of the map's own place where that is large
 * @param {boolean} room.large
 * @param {boolean} room.whole  all wells, and not only the part that is used
 * @param {boolean} room.numbered  wells have numbers in them, and the map may be larger than its place
 * @param {number} room.selected  a well outside the used part is shown when it is looked at
 * @returns {Geometry}
 */
export function arrangement({ rows, columns, states }, { width, height, large, whole, numbered, selected }) {
  const used = states.map((state, index) => whole || state !== STATE.not_acquired || index === selected)
  const part = usedPart(used, rows.length, columns.length)
  const wells = geometry(rows.length, columns.length, width, large ? height : height * SMALL_HEIGHT, { part, ...(large ? { most: LARGE_CELL } : {}) })
  return numbered ? sized({ ...wells, cell: Math.max(wells.cell, NUMBERED_CELL) }) : wells
}
