// What the colours and shapes of the plate map mean.

import { css, gradient, mixed, rampOf } from "../core/colours.js"
import { h, set } from "../core/dom.js"
import { number } from "../core/text.js"
import { letterOf } from "./colouring.js"
import { drawWells } from "./painter.js"
import { STATE, STATE_WORDS } from "./states.js"
import { VERDICT_NAMES } from "../core/verdict_table.js"

const MODES = /** @type {Limits[]} */ (["robust", "full", "project"])
const MODE_TEXTS = {
  robust: ["Range 2–98 %", "Colours span the 2nd to 98th percentile of this plate"],
  full: ["Range: all values", "Colours span all values of this plate"],
  project: ["Range: all plates", "Colours span the 2nd to 98th percentile over the plates of this project"],
}
const SWATCH = 21 // pixels: the letter of a role just fits
const FIXED = ["Fixed range", "Neutral where all is well, full colour at three times of what stands out: the same on all plates"]

/** The colour bar with its limits, and what lies beyond them: one line; `titled` says
 *  in it what the values are, `first` is a button before its own.
 *  @param {{onLimits: (limits: Limits) => void, onLog: (on: boolean) => void, titled?: boolean, first?: HTMLElement | null}} its */
export function legend({ onLimits, onLog, titled = false, first = null }) {
  const low = h("span")
  const unit = h("span", { class: "soft" })
  const to = h("span")
  const high = h("span", to, " ", unit)
  const under = h("i", { class: "under", hidden: true })
  const over = h("i", { class: "over", hidden: true })
  const notch = h("span", { class: "notch", hidden: true })
  const mark = h("span", { class: "mark", hidden: true })
  const ramp = h("div", { class: "ramp" }, under, over, notch, mark)
  const title = h("b", { class: "cut" })
  const mode = h("button", {
    class: "small mode",
    click: () => onLimits(fixed ? (mode.dataset.mode === "full" ? "robust" : "full") : MODES[(MODES.indexOf(/** @type {Limits} */ (mode.dataset.mode)) + 1) % MODES.length]),
  })
  const logarithm = h("button", {
    class: "small mode hcs-log", title: "Colours by the logarithm", "aria-label": "Log scale",
    click: () => onLog(logarithm.getAttribute("aria-pressed") !== "true"),
  }, "Log")
  const element = h("div", { class: "legend" }, titled ? title : null, low, ramp, high, h("span", { class: "row" }, first, logarithm, mode))
  /** @type {Pick<Colouring, "low" | "high">} */
  let shown = { low: null, high: null }
  let fixed = false

  return {
    element,
    /** @param {{values: MetricValues | null, colouring: Colouring, limits: Limits}} next */
    show({ values, colouring, limits }) {
      const { low: from, high: until, log, scale, stops, below, above } = colouring
      shown = { low: from, high: until }
      const bare = !values || Boolean(values.categories)
      for (const part of [title, low, ramp, high, logarithm, mode]) part.hidden = bare
      if (bare) return
      const none = from === null || from === undefined
      fixed = scale === "deviation" && Boolean(values.notable)
      ramp.style.background = gradient(stops)
      under.style.borderRightColor = css(mixed(stops, 0))
      over.style.borderLeftColor = css(mixed(stops, 1))
      low.textContent = none ? "" : number(from)
      to.textContent = none ? "no values yet" : number(until)
      const reading = `${values.title}${values.unit ? ` in ${values.unit}` : ""}`
      set(title, { title: reading, textContent: values.title })
      set(unit, { title: reading, textContent: none ? "" : values.unit })
      under.hidden = !below || scale === "deviation"
      over.hidden = !above
      notch.hidden = colouring.notch === null
      notch.style.left = `${(colouring.notch ?? 0) * 100}%`
      set(ramp, { title: none ? "" : `${below} below, ${above} above the limits` })
      const [text, about] = fixed && limits !== "full" ? FIXED : MODE_TEXTS[limits]
      set(mode, { dataset: { mode: limits }, title: about })
      mode.hidden = none
      mode.textContent = fixed || limits !== "project" || values.project?.length ? text : values.project ? "Range: this plate" : "looking…"
      logarithm.hidden = log === null || values.metric === "suspicion"
      set(logarithm, { "aria-pressed": Boolean(log) })
    },
    /** `part` of the bar that a well's colour is at; a logarithm has moved it already. @param {number | null} part */
    mark(part) {
      const { low: from, high: to } = shown
      mark.hidden = part === null || from === to
      mark.style.left = `${Math.min(1, Math.max(0, part ?? 0)) * 100}%`
    },
  }
}

