// The channels: on or off, colour, black and white point, gamma; and where the contrast
// comes from, in words. Changes show at once here and reach the server a little later.

import { listen, setDisplay, tell } from "../core/bus.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { makeRequests } from "../core/requests.js"
import { onPreference, preference, setPreference } from "../core/storage.js"
import { number } from "../core/text.js"
import { channelMarks, only, sourceText } from "../pixels/channel_marks.js"
import { percentiles } from "../pixels/percentiles.js"

const SETTLE_MILLISECONDS = 250 // thumbnails and address follow when the slider stops

/** @param {PartContext} context @returns {Part<"channels">} */
export function build({ el, root, send, hide }) {
  /** @type {SetChannel[]} */
  let channels = []
  /** @type {ReturnType<typeof makeRow>[]} */
  let rows = []
  let plate = "" // whose channels these are
  const requests = makeRequests()
  /** @type {[number, number]} */
  let ends = [0, 1] // shares of a field's pixels that "Auto field" draws black and white
  let source = "plate"
  let origin = ""
  let shownFrom = "plate"

  const list = h("div", { class: "list" })
  const from = h("span", { class: "small cut from" })
  const empty = h("p", { class: "small soft", hidden: true })
  const close = h("span", { class: "small grow" })
  const distinct = h("button", { class: "small hcs-distinct", role: "switch", title: "Colours that everybody can tell apart, also colour-blind people. For you, on all plates; what the plate stores stays.", click: () => chooseDistinct(!isDistinct()) }, "Distinct colours")
  const colours = h("div", { class: "row colours", hidden: true }, close, distinct)
  const all = h("button", { class: "small hcs-all-channels", title: "All channels again (Shift+0)", click: () => showOnly(null) }, "All")
  const reset = h("button", { class: "small", click: () => take("reset") })
  const auto = h("button", { class: "small", title: "Limits from this field only (0.1 to 99.9 %)", click: () => tell("measure-field") }, "Auto field")
  const autoPlate = h("button", { class: "small", title: "Robust limits over the plate", click: () => take("auto") }, "Auto plate")
  el.append(h("section", { class: "panel channels", "aria-label": "Channels" },
    h("header", h("h2", "Channels"), from, all), h("div", { class: "body scrolls" }, list, colours, empty), h("div", { class: "row sources" }, autoPlate, auto, reset)))

  function changed(now = true) {
    setDisplay(channels, { source: source === "plate" ? shownFrom : source, origin: source === "field" ? origin : "" })
    rows.forEach((row, i) => row.show(channels[i]))
    all.hidden = channels.every((channel) => channel.active)
    set(distinct, { "aria-checked": isDistinct() })
    fill(distinct, isDistinct() ? icon("check") : null, "Distinct colours")
    set(document.documentElement, { style: channelMarks(channels) })
    if (!now) return
    requests.settled(sendChannels, SETTLE_MILLISECONDS)
  }

  const sendChannels = () => send("channels", { plate, source, origin, channels: channels.map(({ index, color, low, high, gamma, active }) => ({ index, color, low, high, gamma, active })) })

  /** Take limits of the plate in place of these, and of those that were not sent yet. @param {"reset" | "auto"} kind */
  function take(kind) {
    source = "plate"
    requests.now(() => send(kind, { plate }))
  }

  /** @param {number} i @param {Partial<SetChannel> & {auto?: boolean}} change */
  function alter(i, change) {
    const channel = { ...channels[i], ...change }
    if (channel.high <= channel.low) {
      const least = channel.whole ? 1 : (channel.maximum - channel.minimum) / 1e4 || 1e-6
      if ("low" in change) channel.low = channel.high - least
      else channel.high = channel.low + least
    }
    channels = channels.with(i, channel)
    if ("low" in change || "high" in change || "gamma" in change) source = source === "field" && change.auto ? "field" : "hand"
    changed()
  }

  /** @param {number} i */
  const toggle = (i) => {
    if (channels[i]) alter(i, { active: !channels[i].active })
  }

  /** @param {number | null} i */
  function showOnly(i) {
    channels = only(channels, i)
    changed()
  }

  // Colours that can be told apart --

  const isDistinct = () => channels.every((channel) => channel.color === channel.distinct)

  /** @param {boolean} distinctly */
  function colour(distinctly) {
    channels = channels.map((channel) => ({ ...channel, color: distinctly ? channel.distinct : channel.plain }))
    changed()
  }

  /** @param {boolean} wanted */
  function chooseDistinct(wanted) {
    setPreference("colours", wanted ? "distinct" : "")
    colour(wanted)
  }

  /** @param {SetChannel} channel @param {number} i */
  function makeRow(channel, i) {
    const button = h("button", { class: `plain toggle hcs-channel-${channel.index}`, role: "switch", click: () => toggle(i) })
    const color = h("input", { type: "color", "aria-label": `Colour of ${channel.name}`, input: () => alter(i, { color: color.value.slice(1).toUpperCase() }) })
    /** @param {"low" | "high" | "gamma"} key @param {string} label */
    const field = (key, label) => h("input", { type: "number", class: "limit", "aria-label": `${label} of ${channel.name}`, title: label,
      change: (event) => { if (event.target.value !== "" && Number.isFinite(event.target.valueAsNumber)) alter(i, { [key]: event.target.valueAsNumber }); else rows[i].show(channels[i]) } })
    /** @param {Side} key @param {string} label */
    const range = (key, label) => h("input", { type: "range", class: key, "aria-label": `${label} of ${channel.name}`,
      input: (event) => alter(i, { [key]: fromSlider(channels[i], event.target.valueAsNumber) }) })
    const [low, high, gamma] = [field("low", "Black point"), field("high", "White point"), field("gamma", "Gamma")]
    const [lowRange, highRange] = [range("low", "Black point"), range("high", "White point")]
    set(gamma, { min: "0.1", max: "10", step: "0.1" })
    for (const each of [lowRange, highRange]) set(each, { min: "0", max: "1000", step: "1" })
    const span = h("i", { class: "span" })
    const alone = h("button", { class: `plain small only hcs-only-${channel.index}`, title: `Only ${channel.name}, everywhere on the page (Shift+${i + 1}); again: all`, "aria-label": `Only ${channel.name}`, click: () => showOnly(i) }, "Only")
    const element = h("div", { class: "channel" },
      h("div", { class: "row" }, color, button, h("span", { class: "grow" }), low, h("span", { class: "soft", "aria-hidden": "true" }, "–"), high),
      h("div", { class: "row" }, h("div", { class: "two grow" }, h("div", { class: "track" }, span), lowRange, highRange), h("label", { class: "gamma row", title: "Gamma" }, h("span", { class: "soft" }, "γ"), gamma), alone))
    return {
      element,
      /** @param {SetChannel} channel */
      show(channel) {
        set(button, { "aria-checked": channel.active, title: `${channel.name} (key ${channel.index + 1})` })
        fill(button, h("i", { class: "box" }, channel.active ? icon("check") : null), h("span", { class: "cut" }, channel.name))
        color.value = `#${channel.color.toLowerCase()}`
        const step = channel.whole ? 1 : "any"
        set(low, { step })
        set(high, { step })
        for (const [input, value] of /** @type {[HTMLInputElement, number][]} */ ([[low, channel.low], [high, channel.high], [gamma, channel.gamma]])) {
          if (root.activeElement !== input) input.value = spelled(value, channel.whole && input !== gamma)
        }
        const [a, b] = [toSlider(channel, channel.low), toSlider(channel, channel.high)]
        lowRange.value = String(a)
        highRange.value = String(b)
        set(lowRange, { "aria-valuetext": number(channel.low) })
        set(highRange, { "aria-valuetext": number(channel.high) })
        // The thumb that has room must lie on top, or both ends could lock each other.
        lowRange.style.zIndex = a > 500 ? "2" : "1"
        highRange.style.zIndex = a > 500 ? "1" : "2"
        set(span, { style: { left: `${a / 10}%`, width: `${Math.max(0, b - a) / 10}%`, background: `linear-gradient(90deg,#000,#${channel.color})` } })
        element.classList.toggle("off", !channel.active)
        alone.hidden = channels.length < 2
        set(alone, { "aria-pressed": channels.every((each) => each.active === (each === channel)) })
      },
    }
  }

  listen("channel", (at) => toggle(at))
  listen("only-channel", (at) => { if (at === null || channels[at]) showOnly(at) })
  onPreference("colours", (value) => { if (!colours.hidden) colour(value === "distinct") })
  listen("field-planes", ({ of, planes }) => {
    source = "field"
    origin = of
    for (const [index, plane] of planes) {
      const i = channels.findIndex((channel) => channel.index === index)
      if (i < 0) continue
      const [low, high] = percentiles(plane.data, ...ends)
      // An empty field is shown empty, and not its noise.
      alter(i, { low, high: Math.max(high, low + channels[i].least), auto: true })
    }
    requests.now(sendChannels)
  })

  return {
    content(next) {
      hide(!next.channels.length)
      if (next.plate !== plate) requests.drop()
      else if (requests.outruns(next.ack)) return
      plate = next.plate
      const shape = (/** @type {SetChannel[]} */ all) => all.map((channel) => `${channel.index}${channel.name}`).join()
      const rebuild = shape(channels) !== shape(next.channels)
      channels = next.channels
      ends = next.ends
      source = next.source === "field" || next.source === "hand" ? next.source : "plate"
      shownFrom = next.source
      origin = next.where
      if (rebuild) {
        rows = channels.map(makeRow)
        fill(list, rows.map((row) => row.element))
      }
      const special = ["field", "hand"].includes(next.source)
      say(from, sourceText(next.source, next.where))
      set(from, { title: `${from.textContent}. ${next.source === "dtype" ? "No pixels could be read." : "The same for every picture."}` })
      from.classList.toggle("special", special)
      from.classList.toggle("soft", !special)
      colours.hidden = !next.close.length
      say(close, next.close.length ? `${next.close[0].join(" and ")} are hard to tell apart.` : "")
      set(close, { title: next.close.map((pair) => pair.join(" and ")).join(", ") })
      const blank = channels.filter((channel) => channel.empty).map((channel) => channel.name)
      empty.hidden = !blank.length
      say(empty, `Nothing but noise on this plate: ${blank.join(", ")}. Drawn dark, not stretched.`)
      reset.textContent = next.stored ? "Stored" : "Auto plate"
      set(reset, { title: next.stored ? "Back to the contrast stored with the plate" : "Back to the robust limits over the plate", disabled: !next.changed })
      auto.hidden = !next.inField
      autoPlate.hidden = !next.canAuto
      changed(false)
      if (!next.changed && !colours.hidden && !isDistinct() && preference("colours") === "distinct") colour(true)
    },
  }
}

/** A limit for an input: no more digits than anybody can tell apart. @param {number} value @param {boolean} whole */
const spelled = (value, whole) => String(whole && Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(4)))

/** @param {SetChannel} channel @param {number} value */
const toSlider = (channel, value) => {
  const part = Math.min(1, Math.max(0, (value - channel.minimum) / (channel.maximum - channel.minimum || 1)))
  return Math.round(part ** (1 / channel.curve) * 1000)
}

/** @param {SetChannel} channel @param {number} place */
function fromSlider(channel, place) {
  const value = channel.minimum + (place / 1000) ** channel.curve * (channel.maximum - channel.minimum)
  return channel.whole ? Math.round(value) : value
}
