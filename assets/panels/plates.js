// The plates to choose from: a small map of each, what it holds, how far it is judged.

import { addPlate, listen } from "../core/bus.js"
import { colourBar, setLimits } from "../plate/colour_bar.js"
import { css, mixed, rampOf } from "../core/colours.js"
import { token } from "../core/theme.js"
import { barredBy, fill, h, icon, say, set } from "../core/dom.js"
import { keyName } from "../core/keys.js"
import { count, moment, number } from "../core/text.js"
import { driftText } from "./drift.js"
import { island } from "../core/island.js"
import { verdictColour } from "../review/verdicts.js"

const LETTERS = { p: "pass", l: "flag", f: "fail" }
const SMALL = [96, 64] // of a map, in CSS pixels

export function render(context) {
  return island(context, { sheets: ["panels/plates.css"], params: ["content", "trend"], build })
}

function build({ el, send, hide }) {
  let content = null
  const title = h("h2", {})
  const find = h("input", { type: "search", class: "find", placeholder: "Find a plate", "aria-label": "Find a plate", on: { input: () => show() } })
  const open = h("input", { type: "checkbox", on: { change: () => show() } })
  const common = h("input", { type: "checkbox", checked: colourBar.limits === "project", on: { change: () => setLimits(common.checked ? "project" : "robust") } })
  const stop = listen("limits", (mode) => { common.checked = mode === "project" })
  const problem = h("div", { class: "notice bad", role: "alert", hidden: true })
  const empty = h("p", { class: "soft" })
  const list = h("ul", { class: "choices" })
  const trendButton = h("button", { type: "button", class: "small", "aria-expanded": "false", on: { click: () => openTrend() } }, "Medians over time")
  const metric = h("select", { "aria-label": "Metric", on: { change: () => ask(metric.value) } })
  const chart = h("div", { class: "chart" })
  const verdict = h("p", { class: "small", role: "status" })
  const trendBox = h("div", { class: "trend", hidden: true }, h("div", { class: "row" }, metric, verdict), chart)
  const add = h("button", { type: "button", class: "small primary hcs-add", on: { click: addPlate } }, icon("plus"), "Add a plate")
  const stopAdding = [
    listen("add-plate", ({ open: wanted }) => { if (!wanted) add.focus() }),
    listen("choose-file", () => { if (content?.shown && !add.disabled) add.click() }),
  ]
  const header = h("header", {}, title, h("span", { class: "grow" }), h("label", { class: "row small" }, open, "Only unfinished"), h("label", { class: "row small hcs-common-limits", title: "A plate that is opened is coloured by the 2nd to 98th percentile over all plates of its project" }, common, "Same colours on all"), find, trendButton, add)
  el.append(h("section", { class: "panel hcs-plate-list", "aria-label": "Plates" }, header, h("div", { class: "body" }, problem, trendBox, empty, list)))

  function draw(canvas, plate) {
    const ratio = window.devicePixelRatio || 1
    const cell = Math.max(1, Math.floor(Math.min((SMALL[0] * ratio) / plate.columns, (SMALL[1] * ratio) / plate.rows)))
    set(canvas, { width: cell * plate.columns, height: cell * plate.rows, style: { width: `${(cell * plate.columns) / ratio}px`, height: `${(cell * plate.rows) / ratio}px` } })
    const pen = canvas.getContext("2d")
    const gap = cell > 3 ? 1 : 0
    const [line, bad, edge, calm] = [token("line"), token("bad"), token("edge"), rampOf("deviation")]
    for (let i = 0; i < plate.map.length; i += 1) {
      const letter = plate.map[i]
      if (letter === " ") continue
      const [x, y] = [(i % plate.columns) * cell, Math.floor(i / plate.columns) * cell]
      pen.fillStyle = letter in LETTERS ? verdictColour(LETTERS[letter]) : (letter === "!" ? bad : letter === "." || letter === "~" ? line : css(mixed(calm, Number(letter) / 9)))
      if (letter === "!") { // a cross and not only a colour
        pen.fillStyle = edge
        pen.fillRect(x, y + Math.floor(cell / 2), cell - gap, 1)
        pen.fillRect(x + Math.floor(cell / 2), y, 1, cell - gap)
      } else if (letter === "f") {
        pen.fillRect(x, y, cell - gap, cell - gap)
        pen.clearRect(x + Math.floor(cell / 3), y + Math.floor(cell / 3), Math.max(1, Math.floor(cell / 3)) - (cell > 4 ? 0 : 1), Math.max(1, Math.floor(cell / 3)) - (cell > 4 ? 0 : 1))
      } else pen.fillRect(x, y, cell - gap, cell - gap)
    }
  }

  function progress(plate) {
    const parts = ["fail", "flag"].filter((word) => plate.verdicts[word]).map((word) => `${plate.verdicts[word]} ${word}`)
    if (plate.unseen) parts.push(`${plate.unseen} in bulk`)
    if (plate.stale) parts.push(`${plate.stale} stale`)
    const text = plate.signed ? `Signed off by ${plate.signed}` : plate.total ? `${plate.reviewed} of ${plate.total} judged` : "no wells"
    return h("span", { class: "progress" },
      h("span", { class: "row" }, plate.signed ? icon("lock") : plate.finished ? icon("check") : null, h("b", {}, text)),
      h("span", { class: "bar", "aria-hidden": "true" }, h("i", { style: { width: `${plate.total ? (100 * plate.reviewed) / plate.total : 0}%` } })),
      h("span", { class: "soft small" }, parts.join(", ") || " "))
  }

  function row(plate) {
    const canvas = h("canvas", { "aria-hidden": "true" })
    if (plate.known) draw(canvas, plate)
    const suspects = plate.suspects === null || plate.suspects === undefined ? "not measured yet" : count(plate.suspects, "suspect")
    return h("li", { dataset: { plate: plate.key } }, h("button", { type: "button", disabled: Boolean(plate.error), on: { click: () => send("plate", { plate: plate.key }) } },
      h("span", { class: "map" }, plate.error ? icon("warn") : plate.known ? canvas : null),
      h("span", { class: "about" }, h("b", { class: "cut" }, plate.name), h("span", { class: "soft small cut", title: plate.location }, plate.location),
        plate.error ? h("span", { class: "why small" }, plate.absent_since ? `Cannot be reached since ${moment(plate.absent_since)}: ${plate.error}` : plate.error) : plate.known ? h("span", { class: "small" }, plate.completeness || "not checked yet") : h("span", { class: "small soft" }, "Reading…")),
      plate.known ? h("span", { class: "facts" }, h("span", { class: plate.suspects ? "suspects" : "soft" }, suspects), h("span", { class: "soft small" }, day(plate.changed))) : h("span"),
      plate.known ? progress(plate) : h("span")))
  }

  function show() {
    if (!content?.shown) return
    const words = find.value.trim().toLowerCase()
    const shown = content.plates.filter((plate) => (!words || `${plate.name} ${plate.location}`.toLowerCase().includes(words)) && (!open.checked || !plate.finished))
    set(add, barredBy(content.add, `Add a plate from a zip or a folder (${keyName("file")})`))
    say(title, content.plates.length ? count(content.plates.length, "plate") : "No plate")
    problem.hidden = !content.problem
    fill(problem, icon("warn"), h("span", {}, h("b", {}, "This plate cannot be opened. "), content.problem, " Choose another plate below, or open it again when this is mended."))
    empty.hidden = shown.length > 0
    say(empty, content.plates.length ? "No plate matches." : content.awaited ? "No plates yet. Plates of a watched inbox appear here while they are imported." : "No plates in the served folder. Add a plate, or start the server with the path of a plate or of a folder of plates.")
    const signature = JSON.stringify(shown)
    if (list.dataset.signature === signature) return
    list.dataset.signature = signature
    const focused = el.getRootNode().activeElement?.closest?.("li")?.dataset.plate
    fill(list, shown.map(row))
    if (focused) /** @type {HTMLElement[]} */ ([...list.children]).find((each) => each.dataset.plate === focused)?.querySelector("button").focus()
  }

  // Medians over time ------------------------------------------------------------------

  function openTrend() {
    trendBox.hidden = !trendBox.hidden
    set(trendButton, { "aria-expanded": String(!trendBox.hidden) })
    if (!trendBox.hidden) ask(metric.value)
  }

  function ask(id) {
    say(verdict, "Reading the plates…")
    send("trend", { metric: id })
  }

  function line(trend) {
    const [width, height, left, right, top, bottom] = [880, 180, 64, 12, 12, 26]
    const values = trend.plates.map((plate) => plate.median)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const pad = (high - low || Math.abs(high) || 1) * 0.08
    const x = (i) => left + (trend.plates.length < 2 ? 0.5 : i / (trend.plates.length - 1)) * (width - left - right)
    const y = (value) => height - bottom - ((value - low + pad) / (high - low + 2 * pad)) * (height - top - bottom)
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
      text(left, height - 8, day(trend.plates[0].when), "start"), text(width - right, height - 8, day(trend.plates.at(-1).when), "end"))
  }

  function showTrend(trend) {
    metric.hidden = !trend.metrics.length
    if (!trend.plates?.length) {
      fill(chart)
      return say(verdict, "No plate is measured yet.")
    }
    const options = JSON.stringify(trend.metrics)
    if (metric.dataset.signature !== options) fill(metric, trend.metrics.map(([id, words]) => h("option", { value: id }, words)))
    metric.dataset.signature = options
    metric.value = trend.metric
    const apart = trend.plates.filter((plate) => plate.apart)
    say(verdict, driftText(trend) + (apart.length ? ` Apart from the others: ${apart.map((plate) => plate.name).join(", ")}.` : ""))
    fill(chart, line(trend))
  }

  hide(true)
  return {
    content(next) {
      content = next
      hide(!next.shown)
      show()
    },
    trend: showTrend,
    dispose() {
      stop()
      stopAdding.forEach((end) => end())
    },
  }
}

const SVG = "http://www.w3.org/2000/svg"

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

const text = (x, y, words, anchor) => svg("text", { x, y, "text-anchor": anchor }, words)

const day = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }) : "")
