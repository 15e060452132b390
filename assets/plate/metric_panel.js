// The panel beside the plate that says what its wells are coloured by: the metric, how it
// becomes a well's value, and the bar of its colours.

import { h, icon, say, set } from "../core/dom.js"
import { colourBar, setLimits, setLogarithm } from "./colour_bar.js"
import { makeControls } from "./controls.js"
import { legend } from "./legend.js"

/** @param {MapNow} now @param {Send} send @param {(on: boolean) => void} onNumbers */
export function makeMetricPanel(now, send, onNumbers) {
  /** @type {number | null} */
  let acquisition = null // whose values are shown, of all where null
  let commonOf = "" // what common limits were asked for
  let explained = false // as the person wants it

  const controls = makeControls(send, onNumbers)
  const bar = legend({ onLimits: setLimits, onLog: (on) => setLogarithm(now.values?.metric ?? "", on), first: controls.numbers })
  const explain = h("p", { class: "explain soft small", id: "explain", hidden: true })
  const info = h("button", {
    class: "plain square small hcs-explain", "aria-label": "About this metric", "aria-expanded": "false", "aria-controls": "explain",
    click: () => { explained = Boolean(explain.hidden); explaining(explained) },
  }, icon("help"))

  /** @param {boolean} on */
  function explaining(on) {
    explain.hidden = !on
    set(info, { "aria-expanded": on })
  }

  /** What all plates have in common is looked for once for what is shown. */
  function askLimits() {
    const { plate, values } = now
    const what = JSON.stringify([plate?.key, values?.metric, controls.way, acquisition])
    if (colourBar.limits !== "project" || !values || values.project || commonOf === what) return
    commonOf = what
    send("limits")
  }

  return {
    element: h("section", { class: "panel metric", "aria-label": "Metric" }, controls.element, h("div", { class: "body" }, h("div", { class: "row top" }, bar.element, info), explain)),
    controls,
    /** @param {PlateMapTexts["values"]} next */
    show(next) {
      const { values } = next
      acquisition = next.acquisition
      controls.show(next)
      say(explain, values?.definition || "")
      set(info, { title: values?.definition || "" })
      info.hidden = !values?.definition
      // Of scores that cannot be, it says why.
      explaining(explained || Boolean(next.score && values?.values.every((value) => value === null)))
      askLimits()
    },
    /** Other limits were chosen. */
    renewLimits() {
      commonOf = ""
      askLimits()
    },
    /** What is chosen of the colours: see `colouring`. */
    choice: () => ({ limits: colourBar.limits, log: colourBar.logs.get(now.values?.metric ?? "") }),
    /** @param {Colouring} colouring */
    showColours: (colouring) => bar.show({ values: now.values, colouring, limits: colourBar.limits }),
    /** Where the well that is looked at lies between the colours. */
    mark: () => bar.mark(now.scene.colouring.parts[now.scene.selected] ?? null),
  }
}
