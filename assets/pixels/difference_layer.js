// The difference of two panes as a picture that moves with their viewport.

import { display } from "../core/bus.js"
import { h, penOf, say } from "../core/dom.js"
import { difference, differingText, notComparable } from "./difference.js"
import { spelled } from "./addresses.js"

/**
 * Make the layer over `panes`, the old one and the new one.
 * @param {Viewport} viewport @param {ReturnType<typeof import("./pane.js").makePane>[]} panes
 */
export function differenceLayer(viewport, panes) {
  const canvas = h("canvas", { "aria-hidden": "true" })
  const caption = h("span")
  const note = h("p", { class: "note" })
  const element = h("div", { class: "subtracted" }, canvas, note, h("figcaption", h("b", "New minus old"),
    h("span", { class: "key" }, "darker", h("i"), "brighter"), caption))
  let drawn = "" // what stands on the canvas
  let shown = false

  function place() {
    if (!shown || !viewport.box) return
    const size = panes[1].source
    if (!size) return
    const [left, top] = viewport.origin()
    canvas.style.transform = `translate(${left}px,${top}px)`
    canvas.style.width = `${size.width * viewport.scale}px`
    canvas.style.height = `${size.height * viewport.scale}px`
    canvas.style.imageRendering = viewport.scale > 1 ? "pixelated" : "auto"
  }

  function draw() {
    if (!shown) return
    const [old, corrected] = panes.map((pane) => pane.source)
    const problem = corrected ? notComparable(old, corrected) : ""
    const [before, after] = panes.map((pane) => new Map(pane.planes()))
    const channels = display.channels.filter((channel) => channel.active)
    const levels = [before, after].map((planes) => [...planes].map(([index, { width }]) => `${index}:${width}`))
    const key = [old?.id, corrected?.id, corrected?.z, corrected?.t, spelled(channels), ...levels].join("|")
    if (key === drawn) return
    drawn = key
    const made = problem ? null : difference(before, after, channels)
    canvas.hidden = !made
    say(note, made ? "" : problem || "Nothing to subtract yet.")
    note.hidden = Boolean(made)
    say(caption, made ? differingText(made.differing) : "")
    element.dataset.drawn = made ? key : ""
    if (!made) return
    ;[canvas.width, canvas.height] = [made.width, made.height]
    penOf(canvas).putImageData(new ImageData(made.data, made.width, made.height), 0, 0)
    place()
  }

  viewport.watch(place)
  return {
    element,
    draw,
    /** @param {boolean} visible */
    show(visible) {
      shown = visible
      draw()
      place()
    },
  }
}
