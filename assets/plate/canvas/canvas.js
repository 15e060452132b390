// The plate as pictures on one canvas: from all wells to the pixels of one.
//
// What is drawn gets finer with the scale: one picture of the plate, a sprite a well, a
// level of a field, its pixels. Coarser ones stay below until the finer ones are there.

import { lastSeen, onReturn } from "../../core/absence.js"
import { display, listen } from "../../core/bus.js"
import { everyFrame, fill, h, icon, say, set } from "../../core/dom.js"
import { notice } from "../../core/parts.js"
import { Viewport, steer } from "../../pixels/viewport.js"
import { verdictAt, verdictText } from "../../review/verdicts.js"
import { shown as map } from "../map_values.js"
import { makeDetails } from "./details.js"
import { bindCanvas } from "./input.js"
import { makeLoader } from "./loader.js"
import { makeOverview } from "./overview.js"
import { boxOf, cross, heads, pen, ring } from "./painter.js"
import { pixelText, placeText } from "./place_text.js"
import { makeProgress } from "./progress.js"
import { INSET, detailed, fieldAt, largestScale, layerOf, needs, visible, wellAt } from "./scene.js"
import { extent, extentSwitch, viewSwitch } from "../views.js"
import { usedPart } from "../geometry.js"
import { STATE } from "../states.js"
import { usedText } from "../well_text.js"
import { makeWellPainter, paintSigns } from "./well_painter.js"

const KEYS = "Plus and minus zoom, 0 shows the whole plate, arrows move, Enter opens what is in the middle, Escape goes back to the whole plate."
const OPENED_FIELD = 60 // CSS pixels from which on a click may mean a field and not its well

