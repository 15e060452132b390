// What happens in a plot, told to the page. Plots are Bokeh's, whose callbacks are no
// modules: they load this one by `window.hcsPart`.

import { tell } from "../core/bus.js"
import { selectWells } from "../core/selection.js"
import { shown } from "../plate/map_values.js"

/** A cut-off was dragged. */
export const cutMoved = (side, value) => tell("cut-moved", { side, value })

/** Points were chosen; several may be of one well. */
export function pointsChosen(source, indices) {
  if (source.hcsMarked === JSON.stringify(indices)) return
  selectWells(indices.map((index) => source.data.well[index]))
}

/** Bars were chosen: the wells that stand in them. */
export function binsChosen(source, indices) {
  if (source.hcsMarked === JSON.stringify(indices)) return
  const { left, right } = source.data
  const last = left.length - 1
  const inside = (value) => indices.some((i) => value >= left[i] && (value < right[i] || (i === last && value <= right[i])))
  selectWells(shown.labels.filter((_, at) => shown.values[at] !== null && shown.values[at] !== undefined && inside(shown.values[at])))
}

/** A part of a density was chosen; the server knows whose points are in it. */
export function boxChosen(geometry) {
  if (geometry.type === "rect") tell("plot-box", { x0: geometry.x0, x1: geometry.x1, y0: geometry.y0, y1: geometry.y1 })
}

/** Which figure is shown: an old one may linger beside its successor. */
let serial = 0
export const figureShown = (number) => { serial = number }

/** The models of the shown figure that have this name. */
export function models(name) {
  return (window.Bokeh?.documents ?? []).map((one) => one.get_model_by_name(`${name}-${serial}`)).filter(Boolean)
}

/** Mark the chosen wells in the plot that is shown, without choosing anything. */
export function markChosen(wells) {
  const wanted = new Set(wells)
  for (const source of models("hcs-plot-wells")) {
    const indices = wanted.size ? [...source.data.well].flatMap((label, at) => (wanted.has(label) ? [at] : [])) : []
    mark(source, indices)
  }
  for (const source of models("hcs-plot-chosen")) {
    const { left, right } = source.data
    const top = [...left].map(() => 0)
    shown.labels.forEach((label, at) => {
      const value = shown.values[at]
      if (!wanted.has(label) || value === null || value === undefined) return
      const bin = [...left].findIndex((from, i) => value >= from && (value < right[i] || (i === left.length - 1 && value <= right[i])))
      if (bin >= 0) top[bin] += 1
    })
    source.data = { ...source.data, top }
  }
  if (!wanted.size) for (const source of models("hcs-plot-bins")) mark(source, [])
}

/** Set what a source has selected; its callback knows by `hcsMarked` who did it. */
function mark(source, indices) {
  source.hcsMarked = JSON.stringify(indices)
  source.selected.indices = indices
}
