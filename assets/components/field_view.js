// One field as a component for notebooks and for other apps of Panel. The pixels came as
// numbers, so contrast and colour are set here, without asking anybody. It draws on a
// plain canvas: a page has no more than some sixteen of WebGL, a notebook many cells.

import { everyFrame, fill, h, penOf, say } from "../core/dom.js"
import { exact, number } from "../core/text.js"
import { composite } from "../pixels/composite.js"
import { decoded } from "../pixels/planes.js"
import { scaleBar } from "../pixels/scale_bar.js"
import { Viewport, steer } from "../pixels/viewport.js"
import { followSurroundings } from "./surroundings.js"

const STEPS = 1000 // of a slider
const PAN = 40 // screen pixels, by an arrow key
const REST_MILLISECONDS = 150 // Python hears of a contrast when the slider stops

/** The planes of a message, one after the other; null where they are another picture's. @param {ComponentPicture} picture @param {ArrayBuffer | Uint8Array} bytes */
export function planesOf(picture, bytes) {
  const data = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes
  const shape = `${picture.height},${picture.width}`
  const headers = new Headers({ "X-Dtype": picture.dtype, "X-Shape": shape })
  const planeBytes = picture.width * picture.height * (Number(/\d+$/.exec(picture.dtype)?.[0] ?? 8) / 8)
  if (data.byteLength !== planeBytes * picture.count) return null
  return Array.from({ length: picture.count }, (_, index) => decoded(headers, data.slice(index * planeBytes, (index + 1) * planeBytes).buffer))
}