/** @param {PartContext} context @returns {Part<"plate_canvas">} */
export function build({ el, send }) {
  /** @type {PlateCanvasText} */
  let plate
  let look = { well: "", shown: false }
  /** @type {[number, number] | null} */
  let hovered = null // on the canvas
  let byKeys = false // keys say where one is, not the pointer
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
  const tools = h("div", { class: "row" }, wholePlate.element, overlay, zoomButton("minus", "Zoom out", 1 / 1.5), zoomButton("plus", "Zoom in", 1.5), zoomButton("fit", "Whole plate", null))
  const canvas = h("canvas", { class: "plate-canvas", tabindex: "0", role: "application", "aria-describedby": "canvas-keys", "aria-label": "The plate as pictures" })
  const columnHeads = h("canvas", { class: "columns", "aria-hidden": "true" })
  const rowHeads = h("canvas", { class: "rows", "aria-hidden": "true" })
  const message = h("div", { class: "message", hidden: true })
  const stage = h("div", { class: "stage" }, h("span", { class: "corner" }), columnHeads, rowHeads, canvas, message)
  const status = h("p", { class: "status cut grow" })
  const spoken = h("p", { class: "sr", role: "status", "aria-live": "polite" })

  const loader = makeLoader(() => paint())
  const details = makeDetails(() => paint())
  const overview = makeOverview({ onChange: () => paint(), onFailure: showFailure })
  const progress = makeProgress({ send, ownBytes: () => loader.nbytes })
  const { paintWell } = makeWellPainter(loader)
  viewport.watch(() => paint())

  el.append(h("section", { class: "panel plate-canvas-panel", "aria-label": "The plate as pictures" },
    h("header", views.element, lastSeen(), h("span", { class: "grow" }), switcher, tools), stage, h("footer", { class: "row" }, status, progress.element),
    spoken, h("p", { class: "sr", id: "canvas-keys" }, KEYS)))

  // Painting --

  const paint = everyFrame(() => {
    if (!plate || !look.shown || !viewport.box) return
    const started = performance.now()
    draw()
    canvas.dataset.frame = (performance.now() - started).toFixed(1)
    canvas.dataset.painted = String(++painted)
    const late = !plate.surveyed || Boolean(plate.sprite && !overview.current)
    if (!late || !plate.surveyed) seen()
    canvas.dataset.busy = String(late || Boolean(loader.busy) || overview.busy || details.busy)
    canvas.dataset.channels = plate.channels
    showPlace()
  })

  const activeChannels = () => (display.channels.length ? display.channels : plate.settings).filter(({ active }) => active)

  function draw() {
    const [brush, ratio] = pen(canvas, ...viewport.across)
    const columns = plate.columns.length
    const inView = visible(plate, viewport)
    const fine = detailed(plate, inView.length, viewport.scale * ratio)
    /** @type {CanvasView} */
    const view = {
      brush, ratio, plate, fine, size: [canvas.width, canvas.height], picture: overview.picture, details: details.get,
      channels: activeChannels(), missing: [],
    }
    const square = (/** @type {number} */ index) => boxOf(viewport, ratio, columns, index)
    viewport.largest = largestScale(fine ? inView.map(details.get) : [])
    for (const index of inView) paintWell(view, index, square(index))
    const overlaid = overlay.getAttribute("aria-pressed") === "true"
    for (const index of inView) paintSigns(view, index, square(index), { overlaid, decided: verdictAt(plate.labels[index]) })
    const pointed = pointedWell()
    if (pointed) ring(brush, square(pointed.index), ratio, false)
    const chosen = plate.labels.indexOf(look.well)
    if (chosen >= 0) ring(brush, square(chosen), ratio, true)
    if (byKeys && !viewport.fitted) cross(brush, canvas.width, canvas.height, ratio)
    drawHeads(chosen < 0 ? [-1, -1] : [Math.floor(chosen / columns), chosen % columns])
    if (fine) details.ask(inView)
    view.missing.sort((a, b) => a.far - b.far) // what is near the middle first
    loader.want(view.missing.flatMap(({ parts }) => parts))
  }

  /** Letters and numbers stand at the plate, also where it does not fill the stage. @param {number[]} marked  row and column, -1 for none */
  function drawHeads([row, column]) {
    const [left, top] = viewport.origin()
    columnHeads.style.transform = `translateY(${Math.max(0, Math.floor(top))}px)`
    rowHeads.style.transform = `translateX(${Math.max(0, Math.floor(left))}px)`
    heads(columnHeads, plate.columns, left, viewport.scale, column, false)
    heads(rowHeads, plate.rows, top, viewport.scale, row, true)
  }

  function toggleOverlay() {
    set(overlay, { "aria-pressed": overlay.getAttribute("aria-pressed") !== "true" })
    paint()
  }

  /** @param {string} reason */
  function showFailure(reason) {
    message.hidden = !reason
    fill(message, reason ? notice("bad", `The pictures of this plate could not be loaded. ${reason}`) : null)
  }

  // Where one is --

  const pointedWell = () => (hovered && !byKeys ? wellAt(plate, ...viewport.at(...hovered)) : null)

  /** What keys and clicks are about: under the pointer, else in the middle, else selected. */
  function target() {
    if (hovered && !byKeys) return pointedWell()
    const [width, height] = viewport.across
    if (!viewport.fitted) return wellAt(plate, ...viewport.at(width / 2, height / 2))
    const index = plate.labels.indexOf(look.well)
    const columns = plate.columns.length
    return index < 0 ? null : { index, row: Math.floor(index / columns), column: index % columns, x: -1, y: -1 }
  }

  function showPlace() {
    const at = target()
    const hit = at && fieldAt(details.get(at.index), at.x, at.y)
    const text = at
      ? placeText(plate, at.index, details.get(at.index), hit?.field ?? null, verdictText(verdictAt(plate.labels[at.index])), hit ? pixelWords(hit) : [])
      : `${plate.about}${viewport.fitted ? " Scroll to zoom, drag to move, double click to open." : ""}`
    say(status, text)
    if (status.title !== text) status.title = text
  }

  /** Place and values of the pixel under the cursor, as far as its pixels are here. @param {NonNullable<ReturnType<typeof fieldAt>>} hit */
  function pixelWords({ field, x, y }) {
    if (!field.levels) return []
    const [width, height] = field.levels[0]
    const side = viewport.scale * (window.devicePixelRatio || 1) * (1 - 2 * INSET)
    const layer = layerOf(field, side, [0, 0, 1, 1], plate.sprite_cell)
    const channels = activeChannels().filter(({ index }) => index < field.channels)
    const tiles = layer.kind === "planes" ? needs(plate, field, layer, channels) : []
    return pixelText([Math.floor(x * width), Math.floor(y * height)], tiles.map(({ tile, parts }) => ({ tile, planes: parts.map(({ key }) => loader.get(key)) })), channels)
  }

  // Moving --

  /** The pointer's place from the middle of the view, which zooming keeps. */
  const fromMiddle = () => (hovered && !byKeys ? [hovered[0] - viewport.across[0] / 2, hovered[1] - viewport.across[1] / 2] : [0, 0])

  /** By a factor; null shows the whole plate, 0 one screen pixel a pixel. @param {number | null} factor @returns {void} */
  function zoom(factor) {
    if (factor === null) return viewport.fit(...viewport.across)
    if (factor === 0) return zoomToPixels()
    const chosen = plate.labels.indexOf(look.well)
    const columns = plate.columns.length
    if (viewport.fitted && chosen >= 0 && !(hovered && !byKeys)) [viewport.x, viewport.y] = [(chosen % columns) + 0.5, Math.floor(chosen / columns) + 0.5]
    viewport.zoom(factor, ...fromMiddle())
  }

  function zoomToPixels() {
    const at = target()
    const well = at ? details.get(at.index) : undefined
    const field = at && (fieldAt(well, at.x, at.y)?.field ?? well?.fields[0])
    if (!field?.levels) return zoom(4)
    const scale = field.levels[0][0] / field.box[2] / (1 - 2 * INSET) / (window.devicePixelRatio || 1)
    viewport.largest = largestScale([well])
    viewport.zoom(scale / viewport.scale, ...fromMiddle())
  }

  /** A field is opened where single fields can be told apart, else the well. */
  function open() {
    const at = target()
    if (!at) return
    const well = details.get(at.index)
    const hit = fieldAt(well, at.x, at.y)
    const fields = well?.fields.length ?? 0
    const large = hit && viewport.scale * hit.field.box[2] > OPENED_FIELD && fields > 1
    const only = hit && fields === 1 && viewport.scale > 0.5 * Math.min(...viewport.across)
    send("open", { well: plate.labels[at.index], field: large || only ? hit.field.name : "", acquisition: hit?.field.acquisition ?? null })
  }

  /** @param {boolean} on */
  function keysLead(on) {
    byKeys = on
    paint()
  }

  listen("extent", () => plate && showPart())
  onReturn(() => {
    details.renewFailed()
    loader.renewFailed()
    paint()
  })
  bindCanvas(canvas, {
    ready: () => Boolean(plate),
    fitted: () => viewport.fitted,
    pointed: () => Boolean(plate && look.shown && hovered && !byKeys),
    zoom,
    pan: (parts) => viewport.pan(parts[0] * viewport.across[0], parts[1] * viewport.across[1]),
    open,
    select() {
      const at = target()
      if (at) send("select", { well: plate.labels[at.index] })
    },
    keysLead,
    speak: () => say(spoken, status.textContent),
  })
  steer(canvas, viewport, {
    onHover: (x, y) => {
      hovered = x === null ? null : [x, y]
      if (hovered) byKeys = false
      paint()
    },
    onTwice: open,
  })
  listen("zoom", (factor) => { if (look.shown && plate) zoom(factor) })
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
    switcher.hidden = !look.well
    fill(switcher, h("button", { class: "small", "aria-pressed": true, title: "The whole plate as pictures" }, "Plate"),
      h("button", { class: "small", "aria-pressed": false, title: "The fields of the well", click: () => send("switch") }, look.well))
  }

  /** A sparse plate is fitted by the part that has wells. */
  function showPart() {
    const { rows, columns, states } = plate
    const [row, column, down, right] = usedPart(states.map((state) => state !== STATE.not_acquired), rows.length, columns.length)
    viewport.part = extent.whole ? null : [column, row, right, down]
    if (viewport.box) viewport.fit(...viewport.across)
  }

  /** Fetch what this plate needs, where somebody looks. */
  function follow() {
    overview.want(look.shown ? plate : null)
    progress.watch(look.shown ? plate : null)
    paint()
  }

  return {
    content(next) {
      const anotherPlate = plate?.key !== next.key
      const same = !anotherPlate && /** @type {const} */ (["channels", "acquisition", "z", "t", "projection"]).every((name) => plate[name] === next[name])
      plate = next
      details.show(plate, { other: anotherPlate, same })
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
      const previous = look
      look = next
      if (!plate) return
      showSwitch()
      if (next.shown !== previous.shown) follow()
      else paint()
    },
    pictures,
  }
}
