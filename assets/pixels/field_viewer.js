// One field at full resolution.

import { display, listen, stage as pageStage, tell } from "../core/bus.js"
import { everyFrame, fill, h, say, set } from "../core/dom.js"
import { labelled, offer, options } from "../core/parts.js"
import { exact, number } from "../core/text.js"
import { keyed, keyedSign } from "../core/keyed.js"
import { barActs, keyName } from "../core/keys.js"
import { makeRequests } from "../core/requests.js"
import { saveFile } from "../review/download.js"
import { legend } from "./channel_marks.js"
import { controlPane } from "./control_pane.js"
import { outlineLayer } from "./outlines.js"
import { makePane } from "./pane.js"
import { changed, pictureUrl, planeUrl, spelled } from "./addresses.js"
import { scaleBar, shortUnit } from "./scale_bar.js"
import { Viewport, steer } from "./viewport.js"
import { zoomTo, zoomTools } from "./zoom_tools.js"

const WHEEL_STEP = 40 // of a wheel that turns smoothly; a click of a wheel is 100 or so

export const sheets = ["pixels/field_viewer.css", "pixels/channel_marks.css"]

/** @param {PartContext} context @returns {Part<"field_viewer">} */
export function build({ el, send }) {
  const viewport = new Viewport()
  /** @type {ViewerText} */
  let content
  /** @type {[number, number] | null} */
  let pointer = null
  let unread = "" // why values cannot be said
  const outlining = makeRequests()
  const projecting = makeRequests()

  const title = h("h2", { class: "cut" })
  const marks = h("span", { class: "row" })
  const busy = h("span", { class: "busy soft small" })
  const compare = keyed(h("button", { class: "small hcs-control", click: () => send("control") }, "Control"), "beside", "Compare with the nearest control, again: the next")
  const zoom = zoomTools(viewport)
  const tools = h("div", { class: "row tools" },
    keyedSign("back", "Previous field", "field-before", () => send("field", { step: -1 })),
    keyedSign("forward", "Next field", "field-after", () => send("field", { step: 1 })),
    zoom,
    saveButton("png", "PNG", "Save the picture as PNG, with scale bar and caption"),
    saveButton("tiff", "TIFF", "Save the plane's pixels as they are, as TIFF"),
    keyedSign("close", "Back to the well", "back", () => send("close")))
  const pane = makePane(viewport, (state) => {
    say(busy, state.busy ? "Loading…" : state.mode === "picture" ? "drawn by the server" : "")
    el.dataset.busy = String(Boolean(state.busy))
    unread = state.unread ?? ""
    showReadout()
  })
  const bar = scaleBar()
  const readout = h("div", { class: "readout" }) // no output, which would be read out at each pixel
  const ruler = h("div", { class: "ruler", "aria-hidden": "true" })
  const outlines = outlineLayer(viewport, (text) => { say(outlineState, text); showReadout() })
  const outlineState = h("span", { class: "soft small cut", role: "status" })
  const outlineSelect = h("select", { "aria-label": "Outlines of", change: () => outlining.now(() => send("outlines", { label: outlineSelect.value })) })
  const outlineBox = h("label", { class: "row outline-choice", title: `Outlines; off while ${keyName("overlays")} is held`, hidden: true }, h("span", { class: "soft" }, "Outlines"), outlineSelect, outlineState)
  const channels = legend(() => Boolean(content?.field && !content.field.error))
  const control = controlPane(viewport, send)
  const stage = h("div", { class: "stage", tabindex: "0", role: "group", "aria-label": "Field" }, pane.element, outlines.element, channels.element, bar.element)
  const projection = h("select", { "aria-label": "Projection over z", title: `One plane, or all of them as one (key ${keyName("projection")})`, change: () => project(projection.value) },
    options([["", "plane"], ["max", "max"], ["mean", "mean"]]))
  const sliders = h("div", { class: "sliders", hidden: true })
  el.append(h("section", { class: "panel hcs-field-viewer", "aria-label": "Field viewer" },
    h("header", title, marks, h("span", { class: "grow" }), busy, compare, tools), h("div", { class: "sides" }, stage, control.element),
    h("footer", { class: "row" }, readout, ruler, outlineBox, sliders)))

  /** @param {"png" | "tiff"} kind @param {string} text @param {string} title */
  function saveButton(kind, text, title) {
    return h("button", { class: `plain small hcs-save-${kind}`, title, "aria-label": title, click: () => save(kind) }, text)
  }

  /** @param {"png" | "tiff"} kind */
  function save(kind) {
    const field = content?.field
    if (!field || field.error) return
    const picture = pictureUrl(field[kind] ?? "", { channels: spelled(display.channels), z: content.z, t: content.t, projection: content.projection })
    const href = changed(picture, { source: display.source, origin: display.origin || null, outlines: outlines.visible ? outlineSelect.value : null })
    tell("hint", "The file is being made…")
    saveFile(href, (why) => tell("hint", why))
  }

  const showScale = everyFrame(() => {
    const field = content?.field
    const broken = !field || Boolean(field.error)
    zoom[1].hidden = broken
    if (broken) return bar.hide()
    bar.show(viewport, field.pixel[0], field.unit)
    showReadout()
  })

  function showReadout() {
    const field = content?.field
    if (!field || field.error) return fill(readout)
    if (!pointer) return fill(readout, h("span", { class: "soft" }, summary(field)))
    const [x, y] = viewport.at(...pointer)
    const pixel = pane.valuesAt(x, y)
    if (!pixel) return fill(readout, h("span", { class: "soft" }, summary(field)))
    const hasUnit = Boolean(field.unit)
    const place = hasUnit
      ? `${number(field.start[0] + Math.floor(x) * field.pixel[0])}, ${number(field.start[1] + Math.floor(y) * field.pixel[1])} ${shortUnit(field.unit)}`
      : ""
    const object = outlines.at(x, y)
    fill(readout, h("span", `x ${Math.floor(x)}, y ${Math.floor(y)}`), place ? h("span", { class: "soft" }, place) : null, valuesText(pixel.values), unread ? h("span", { class: "soft" }, `Values cannot be read: ${unread}`) : null,
      object ? h("span", { class: "value" }, h("i", { class: "dot outlined" }), `${outlineSelect.value} `, h("b", String(object))) : null,
      pixel.level ? h("span", { class: "soft" }, `level ${pixel.level}`) : null)
  }

  /** @param {[number, number][]} values  by index of the channel */
  const valuesText = (values) => values.map(([index, value]) => {
    const channel = display.channels.find((entry) => entry.index === index)
    return h("span", { class: "value" }, h("i", { class: "dot", style: { background: `#${channel?.color}` } }), `${channel?.name} `, h("b", exact(value)))
  })

  /** Keep room for what the pointer will say, or the picture would jump below it. */
  const reserve = everyFrame(() => {
    const field = content?.field
    if (!field || field.error) return
    const widest = display.channels.filter((channel) => channel.active && channel.index < field.channels)
      .map((channel) => /** @type {[number, number]} */ ([channel.index, Math.max(1000, Math.round(channel.maximum ?? 0))]))
    const place = field.unit ? `${number(field.width * field.pixel[0] * 1.0001)}, ${number(field.height * field.pixel[1] * 1.0001)} ${shortUnit(field.unit)}` : ""
    fill(ruler, h("span", `x ${field.width}, y ${field.height}`), h("span", place), valuesText(widest),
      content.outlines.mask ? h("span", { class: "value" }, h("i", { class: "dot" }), `${outlineSelect.value} `, h("b", "10,000")) : null)
    readout.style.minHeight = `${ruler.offsetHeight}px`
  })

  /** @param {FieldPicture} field */
  function summary(field) {
    const size = `${field.width} × ${field.height} px`
    const physical = field.unit ? ` · ${number(field.width * field.pixel[0])} × ${number(field.height * field.pixel[1])} ${shortUnit(field.unit)}` : ""
    return `${size}${physical} · ${field.dtype}`
  }

  /** @param {"z" | "t"} axis @param {string} label @param {string[]} keys  acts @param {string} wheel  the key to hold */
  function axisSlider(axis, label, keys, wheel) {
    const text = h("span", { class: "mono" })
    const input = h("input", { type: "range", min: "0", step: "1", "aria-label": label,
      input: () => { say(text, `${Number(input.value) + 1}/${Number(input.max) + 1}`); choose() } })
    const requests = makeRequests()
    const choose = () => requests.soon(() => send("axis", { axis, value: Number(input.value) }))
    const element = h("div", { class: "row", hidden: true }, labelled(axis, input, text))
    const showKeys = () => set(element, { title: `${label} (keys ${keys.map(keyName).join(" and ")}, or ${wheel} and the wheel)` })
    showKeys()
    listen("keys", showKeys)
    sliders.append(element)
    return {
      /** @param {number} value @param {number} size @param {number} ack */
      show(value, size, ack) {
        element.hidden = size < 2
        set(input, { max: size - 1 })
        if (!requests.outruns(ack)) input.value = String(value)
        say(text, `${Number(input.value) + 1}/${size}`)
        return size > 1
      },
      element,
      /** @param {boolean} off */
      disable(off) { input.disabled = off },
      /** @param {number} by */
      step(by) { if (!element.hidden) { input.value = String(Number(input.value) + by); input.dispatchEvent(new Event("input")) } },
    }
  }
  const zAxis = axisSlider("z", "Focal plane", ["z-down", "z-up"], "Shift")
  const tAxis = axisSlider("t", "Time point", ["t-back", "t-on"], "Alt")

  zAxis.element.append(projection)

  /** @param {string} way */
  function project(way) {
    projection.value = way
    zAxis.disable(Boolean(way))
    projecting.now(() => send("projection", { projection: way }))
  }

  /** With Shift the wheel goes through z, with Alt through time; the rest is zoom. @param {WheelEvent} event */
  const onWheel = (event) => {
    if (!(event.shiftKey || event.altKey) || event.ctrlKey) return
    const axis = event.shiftKey ? zAxis : tAxis
    event.preventDefault()
    event.stopImmediatePropagation()
    turned += event.deltaY || event.deltaX // some systems turn a shifted wheel sideways
    if (Math.abs(turned) < WHEEL_STEP) return
    axis.step(turned > 0 ? 1 : -1)
    turned = 0
  }
  let turned = 0
  stage.addEventListener("wheel", onWheel, { passive: false, capture: true })

  /** @param {ViewerText} next @param {FieldPicture} field */
  function showOutlines(next, field) {
    const { labels, chosen, mask } = next.outlines
    outlineBox.hidden = !labels.length
    offer(outlineSelect, [["-", "none"], ...labels.map((label) => [label, label])], outlining.outruns(next.ack) ? undefined : chosen)
    outlines.show(mask ? { url: planeUrl(mask, { level: 0, channel: 0, z: next.z, t: next.t, projection: next.projection }), size: [field.width, field.height] } : null)
  }

  const watcher = new ResizeObserver(() => { viewport.resize(stage.clientWidth, stage.clientHeight); reserve() })
  watcher.observe(stage)
  steer(stage, viewport, { onHover: (x, y) => { pointer = x === null ? null : [x, y]; showReadout() } })
  viewport.watch(showScale)
  listen("display", () => { pane.refresh(); showReadout(); reserve() })
  listen("overlays", (on) => outlines.hold(!on))
  listen("projection", () => {
    if (!visible() || zAxis.element.hidden) return
    const ways = [...projection.options].map((option) => option.value)
    project(ways[(ways.indexOf(projection.value) + 1) % ways.length])
  })
  listen("zoom", (factor) => { if (visible()) zoomTo(viewport, factor) })
  listen("axis", ([axis, by]) => (axis === "z" ? zAxis : tAxis).step(by))
  listen("control", () => { if (["well", "field"].includes(pageStage())) send("control") })
  listen("step", (by) => { if (pageStage() !== "compare") send("field", { step: by }) })
  listen("measure-field", () => {
    const planes = pane.planes()
    const field = content?.field
    if (field && planes) return tell("field-planes", { of: `${content.well} ${field.label}`, planes })
    tell("hint", pane.failure ? `Nothing was measured: ${pane.failure}` : display.channels.some(({ active }) => active) ? "The field is still being read: nothing was measured." : "Nothing was measured: no channel is on.")
  })
  const visible = () => el.getClientRects().length > 0

  return {
    content(next) {
      const previous = content?.field
      content = next
      const field = next.field
      barActs(["z-down", "z-up", "projection"], field?.sizes.z === 1 ? "This image has one focal plane." : "")
      barActs(["t-back", "t-on"], field?.sizes.t === 1 ? "This image has one time point." : "")
      if (!field) return pane.show(null)
      fill(title, `${next.well} `, h("span", field.label))
      fill(marks, field.acquisition ? h("span", { class: "tag" }, field.acquisition) : null,
        field.corrected ? h("span", { class: "tag accent" }, "corrected") : null,
        field.settling ? h("span", { class: "tag", title: "The corrected image is still being written to its original location" }, "writing") : null)
      set(stage, { "aria-label": `${next.well}, ${field.label}, channels ${display.channels.filter((channel) => channel.active).map((channel) => channel.name).join(", ")}` })
      if (!projecting.outruns(next.ack)) projection.value = next.projection
      zAxis.disable(Boolean(projection.value))
      showOutlines(next, field)
      channels.show()
      reserve()
      const moved = [zAxis.show(next.z, field.sizes.z, next.ack), tAxis.show(next.t, field.sizes.t, next.ack)]
      sliders.hidden = !moved.some(Boolean)
      pane.show({ ...field, id: field.version, z: next.z, t: next.t, projection: next.projection })
      control.show(next.control, { z: next.z, t: next.t, projection: next.projection })
      if (field.error) return bar.hide()
      if (viewport.box) viewport.picture([field.width, field.height])
      else viewport.size = [field.width, field.height]
      // Another field starts as a whole; another version or plane keeps the view.
      if (previous && (previous.name !== field.name || content.well !== next.well)) viewport.whole()
      showScale()
    },
  }
}
