// What the plate canvas shows at a place and scale: which wells, which of their fields,
// and the pictures these need. Knows no element and paints nothing.

import { pictureUrl, planeUrl } from "../../pixels/addresses.js"

/** @typedef {{box?: number[] | null, at: (x: number, y: number) => number[]}} Viewport  a fitted one has a box */

export const INSET = 0.03 // of a well's square, around its picture
const DETAIL_WELLS = 48 // with more wells in view, the plate's own picture is all
const TILE = 1024
const WHOLE = 1536 // a plane up to this is fetched whole, at the field viewer's address
const MAX_ZOOM = 48 // screen pixels a pixel

/** The well under a place of the plate, `{row, column, index, x, y}` with x and y inside its picture; null beside the plate.
 *  @param {Pick<PlateCanvasText, "rows" | "columns">} plate @param {number} x @param {number} y */
export function wellAt(plate, x, y) {
  const [column, row] = [Math.floor(x), Math.floor(y)]
  if (row < 0 || column < 0 || row >= plate.rows.length || column >= plate.columns.length) return null
  const inner = (/** @type {number} */ value, /** @type {number} */ whole) => (value - whole - INSET) / (1 - 2 * INSET)
  return { row, column, index: row * plate.columns.length + column, x: inner(x, column), y: inner(y, row) }
}

/** The field of a well at a place inside its picture, the last one drawn first.
 *  @param {PlacedWell | undefined} well @param {number} x @param {number} y */
export function fieldAt(well, x, y) {
  const fields = well?.fields ?? []
  // From the last one back: fields of a mosaic overlap, and later ones are painted over earlier ones.
  for (let i = fields.length - 1; i >= 0; i -= 1) {
    const [left, top, width, height] = fields[i].box
    if (x >= left && y >= top && x < left + width && y < top + height) return { field: fields[i], x: (x - left) / width, y: (y - top) / height }
  }
  return null
}

/** First and last row and column in view. @param {PlateCanvasText} plate @param {Viewport} viewport */
function inView(plate, viewport) {
  const [width, height] = viewport.box ?? [1, 1]
  const [left, top] = viewport.at(0, 0)
  const [right, bottom] = viewport.at(width, height)
  const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(most - 1, Math.floor(value)))
  return {
    rows: [clamp(top, plate.rows.length), clamp(bottom, plate.rows.length)],
    columns: [clamp(left, plate.columns.length), clamp(right, plate.columns.length)],
  }
}

/** The wells in view, row by row. @param {PlateCanvasText} plate @param {Viewport} viewport */
export function visible(plate, viewport) {
  const { rows, columns } = inView(plate, viewport)
  const indices = []
  for (let row = rows[0]; row <= rows[1]; row += 1) for (let column = columns[0]; column <= columns[1]; column += 1) indices.push(row * plate.columns.length + column)
  return indices
}

/** Whether the fields of the wells in view are wanted, at `side` device pixels a well.
 *  @param {PlateCanvasText} plate @param {number} count @param {number} side */
export function detailed(plate, count, side) {
  return count <= DETAIL_WELLS && side > Math.min(plate.cell, plate.sprite_cell) * 1.15
}

/** How far one may zoom in: until a pixel is large, with what is known of the fields.
 *  @param {(PlacedWell | undefined)[]} wells */
export function largestScale(wells) {
  let pixels = 512
  for (const well of wells) for (const { box, levels } of well?.fields ?? []) if (levels) pixels = Math.max(pixels, levels[0][0] / box[2])
  return (pixels / (1 - 2 * INSET)) * MAX_ZOOM
}

const clip = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ size) => [Math.max(0, Math.floor(low)), Math.min(size, Math.ceil(high))]

/**
 * What draws one field at `side` device pixels a well's picture. `view` is the part of
 * that picture in view, `[left, top, right, bottom]`, `spriteCell` the pixels of a field in
 * the well's sprite.
 *
 * @param {PlacedField} field @param {number} side @param {Box} view @param {number} spriteCell
 * @returns {Layer}
 *
 * Returns `{kind, level, tiles}`:
 * kind "sprite", "picture" or "planes"; a tile is `[left, top, width, height]` of the
 * level, or null for all of it.
 */
export function layerOf(field, side, view, spriteCell) {
  const [left, top, width, height] = field.box
  const longest = side * Math.max(width, height)
  if (field.error || !field.levels || longest <= spriteCell * 1.2) return { kind: "sprite" }
  const finest = Math.max(...field.levels[0])
  const least = longest * 0.8
  let level = 0
  field.levels.forEach((size, i) => { if (Math.max(...size) >= least) level = i })
  if (Math.max(...field.levels[level]) < least) level = 0
  const kind = level === 0 && longest >= 0.9 * finest ? "planes" : "picture"
  const size = field.levels[level]
  if (Math.max(...size) <= (kind === "planes" ? WHOLE : 2048)) return { kind, level, tiles: [null] }
  const [x0, x1] = clip(((view[0] - left) / width) * size[0], ((view[2] - left) / width) * size[0], size[0])
  const [y0, y1] = clip(((view[1] - top) / height) * size[1], ((view[3] - top) / height) * size[1], size[1])
  /** @type {Box[]} */
  const tiles = []
  for (let y = Math.floor(y0 / TILE) * TILE; y < y1; y += TILE) for (let x = Math.floor(x0 / TILE) * TILE; x < x1; x += TILE) tiles.push([x, y, Math.min(TILE, size[0] - x), Math.min(TILE, size[1] - y)])
  return { kind, level, tiles }
}

/** Addresses of what a layer needs. `plate` has channels (text), z, t; `on` the channels that are drawn here.
 *  @param {PlateCanvasText} plate @param {PlacedField} field @param {Layer} layer @param {{index: number}[]} on */
export function needs(plate, field, layer, on) {
  if (layer.kind === "sprite") return []
  const place = { level: layer.level, z: plate.z, t: plate.t, projection: plate.projection }
  return layer.tiles.map((tile) => {
    const region = tile ? tile.join(",") : null
    // The server has put channels together in a picture; planes are put together here, to name a pixel's values.
    if (layer.kind === "picture") {
      const url = pictureUrl(field.picture, { ...place, channels: plate.channels, region })
      return { tile, parts: [{ key: url, url, kind: "image" }] }
    }
    return { tile, parts: on.filter(({ index }) => index < field.channels).map(({ index }) => {
      const url = planeUrl(field.plane, { ...place, channel: index, region })
      return { key: url, url, kind: "plane" }
    }) }
  })
}
