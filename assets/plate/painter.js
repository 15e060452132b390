// Paints the wells. Knows sizes, colours and states; no events, no elements.

import { penOf } from "../core/dom.js"
import { parts } from "../core/colours.js"
import { token } from "../core/theme.js"
import { drawVerdict } from "../review/verdicts.js"
import { isShown, squareOf } from "./geometry.js"
import { STATE } from "./states.js"

/** The outline colours of control wells, with the letter that says it without colour. */
/** @type {Record<string, string>} */
const ROLE_COLOURS = { N: "#e69f00", P: "#009e73", U: "#8a929b" }

/** What a filter leaves out is still there, so that the plate keeps its shape. */
const DIMMED = 0.13

/** @param {Element | undefined} host where the tokens are, the page if not given */
function colours(host) {
  const names = ["surface", "sunken", "line", "edge", "ink", "soft", "bad", "ground"]
  return Object.fromEntries(names.map((name) => [name, token(name, host)]))
}

/** A pen for a canvas of the plate's size, crisp on any screen, and the ratio. */
/** @param {HTMLCanvasElement} canvas @param {Geometry} place @returns {[CanvasRenderingContext2D, number]} */
function prepared(canvas, place) {
  const ratio = window.devicePixelRatio || 1
  const [width, height] = [Math.round(place.width * ratio), Math.round(place.height * ratio)]
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
    canvas.style.width = `${place.width}px`
    canvas.style.height = `${place.height}px`
  }
  const pen = penOf(canvas)
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.clearRect(0, 0, place.width, place.height)
  return [pen, ratio]
}

/**
 * Draw the wells.
 *
 * `scene` holds `geometry`, `wells` (`{state, partial, corrected, role}` a position) and
 * their `colouring`; where it is not the page's own, the `host` whose tokens it takes.
 * @param {HTMLCanvasElement} canvas @param {MapScene} scene
 */
export function drawWells(canvas, scene) {
  const place = scene.geometry
  if (!place) return
  const [pen, ratio] = prepared(canvas, place)
  const look = colours(scene.host)
  if (!scene.bare) plateBody(pen, place, look)
  scene.wells.forEach((well, index) => {
    if (!isShown(place, index)) return
    pen.globalAlpha = well.dimmed ? DIMMED : 1
    drawWell(pen, place, look, well, scene.colouring.parts[index] ?? null, index, ratio, scene)
    if (well.verdict && !scene.plain) decided(pen, place, look, well.verdict, index, ratio)
  })
  pen.globalAlpha = 1
  countingLines(pen, place, look)
}

/**
 * Draw what moves: `selected` (index or -1), `chosen` (a Set of indices), `hovered`. On a
 * canvas of its own, so that a key press does not paint thousands of wells.
 * @param {HTMLCanvasElement} canvas @param {MapScene} scene
 */
export function drawMarks(canvas, scene) {
  const place = scene.geometry
  if (!place) return
  const [pen] = prepared(canvas, place)
  const look = colours(scene.host)
  if (scene.hovered >= 0 && scene.hovered !== scene.selected) outline(pen, place, scene.hovered, [[1, look.ink]])
  for (const index of scene.chosen) outline(pen, place, index, [[1.5, look.ink]])
  if (scene.selected >= 0) {
    const thick = place.cell >= 12 ? 2.5 : 2
    outline(pen, place, scene.selected, [[thick, look.ink], [thick, look.surface]], true)
  }
}

/** @param {Pen} pen @param {[number, number][]} points */
function polygon(pen, ...points) {
  pen.beginPath()
  for (const point of points) pen.lineTo(...point)
  pen.closePath()
}

/** Fill what was outlined, and draw its edge. @param {Pen} pen @param {string} colour @param {string} [edge] */
function paint(pen, colour, edge) {
  pen.fillStyle = colour
  pen.fill()
  if (!edge) return
  pen.strokeStyle = edge
  pen.lineWidth = 1
  pen.stroke()
}

/** The plate's outline, cut at A1's corner as plates are. @param {Pen} pen @param {Geometry} place @param {Record<string, string>} look */
function plateBody(pen, place, look) {
  const { rowHead: left, columnHead: top, cell } = place
  const right = left + cell * place.columns + 1
  const bottom = top + cell * place.rows + 1
  const cut = Math.min(10, cell * 0.45)
  polygon(pen, [left - 1 + cut, top - 1], [right, top - 1], [right, bottom], [left - 1, bottom], [left - 1, top - 1 + cut])
  paint(pen, look.sunken, look.line)
}

