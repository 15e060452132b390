// Draws the plate canvas: the wells in view, their signs, rings around some, and the heads.

import { verdictAt } from "../../review/verdicts.js"
import { boxOf, cross, heads, pen, ring } from "./painter.js"
import { detailed, largestScale, visible, wellAt } from "./scene.js"
import { targetOfWell } from "./target.js"
import { makeWellPainter, paintSigns } from "./well_painter.js"

/**
 * @param {object} its
 * @param {CanvasNow} its.now
 * @param {import("../../pixels/viewport.js").Viewport} its.viewport
 * @param {{canvas: HTMLCanvasElement, columnHeads: HTMLCanvasElement, rowHeads: HTMLCanvasElement}} its.canvases
 * @param {ReturnType<typeof import("./loader.js").makeLoader>} its.loader
 * @param {ReturnType<typeof import("./details.js").makeDetails>} its.details
 * @param {ReturnType<typeof import("./overview.js").makeOverview>} its.overview
 */
export function makeDrawing({ now, viewport, canvases: { canvas, columnHeads, rowHeads }, loader, details, overview }) {
  const { paintWell } = makeWellPainter(loader)

  /** Letters and numbers stand at the plate, also where it does not fill the stage. @param {number} row @param {number} column  of the marked well, -1 for none */
  function drawHeads(row, column) {
    const [left, top] = viewport.origin()
    columnHeads.style.transform = `translateY(${Math.max(0, Math.floor(top))}px)`
    rowHeads.style.transform = `translateX(${Math.max(0, Math.floor(left))}px)`
    heads(columnHeads, now.plate.columns, left, viewport.scale, column, false)
    heads(rowHeads, now.plate.rows, top, viewport.scale, row, true)
  }

  return function draw() {
    const { plate, pointer } = now
    const [brush, ratio] = pen(canvas, ...viewport.across)
    const inView = visible(plate, viewport)
    const fine = detailed(plate, inView.length, viewport.scale * ratio)
    /** @type {CanvasView} */
    const view = {
      brush, ratio, plate, fine, size: [canvas.width, canvas.height], picture: overview.picture, details: details.get,
      channels: now.channels, missing: [],
    }
    const square = (/** @type {number} */ index) => boxOf(viewport, ratio, plate.columns.length, index)
    viewport.largest = largestScale(fine ? inView.map(details.get) : [])
    for (const index of inView) paintWell(view, index, square(index))
    for (const index of inView) paintSigns(view, index, square(index), { overlaid: now.overlaid, decided: verdictAt(plate.labels[index]) })
    const pointed = pointer && wellAt(plate, ...viewport.at(...pointer))
    if (pointed) ring(brush, square(pointed.index), ratio, false)
    const chosen = targetOfWell(plate, now.look.well)
    if (chosen) ring(brush, square(chosen.index), ratio, true)
    if (now.byKeys && !viewport.fitted) cross(brush, canvas.width, canvas.height, ratio)
    drawHeads(chosen?.row ?? -1, chosen?.column ?? -1)
    if (fine) details.ask(inView)
    view.missing.sort((a, b) => a.far - b.far) // what is near the middle first
    loader.want(view.missing.flatMap(({ parts }) => parts))
  }
}
