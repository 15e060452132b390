// What the colours and shapes of the plate map mean.

import { divergingGradient, gradient, ramp } from "../core/colours.js"
import { fill, h, set } from "../core/dom.js"
import { number } from "../core/text.js"
import { drawWells } from "./painter.js"
import { STATE } from "./states.js"

const MODES = ["robust", "full", "project"]
const MODE_TEXTS = {
  robust: ["2–98 %", "Colours span the 2nd to 98th percentile of this plate"],
  full: ["full range", "Colours span all values of this plate"],
  project: ["all plates", "Colours span the 2nd to 98th percentile over the plates of this project"],
}

/** The colour bar with its limits, and what lies beyond them. */
export function legend({ onLimits, onLog }) {
  const low = h("span", {})
  const high = h("span", {})
  const under = h("i", { class: "under", hidden: true })
  const over = h("i", { class: "over", hidden: true })
  const mark = h("span", { class: "mark", hidden: true })
  const ramp = h("div", { class: "ramp", style: { background: gradient() } }, under, over, mark)
  const title = h("span", { class: "cut", style: { "grid-column": "1 / 3" } })
  const mode = h("button", {
    type: "button", class: "small mode",
    on: { click: () => onLimits(MODES[(MODES.indexOf(mode.dataset.mode) + 1) % MODES.length]) },
  })
  const logarithm = h("button", {
    type: "button", class: "small mode hcs-log", title: "Colours by the logarithm",
    on: { click: () => onLog(logarithm.getAttribute("aria-pressed") !== "true") },
  }, "log")
  const element = h("div", { class: "legend" }, low, ramp, high, title, h("span", { class: "row modes" }, logarithm, mode))
  let shown = { low: null, high: null }

  return {
    element,
    show({ values, colouring: { low: from, high: to, log, diverging, below, above }, limits }) {
      shown = { low: from, high: to }
      element.hidden = !values || Boolean(values.categories)
      if (element.hidden) return
      const none = from === null || from === undefined
      ramp.style.background = diverging ? divergingGradient() : gradient()
      under.classList.toggle("diverging", diverging)
      over.classList.toggle("diverging", diverging)
      low.textContent = none ? "" : number(from)
      high.textContent = none ? "no values yet" : number(to)
      fill(title, values.title, values.unit ? h("span", { class: "soft" }, ` in ${values.unit}`) : null)
      set(title, { title: values.definition })
      under.hidden = !below
      over.hidden = !above
      set(ramp, { title: none ? "" : `${below} below, ${above} above the limits` })
      const [text, about] = MODE_TEXTS[limits]
      set(mode, { dataset: { mode: limits }, title: about })
      mode.hidden = values.metric === "suspicion" // its limits are always the same
      mode.textContent = limits !== "project" || values.project?.length ? text : values.project ? "this plate" : "looking…"
      logarithm.hidden = log === null || values.metric === "suspicion"
      set(logarithm, { "aria-pressed": String(Boolean(log)) })
    },
    /** `part` of the bar that a well's colour is at; a logarithm has moved it already. */
    mark(part) {
      const { low: from, high: to } = shown
      mark.hidden = part === null || !(to > from)
      if (!mark.hidden) mark.style.left = `${Math.min(1, Math.max(0, part)) * 100}%`
    },
  }
}

/** The categories of a column with their colours, null for a metric. */
export function categoryKeys(values) {
  if (!values?.categories) return null
  return h("ul", { class: "keys categories", "aria-label": values.title }, values.categories.map((name, index) =>
    h("li", {}, h("i", { style: { background: values.colours[index] } }), name)))
}

/** A key for those looks that this plate has; nothing about what it has not. */
export function stateKeys(scene) {
  const wells = scene.wells
  const has = (test) => wells.some(test)
  const plain = { state: STATE.present, partial: false, corrected: false, role: "" }
  const missingValue = wells.some((well, index) => well.state === STATE.present && (scene.colouring.parts[index] ?? null) === null)
  const entries = [
    [missingValue, { ...plain }, null, "no value"],
    [has((well) => well.partial), { ...plain, partial: true }, 0.4, "fields missing"],
    [has((well) => well.corrected), { ...plain, corrected: true }, 0.4, "corrected"],
    ...["pass", "flag", "fail"].map((word) => [has((well) => well.verdict?.[0] === word), { ...plain, verdict: [word, false, "field", "", "", 0] }, 0.4, word]),
    [has((well) => well.verdict?.[0] && well.verdict[2] === "unseen"), { ...plain, verdict: ["pass", false, "unseen", "", "", 0] }, 0.4, "judged in bulk"],
    [has((well) => well.verdict?.[0] && well.verdict[1]), { ...plain, verdict: ["pass", true, "field", "", "", 0] }, 0.4, "changed since judged"],
    [has((well) => well.verdict && !well.verdict[0]), { ...plain, verdict: ["", false, "", "", "", 1] }, 0.4, "a field failed"],
    [has((well) => well.role === "N"), { ...plain, role: "N" }, 0.4, "negative control"],
    [has((well) => well.role === "P"), { ...plain, role: "P" }, 0.4, "positive control"],
    [has((well) => well.role === "U"), { ...plain, role: "U" }, 0.4, "untreated"],
    [has((well) => well.state === STATE.not_acquired), { ...plain, state: STATE.not_acquired }, null, "not acquired"],
    [has((well) => well.state === STATE.pending), { ...plain, state: STATE.pending }, null, "not written yet"],
    [has((well) => well.state === STATE.missing), { ...plain, state: STATE.missing }, null, "nothing there"],
    [has((well) => well.state === STATE.unreadable), { ...plain, state: STATE.unreadable }, null, "cannot be read"],
  ].filter(([shown]) => shown)
  return h("ul", { class: "keys", "aria-label": "Signs" }, entries.map(([, well, part, text]) => h("li", {}, swatch(well, part, scene.host), text)))
}

/** The plate's own drawing of one well, so that the key cannot differ from the map. */
function swatch(well, part, host) {
  const canvas = h("canvas", { "aria-hidden": "true" })
  const geometry = { rows: 1, columns: 1, cell: 18, rowHead: 0, columnHead: 0, width: 18, height: 18 }
  const colouring = { parts: [part], colour: ramp, diverging: false }
  drawWells(canvas, { geometry, wells: [well], colouring, bare: true, host })
  return canvas
}
