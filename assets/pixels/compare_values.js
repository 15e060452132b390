// What a correction changes in numbers: what the rules say, metrics in two columns, and
// the histograms of both over each other.

import { display, listen } from "../core/bus.js"
import { fill, h, icon, say, svg } from "../core/dom.js"
import { tableHead } from "../core/parts.js"
import { number } from "../core/text.js"
import { outline } from "./histogram.js"

const [WIDTH, HEIGHT] = [256, 64]
/** @type {Record<string, [Sign, string]>} */
const SIGNS = { "no longer suspect": ["check", "good"], "now suspect": ["warn", "bad"], "still suspect": ["warn", "warn"] }

/** Make the block. */
export function compareValues() {
  /** @type {CompareValuesText} */
  let content
  const verdicts = h("ul", { class: "verdicts", "aria-live": "polite" })
  const table = h("table", { class: "metrics" })
  const histograms = h("div", { class: "histograms" })
  const note = h("p", { class: "small soft" })
  const details = h("details", { class: "numbers" }, h("summary", "Metrics and histograms"), note, h("div", { class: "both" }, table, histograms))
  const element = h("div", { class: "values" }, verdicts, details)

  function show() {
    const { busy, error } = content
    const rows = content.rows ?? []
    const judged = rows.filter((row) => row.verdict)
    fill(verdicts, busy ? h("li", { class: "soft" }, "Measuring the new pixels…")
      : error ? h("li", { class: "bad" }, icon("warn"), `Not measured: ${error}`)
        : judged.length ? judged.map((row) => {
          const [sign, tone] = SIGNS[row.verdict] ?? ["help", ""]
          return h("li", { class: tone, dataset: { verdict: row.verdict } }, icon(sign), h("span", `${row.channel}: ${row.text.replace(" -> ", " → ")}`))
        }) : h("li", { class: "soft" }, "No rule says anything of either."))
    details.hidden = !rows.length && !(content.histograms ?? []).length
    say(note, rows.length ? "" : "This plate has no metrics to compare with.")
    note.hidden = rows.length > 0
    fill(table, tableHead(["Metric", "Channel", "Old", "New", "Rules"]),
      h("tbody", rows.map((row) => h("tr", h("th", { scope: "row" }, row.title, row.unit ? h("span", { class: "soft" }, ` ${row.unit}`) : null), h("td", row.channel),
        h("td", { class: "number" }, number(row.old)), h("td", { class: "number" }, number(row.new)), h("td", row.verdict)))))
    table.hidden = !rows.length
    fill(histograms, (content.histograms ?? []).map(histogram))
  }

  /** @param {NonNullable<CompareValuesText["histograms"]>[number]} each */
  function histogram(each) {
    const color = `#${display.channels.find(({ index }) => index === each.channel)?.color ?? "888888"}`
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Histograms of ${each.name}, old as a line, new filled`, style: { "--colour": color } },
      svg("path", { d: outline(each.new, WIDTH, HEIGHT), class: "after" }), svg("path", { d: outline(each.old, WIDTH, HEIGHT), class: "before" }))
    return h("figure", picture, h("figcaption", h("span", number(each.low)), h("b", { class: "cut" }, each.name), h("span", number(each.high))))
  }

  listen("display", () => { if (content?.histograms?.length) show() })
  return {
    element,
    /** @param {CompareValuesText} next */
    show(next) {
      content = next
      show()
    },
    /** Whether there is room for all of it from the start. @param {boolean} room */
    open(room) { details.open = room },
  }
}
