// The plate as pictures on one canvas: from all wells to the pixels of one.
//
// What is drawn gets finer with the scale: one picture of the plate, a sprite a well, a
// level of a field, its pixels. Coarser ones stay below until the finer ones are there.

import { display, listen } from "../../core/bus.js"
import { composite, lookOf } from "../../pixels/composite.js"
import { bytes, count, everyFrame, exact, fill, h, icon, say, set, typing } from "../../core/dom.js"
import { island } from "../../core/island.js"
import { boxOf, cross, fieldBox, frame, heads, name, pen, ring, sign, verdict } from "./painter.js"
import { detailed, fieldAt, largestScale, layerOf, needs, spriteCell, spriteUrl, visible, wellAt } from "./scene.js"
import { makeStore } from "./loader.js"
import { STATE } from "../painter.js"
import { review, verdictText } from "../../review/verdicts.js"
import { Viewport, steer } from "../../pixels/viewport.js"

const AGAIN_MILLISECONDS = 400 // between two looks at a plate whose pictures are being made
const PROGRESS_MILLISECONDS = 1500
const STEP = 0.15 // of the view, for an arrow key
const CLICK_PIXELS = 5 // a pointer that moved less has clicked

const WORDS = {
  [STATE.missing]: "listed, but nothing is there",
  [STATE.unreadable]: "cannot be read",
  [STATE.not_acquired]: "not acquired",
  [STATE.pending]: "not written yet",
}

export function render(context) {
  return island(context, { sheets: ["plate/canvas/canvas.css"], params: ["content", "values", "look"], build })
}