/** @param {Pen} pen @param {Geometry} place @param {Record<string, string>} look @param {PaintedWell} well @param {number | null} part @param {number} index @param {number} ratio @param {MapScene} scene */
function drawWell(pen, place, look, well, part, index, ratio, { colouring, plain }) {
  const { cell } = place
  const inset = cell >= 20 ? 1.5 : cell >= 8 ? 1 : 0.5
  const [x, y, size] = squareOf(place, index, inset, ratio)
  if (well.state === STATE.not_acquired) return hollow(pen, x, y, size, look.edge, [])
  if (well.state === STATE.pending) return hollow(pen, x, y, size, look.soft, [2, 2])
  if (well.state === STATE.missing || well.state === STATE.unreadable) {
    return hatched(pen, x, y, size, look, well.state === STATE.unreadable ? "!" : "?")
  }
  pen.beginPath()
  pen.roundRect(x, y, size, size, cell >= 12 ? Math.min(4, cell * 0.16) : 0)
  if (part === null) {
    pen.fillStyle = look.surface
    pen.fill()
    cross(pen, x, y, size, look.edge)
  } else {
    pen.fillStyle = colouring.colour(part)
    pen.fill()
  }
  if (plain) return
  const sign = colouring.signs[index]
  if (typeof sign === "string") letter(pen, x + size / 2, y + size * 0.44, sign, contrasting(pen.fillStyle), Math.min(14, size * 0.5))
  else if (sign && cell >= 7) triangle(pen, x + size / 2, y + size * 0.46, Math.min(7, Math.max(2, size * 0.17)), sign, contrasting(pen.fillStyle))
  if (well.role && cell >= 8) role(pen, x, y, size, well.role)
  if (well.partial) corner(pen, x, y, size, look)
  if (well.corrected) diamond(pen, x, y, size, look)
}

/** Black or white, whichever is seen on a colour, "#rrggbb" as a pen gives it back. @param {string} color */
export function contrasting(color) {
  const [red, green, blue] = parts(color.slice(1))
  return 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 ? "#14181d" : "#ffffff"
}

/** Stands out: upwards, or downwards where `side` is below zero. @param {Pen} pen @param {number} x @param {number} y @param {number} half @param {number} side @param {string} colour */
export function triangle(pen, x, y, half, side, colour) {
  polygon(pen, [x, y - half * side], [x + half * 1.15, y + half * side], [x - half * 1.15, y + half * side])
  paint(pen, colour)
}

/** In the layout, nothing acquired: a small hollow circle. @param {Pen} pen @param {number} x @param {number} y @param {number} size @param {string} colour @param {number[]} dashes */
function hollow(pen, x, y, size, colour, dashes) {
  pen.beginPath()
  pen.arc(x + size / 2, y + size / 2, Math.max(1, size * 0.26), 0, 7)
  pen.setLineDash(dashes)
  pen.strokeStyle = colour
  pen.lineWidth = size >= 10 ? 1.25 : 0.75
  pen.stroke()
  pen.setLineDash([])
}

/** No value: a diagonal cross. @param {Pen} pen @param {number} x @param {number} y @param {number} size @param {string} colour */
function cross(pen, x, y, size, colour) {
  pen.strokeStyle = colour
  pen.lineWidth = size >= 10 ? 1 : 0.75
  pen.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1)
  pen.beginPath()
  pen.moveTo(x + 1, y + 1)
  pen.lineTo(x + size - 1, y + size - 1)
  pen.moveTo(x + size - 1, y + 1)
  pen.lineTo(x + 1, y + size - 1)
  pen.stroke()
}

/** Cannot be read: hatching, and a sign where there is room. @param {Pen} pen @param {number} x @param {number} y @param {number} size @param {Record<string, string>} look @param {string} sign */
function hatched(pen, x, y, size, look, sign) {
  pen.save()
  pen.beginPath()
  pen.rect(x, y, size, size)
  pen.fillStyle = look.surface
  pen.fill()
  pen.clip()
  pen.strokeStyle = look.bad
  pen.lineWidth = 1
  pen.beginPath()
  for (let at = -size; at < size; at += Math.max(3, size / 6)) {
    pen.moveTo(x + at, y + size)
    pen.lineTo(x + at + size, y)
  }
  pen.globalAlpha = 0.55
  pen.stroke()
  pen.globalAlpha = 1
  pen.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1)
  pen.restore()
  if (size < 14) return
  const radius = size * 0.27
  pen.beginPath()
  pen.arc(x + size / 2, y + size / 2, radius, 0, 7)
  pen.fillStyle = look.surface
  pen.fill()
  letter(pen, x + size / 2, y + size / 2, sign, look.bad, size * 0.42)
}

