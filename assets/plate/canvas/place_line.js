// The line below the plate canvas: what is under the pointer, or in the middle.

import { h, say } from "../../core/dom.js"
import { verdictAt, verdictText } from "../../review/verdicts.js"
import { pixelText, placeText } from "./place_text.js"
import { INSET, fieldAt, layerOf, needs } from "./scene.js"
import { targetOf } from "./target.js"

/** @param {CanvasNow} now @param {import("../../pixels/viewport.js").Viewport} viewport @param {(index: number) => PlacedWell | undefined} wellOf @param {ReturnType<typeof import("./loader.js").makeLoader>} loader */
export function makePlaceLine(now, viewport, wellOf, loader) {
  const element = h("p", { class: "status cut grow" })

  /** Place and values of the pixel under the cursor, as far as its pixels are here. @param {NonNullable<ReturnType<typeof fieldAt>>} hit */
  function pixelWords({ field, x, y }) {
    if (!field.levels) return []
    const [width, height] = field.levels[0]
    const side = viewport.scale * (window.devicePixelRatio || 1) * (1 - 2 * INSET)
    const layer = layerOf(field, side, [0, 0, 1, 1], now.plate.sprite_cell)
    const channels = now.channels.filter(({ index }) => index < field.channels)
    const tiles = layer.kind === "planes" ? needs(now.plate, field, layer, channels) : []
    return pixelText([Math.floor(x * width), Math.floor(y * height)], tiles.map(({ tile, parts }) => ({ tile, planes: parts.map(({ key }) => loader.get(key)) })), channels)
  }

  function words() {
    const { plate } = now
    const at = targetOf(plate, viewport, { pointer: now.pointer, well: now.look.well })
    if (!at) return `${plate.about}${viewport.fitted ? " Scroll to zoom, drag to move, double click to open." : ""}`
    const well = wellOf(at.index)
    const hit = fieldAt(well, at.x, at.y)
    return placeText(plate, at.index, well, hit?.field ?? null, verdictText(verdictAt(plate.labels[at.index])), hit ? pixelWords(hit) : [])
  }

  return {
    element,
    show() {
      const text = words()
      say(element, text)
      if (element.title !== text) element.title = text
    },
  }
}