/** @param {{model: FieldModel, root: ShadowRoot, host: HTMLElement}} context */
export function mount({ model, root, host }) {
  const viewport = new Viewport()
  /** @type {ComponentPicture} */
  let picture
  /** @type {Plane[]} */
  let planes = []
  /** @type {ComponentChannel[]} */
  let channels = []
  /** What was set here and Python has not confirmed, by the channel's index. @type {Record<number, Partial<ComponentChannel>>} */
  let unconfirmed = {}
  let sent = "" // channels as this view has sent them, until Python has them
  /** @type {[number, number] | null} */
  let pointer = null
  let sending = 0
  const drawn = document.createElement("canvas")

  const canvas = h("canvas", { "aria-hidden": "true" })
  const bar = scaleBar()
  const stage = h("div", { class: "stage hcs-field-viewer", tabindex: "0", role: "img", "aria-label": "Field" }, canvas, bar.element)
  const readout = h("div", { class: "readout soft", role: "status" })
  const rows = h("div", { class: "channels" })
  const axes = h("div", { class: "axes" })
  root.append(stage, readout, axes, rows)

  const compose = everyFrame(() => {
    const active = channels.map((channel, index) => ({ ...channel, index })).filter(({ active, index }) => active && planes[index])
    drawn.width = picture.width
    drawn.height = picture.height
    if (active.length) penOf(drawn).putImageData(composite(active.map(({ index }) => planes[index]), active), 0, 0)
    paint()
  })

  const paint = everyFrame(() => {
    if (!viewport.box || !picture) return
    const ratio = window.devicePixelRatio || 1
    const [width, height] = viewport.box
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    const pen = penOf(canvas)
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.imageSmoothingEnabled = viewport.scale * picture.size[0] < picture.width
    const [left, top] = viewport.origin()
    pen.drawImage(drawn, left, top, picture.size[0] * viewport.scale, picture.size[1] * viewport.scale)
    bar.show(viewport, picture.pixel, picture.unit)
    host.dataset.drawn = String(Number(host.dataset.drawn ?? 0) + 1)
  })

  function describe() {
    const { size, level, step, dtype, left_out } = picture
    if (pointer) {
      const [x, y] = viewport.at(...pointer).map(Math.floor)
      if (x >= 0 && y >= 0 && x < size[0] && y < size[1]) {
        const at = Math.min(picture.height - 1, Math.floor((y * picture.height) / size[1])) * picture.width
          + Math.min(picture.width - 1, Math.floor((x * picture.width) / size[0]))
        const values = channels.flatMap(({ name, active }, index) => (active && planes[index] ? [`${name} ${exact(planes[index].data[at])}`] : []))
        return say(readout, [`x ${x}, y ${y}`, ...values].join(" · "))
      }
    }
    say(readout, [picture.title, `${size[0]} × ${size[1]} px`, dtype, level ? `level ${level}` : "",
      step > 1 ? `every ${step}th pixel` : "", left_out ? `${left_out} more channels are not shown` : ""].filter(Boolean).join(" · "))
  }

  // Channels --

  /** Show at once, and tell Python when the hand stops. @param {number} index @param {Partial<ComponentChannel>} change */
  function set(index, change) {
    unconfirmed[index] = { ...unconfirmed[index], ...change }
    channels = channels.map((channel, i) => (i === index ? { ...channel, ...change } : channel))
    compose()
    showRow(index)
    clearTimeout(sending)
    sending = setTimeout(() => {
      sending = 0
      send()
    }, REST_MILLISECONDS)
  }

  function send() {
    sent = JSON.stringify(channels)
    model.sent += 1 // first: what Python makes of the channels comes after its answer to this
    model.channels = channels
  }

  /** Python has what was sent; what it said before, it said without knowing of it. */
  function confirmed() {
    if (!sent || sending || model.received !== model.sent) return
    unconfirmed = {}
    const same = sent === JSON.stringify(channels)
    sent = ""
    if (!same) send() // a picture has come meanwhile, with a contrast of its own
  }

  /** @param {ComponentChannel} channel */
  const span = ({ minimum, maximum, low, high }) => [Math.min(minimum, low), Math.max(maximum, high)]
  /** @param {ComponentChannel} channel @param {number} value */
  const toSlider = (channel, value) => {
    const [least, most] = span(channel)
    return String(Math.round(Math.sqrt((value - least) / (most - least || 1)) * STEPS))
  }
  /** @param {ComponentChannel} channel @param {string} place */
  const fromSlider = (channel, place) => {
    const [least, most] = span(channel)
    const value = least + (Number(place) / STEPS) ** 2 * (most - least)
    return picture.dtype.startsWith("float") ? value : Math.round(value)
  }

  /** @param {number} index */
  function row(index) {
    /** @param {Side} end @param {string} label */
    const slider = (end, label) => h("input", {
      type: "range", min: "0", max: String(STEPS), class: end, "aria-label": `${label} of ${channels[index].name}`,
      input: ({ target }) => limit(index, end, fromSlider(channels[index], target.value)),
    })
    const on = h("input", { type: "checkbox", class: `hcs-channel-${index}`, change: () => set(index, { active: on.checked }) })
    const color = h("input", { type: "color", "aria-label": `Colour of ${channels[index].name}`, input: () => set(index, { color: color.value.slice(1) }) })
    return h("div", { class: "channel" }, h("label", { title: channels[index].name }, on, ` ${channels[index].name}`), color, slider("low", "Black point"), slider("high", "White point"), h("output"))
  }

  /** @param {number} index @param {Side} end @param {number} value */
  function limit(index, end, value) {
    const { low, high } = channels[index]
    if (end === "low" ? value < high : value > low) set(index, { [end]: value })
    else showRow(index)
  }

  /** @param {number} index */
  function showRow(index) {
    const channel = channels[index]
    const element = rows.children[index]
    const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (element.querySelector(name))
    element.classList.toggle("off", !channel.active)
    input("[type=checkbox]").checked = channel.active
    input("[type=color]").value = `#${channel.color}`
    input(".low").value = toSlider(channel, channel.low)
    input(".high").value = toSlider(channel, channel.high)
    say(/** @type {HTMLOutputElement} */ (element.querySelector("output")), `${number(channel.low)} to ${number(channel.high)}`)
  }

  function showChannels() {
    const names = channels.map(({ name }) => name).join("\n")
    channels = model.channels
    if (!rows.children.length || names !== channels.map(({ name }) => name).join("\n")) {
      unconfirmed = {}
      sent = ""
      fill(rows, channels.map((_, index) => row(index)))
    }
    // A picture that was on its way while a slider moved does not take it out of the hand.
    channels = channels.map((channel, index) => {
      const changed = { ...channel, ...unconfirmed[index] }
      return changed.low < changed.high ? changed : channel
    })
    channels.forEach((_, index) => showRow(index))
    stage.setAttribute("aria-label", `Field ${picture.title}, channels ${channels.filter(({ active }) => active).map(({ name }) => name).join(", ")}`)
    compose()
  }

  // Planes --

  /** @param {"z" | "t"} name @param {string} label */
  function axis(name, label) {
    const size = picture.sizes[name]
    if (size < 2) return null
    const text = h("span", { class: "soft" }, `${model[name] + 1} of ${size}`)
    const input = h("input", { type: "range", min: "0", max: String(size - 1), value: String(model[name]), "aria-label": label,
      input: () => say(text, `${Number(input.value) + 1} of ${size}`), change: () => { model[name] = Number(input.value) } })
    return h("label", { class: "row" }, name, input, text)
  }

  function showPicture() {
    const next = JSON.parse(model.picture_text)
    const pixels = planesOf(next, model.planes)
    if (!pixels) return // one of the two is still to come
    picture = next
    planes = pixels
    viewport.picture(picture.size)
    fill(axes, axis("z", "Focal plane"), axis("t", "Time point"))
    describe()
    compose()
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    "+": () => viewport.zoom(1.25), "=": () => viewport.zoom(1.25), "-": () => viewport.zoom(0.8), 0: () => fit(),
    ArrowLeft: () => viewport.pan(PAN, 0), ArrowRight: () => viewport.pan(-PAN, 0),
    ArrowUp: () => viewport.pan(0, PAN), ArrowDown: () => viewport.pan(0, -PAN),
  }
  const fit = () => viewport.fit(stage.clientWidth, stage.clientHeight)
  stage.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
    if (!act) return
    event.preventDefault()
    event.stopPropagation() // a notebook has acts of its own for these
    act()
  })
  // Who scrolls through a notebook does not zoom what passes under the pointer.
  stage.addEventListener("wheel", (event) => { if (root.activeElement !== stage) event.stopImmediatePropagation() }, { capture: true, passive: true })

  showPicture()
  showChannels()
  // Text and pixels change together, and come one after the other.
  const showNext = everyFrame(() => { showPicture(); showChannels() })
  model.on("picture_text", showNext)
  model.on("planes", showNext)
  model.on("channels", showChannels)
  model.on("received", confirmed)

  const ends = [
    steer(stage, viewport, { onHover: (x, y) => { pointer = x === null ? null : [x, y]; describe() }, onTwice: fit }),
    viewport.watch(paint),
    followSurroundings(host, paint),
  ]
  const watcher = new ResizeObserver(() => viewport.resize(stage.clientWidth, stage.clientHeight))
  watcher.observe(stage)
  return () => {
    ends.forEach((end) => end())
    watcher.disconnect()
    clearTimeout(sending)
  }
}