/** @param {Pen} pen @param {number} x @param {number} y @param {string} text @param {string} colour @param {number} size */
function letter(pen, x, y, text, colour, size) {
  pen.fillStyle = colour
  pen.font = `700 ${Math.round(Math.max(8, size))}px system-ui, sans-serif`
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.fillText(text, x, y + size * 0.05)
}

/** A control: outlined, so that the value stays visible, with its letter. @param {Pen} pen @param {number} x @param {number} y @param {number} size @param {string} name */
function role(pen, x, y, size, name) {
  const colour = ROLE_COLOURS[name]
  pen.strokeStyle = colour
  pen.lineWidth = size >= 16 ? 2 : 1
  pen.strokeRect(x + 1, y + 1, size - 2, size - 2)
  if (size < 18) return
  const side = Math.round(Math.min(16, Math.max(11, size * 0.42)))
  pen.fillStyle = colour
  pen.fillRect(x, y + size - side, side, side)
  letter(pen, x + side / 2, y + size - side / 2, name, "#000000", side * 0.85)
}

/** What was decided: in the lower right corner, so that the value stays visible. @param {Pen} pen @param {Geometry} place @param {Record<string, string>} look @param {VerdictEntry} verdict @param {number} index @param {number} ratio */
function decided(pen, place, look, verdict, index, ratio) {
  const [x, y, size] = squareOf(place, index, place.cell >= 20 ? 1.5 : 0.5, ratio)
  const side = Math.max(4, Math.min(12, size * 0.42))
  drawVerdict(pen, x + size - side - 0.5, y + size - side - 0.5, side, verdict, look.surface)
}

/** Fewer fields than expected: the upper right corner is folded. @param {Pen} pen @param {number} x @param {number} y @param {number} size @param {Record<string, string>} look  */
function corner(pen, x, y, size, look) {
  const side = Math.max(3, size * 0.32)
  polygon(pen, [x + size - side, y], [x + size, y], [x + size, y + side])
  paint(pen, look.sunken)
  pen.beginPath()
  pen.moveTo(x + size - side, y)
  pen.lineTo(x + size, y + side)
  pen.strokeStyle = look.ink
  pen.lineWidth = 1
  pen.stroke()
}

/** A field was corrected: a diamond in the upper left corner. @param {Pen} pen @param {number} x @param {number} y @param {number} size @param {Record<string, string>} look  */
function diamond(pen, x, y, size, look) {
  const half = Math.max(2, Math.min(5, size * 0.15))
  const [cx, cy] = [x + half + 1.5, y + half + 1.5]
  polygon(pen, [cx, cy - half], [cx + half, cy], [cx, cy + half], [cx - half, cy])
  paint(pen, look.surface, look.ink)
}

/** Lines to count along on large plates. @param {Pen} pen @param {Geometry} place @param {Record<string, string>} look  */
function countingLines(pen, place, look) {
  if (place.rows * place.columns < 384) return
  pen.strokeStyle = look.soft
  pen.globalAlpha = 0.5
  pen.lineWidth = 1
  pen.beginPath()
  const { row: top = 0, column: left = 0 } = place
  for (let column = 12; column < left + place.columns; column += 12) {
    if (column <= left) continue
    const x = Math.round(place.rowHead + (column - left) * place.cell) - 0.5
    pen.moveTo(x, place.columnHead)
    pen.lineTo(x, place.columnHead + place.rows * place.cell)
  }
  for (let row = 8; row < top + place.rows; row += 8) {
    if (row <= top) continue
    const y = Math.round(place.columnHead + (row - top) * place.cell) - 0.5
    pen.moveTo(place.rowHead, y)
    pen.lineTo(place.rowHead + place.columns * place.cell, y)
  }
  pen.stroke()
  pen.globalAlpha = 1
}

/** Rings around a well, from the outermost inwards. @param {Pen} pen @param {Geometry} place @param {number} index @param {[number, string][]} rings */
function outline(pen, place, index, rings, outside = false) {
  if (!isShown(place, index)) return
  let [x, y, size] = squareOf(place, index, 0)
  if (outside) [x, y, size] = [x - 1.5, y - 1.5, size + 3]
  for (const [thick, colour] of rings) {
    pen.strokeStyle = colour
    pen.lineWidth = thick
    pen.beginPath()
    pen.roundRect(x + thick / 2, y + thick / 2, size - thick, size - thick, place.cell >= 12 ? 4 : 0)
    pen.stroke()
    ;[x, y, size] = [x + thick, y + thick, size - 2 * thick]
  }
}
