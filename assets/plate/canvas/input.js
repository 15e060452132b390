// Pointer and keys on the plate canvas become acts: zoom, move, look at a well, open.

import { typing } from "../../core/boxes.js"

const STEP = 0.15 // of the view, for an arrow key
const CLICK_PIXELS = 5 // a pointer that moved less has clicked

/** @type {Record<string, number[]>} */
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

/** Bind acts to the canvas. @param {HTMLCanvasElement} canvas @param {CanvasActs} acts */
export function bindCanvas(canvas, acts) {
  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !acts.ready() || typing(event)) return
    const moving = ARROWS[event.key]
    if (moving && acts.fitted()) return // the page moves the selected well
    if (moving) acts.pan(moving.map((part) => part * STEP))
    else if (event.key === "+" || event.key === "=") acts.zoom(1.5)
    else if (event.key === "-") acts.zoom(1 / 1.5)
    else if (event.key === "0" || event.key === "Home") acts.zoom(null)
    else if (event.key === "Enter") acts.open()
    else if (event.key === "Escape" && !acts.fitted()) acts.zoom(null)
    else return
    if (moving) acts.keysLead(true)
    event.preventDefault()
    event.stopPropagation()
    requestAnimationFrame(() => requestAnimationFrame(acts.speak))
  }

  /** Without focus, but under the pointer, the canvas takes the two keys that it gives another meaning. @param {KeyboardEvent} event */
  function overCanvas(event) {
    const mine = event.key === "Enter" || (event.key === "Escape" && !acts.fitted())
    if (!mine || !acts.pointed() || typing(event) || document.querySelector("dialog[open]")) return
    const at = event.composedPath()[0]
    if (at === canvas || (event.key === "Enter" && at instanceof Element && at.matches("button, summary, a, input, td"))) return
    onKey(event)
  }

  /** @type {[number, number] | null} */
  let pressed = null
  document.addEventListener("keydown", overCanvas, true)
  canvas.addEventListener("keydown", onKey)
  canvas.addEventListener("blur", () => acts.keysLead(false))
  canvas.addEventListener("pointerdown", (event) => {
    pressed = event.button === 0 ? [event.clientX, event.clientY] : null
    canvas.focus({ preventScroll: true })
  })
  canvas.addEventListener("pointerup", (event) => {
    const still = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) < CLICK_PIXELS
    pressed = null
    if (!still || !acts.ready()) return
    acts.keysLead(false)
    acts.select()
  })
}