function build({ el, send }) {
  let plate = null
  let values = null
  let look = { well: "", shown: false }
  let wells = new Map() // index -> what the server says of its fields
  let sprite = null // {bitmap, url, waiting}
  const asking = { sprite: null, wells: null }
  let hovered = null // [x, y] on the canvas
  let byKeys = false
  let timer = 0
  let painted = 0
  let seen = null
  const pictures = new Promise((done) => { seen = done })

  const viewport = new Viewport()
  const title = h("h2", { class: "cut" })
  const overlay = h("button", { type: "button", class: "small", "aria-pressed": "false", title: "Frame the wells in the colours of the metric, with verdicts", on: { click: () => showOverlay(overlay.getAttribute("aria-pressed") !== "true") } }, "Metric")
  const kinds = h("div", { class: "segment", role: "group", "aria-label": "Which wells" })
  const switcher = h("div", { class: "segment", role: "group", "aria-label": "Look at" })
  const zoomButton = (sign_, label, factor) => h("button", { type: "button", class: "plain square small", "aria-label": label, title: label, on: { click: () => zoom(factor) } }, icon(sign_))
  const tools = h("div", { class: "row" }, overlay, zoomButton("minus", "Zoom out", 1 / 1.5), zoomButton("plus", "Zoom in", 1.5), zoomButton("fit", "Whole plate", null))
  const canvas = h("canvas", {
    class: "plate-canvas", tabindex: "0", role: "application", "aria-describedby": "canvas-keys",
    "aria-label": "The plate as pictures",
  })
  const columnHeads = h("canvas", { class: "columns", "aria-hidden": "true" })
  const rowHeads = h("canvas", { class: "rows", "aria-hidden": "true" })
  const message = h("div", { class: "message", hidden: true })
  const stage = h("div", { class: "stage" }, h("span", { class: "corner" }), columnHeads, rowHeads, canvas, message)
  const status = h("p", { class: "status cut grow" })
  const spoken = h("p", { class: "sr", role: "status", "aria-live": "polite" })
  const job = h("div", { class: "job row" })
  const keysText = h("p", { class: "sr", id: "canvas-keys" }, "Plus and minus zoom, 0 shows the whole plate, arrows move, Enter opens what is in the middle, Escape goes back to the whole plate.")
  el.append(h("section", { class: "panel plate-canvas-panel", "aria-label": "The plate as pictures" },
    h("header", {}, title, kinds, h("span", { class: "grow" }), switcher, tools), stage, h("footer", { class: "row" }, status, job), spoken, keysText))

  const store = makeStore(() => paint())
  viewport.watch(() => paint())

  // Painting ---------------------------------------------------------------------------

  const paint = everyFrame(() => {
    if (!plate || !look.shown || !viewport.box) return
    const started = performance.now()
    draw()
    canvas.dataset.frame = String((performance.now() - started).toFixed(1))
    canvas.dataset.painted = String(++painted)
    const late = !plate.surveyed || (plate.sprite && sprite?.url !== `${plate.sprite}&soon=1`)
    if (!late || !plate.surveyed) seen()
    canvas.dataset.busy = String(Boolean(late || store.busy || asking.sprite || asking.wells || timer))
    canvas.dataset.channels = plate.channels
    showPlace()
  })

  function active() {
    const known = display.channels.length ? display.channels : plate.settings
    return known.filter((one) => one.active)
  }

  function draw() {
    const [width, height] = viewport.box
    const [brush, ratio] = pen(canvas, width, height)
    const columns = plate.columns.length
    const inView = visible(plate, viewport)
    const side = viewport.scale * ratio
    const fine = detailed(plate, inView.length, side)
    const on = active()
    const wanted = []
    viewport.largest = largestScale(fine ? inView.map((index) => wells.get(index)) : [])
    for (const index of inView) {
      const box = boxOf(viewport, ratio, columns, index)
      drawWell(brush, index, box, ratio, fine, on, wanted)
    }
    for (const index of inView) drawSigns(brush, index, boxOf(viewport, ratio, columns, index), ratio)
    const at = hovered && !byKeys ? wellAt(plate, ...viewport.at(...hovered)) : null
    if (at) ring(brush, boxOf(viewport, ratio, columns, at.index), ratio, false)
    const chosen = plate.labels.indexOf(look.well)
    if (chosen >= 0) ring(brush, boxOf(viewport, ratio, columns, chosen), ratio, true)
    if (byKeys && !viewport.fitted) cross(brush, canvas.width, canvas.height, ratio)
    const [left, top] = viewport.origin()
    // Letters and numbers stand at the plate, also where it does not fill the stage.
    columnHeads.style.transform = `translateY(${Math.max(0, Math.floor(top))}px)`
    rowHeads.style.transform = `translateX(${Math.max(0, Math.floor(left))}px)`
    heads(columnHeads, plate.columns, left, viewport.scale, chosen >= 0 ? chosen % columns : -1, false)
    heads(rowHeads, plate.rows, top, viewport.scale, chosen >= 0 ? Math.floor(chosen / columns) : -1, true)
    if (fine) askWells(inView)
    // What is near the middle first.
    wanted.sort((one, other) => one.far - other.far)
    store.want(wanted.flatMap((one) => one.parts))
  }

  function drawWell(brush, index, box, ratio, fine, on, wanted) {
    const state = plate.states[index]
    const [x, y, side] = box
    if (state !== STATE.present) return sign(brush, [x, y, side, side], state, ratio, plate.errors[index] ?? "")
    const well = fine ? wells.get(index) : null
    if (well?.error) return sign(brush, [x, y, side, side], STATE.unreadable, ratio, well.error)
    const url = well && well.fields.length ? new URL(spriteUrl(plate, well), document.baseURI).href : ""
    const mosaic = url ? store.get(url) : null
    const layers = well ? fieldsInView(well, box) : []
    const bare = layers.some(({ field, layer }) => !ready(field, layer, on))
    if (!mosaic || bare) drawOverview(brush, index, box, ratio, well, mosaic)
    if (mosaic) drawMosaic(brush, well, mosaic, box)
    if (url && !mosaic && bare) wanted.push({ far: far(x + side / 2, y + side / 2), parts: [{ key: url, url, kind: "image" }] })
    for (const { field, layer, place } of layers) drawField(brush, field, layer, place, ratio, on, wanted)
    const failure = url ? store.error(url) : ""
    if (failure && !mosaic) sign(brush, [x, y, side, side], STATE.unreadable, ratio, failure)
  }

  function far(x, y) {
    return Math.hypot(x - canvas.width / 2, y - canvas.height / 2)
  }

  /** The well on the picture of the plate: its first field. */
  function drawOverview(brush, index, [x, y, side], ratio, well, mosaic) {
    const waiting = !sprite || sprite.waiting.has(index)
    if (waiting) {
      if (!mosaic) sign(brush, [x, y, side, side], "loading", ratio)
      return
    }
    const columns = plate.columns.length
    const { bitmap, cell } = sprite
    brush.imageSmoothingEnabled = true
    // With several fields in the well, the first stands where it will stay.
    const first = well?.fields.length > 1 ? fieldBox([x, y, side], well.fields[0].box) : null
    if (first) {
      brush.fillStyle = "#000"
      brush.fillRect(x, y, side, side)
      const longest = Math.max(first[2], first[3])
      brush.drawImage(bitmap, (index % columns) * cell, Math.floor(index / columns) * cell, cell, cell, first[0] + (first[2] - longest) / 2, first[1] + (first[3] - longest) / 2, longest, longest)
    } else brush.drawImage(bitmap, (index % columns) * cell, Math.floor(index / columns) * cell, cell, cell, x, y, side, side)
  }

  function drawMosaic(brush, well, mosaic, box) {
    const across = Math.max(1, Math.ceil(Math.sqrt(well.fields.length)))
    brush.imageSmoothingEnabled = true
    brush.fillStyle = "#000"
    brush.fillRect(box[0], box[1], box[2], box[2])
    well.fields.forEach((field, i) => {
      const place = fieldBox(box, field.box)
      if (place[0] > canvas.width || place[1] > canvas.height || place[0] + place[2] < 0 || place[1] + place[3] < 0) return
      brush.drawImage(mosaic, ...spriteCell(well, i, across), ...place)
    })
  }

  function fieldsInView(well, [x, y, side]) {
    const view = [-x / side, -y / side, (canvas.width - x) / side, (canvas.height - y) / side]
    const found = []
    for (const field of well.fields) {
      const [left, top, width, height] = field.box
      if (left > view[2] || top > view[3] || left + width < view[0] || top + height < view[1]) continue
      found.push({ field, layer: layerOf(field, side, view), place: fieldBox([x, y, side], field.box) })
    }
    return found
  }

  function ready(field, layer, on) {
    if (layer.kind === "sprite") return false
    return needs(plate, field, layer, on).every(({ parts }) => parts.every(({ key }) => store.get(key)))
  }

  function drawField(brush, field, layer, place, ratio, on, wanted) {
    if (field.error) return sign(brush, place, STATE.unreadable, ratio, field.error)
    const [x, y, width, height] = place
    const size = field.levels?.[layer.level ?? 0]
    for (const { tile, parts } of needs(plate, field, layer, on)) {
      const [left, top, across, down] = tile ?? [0, 0, ...size]
      /** @type {[number, number, number, number]} */
      const spot = [x + (left / size[0]) * width, y + (top / size[1]) * height, (across / size[0]) * width, (down / size[1]) * height]
      const bitmap = layer.kind === "picture" ? store.get(parts[0].key) : composed(parts, on, field)
      if (bitmap) {
        // Enlarged pixels keep their edges: they are what was measured.
        brush.imageSmoothingEnabled = spot[2] < across * 1.5
        brush.drawImage(bitmap, ...spot)
        continue
      }
      const failure = parts.map(({ key }) => store.error(key)).find(Boolean)
      if (failure) sign(brush, spot, STATE.unreadable, ratio, failure)
      wanted.push({ far: far(spot[0] + spot[2] / 2, spot[1] + spot[3] / 2), parts })
    }
  }

  /** Planes in the page's contrast; with no channel on, black. */
  function composed(parts, on, field) {
    const used = on.filter((one) => one.index < field.channels)
    const planes = parts.map(({ key }) => store.get(key))
    if (!planes.length || planes.some((plane) => !plane)) return null
    const key = `${parts.map((one) => one.key).join(" ")} ${lookOf(used)}`
    const found = store.get(key)
    if (found) return found
    const picture = composite(planes, used)
    const made = new OffscreenCanvas(picture.width, picture.height)
    made.getContext("2d").putImageData(picture, 0, 0)
    const bitmap = made.transferToImageBitmap()
    store.put(key, bitmap, picture.width * picture.height * 4)
    return bitmap
  }

  function drawSigns(brush, index, box, ratio) {
    const [x, y, side] = box
    const overlaid = overlay.getAttribute("aria-pressed") === "true"
    if (overlaid && values && plate.states[index] === STATE.present && parts[index] !== null) frame(brush, box, parts[index], values, ratio)
    const entry = review.verdicts[plate.labels[index]]
    if (overlaid && entry && side >= 14 * ratio) verdict(brush, box, entry, ratio)
    if (side < 56 * ratio) return
    const [left, top] = [Math.max(x, 0), Math.max(y, 0)]
    /** @type {[number, number, number, number]} */
    const rest = [left, top, x + side - left, y + side - top]
    if (rest[2] > 0 && rest[3] > 0) name(brush, rest, plate.labels[index], ratio)
    for (const field of wells.get(index)?.fields ?? []) {
      if (wells.get(index).fields.length < 2) break
      const place = fieldBox(box, field.box)
      const start = Math.max(place[0], 0)
      if (place[2] > 90 * ratio && place[1] + place[3] > 40 * ratio) name(brush, [start, place[1] + place[3] - 18 * ratio, place[0] + place[2] - start, 60 * ratio], field.label, ratio, false)
    }
  }

  // The metric --------------------------------------------------------------------------

  let parts = []

  function scaleValues() {
    const known = (values?.values ?? []).filter((value) => value !== null)
    const [low, high] = values && values.low !== null ? [values.low, values.high] : [Math.min(...known), Math.max(...known)]
    parts = plate.labels.map((_, index) => {
      const value = values?.values[index]
      if (value === null || value === undefined) return null
      if (values.categories) return value
      return high > low ? (value - low) / (high - low) : 0.5
    })
  }

  function showOverlay(on) {
    set(overlay, { "aria-pressed": String(on) })
    send("overlay", { on })
    paint()
  }

  // What the server knows -----------------------------------------------------------------

  /** The one picture of the plate; where it is still being made, again and again. */
  async function askSprite() {
    clearTimeout(timer)
    timer = 0
    if (!plate?.sprite || !look.shown) return
    const url = `${plate.sprite}&soon=1`
    if (asking.sprite || (sprite?.url === url && !sprite.waiting.size)) return
    const abort = new AbortController()
    asking.sprite = abort
    try {
      const answer = await fetch(url, { signal: abort.signal })
      if (!answer.ok) throw new Error(decodeURIComponent(answer.headers.get("X-Error") ?? "") || `The server answered ${answer.status}.`)
      const bitmap = await createImageBitmap(await answer.blob())
      const waiting = new Set()
      ;[...(answer.headers.get("X-Waiting") ?? "")].forEach((digit, at) => {
        for (let bit = 0; bit < 4; bit += 1) if (parseInt(digit, 16) & (8 >> bit)) waiting.add(at * 4 + bit)
      })
      sprite?.bitmap.close()
      sprite = { bitmap, url, waiting, cell: plate.cell }
      fill(message)
      message.hidden = true
      if (waiting.size) timer = setTimeout(askSprite, AGAIN_MILLISECONDS)
    } catch (error) {
      if (error.name === "AbortError") return
      if (!sprite) {
        message.hidden = false
        fill(message, h("div", { class: "notice bad", role: "alert" }, icon("warn"), h("span", {}, `The pictures of this plate could not be loaded. ${error.message}`)))
      }
      timer = setTimeout(askSprite, 10 * AGAIN_MILLISECONDS)
    } finally {
      if (asking.sprite === abort) asking.sprite = null
      // The plate has moved on while it was drawn.
      if (plate && sprite && !timer && `${plate.sprite}&soon=1` !== url) timer = setTimeout(askSprite, AGAIN_MILLISECONDS)
      paint()
    }
  }

  async function askWells(inView) {
    const missing = inView.filter((index) => plate.states[index] === STATE.present && wells.get(index)?.of !== plate.digest)
    if (!missing.length || asking.wells) return
    const of = plate.digest
    const asked = plate
    const query = missing.slice(0, 48).map((index) => `well=${encodeURIComponent(plate.labels[index])}`)
    if (plate.acquisition !== null) query.push(`acquisition=${plate.acquisition}`)
    asking.wells = true
    try {
      const answer = await fetch(`${plate.wells}?${query.join("&")}`)
      if (!answer.ok) throw new Error()
      const found = await answer.json()
      if (asked.key === plate.key && asked.acquisition === plate.acquisition) {
        for (const [label, well] of Object.entries(found)) wells.set(plate.labels.indexOf(label), { ...well, of })
      }
    } catch { // a server that is away is told of by the header; the overview stays
      await new Promise((resolve) => setTimeout(resolve, 3000))
    } finally {
      asking.wells = null
      paint()
    }
  }

  let progressTimer = 0

  async function askProgress() {
    clearTimeout(progressTimer)
    if (!plate?.previews || !look.shown) return
    let running = true
    try {
      const answer = await fetch(plate.previews)
      if (!answer.ok) return
      const found = await answer.json()
      running = found.running || (!found.total && !plate.surveyed)
      showProgress(found)
    } catch { /* told by the header */ }
    if (running) progressTimer = setTimeout(askProgress, PROGRESS_MILLISECONDS)
  }

  function showProgress({ done, total, running, failed, message: text, stopped, caches }) {
    const disk = caches.find((one) => one.name.includes("disk"))
    const fillOf = (one) => `${bytes(one.nbytes)} of ${bytes(one.max_bytes ?? 0)}`
    const line = running || done < total - failed || stopped
      ? h("span", { class: "soft", title: failed ? `${count(failed, "field")} without a preview` : "" }, `Previews ${done} of ${total}${stopped ? ", stopped" : text && !running ? `: ${text}` : ""}`)
      : null
    const act = stopped || (!running && text === "disk limit") ? ["Continue", "continue"] : ["Stop", "stop"]
    const button = running || stopped
      ? h("button", { type: "button", class: "small", "aria-label": `${act[0]} making previews`, on: { click: () => { send("previews", { act: act[1] }); setTimeout(askProgress, 300) } } }, act[0])
      : null
    const open = job.querySelector("details")?.open
    fill(job, line, running ? h("span", { class: "bar", role: "progressbar", "aria-label": "Previews", "aria-valuemin": 0, "aria-valuemax": total, "aria-valuenow": done }, h("i", { style: { width: `${total ? (100 * done) / total : 0}%` } })) : null, button,
      h("details", { open: open ? "" : null, on: { toggle: (event) => { if (event.target.open) askProgress() } } },
        h("summary", { title: "Room for previews, and what is in memory" }, disk ? (line ? bytes(disk.nbytes) : `Previews ${fillOf(disk)}`) : "Room"),
        h("dl", { class: "facts" }, caches.flatMap((one) => [h("dt", {}, one.name), h("dd", {}, `${fillOf(one)}, ${count(one.entries, "entry").replace("entrys", "entries")}`)]),
          h("dt", {}, "in this browser"), h("dd", {}, bytes(store.nbytes)))))
  }

  // Where one is --------------------------------------------------------------------------

  /** What keys and clicks are about: under the pointer, else in the middle, else selected. */
  function target() {
    const [width, height] = viewport.box
    if (hovered && !byKeys) return wellAt(plate, ...viewport.at(...hovered))
    if (!viewport.fitted) return wellAt(plate, ...viewport.at(width / 2, height / 2))
    const chosen = plate.labels.indexOf(look.well)
    if (chosen < 0) return null
    return { index: chosen, row: Math.floor(chosen / plate.columns.length), column: chosen % plate.columns.length, x: -1, y: -1 }
  }

  function tellPlace(text) {
    say(status, text)
    if (status.title !== text) status.title = text
  }

  function showPlace() {
    const at = target()
    if (!at) return tellPlace(`${plate.about}${viewport.fitted ? " Scroll to zoom, drag to move, double click to open." : ""}`)
    const words = [plate.labels[at.index]]
    const state = plate.states[at.index]
    if (state !== STATE.present) words.push(WORDS[state])
    const well = wells.get(at.index)
    const found = well ? fieldAt(well, at.x, at.y) : null
    if (plate.errors[at.index]) words.push(plate.errors[at.index])
    else if (well?.error) words.push(well.error)
    const decided = verdictText(review.verdicts[plate.labels[at.index]])
    if (decided) words.push(decided)
    if (found) {
      words.push(`field ${found.field.label}`)
      if (found.field.error) words.push(found.field.error)
      else words.push(...pixel(found))
    }
    tellPlace(words.join(" · "))
  }

  /** Place and values of the pixel under the cursor, as far as its pixels are here. */
  function pixel({ field, x, y }) {
    if (!field.levels) return []
    const [width, height] = field.levels[0]
    const [column, row] = [Math.floor(x * width), Math.floor(y * height)]
    const side = viewport.scale * (window.devicePixelRatio || 1)
    const layer = layerOf(field, side * 0.94, [0, 0, 1, 1])
    const words = [`x ${column}, y ${row}`]
    if (layer.kind !== "planes") return words
    const on = active().filter((one) => one.index < field.channels)
    for (const { tile, parts: needed } of needs(plate, field, layer, on)) {
      const [left, top, across, down] = tile ?? [0, 0, width, height]
      if (column < left || row < top || column >= left + across || row >= top + down) continue
      needed.forEach(({ key }, i) => {
        const plane = store.get(key)
        if (plane) words.push(`${on[i].name ?? `channel ${on[i].index}`} ${exact(plane.data[(row - top) * plane.width + column - left])}`)
      })
    }
    return words
  }

  const speak = () => { say(spoken, status.textContent) }

  // Moving --------------------------------------------------------------------------------

  function zoom(factor) {
    if (factor === null) viewport.fit(...viewport.box)
    else if (factor === 0) actual()
    else if (hovered && !byKeys) viewport.zoom(factor, hovered[0] - viewport.box[0] / 2, hovered[1] - viewport.box[1] / 2)
    else {
      const chosen = plate.labels.indexOf(look.well)
      if (viewport.fitted && chosen >= 0) [viewport.x, viewport.y] = [(chosen % plate.columns.length) + 0.5, Math.floor(chosen / plate.columns.length) + 0.5]
      viewport.zoom(factor)
    }
  }

  /** One screen pixel a pixel, of the field in question. */
  function actual() {
    const at = target()
    const field = at && (fieldAt(wells.get(at.index), at.x, at.y)?.field ?? wells.get(at.index)?.fields[0])
    if (!field?.levels) return zoom(4)
    const side = field.levels[0][0] / field.box[2] / 0.94 / (window.devicePixelRatio || 1)
    viewport.largest = largestScale([wells.get(at.index)])
    viewport.zoom(side / viewport.scale, ...(hovered && !byKeys ? [hovered[0] - viewport.box[0] / 2, hovered[1] - viewport.box[1] / 2] : []))
  }

  function open() {
    const at = target()
    if (!at) return
    const found = fieldAt(wells.get(at.index), at.x, at.y)
    const label = plate.labels[at.index]
    // A field is opened where single fields can be told apart, else the well.
    const large = found && viewport.scale * found.field.box[2] > 60 && wells.get(at.index).fields.length > 1
    const only = found && wells.get(at.index).fields.length === 1 && viewport.scale > 0.5 * Math.min(...viewport.box)
    send("open", { well: label, field: large || only ? found.field.name : "", acquisition: found?.field.acquisition ?? null })
  }

  const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

  /** Without focus, but under the pointer, the canvas takes the two keys that it gives another meaning. */
  const overCanvas = (event) => {
    const mine = event.key === "Enter" || (event.key === "Escape" && !viewport.fitted)
    if (!mine || !look.shown || !hovered || byKeys || !plate || typing(event) || document.querySelector("dialog[open]")) return
    const at = event.composedPath()[0]
    if (at === canvas || (event.key === "Enter" && at instanceof Element && at.matches("button, summary, a, input, td"))) return
    onKey(event)
  }
  document.addEventListener("keydown", overCanvas, true)

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !plate || typing(event)) return
    const moving = ARROWS[event.key]
    if (moving && viewport.fitted) return // the page moves the selected well
    if (moving) viewport.pan(...moving.map((part, i) => part * STEP * viewport.box[i]))
    else if (event.key === "+" || event.key === "=") zoom(1.5)
    else if (event.key === "-") zoom(1 / 1.5)
    else if (event.key === "0" || event.key === "Home") zoom(null)
    else if (event.key === "Enter") open()
    else if (event.key === "Escape" && !viewport.fitted) zoom(null)
    else return
    byKeys = byKeys || moving !== undefined
    event.preventDefault()
    event.stopPropagation()
    requestAnimationFrame(() => requestAnimationFrame(speak))
  }

  canvas.addEventListener("keydown", onKey)
  canvas.addEventListener("blur", () => { byKeys = false; paint() })

  let pressed = null
  canvas.addEventListener("pointerdown", (event) => {
    pressed = event.button === 0 ? [event.clientX, event.clientY] : null
    canvas.focus({ preventScroll: true })
  })
  canvas.addEventListener("pointerup", (event) => {
    const still = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) < CLICK_PIXELS
    pressed = null
    if (!still || !plate) return
    byKeys = false
    const at = target()
    if (at) send("select", { well: plate.labels[at.index] })
  })

  const stop = [
    steer(canvas, viewport, {
      onHover: (x, y) => {
        hovered = x === null ? null : [x, y]
        if (hovered) byKeys = false
        paint()
      },
      onTwice: open,
    }),
    listen("zoom", (factor) => { if (look.shown && plate) zoom(factor) }),
    listen("display", () => paint()),
    listen("verdicts", () => paint()),
    listen("pictures-of-plate", () => send("switch")),
  ]
  const watcher = new ResizeObserver(() => {
    if (canvas.clientWidth > 10) viewport.resize(canvas.clientWidth, canvas.clientHeight)
  })
  watcher.observe(canvas)

  function showSwitch() {
    const choice = (text, on, title_, click) => h("button", { type: "button", class: "small", "aria-pressed": String(on), title: title_, on: { click } }, text)
    switcher.hidden = !look.well
    fill(switcher, choice("Plate", true, "The whole plate as pictures", () => {}), choice(look.well, false, "The fields of the well", () => send("switch")))
    fill(kinds, plate.montages.map(([value, text]) => choice(text, value === "", text, () => value && send("montage", { montage: value }))))
    kinds.hidden = plate.montages.length < 2
  }

  return {
    content(next) {
      const other = plate?.key !== next.key
      const same = plate && !other && plate.channels === next.channels && plate.acquisition === next.acquisition && plate.z === next.z && plate.t === next.t && plate.projection === next.projection
      plate = next
      if (other || !same) {
        asking.sprite?.abort()
        asking.sprite = null
      }
      if (other) {
        wells = new Map()
        sprite?.bitmap.close()
        sprite = null
        viewport.fitted = true
        viewport.picture([next.columns.length, next.rows.length])
      }
      if (!same && !other) wells.forEach((well) => { well.of = "" })
      fill(title, next.title)
      if (values) scaleValues()
      message.hidden = Boolean(next.sprite) || next.surveyed
      if (!message.hidden) fill(message, h("span", {}, "Looking at the plate…"))
      askSprite()
      askProgress()
      paint()
    },
    values(next) {
      values = next.values
      if (plate && values) scaleValues()
      overlay.title = values ? `Frame the wells by ${values.title}, with verdicts` : overlay.title
      paint()
    },
    look(next) {
      const before = look
      look = next
      if (!plate) return
      showSwitch()
      if (!next.shown) return clearTimeout(progressTimer)
      if (!before.shown) {
        askSprite()
        askProgress()
      }
      paint()
    },
    pictures,
    dispose() {
      stop.forEach((each) => each())
      document.removeEventListener("keydown", overCanvas, true)
      watcher.disconnect()
      clearTimeout(timer)
      clearTimeout(progressTimer)
      asking.sprite?.abort()
      store.dispose()
    },
  }
}
