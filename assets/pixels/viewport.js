// Where one looks on a picture: its centre in pixels of level 0, and screen pixels per
// pixel. Several pictures may share one viewport, and then move together.

const MAX_SCALE = 64

export class Viewport {
  constructor() {
    this.x = 0
    this.y = 0
    this.scale = 1
    /** @type {[number, number]} */
    this.size = [1, 1]
    this.fitted = true
    /** @type {[number, number] | null} */
    this.box = null // width and height on the screen, once they are known
    /** @type {[number, number, number, number] | null} */
    this.part = null // left, top, width, height: what a fitted view shows, null for all
    this.margin = 0 // screen pixels that a fitted picture leaves free on each side
    this.largest = MAX_SCALE
    /** @type {Set<(viewport: Viewport) => void>} */
    this.listeners = new Set()
  }

  /** Call `listener` after each change; returns the way to stop. @param {(viewport: Viewport) => void} listener */
  watch(listener) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  changed() {
    for (const listener of this.listeners) listener(this)
  }

  /** Show the whole of `size` in a box of `width` x `height` screen pixels. @param {number} width @param {number} height */
  fit(width, height, size = this.size) {
    if (!(width > 0 && height > 0)) return
    this.size = size
    this.box = [width, height]
    const [left, top, across, down] = this.part ?? [0, 0, ...size]
    this.scale = Math.min((width - 2 * this.margin) / across, (height - 2 * this.margin) / down)
    this.x = left + across / 2
    this.y = top + down / 2
    this.fitted = true
    this.changed()
  }

  /** The box has another size: a fitted view stays fitted, another keeps its centre. @param {number} width @param {number} height */
  resize(width, height) {
    if (this.fitted) this.fit(width, height)
    else {
      this.box = [width, height]
      this.changed()
    }
  }

  /** The picture has another size; the view is kept where that makes sense. @param {[number, number]} size */
  picture(size) {
    const same = size[0] === this.size[0] && size[1] === this.size[1]
    this.size = size
    if (this.box && (this.fitted || !same)) this.fit(this.box[0], this.box[1], size)
    else this.changed()
  }

  /** Zoom, keeping what is under (x, y), measured from the box's centre. @param {number} factor */
  zoom(factor, x = 0, y = 0) {
    const smallest = this.box ? Math.min(this.box[0] / this.size[0], this.box[1] / this.size[1]) / 4 : 1e-3
    const scale = Math.min(this.largest, Math.max(smallest, this.scale * factor))
    this.x += x / this.scale - x / scale
    this.y += y / this.scale - y / scale
    this.scale = scale
    this.fitted = false
    this.keepInside()
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x -= dx / this.scale
    this.y -= dy / this.scale
    this.fitted = false
    this.keepInside()
  }

  /** Width and height on the screen; of nothing before they are known. @returns {[number, number]} */
  get across() {
    return this.box ?? [1, 1]
  }

  /** The whole picture. */
  whole() {
    if (this.box) this.fit(...this.box)
  }

  /** Actual pixels (100 %). */
  actual() {
    this.zoom(1 / (window.devicePixelRatio || 1) / this.scale)
  }

  keepInside() {
    this.x = Math.min(this.size[0], Math.max(0, this.x))
    this.y = Math.min(this.size[1], Math.max(0, this.y))
    this.changed()
  }

  /** The pixel of level 0 at (x, y) of the box, in fractions.
   *  @param {number} x @param {number} y @returns {[number, number]} */
  at(x, y) {
    const [width, height] = this.across
    return [this.x + (x - width / 2) / this.scale, this.y + (y - height / 2) / this.scale]
  }

  /** The screen position of level 0's first pixel corner. */
  origin() {
    const [width, height] = this.across
    return [width / 2 - this.x * this.scale, height / 2 - this.y * this.scale]
  }
}

/**
 * Pointer and wheel on an element move the viewport. Returns the way to stop.
 * @param {HTMLElement} element @param {Viewport} viewport
 * @param {{onHover: (...place: [number, number] | [null, null]) => void, onTwice?: () => void}} acts
 */
export function steer(element, viewport, { onHover, onTwice = () => viewport.whole() }) {
  /** @type {Map<number, [number, number]>} */
  const pointers = new Map()
  /** @param {MouseEvent} event @returns {[number, number, DOMRect]} */
  const place = (event) => {
    const box = element.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top, box]
  }
  const wheel = (/** @type {WheelEvent} */ event) => {
    if (event.ctrlKey && event.deltaMode === 0 && Math.abs(event.deltaY) < 1) return
    event.preventDefault()
    const [x, y, box] = place(event)
    const lines = event.deltaMode === 1 ? 16 : 1
    viewport.zoom(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * 0.002), x - box.width / 2, y - box.height / 2)
    onHover(x, y)
  }
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return
    pointers.set(event.pointerId, [event.clientX, event.clientY])
    element.setPointerCapture(event.pointerId)
    element.classList.add("grabbing")
  }
  const move = (/** @type {PointerEvent} */ event) => {
    const [x, y, box] = place(event)
    const last = pointers.get(event.pointerId)
    if (last && pointers.size === 1) viewport.pan(event.clientX - last[0], event.clientY - last[1])
    else if (last && pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1] ?? last
      const spread = (/** @type {[number, number]} */ point) => Math.hypot(point[0] - other[0], point[1] - other[1])
      /** @type {[number, number]} */
      const now = [event.clientX, event.clientY]
      viewport.zoom(spread(now) / Math.max(1, spread(last)), x - box.width / 2, y - box.height / 2)
    }
    if (last) pointers.set(event.pointerId, [event.clientX, event.clientY])
    onHover(x, y)
  }
  const up = (/** @type {PointerEvent} */ event) => {
    pointers.delete(event.pointerId)
    element.classList.remove("grabbing")
  }
  const leave = () => onHover(null, null)
  const twice = () => onTwice()
  /** @type {[string, any, AddEventListenerOptions?][]} */
  const listeners = [
    ["wheel", wheel, { passive: false }], ["pointerdown", down], ["pointermove", move],
    ["pointerup", up], ["pointercancel", up], ["pointerleave", leave], ["dblclick", twice],
  ]
  for (const [name, listener, options] of listeners) element.addEventListener(name, listener, options)
  return () => { for (const [name, listener] of listeners) element.removeEventListener(name, listener) }
}
