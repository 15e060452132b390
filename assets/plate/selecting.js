// Which wells are chosen together after an act: rules of clicks and keys. Pure; wells are
// indices, row by row.

import { columnOf, rectangle, rowOf, stepped } from "./geometry.js"

/**
 * Add wells to the chosen ones, or take them away where all of them are chosen. Without
 * chosen wells, the one that is looked at is the first of them.
 *
 * @param {Set<number>} chosen @param {number} selected  -1 where none is looked at
 * @param {number[]} wells
 */
export function toggled(chosen, selected, wells) {
  const next = new Set(chosen)
  if (!next.size && selected >= 0) next.add(selected)
  const all = wells.every((index) => next.has(index))
  for (const index of wells) {
    if (all) next.delete(index)
    else next.add(index)
  }
  return [...next].sort((a, b) => a - b)
}

/**
 * The wells of a row or a column: the one that is named, or with -1 that of a well.
 *
 * @param {{row?: number, column?: number}} line @param {number} well @param {number} rows @param {number} columns
 */
export function lineOf({ row, column = -1 }, well, rows, columns) {
  const at = Math.max(0, well)
  if (row === undefined) return columnOf(column < 0 ? at % columns : column, rows, columns)
  return rowOf(row < 0 ? Math.floor(at / columns) : row, columns)
}

/**
 * The acts of pointer and keys that choose wells of a plate: `scene` says which are, `choose` gets those that shall be.
 * @param {{selected: number, chosen: Set<number>}} scene @param {() => {rows: string[], columns: string[]}} plate
 * @param {(wells: number[]) => void} choose @param {number} few  a new rectangle begins where fewer wells are chosen
 */
export function choosingActs(scene, plate, choose, few) {
  let extent = { anchor: -1, edge: -1 }
  const size = () => /** @type {const} */ ([plate().rows.length, plate().columns.length])
  const toggle = (/** @type {number[]} */ wells) => choose(toggled(scene.chosen, scene.selected, wells))
  return {
    /** A rectangle begins at a well, or is forgotten. */
    begin(anchor = -1) { extent = { anchor, edge: anchor } },
    acts: {
      /** @type {GridActs["drag"]} */
      drag: (from, to) => choose(rectangle(from, to, size()[1])),
      /** @type {GridActs["extendTo"]} */
      extendTo: (index) => choose(rectangle(Math.max(0, extent.anchor, scene.selected), index, size()[1])),
      /** @type {GridActs["extend"]} */
      extend(step) {
        const [rows, columns] = size()
        const { wells, ...next } = extended(extent, { step, selected: scene.selected, fresh: scene.chosen.size < few, rows, columns })
        extent = next
        choose(wells)
      },
      /** @type {GridActs["toggle"]} */
      toggle: (index) => toggle([index]),
      /** @type {GridActs["line"]} */
      line: (line, add) => (add ? toggle : choose)(lineOf(line, scene.selected, ...size())),
      all: () => choose(Array.from({ length: size()[0] * size()[1] }, (_, index) => index)),
      clear() {
        const any = scene.chosen.size > 0
        if (any) choose([])
        return any
      },
    },
  }
}

/**
 * A rectangle that keys extend from where it began: `anchor` and `edge` are its corners.
 * @typedef {{anchor: number, edge: number}} Extent
 */

/**
 * @param {Extent} extent  anchor -1 where no well was looked at yet
 * @param {{step: [number, number], selected: number, fresh: boolean, rows: number, columns: number}} act
 *   `fresh` where no wells are chosen, so that a new rectangle begins
 * @returns {Extent & {wells: number[]}}
 */
export function extended(extent, { step, selected, fresh, rows, columns }) {
  const anchor = extent.anchor < 0 ? Math.max(0, selected) : extent.anchor
  const edge = stepped(fresh ? anchor : extent.edge, step, rows, columns)
  return { anchor, edge, wells: rectangle(anchor, edge, columns) }
}
