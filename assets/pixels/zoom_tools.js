// What zooms a viewport: buttons, and the same by keys.

import { everyFrame, h, say } from "../core/dom.js"
import { keyed, keyedSign } from "../core/keyed.js"

/** Out, the scale in percent, in, and the whole picture. @param {Viewport} viewport */
export function zoomTools(viewport) {
  const percent = keyed(h("button", { class: "plain small zoom", click: () => viewport.actual() }), "actual", "Actual pixels (100 %)")
  viewport.watch(everyFrame(() => say(percent, `${Math.round(viewport.scale * (window.devicePixelRatio || 1) * 100)} %`)))
  return [
    keyedSign("minus", "Zoom out", "zoom-out", () => viewport.zoom(1 / 1.5)), percent,
    keyedSign("plus", "Zoom in", "zoom-in", () => viewport.zoom(1.5)), keyedSign("fit", "Fit the picture", "fit", () => viewport.whole()),
  ]
}

/** By a factor; null shows all, 0 one screen pixel a pixel. @param {Viewport} viewport @param {number | null} factor */
export function zoomTo(viewport, factor) {
  if (factor === null) viewport.whole()
  else if (factor) viewport.zoom(factor)
  else viewport.actual()
}
