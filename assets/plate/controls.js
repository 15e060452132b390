// What the plate is coloured by: metric, way from fields to wells, score, acquisition.

import { fill, h, set } from "../core/dom.js"

const SCORES = [["", "as measured"], ["z", "robust z"], ["b", "B-score"]]

/** `send` asks the server for another colouring, `onNumbers` shows the values as numbers. */
export function makeControls(send, onNumbers) {
  const metric = h("select", { on: { change: () => send("metric", { metric: metric.value }) } })
  const acquisition = h("select", {
    "aria-label": "Acquisition",
    on: { change: () => send("acquisition", { acquisition: acquisition.value === "" ? null : Number(acquisition.value) }) },
  })
  const score = h("select", { "aria-label": "Shown as", class: "hcs-score", on: { change: () => send("score", { score: score.value }) } }, options(SCORES))
  const way = h("select", { "aria-label": "Fields become wells by", class: "hcs-way", on: { change: () => send("way", { way: way.value }) } })
  const numbers = h("button", {
    type: "button", class: "small", "aria-pressed": "false", title: "Show the numbers in the wells",
    on: {
      click: () => {
        const on = numbers.getAttribute("aria-pressed") !== "true"
        set(numbers, { "aria-pressed": String(on) })
        onNumbers(on)
      },
    },
  }, "123")
  const element = h("header", { class: "head" },
    h("label", { class: "hcs-metric-select" }, h("span", { class: "soft" }, "Colour"), metric), way, score, acquisition, numbers)
  let metrics = []
  let present = "" // the metric that the server has, whatever is being chosen
  let offeredMetrics = ""
  let offeredWays = ""

  return {
    element,
    get metric() { return metric.value },
    get score() { return score.value },
    get way() { return way.value },
    get acquisition() { return acquisition.value },
    offerMetrics(next) {
      metrics = next
      // A list that is filled anew closes under whoever reads it.
      const signature = JSON.stringify(metrics)
      if (signature !== offeredMetrics) fill(metric, grouped(metrics))
      offeredMetrics = signature
      if (present) metric.value = present
    },
    offerAcquisitions(acquisitions) {
      fill(acquisition, options([["", "All acquisitions"], ...acquisitions.map(({ id, name }) => [String(id), name])]))
      acquisition.hidden = acquisitions.length < 2
    },
    showAcquisition(id) {
      acquisition.value = id === null ? "" : String(id)
    },
    show(next) {
      if (next.metric) metric.value = present = next.metric
      score.value = next.score ?? ""
      const signature = JSON.stringify(next.ways)
      if (signature !== offeredWays) {
        const { plain, fields } = next.ways
        fill(way, options(plain), fields.length ? h("optgroup", { label: "One field" }, options(fields)) : null)
      }
      offeredWays = signature
      way.value = next.way ?? ""
      way.hidden = !next.ways.plain.length
      set(metric, { title: next.values?.definition || "" })
    },
    stepMetric(step) {
      const at = metrics.findIndex(({ id }) => id === metric.value)
      if (metrics.length) send("metric", { metric: metrics[(at + step + metrics.length) % metrics.length].id })
    },
    stepScore(step) {
      const scores = SCORES.map(([value]) => value)
      send("score", { score: scores[(scores.indexOf(score.value) + step + scores.length) % scores.length] })
    },
  }
}

const options = (pairs) => pairs.map(([value, text]) => h("option", { value }, text))

/** Metrics of the whole well stand free, those of a channel below its name. */
function grouped(metrics) {
  const groups = Map.groupBy(metrics, ({ group }) => group)
  return [...groups].flatMap(([name, members]) => {
    const listed = members.map(({ id, title, about }) => h("option", { value: id, title: about }, title))
    return name ? h("optgroup", { label: name }, listed) : listed
  })
}
