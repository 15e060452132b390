// Zooming on the plate canvas by steps, to the whole plate and to single pixels.

import { fieldAt, largestScale } from "./scene.js"
import { pixelScale, targetOf, targetOfWell } from "./target.js"

const UNKNOWN = 4 // a step towards pixels where their size is not known

/** @param {CanvasNow} now @param {import("../../pixels/viewport.js").Viewport} viewport @param {(index: number) => PlacedWell | undefined} wellOf */
export function makeZooming(now, viewport, wellOf) {
  /** The pointer's place from the middle of the view, which zooming keeps. */
  const fromMiddle = () => (now.pointer ? [now.pointer[0] - viewport.across[0] / 2, now.pointer[1] - viewport.across[1] / 2] : [0, 0])

  /** By a factor; null shows the whole plate, 0 one screen pixel a pixel. @param {number | null} factor @returns {void} */
  function zoom(factor) {
    if (factor === null) return viewport.fit(...viewport.across)
    if (factor === 0) return zoomToPixels()
    const well = targetOfWell(now.plate, now.look.well)
    if (viewport.fitted && well && !now.pointer) [viewport.x, viewport.y] = [well.column + 0.5, well.row + 0.5]
    viewport.zoom(factor, ...fromMiddle())
  }

  function zoomToPixels() {
    const at = targetOf(now.plate, viewport, { pointer: now.pointer, well: now.look.well })
    const well = at ? wellOf(at.index) : undefined
    const scale = pixelScale(at && (fieldAt(well, at.x, at.y)?.field ?? well?.fields[0]), window.devicePixelRatio || 1)
    if (scale === null) return zoom(UNKNOWN)
    viewport.largest = largestScale([well])
    viewport.zoom(scale / viewport.scale, ...fromMiddle())
  }

  return zoom
}
