// The plate as pictures on one canvas: from all wells to the pixels of one.
//
// What is drawn gets finer with the scale: one picture of the plate, a sprite a well, a
// level of a field, its pixels. Coarser ones stay below until the finer ones are there.

import { lastSeen, onReturn } from "../../core/absence.js"
import { display, listen } from "../../core/bus.js"
import { everyFrame, fill, h, icon, say, set } from "../../core/dom.js"
import { notice } from "../../core/parts.js"
import { Viewport, steer } from "../../pixels/viewport.js"
import { usedPart } from "../geometry.js"
import { shown as map } from "../map_values.js"
import { STATE } from "../states.js"
import { extent, extentSwitch, viewSwitch } from "../views.js"
import { usedText } from "../well_text.js"
import { makeDetails } from "./details.js"
import { makeDrawing } from "./drawing.js"
import { bindCanvas } from "./input.js"
import { makeLoader } from "./loader.js"
import { makeOverview } from "./overview.js"
import { makePlaceLine } from "./place_line.js"
import { makeProgress } from "./progress.js"
import { openedAt, targetOf } from "./target.js"
import { makeZooming } from "./zooming.js"

const KEYS = "Plus and minus zoom, 0 shows the whole plate, arrows move, Enter opens what is in the middle, Escape goes back to the whole plate."
const STEP = 1.5 // of the buttons that zoom

