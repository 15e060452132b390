// Paints the plate canvas: wells, fields and their signs at the places that the scene has
// found. Knows pens and colours; no events, no requests.

import { penOf } from "../../core/dom.js"
import { token } from "../../core/theme.js"
import { INSET } from "./scene.js"
import { STATE } from "../states.js"
import { drawVerdict } from "../../review/verdicts.js"

/** The stage is dark in either theme, and so are the signs on it. */
export const LOOK = { ground: "#07090b", cell: "#11161b", edge: "#5d6873", soft: "#a9b2bc", ink: "#ffffff", bad: "#ff9a92", mark: "#ffd166" }

/** A pen for a canvas of `width` x `height` CSS pixels, cleared, in device pixels. */
/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @returns {[CanvasRenderingContext2D, number]} */
export function pen(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1
  /** @type {[number, number]} */
  const size = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))]
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size
  const context = penOf(canvas, { alpha: false })
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.fillStyle = LOOK.ground
  context.fillRect(0, 0, ...size)
  return [context, ratio]
}

/**
 * The box of a well's picture in device pixels, `[x, y, side]`.
 * @returns {[number, number, number]}
 * @param {Viewport} viewport @param {number} ratio @param {number} columns @param {number} index
 */
export function boxOf(viewport, ratio, columns, index) {
  const [left, top] = viewport.origin()
  const scale = viewport.scale
  const place = (/** @type {number} */ whole, /** @type {number} */ start) => (start + (whole + INSET) * scale) * ratio
  return [place(index % columns, left), place(Math.floor(index / columns), top), scale * (1 - 2 * INSET) * ratio]
}

/**
 * The box of a field inside its well's box, `[x, y, width, height]`.
 * @param {[number, number, number]} well
 * @param {[number, number, number, number]} field
 * @returns {[number, number, number, number]}
 */
export const fieldBox = ([x, y, side], [left, top, width, height]) => [x + left * side, y + top * side, width * side, height * side]

/** What stands where no picture can: each state has a shape of its own. @param {Pen} draw @param {Box} box @param {number | "loading"} state @param {number} ratio */
export function sign(draw, [x, y, width, height], state, ratio, text = "") {
  const side = Math.min(width, height)
  const line = Math.max(1, ratio)
  draw.save()
  draw.beginPath()
  draw.rect(x, y, width, height)
  draw.clip()
  draw.lineWidth = line
  if (state === STATE.not_acquired || state === STATE.pending) {
    draw.setLineDash(state === STATE.pending ? [3 * ratio, 3 * ratio] : [])
    draw.strokeStyle = state === STATE.pending ? LOOK.soft : LOOK.edge
    draw.beginPath()
    draw.arc(x + width / 2, y + height / 2, side * 0.3, 0, 7)
    draw.stroke()
  } else if (state === "loading") {
    draw.fillStyle = LOOK.cell
    draw.fillRect(x, y, width, height)
    draw.fillStyle = LOOK.edge
    const dot = Math.max(line, Math.min(3 * ratio, side * 0.05))
    for (const at of [0.3, 0.5, 0.7]) {
      draw.beginPath()
      draw.arc(x + width * at, y + height / 2, dot, 0, 7)
      draw.fill()
    }
  } else {
    draw.fillStyle = LOOK.cell
    draw.fillRect(x, y, width, height)
    draw.strokeStyle = LOOK.bad
    draw.globalAlpha = 0.55
    draw.beginPath()
    const step = Math.max(5 * ratio, side / 8)
    for (let at = -height; at < width; at += step) {
      draw.moveTo(x + at, y + height)
      draw.lineTo(x + at + height, y)
    }
    draw.stroke()
    draw.globalAlpha = 1
    draw.strokeRect(x + line / 2, y + line / 2, width - line, height - line)
    if (side >= 14 * ratio) badge(draw, x + width / 2, y + height / 2, Math.min(side * 0.25, 18 * ratio), state === STATE.missing ? "?" : "!")
    if (text && side >= 110 * ratio) sentence(draw, x, y + height / 2 + Math.min(side * 0.25, 18 * ratio) + 8 * ratio, width, text, ratio)
  }
  draw.restore()
}

/** @param {Pen} draw @param {number} x @param {number} y @param {number} radius @param {string} letter */
function badge(draw, x, y, radius, letter) {
  draw.fillStyle = LOOK.ground
  draw.beginPath()
  draw.arc(x, y, radius, 0, 7)
  draw.fill()
  draw.fillStyle = LOOK.bad
  draw.font = `700 ${Math.round(radius * 1.5)}px system-ui, sans-serif`
  draw.textAlign = "center"
  draw.textBaseline = "middle"
  draw.fillText(letter, x, y + radius * 0.08)
}

