// Where one is on the plate canvas, in words. Pure.

import { exact } from "../../core/text.js"
import { STATE, STATE_WORDS } from "../states.js"

/**
 * @param {{labels: string[], states: number[], errors: Record<string, string>}} plate
 * @param {number} index
 * @param {{error?: string} | undefined} well  what the server says of it
 * @param {{label: string, error?: string | null} | null} field  under the pointer
 * @param {string} verdict @param {string[]} pixel  words about the pixel under the pointer
 */
export function placeText(plate, index, well, field, verdict, pixel) {
  const words = [plate.labels[index]]
  const state = plate.states[index]
  if (state !== STATE.present) words.push(STATE_WORDS[state])
  if (plate.errors[index]) words.push(plate.errors[index])
  else if (well?.error) words.push(well.error)
  if (verdict) words.push(verdict)
  if (field) words.push(field.label, ...(field.error ? [field.error] : pixel))
  return words.join(" · ")
}

/**
 * Place and values of a pixel, as far as its planes are here.
 * @param {[number, number]} at  column and row in level 0
 * @param {{tile: [number, number, number, number] | null, planes: ({data: ArrayLike<number>, width: number} | undefined)[]}[]} tiles
 * @param {{index: number, name?: string}[]} channels  of the planes of each tile
 */
export function pixelText([column, row], tiles, channels) {
  const words = [`x ${column}, y ${row}`]
  for (const { tile, planes } of tiles) {
    const [left, top, across, down] = tile ?? [0, 0, Infinity, Infinity]
    if (column < left || row < top || column >= left + across || row >= top + down) continue
    planes.forEach((plane, i) => {
      if (plane) words.push(`${channels[i].name ?? `channel ${channels[i].index}`} ${exact(plane.data[(row - top) * plane.width + column - left])}`)
    })
  }
  return words
}