/** @param {PartContext} context @returns {Part<"plate_canvas">} */
export function build({ el, send }) {
  const now = /** @type {CanvasNow} */ ({
    look: { well: "", shown: false },
    hovered: null,
    byKeys: false,
    overlaid: false,
    get pointer() { return this.byKeys ? null : this.hovered },
    get channels() { return (display.channels.length ? display.channels : this.plate.settings).filter(({ active }) => active) },
  })
  let painted = 0
  let seen = () => {}
  const pictures = new Promise((done) => { seen = () => done(undefined) })

  const viewport = new Viewport()
  viewport.margin = 6
  const overlay = h("button", { class: "small", "aria-pressed": "false", title: "Frame the wells in the colours of the metric, with verdicts", click: () => toggleOverlay() }, "Metric")
  const views = viewSwitch()
  const wholePlate = extentSwitch()
  const switcher = h("div", { class: "segment", role: "group", "aria-label": "Look at" })
  /** @param {Sign} name @param {string} label @param {number | null} factor */
  const zoomButton = (name, label, factor) => h("button", { class: "plain square small", "aria-label": label, title: label, click: () => zoom(factor) }, icon(name))
  const tools = h("div", { class: "row" }, wholePlate.element, overlay, zoomButton("minus", "Zoom out", 1 / STEP), zoomButton("plus", "Zoom in", STEP), zoomButton("fit", "Whole plate", null))
  const canvas = h("canvas", { class: "plate-canvas", tabindex: "0", role: "application", "aria-describedby": "canvas-keys", "aria-label": "The plate as pictures" })
  const columnHeads = h("canvas", { class: "columns", "aria-hidden": "true" })
  const rowHeads = h("canvas", { class: "rows", "aria-hidden": "true" })
  const message = h("div", { class: "message", hidden: true })
  const stage = h("div", { class: "stage" }, h("span", { class: "corner" }), columnHeads, rowHeads, canvas, message)
  const spoken = h("p", { class: "sr", role: "status", "aria-live": "polite" })

  const loader = makeLoader(() => paint())
  const details = makeDetails(() => paint())
  const overview = makeOverview({ onChange: () => paint(), onFailure: showFailure })
  const progress = makeProgress({ send, ownBytes: () => loader.nbytes })
  const placeLine = makePlaceLine(now, viewport, details.get, loader)
  const draw = makeDrawing({ now, viewport, canvases: { canvas, columnHeads, rowHeads }, loader, details, overview })
  const zoom = makeZooming(now, viewport, details.get)
  viewport.watch(() => paint())

  el.append(h("section", { class: "panel plate-canvas-panel", "aria-label": "The plate as pictures" },
    h("header", views.element, lastSeen(), h("span", { class: "grow" }), switcher, tools), stage, h("footer", { class: "row" }, placeLine.element, progress.element),
    spoken, h("p", { class: "sr", id: "canvas-keys" }, KEYS)))

  const paint = everyFrame(() => {
    const { plate } = now
    if (!plate || !now.look.shown || !viewport.box) return
    const started = performance.now()
    draw()
    canvas.dataset.frame = (performance.now() - started).toFixed(1)
    canvas.dataset.painted = String(++painted)
    const late = !plate.surveyed || Boolean(plate.sprite && !overview.current)
    if (!late || !plate.surveyed) seen()
    canvas.dataset.busy = String(late || Boolean(loader.busy) || overview.busy || details.busy)
    canvas.dataset.channels = plate.channels
    placeLine.show()
  })

  function toggleOverlay() {
    now.overlaid = !now.overlaid
    set(overlay, { "aria-pressed": now.overlaid })
    paint()
  }

  /** @param {string} reason */
  function showFailure(reason) {
    message.hidden = !reason
    fill(message, reason ? notice("bad", `The pictures of this plate could not be loaded. ${reason}`) : null)
  }

  const target = () => targetOf(now.plate, viewport, { pointer: now.pointer, well: now.look.well })

  function open() {
    const at = target()
    if (at) send("open", { well: now.plate.labels[at.index], ...openedAt(at, details.get(at.index), viewport) })
  }

  listen("extent", () => now.plate && showPart())
  onReturn(() => {
    details.renewFailed()
    loader.renewFailed()
    paint()
  })
  bindCanvas(canvas, {
    ready: () => Boolean(now.plate),
    fitted: () => viewport.fitted,
    pointed: () => Boolean(now.plate && now.look.shown && now.pointer),
    zoom,
    pan: (parts) => viewport.pan(parts[0] * viewport.across[0], parts[1] * viewport.across[1]),
    open,
    select() {
      const at = target()
      if (at) send("select", { well: now.plate.labels[at.index] })
    },
    keysLead(on) {
      now.byKeys = on
      paint()
    },
    speak: () => say(spoken, placeLine.element.textContent),
  })
  steer(canvas, viewport, {
    onHover: (x, y) => {
      now.hovered = x === null ? null : [x, y]
      if (now.hovered) now.byKeys = false
      paint()
    },
    onTwice: open,
  })
  listen("zoom", (factor) => { if (now.look.shown && now.plate) zoom(factor) })
  listen("display", () => paint())
  listen("verdicts", () => paint())
  listen("values", () => {
    if (map.title) overlay.title = `Frame the wells by ${map.title}, with verdicts`
    paint()
  })
  const watcher = new ResizeObserver(() => {
    if (canvas.clientWidth > 10) viewport.resize(canvas.clientWidth, canvas.clientHeight)
  })
  watcher.observe(canvas)

  function showSwitch() {
    switcher.hidden = !now.look.well
    fill(switcher, h("button", { class: "small", "aria-pressed": true, title: "The whole plate as pictures" }, "Plate"),
      h("button", { class: "small", "aria-pressed": false, title: "The fields of the well", click: () => send("switch") }, now.look.well))
  }

  /** A sparse plate is fitted by the part that has wells. */
  function showPart() {
    const { rows, columns, states } = now.plate
    const [row, column, down, right] = usedPart(states.map((state) => state !== STATE.not_acquired), rows.length, columns.length)
    viewport.part = extent.whole ? null : [column, row, right, down]
    if (viewport.box) viewport.fit(...viewport.across)
  }

  /** Fetch what this plate needs, where somebody looks. */
  function follow() {
    const wanted = now.look.shown ? now.plate : null
    overview.want(wanted)
    progress.watch(wanted)
    paint()
  }

  return {
    content(next) {
      const { plate } = now
      const anotherPlate = plate?.key !== next.key
      const same = !anotherPlate && /** @type {const} */ (["channels", "acquisition", "z", "t", "projection"]).every((name) => plate[name] === next[name])
      now.plate = next
      details.show(next, { other: anotherPlate, same })
      if (anotherPlate) {
        overview.forget()
        viewport.fitted = true
        viewport.picture([next.columns.length, next.rows.length])
        wholePlate.show(usedText(next))
        showPart()
      }
      message.hidden = Boolean(next.sprite) || next.surveyed
      if (!message.hidden) fill(message, h("span", "Reading the plate…"))
      follow()
    },
    look(next) {
      const previous = now.look
      now.look = next
      if (!now.plate) return
      showSwitch()
      if (next.shown !== previous.shown) follow()
      else paint()
    },
    pictures,
  }
}