/** What the marks of wells that stand out say, "" without any. @param {MetricValues | null} values */
function standing(values) {
  if (!values?.notable) return ""
  const from = (values.scale === "diverging" ? 0 : values.right ?? 0) + values.notable
  const text = `${number(from)}${values.unit ? ` ${values.unit}` : ""}`
  if (values.scale === "diverging") return `beyond ±${text}`
  return values.notable > 0 ? `stands out: ${text} or more` : `stands out: ${text} or less`
}

/** The categories of a column with their colours, null for a metric. @param {MetricValues | null} values */
export function categoryKeys(values) {
  if (!values?.categories) return null
  return h("ul", { class: "keys categories", "aria-label": values.title }, values.categories.map((name, index) =>
    h("li", swatch({}, index, letterOf(index), { host: undefined, colouring: { colour: () => values.colours?.[index] ?? "" } }), name)))
}

/** A key for those looks that this plate has; nothing about what it has not.
 *  @param {MapScene} scene @param {MetricValues | null} values */
export function stateKeys(scene, values = null) {
  const { wells, colouring } = scene
  const keys = h("ul", { class: "keys", "aria-label": "Signs" })
  /** @param {(well: PaintedWell, index: number) => unknown} test @param {string} text @param {Partial<PaintedWell>} look @param {number | null} part */
  const add = (test, text, look, part = 0, sign = 0) => {
    if (wells.some(test)) keys.append(h("li", swatch(look, part, sign, scene), text))
  }
  /** @param {string} verdict @param {boolean} stale @param {string} basis @returns {{verdict: VerdictEntry}} */
  const judged = (verdict, stale, basis, failed = 0) => ({ verdict: [verdict, stale, basis, "", "", failed] })
  if (standing(values)) add((_, index) => colouring.signs[index], standing(values), {}, colouring.notch ?? 1, Math.sign(values?.notable ?? 0))
  add((well, index) => well.state === STATE.present && (colouring.parts[index] ?? null) === null, "no value", {}, null)
  add((well) => well.partial, "fields missing", { partial: true })
  add((well) => well.corrected, "corrected", { corrected: true })
  for (const word of VERDICT_NAMES) add((well) => well.verdict?.[0] === word, word, judged(word, false, "field"))
  add((well) => well.verdict?.[0] && well.verdict[2] === "unseen", "judged in bulk", judged("pass", false, "unseen"))
  add((well) => well.verdict?.[0] && well.verdict[1], "changed since judged", judged("pass", true, "field"))
  add((well) => well.verdict && !well.verdict[0], "a field failed", judged("", false, "", 1))
  for (const [role, text] of [["N", "negative control"], ["P", "positive control"], ["U", "untreated"]]) add((well) => well.role === role, text, { role })
  for (const state of [STATE.not_acquired, STATE.pending, STATE.missing, STATE.unreadable]) add((well) => well.state === state, STATE_WORDS[state], { state }, null)
  return keys
}

/** The plate's own drawing of one well, so that the key cannot differ from the map.
 *  @param {Partial<PaintedWell>} look @param {number | null} part @param {number | string} sign @param {{host?: HTMLElement, colouring: {stops?: number[][], colour: (part: number) => string}}} scene */
function swatch(look, part, sign, { host, colouring }) {
  const canvas = h("canvas", { "aria-hidden": "true" })
  const well = { state: STATE.present, partial: false, corrected: false, role: "", ...look }
  const geometry = { rows: 1, columns: 1, cell: SWATCH, rowHead: 0, columnHead: 0, width: SWATCH, height: SWATCH }
  const stops = (sign && colouring.stops) || rampOf("deviation", host)
  const colour = typeof sign === "string" ? colouring.colour : (/** @type {number} */ at) => css(mixed(stops, at))
  drawWells(canvas, { geometry, wells: [well], colouring: { parts: [part], signs: [sign], colour }, bare: true, host, selected: -1, chosen: new Set(), hovered: -1, plain: false })
  return canvas
}
