// The card under the pointer: what a well is, and its value.

import { fill, h } from "../core/dom.js"
import { facts } from "../core/parts.js"
import { count } from "../core/text.js"
import { STATE } from "./states.js"
import { valueText, wellFacts } from "./well_text.js"

const AWAY = 16 // pixels from the pointer
const EDGE = 8 // and from the window's edge

/** A card that `show` fills and `place` moves. */
export function makeTip() {
  const element = h("div", { class: "tip", hidden: true, role: "tooltip" })

  /** @param {PlateText} plate @param {MetricValues | null} values @param {number} index */
  function value(plate, values, index) {
    if (!values || plate.states[index] !== STATE.present) return null
    const number = values.values[index]
    const why = values.reasons[index]
    const fields = values.counted?.[index]
    return h("div", h("span", { class: "soft" }, `${values.title} `),
      h("span", { class: number === null ? "soft" : "value" }, number === null ? why || "no value" : valueText(values, number)),
      values.from[index] ? h("span", { class: "soft" }, ` (${values.from[index]})`) : null,
      fields ? h("span", { class: "because" }, ` of ${fields[0]} of ${count(fields[1], "field")}`) : null)
  }

  return {
    element,
    /** @param {{plate: PlateText, values: MetricValues | null, corrected: boolean}} shown @param {number} index */
    show({ plate, values, corrected }, index) {
      const number = values?.values[index]
      const why = number === null || number === undefined ? "" : values?.reasons[index]
      fill(element,
        h("div", { class: "row" }, h("b", plate.labels[index]), h("span", { class: "soft cut" }, plate.name)),
        value(plate, values, index),
        why ? h("div", { class: "because" }, why) : null,
        facts(wellFacts(plate, index, corrected)))
      element.hidden = false
    },
    hide() {
      element.hidden = true
    },
    /** To the right of the pointer and below it, where there is room. @param {PointerEvent} event */
    place(event) {
      if (element.hidden) return
      const box = element.getBoundingClientRect()
      const right = event.clientX + AWAY + box.width < window.innerWidth
      element.style.left = `${right ? event.clientX + AWAY : Math.max(4, event.clientX - AWAY - box.width)}px`
      element.style.top = `${Math.max(4, Math.min(event.clientY + AWAY, window.innerHeight - box.height - EDGE))}px`
    },
  }
}
