// Facts about what is looked at: the plate with what is odd about it, or the well with
// its values.

import { lastSeen } from "../core/absence.js"
import { ask } from "../core/bus.js"
import { fill, h, icon } from "../core/dom.js"
import { facts, notice } from "../core/parts.js"
import { count, number } from "../core/text.js"

/** @param {PartContext} context @returns {Part<"details">} */
export function build({ el, send }) {
  const title = h("h2", { class: "grow cut" })
  const body = h("div", { class: "body" })
  el.append(h("section", { class: "panel details", "aria-label": "Details" }, h("header", title, lastSeen()), body))

  /** @param {string} label @param {string} text */
  const wellButton = (label, text) => h("button", { class: "small", title: text || "", click: () => ask("choose", label) }, label)

  /** @param {Shown<"details">["odd"][number]} odd */
  function group([name, tone, wells, more]) {
    return h("div", { class: "odd" },
      h("h3", tone ? h("span", { class: `mark ${tone}` }, icon("warn")) : null, `${name} (${(wells.length + more).toLocaleString("en-US")})`),
      h("div", { class: "row wrap" }, wells.map(([label, text]) => wellButton(label, text)), more ? h("span", { class: "soft small" }, `and ${count(more, "other")}`) : null))
  }

  /** @param {Shown<"details">["values"]} rows */
  function values(rows) {
    return h("table", { class: "values" },
      h("thead", h("tr", h("th", { scope: "col" }, "Metric"), h("th", { scope: "col", class: "right" }, "Well"), h("th", { scope: "col", class: "right", title: "Median of the plate" }, "Plate"))),
      h("tbody", rows.map((row) => h("tr", { class: row.chosen ? "chosen" : "" },
        h("th", { scope: "row" }, h("button", { class: "link", title: row.definition, click: () => send("metric", { metric: row.id }) }, row.title)),
        h("td", { class: "right", title: row.reason || "" }, row.value === null ? "–" : h("b", number(row.value)), row.unit && row.value !== null ? h("span", { class: "soft" }, ` ${row.unit}`) : null),
        h("td", { class: "right soft" }, number(row.median))))))
  }

  return {
    content(next) {
      fill(title, next.title)
      fill(body,
        next.error ? notice("bad", next.error) : null,
        next.banner ? h("p", { class: "banner-line" }, next.banner) : null,
        next.odd.map(group), next.facts.length ? facts(next.facts) : null, next.values.length ? values(next.values) : null,
        next.hint ? h("p", { class: "small soft" }, next.hint) : null)
    },
  }
}