/** Words in lines of at most the box's width; what does not fit is on the status line. @param {Pen} draw @param {number} x @param {number} y @param {number} width @param {string} text @param {number} ratio */
function sentence(draw, x, y, width, text, ratio) {
  const size = 11 * ratio
  draw.font = `400 ${size}px system-ui, sans-serif`
  draw.textAlign = "center"
  draw.textBaseline = "top"
  const lines = [""]
  for (const word of text.split(/(?<=[\s/])/)) {
    if (draw.measureText(lines[lines.length - 1] + word).width > width - 16 * ratio && lines.at(-1)) lines.push("")
    lines[lines.length - 1] += word
  }
  lines.slice(0, 4).forEach((line, i) => {
    const across = Math.min(width - 8 * ratio, draw.measureText(line).width + 8 * ratio)
    draw.fillStyle = LOOK.ground
    draw.fillRect(x + (width - across) / 2, y + i * size * 1.35, across, size * 1.35)
    draw.fillStyle = LOOK.ink
    draw.fillText(line, x + width / 2, y + i * size * 1.35 + size * 0.12)
  })
}

/** A name on a dark ground, in the upper left of a box; its width, 0 where none fits. @param {Pen} draw @param {Box} box @param {string} text @param {number} ratio */
export function name(draw, [x, y, width, height], text, ratio, strong = true) {
  const size = (strong ? 12 : 11) * ratio
  draw.font = `${strong ? 650 : 400} ${size}px system-ui, sans-serif`
  const across = draw.measureText(text).width + 8 * ratio
  if (across > width * 0.8 || size * 2.5 > height) return 0
  draw.fillStyle = "rgb(7 9 11 / .72)"
  draw.fillRect(x, y, across, size * 1.45)
  draw.fillStyle = strong ? LOOK.ink : LOOK.soft
  draw.textAlign = "left"
  draw.textBaseline = "middle"
  draw.fillText(text, x + 4 * ratio, y + size * 0.76)
  return across
}

/** A metric's colour as a frame, which leaves the picture as it is. @param {Pen} draw @param {[number, number, number]} box @param {string} colour @param {number} ratio */
export function frame(draw, [x, y, side], colour, ratio) {
  const thick = Math.max(2 * ratio, Math.min(side * 0.09, 8 * ratio))
  draw.lineWidth = thick
  draw.strokeStyle = colour
  draw.strokeRect(x + thick / 2, y + thick / 2, side - thick, side - thick)
}

/** What was decided, in the lower right. @param {Pen} draw @param {[number, number, number]} box @param {VerdictEntry} entry @param {number} ratio */
export function verdict(draw, [x, y, side], entry, ratio) {
  const size = Math.max(6 * ratio, Math.min(20 * ratio, side * 0.3))
  drawVerdict(draw, x + side - size - 2 * ratio, y + side - size - 2 * ratio, size, entry, token("surface"))
}

/** Rings around a box: what is selected is ringed twice, so that it shows on any picture. @param {Pen} draw @param {[number, number, number]} box @param {number} ratio @param {boolean} selected */
export function ring(draw, [x, y, side], ratio, selected) {
  /** @type {[number, string][]} */
  const rings = selected ? [[3, LOOK.ground], [2.5, LOOK.ink]] : [[1.5, LOOK.soft]]
  let out = selected ? 4 : 0.75
  for (const [thick, colour] of rings) {
    draw.strokeStyle = colour
    draw.lineWidth = thick * ratio
    draw.strokeRect(x - (out - thick / 2) * ratio, y - (out - thick / 2) * ratio, side + (2 * out - thick) * ratio, side + (2 * out - thick) * ratio)
    out -= selected ? 1.5 : 0
  }
}

/** Where the keyboard points while the view is not fitted: its middle. @param {Pen} draw @param {number} width @param {number} height @param {number} ratio */
export function cross(draw, width, height, ratio) {
  const [x, y, arm] = [width / 2, height / 2, 9 * ratio]
  for (const [thick, colour] of /** @type {[number, string][]} */ ([[3, LOOK.ground], [1, LOOK.mark]])) {
    draw.strokeStyle = colour
    draw.lineWidth = thick * ratio
    draw.beginPath()
    draw.moveTo(x - arm, y)
    draw.lineTo(x + arm, y)
    draw.moveTo(x, y - arm)
    draw.lineTo(x, y + arm)
    draw.stroke()
  }
}

/** The letters of rows, or the numbers of columns, beside the wells. @param {HTMLCanvasElement} canvas @param {string[]} names @param {number} start @param {number} scale @param {number} current @param {boolean} down */
export function heads(canvas, names, start, scale, current, down) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight]
  const [draw, ratio] = pen(canvas, width, height)
  draw.scale(ratio, ratio)
  draw.textBaseline = "middle"
  const every = Math.ceil((down ? 13 : names.length > 20 ? 18 : 15) / scale)
  names.forEach((text, i) => {
    const middle = start + (i + 0.5) * scale
    if (i !== current && i % every) return
    if (i !== current && current >= 0 && Math.abs(i - current) < every) return
    // A well larger than the view keeps its name in sight.
    const end = down ? height : width
    const low = Math.max(start + i * scale, 0)
    const high = Math.min(start + (i + 1) * scale, end)
    if (high < 4 || low > end - 4) return
    const at = scale > 60 ? (low + high) / 2 : middle
    draw.font = `${i === current ? 700 : 400} 11px system-ui, sans-serif`
    draw.fillStyle = i === current ? LOOK.ink : LOOK.soft
    draw.textAlign = down ? "right" : "center"
    draw.fillText(text, down ? width - 5 : at, down ? at : height / 2)
  })
}
