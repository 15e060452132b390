// What the plate is coloured by: metric, way from fields to wells, score.

import { fill, h, set } from "../core/dom.js"
import { novelty, options } from "../core/parts.js"
import { makeChooser } from "./chooser.js"

const SCORES = [["", "measured value"], ["z", "robust z"], ["b", "B-score"]]

/** `send` asks the server for another colouring, `onNumbers` shows the values as numbers. @param {Send} send @param {(on: boolean) => void} onNumbers */
export function makeControls(send, onNumbers) {
  const chooser = makeChooser((metric) => send("metric", { metric }))
  const score = h("select", { class: "hcs-score", change: () => send("score", { score: score.value }) }, options(SCORES))
  const way = h("select", { class: "hcs-way", change: () => send("way", { way: way.value }) })
  /** @param {string} text @param {string} title @param {HTMLSelectElement} select */
  const labelled = (text, title, select) => h("label", { class: "row small", title }, h("span", { class: "soft" }, text), select)
  const wayBox = labelled("Well is", "How the fields of a well become its value", way)
  const scoreBox = labelled("Shown as", "The measured value, or how far it is from the plate's samples", score)
  const numbers = h("button", {
    class: "small", "aria-pressed": "false", title: "Show the numbers in the wells",
    click: () => {
      const on = numbers.getAttribute("aria-pressed") !== "true"
      set(numbers, { "aria-pressed": on })
      onNumbers(on)
    },
  }, "Numbers")
  const element = h("header", { class: "head" }, chooser.element, wayBox, scoreBox)
  const isNew = novelty()

  return {
    element,
    numbers,
    get metric() { return chooser.metric },
    get score() { return score.value },
    get way() { return way.value },
    /** @param {PlateMapTexts["choices"]} choices */
    offerMetrics: ({ metrics, channels }) => chooser.offer(metrics, channels),
    /** @param {PlateMapTexts["values"]} next */
    show(next) {
      if (next.metric) chooser.show(next.metric)
      score.value = next.score ?? ""
      if (isNew(next.ways)) {
        const { plain, fields } = next.ways
        fill(way, options(plain), fields.length ? h("optgroup", { label: "One field" }, options(fields)) : null)
      }
      way.value = next.way ?? ""
      wayBox.hidden = scoreBox.hidden = !next.ways.plain.length // not measured on fields
    },
    stepMetric: chooser.step,
    pickMetric: chooser.pick,
    /** @param {number} step */
    stepScore(step) {
      const scores = SCORES.map(([value]) => value)
      send("score", { score: scores[(scores.indexOf(score.value) + step + scores.length) % scores.length] })
    },
  }
}
