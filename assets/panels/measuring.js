// How far measuring is, what could not be measured, and a button to stop or go on.

import { ask } from "../core/bus.js"
import { barredBy, fill, h, icon, say, set } from "../core/dom.js"
import { bar, fillBar, sayIf } from "../core/parts.js"
import { count } from "../core/text.js"

/** @type {Record<string, [string, string, string]>} */
const ACTS = {
  hold: ["Stop", "hold", "Stop at the next field; what is measured is kept"],
  resume: ["Go on", "resume", "Measure the rest"],
  measure: ["Measure", "resume", "Measure this plate now"],
  again: ["Try again", "resume", "Measure again what could not be measured"],
}

/** @param {PartContext} context @returns {Part<"measuring">} */
export function build({ el, send }) {
  const status = h("p", { class: "status grow", role: "status" })
  const measured = bar("Fields measured")
  let asks = ""
  let plate = ""
  const act = h("button", { class: "small act", click: () => { act.disabled = true; send(asks, { plate }) } })
  const refusal = h("p", { class: "notice bad", role: "alert", hidden: true })
  const body = h("div", { class: "failures" })
  const plugins = h("div", { class: "plugins" })
  el.append(h("section", { class: "panel measuring hcs-measuring", "aria-label": "Measuring" },
    h("header", h("h2", { class: "grow cut" }, "Measuring"), act), h("div", { class: "body" }, status, measured, refusal, body, plugins)))

  /** @param {Shown<"measuring">["failures"][number]} entry */
  const failure = (entry) => h("li", h("button", {
    class: "plain failure", dataset: { well: entry.well }, title: entry.why, click: () => ask("choose", entry.well),
  }, h("b", entry.well), h("span", { class: "why" }, `${entry.field ? `${entry.field}: ` : ""}${entry.why}`)))

  return {
    content(next) {
      set(status, { "aria-live": next.act === "hold" ? "off" : "polite" }) // its end is announced, not each field
      say(status, next.status)
      sayIf(refusal, next.refused[1])
      const [label, kind, title] = ACTS[next.act] ?? ["", "", ""]
      asks = kind
      plate = next.plate
      act.hidden = !kind
      set(act, barredBy(next.barred[kind], title))
      say(act, label)
      measured.hidden = !next.total || next.act === "again" || (!kind && !next.running)
      fillBar(measured, next.done, next.total)
      fill(plugins, next.plugins.map((text) => h("p", { class: "notice" }, icon("warn"), ` ${text}`)))
      const open = body.querySelector("details")?.open
      fill(body, next.failed ? h("details", { open }, h("summary", icon("warn"), ` ${count(next.failed, "field")} could not be measured`),
        h("ul", { class: "list" }, next.failures.map(failure)),
        next.failed > next.failures.length ? h("p", { class: "small soft" }, `and ${count(next.failed - next.failures.length, "other")}`) : null) : null)
    },
  }
}
