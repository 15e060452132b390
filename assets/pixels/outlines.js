// Outlines of the objects of a label image, over a picture: lines of one screen width at
// any zoom, along the edges of the mask's pixels.

import { token } from "../core/theme.js"
import { everyFrame, h, messageOf, penOf } from "../core/dom.js"
import { plane } from "./planes.js"

const BAND = 64 // rows of the mask whose lines are kept together
const COLOUR = "#ffd400" // seen on black, blue, green, red and grey alike

/** A layer that looks through `viewport`; `onState` hears when it is busy or failed. @param {Viewport} viewport @param {(text: string) => void} onState */
export function outlineLayer(viewport, onState) {
  const canvas = h("canvas", { class: "picture outlines", "aria-hidden": "true" })
  /** @type {{url: string, size: [number, number]} | null} */
  let source = null // {url, size}: the mask's address, and the size of level 0
  /** @type {Plane | null} */
  let mask = null
  /** @type {Path2D[]} */
  let bands = []
  let shown = true

  async function load() {
    const mine = source
    mask = null
    bands = []
    paint()
    if (!mine) return onState("")
    onState("Loading outlines…")
    try {
      const labels = await plane(mine.url)
      if (mine !== source) return
      mask = labels
      bands = trace(labels)
      onState("")
    } catch (error) {
      if (mine === source) onState(`Outlines: ${messageOf(error)}`)
    }
    paint()
  }

  const paint = everyFrame(() => {
    if (!viewport.box) return
    const ratio = window.devicePixelRatio || 1
    const [width, height] = viewport.box.map((/** @type {number} */ side) => Math.round(side * ratio))
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height]
    const pen = penOf(canvas)
    pen.setTransform(1, 0, 0, 1, 0, 0)
    pen.clearRect(0, 0, width, height)
    canvas.dataset.outlined = mask && shown ? source?.url ?? "" : ""
    if (!source || !mask || !shown) return
    const [left, top] = viewport.origin()
    const [across, down] = [(source.size[0] / mask.width) * viewport.scale * ratio, (source.size[1] / mask.height) * viewport.scale * ratio]
    pen.setTransform(across, 0, 0, down, left * ratio, top * ratio)
    const first = Math.floor((-top * ratio) / down / BAND)
    const last = Math.floor((height - top * ratio) / down / BAND)
    const path = new Path2D()
    for (let at = Math.max(0, first); at <= Math.min(bands.length - 1, last); at += 1) path.addPath(bands[at])
    // Stroked without the picture's scale, so that a line is as thick at any zoom.
    for (const [thick, colour] of /** @type {[number, string][]} */ ([[3, "rgb(0 0 0 / .55)"], [1.25, token("outline") || COLOUR]])) {
      pen.lineWidth = (thick * ratio) / Math.sqrt(across * down)
      pen.strokeStyle = colour
      pen.stroke(path)
    }
  })

  viewport.watch(paint)
  return {
    element: canvas,
    /** @param {{url: string, size: [number, number]} | null} next */
    show(next) {
      if (next?.url === source?.url) return
      source = next
      load()
    },
    /** Whether outlines can be seen now. */
    get visible() { return Boolean(mask && shown) },
    /** @param {boolean} off */
    hold(off) {
      shown = !off
      paint()
    },
    /** The object's number at pixel (x, y) of level 0; 0 is background, null unknown. @param {number} x @param {number} y */
    at(x, y) {
      if (!source || !mask || x < 0 || y < 0 || x >= source.size[0] || y >= source.size[1]) return null
      const column = Math.floor((x * mask.width) / source.size[0])
      return mask.data[Math.floor((y * mask.height) / source.size[1]) * mask.width + column]
    },
  }
}

/** Lines between unlike pixels, runs of them in one piece, by bands of rows. @param {Plane} plane */
function trace({ data, width, height }) {
  const bands = Array.from({ length: Math.ceil((height + 1) / BAND) }, () => new Path2D())
  /** @param {number} x @param {number} y */
  const at = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x])
  for (let y = 0; y <= height; y += 1) {
    const band = bands[Math.floor(y / BAND)]
    for (let x = 0, from = -1; x <= width; x += 1) {
      const edge = x < width && at(x, y) !== at(x, y - 1)
      if (edge && from < 0) from = x
      if (!edge && from >= 0) {
        band.moveTo(from, y)
        band.lineTo(x, y)
        from = -1
      }
    }
  }
  for (let start = 0, i = 0; start < height; start += BAND, i += 1) {
    const end = Math.min(height, start + BAND)
    for (let x = 0; x <= width; x += 1) {
      for (let y = start, from = -1; y <= end; y += 1) {
        const edge = y < end && at(x, y) !== at(x - 1, y)
        if (edge && from < 0) from = y
        if (!edge && from >= 0) {
          bands[i].moveTo(x, from)
          bands[i].lineTo(x, y)
          from = -1
        }
      }
    }
  }
  return bands
}
