// Medians of the plates over time, as a line that can be clicked.

import { fill, h, say, set, svg } from "../core/dom.js"
import { offer } from "../core/parts.js"
import { count, number } from "../core/text.js"
import { driftText } from "./drift.js"
import { day } from "./plate_list.js"

/** The chart and the button that opens it. @param {Send} send */
export function medians(send) {
  const trendButton = h("button", { class: "small", "aria-expanded": "false", click: () => openTrend() }, "Medians over time")
  const metric = h("select", { "aria-label": "Metric", change: () => ask(metric.value) })
  const chart = h("div", { class: "chart" })
  const verdict = h("p", { class: "small", role: "status" })
  const trendBox = h("div", { class: "trend", hidden: true }, h("div", { class: "row" }, metric, verdict), chart)

  function openTrend() {
    trendBox.hidden = !trendBox.hidden
    set(trendButton, { "aria-expanded": !trendBox.hidden })
    if (!trendBox.hidden) ask(metric.value)
  }

  /** @param {string} id */
  function ask(id) {
    say(verdict, "Reading the plates…")
    send("trend", { metric: id })
  }

  /** @param {Trend} trend */
  function line(trend) {
    const [width, height, left, right, top, bottom] = [880, 180, 64, 12, 12, 26]
    const values = trend.plates.map((plate) => plate.median)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const pad = (high - low || Math.abs(high) || 1) * 0.08
    const x = (/** @type {number} */ i) => left + (trend.plates.length < 2 ? 0.5 : i / (trend.plates.length - 1)) * (width - left - right)
    const y = (/** @type {number} */ value) => height - bottom - ((value - low + pad) / (high - low + 2 * pad)) * (height - top - bottom)
    const middle = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
    const ticks = [low, middle, high].filter((value, i, all) => all.indexOf(value) === i)
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${trend.title}: medians of ${trend.plates.length} plates, ${number(low)} to ${number(high)}` },
      ...ticks.flatMap((value) => [svg("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: value === middle ? "middle" : "grid" }), text(left - 6, y(value) + 4, number(value), "end")]),
      svg("polyline", { points: values.map((value, i) => `${x(i)},${y(value)}`).join(" "), class: "way" }),
      ...trend.plates.map((plate, i) => {
        const dot = plate.apart ? svg("rect", { x: x(i) - 5, y: y(plate.median) - 5, width: 10, height: 10, class: "apart" }) : svg("circle", { cx: x(i), cy: y(plate.median), r: 4 })
        dot.append(svg("title", {}, `${plate.name}: ${number(plate.median)} (${count(plate.n, "well")}), ${day(plate.when)}${plate.apart ? "; apart from the others" : ""}`))
        dot.addEventListener("click", () => send("plate", { plate: plate.key }))
        return dot
      }),
      text(left, height - 8, day(trend.plates[0].when), "start"), text(width - right, height - 8, day(trend.plates[trend.plates.length - 1].when), "end"))
  }

  /** @param {TrendText} trend */
  function showTrend(trend) {
    metric.hidden = !trend.metrics.length
    if (!("plates" in trend) || !trend.plates.length) {
      fill(chart)
      return say(verdict, "problem" in trend ? trend.problem : "No plate is measured yet.")
    }
    offer(metric, trend.metrics, trend.metric)
    const apart = trend.plates.filter((plate) => plate.apart)
    say(verdict, driftText(trend) + (apart.length ? ` Apart from the others: ${apart.map((plate) => plate.name).join(", ")}.` : ""))
    fill(chart, line(trend))
  }

  return { button: trendButton, box: trendBox, show: showTrend }
}

/** @param {number} x @param {number} y @param {string} words @param {string} anchor */
const text = (x, y, words, anchor) => svg("text", { x, y, "text-anchor": anchor }, words)
