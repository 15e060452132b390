// Which wells somebody should look at, and why; the worst first.

import { lastSeen } from "../core/absence.js"
import { ask } from "../core/bus.js"
import { barredBy, fill, h } from "../core/dom.js"
import { notice } from "../core/parts.js"
import { count } from "../core/text.js"

/** @param {PartContext} context @returns {Part<"suspects">} */
export function build({ el, send }) {
  const title = h("h2", { class: "grow cut" })
  const number = h("span", { class: "soft small" })
  const body = h("div", { class: "body scrolls", tabindex: "0" })
  el.append(h("section", { class: "panel suspects hcs-suspects", "aria-label": "Suspects" }, h("header", title, lastSeen(), number), body))

  /** @param {SuspectsShown["list"][number]} entry */
  const suspect = (entry) => h("li", h("button", {
    class: "plain suspect", dataset: { well: entry.well }, title: entry.text, click: () => ask("choose", entry.well),
  }, h("b", entry.well), " ", h("span", { class: "why cut" }, entry.brief), entry.more ? h("span", { class: "soft small", title: count(entry.more, "other reason") }, ` +${entry.more}`) : null))

  /** @param {SuspectsShown["reasons"][number]} entry */
  const reason = (entry) => h("li", entry.metric
    ? h("button", { class: "plain reason", title: "Colour the plate by this metric", click: () => send("metric", { metric: entry.metric }) }, entry.text)
    : h("span", { class: "reason" }, entry.text))

  /** @param {SuspectsShown["unusual"][number]} entry */
  const odd = (entry) => h("li", h("button", {
    class: "plain odd", title: entry.text, click: () => ask("choose", entry.well),
  }, h("b", entry.well), " ", h("span", { class: "why cut" }, entry.brief)))
  let open = false
  /** @param {SuspectsShown["unusual"]} list */
  const unusual = (list) => {
    const element = h("details", { class: "unusual", toggle: () => { open = element.open } },
      h("summary", { title: "These wells differ from others of their role in values that a treatment can change: count, area, intensity. That alone makes no well suspect." }, `Unusual, may be biology (${count(list.length, "well")})`),
      h("ol", { class: "list" }, list.map(odd)))
    element.open = open
    return element
  }

  let read = false
  /** @param {SuspectsShown["checks"]} list */
  const checked = (list) => {
    const element = h("details", { class: "checks hcs-checks", toggle: () => { read = element.open } },
      h("summary", { title: "What each kind of failure was compared with" }, "What was checked"),
      h("ul", { class: "list" }, list.map(([kind, text]) => h("li", h("b", kind), `: ${text}`))),
      h("p", { class: "soft small" }, "Other plates of the project count where channel, size of a pixel (objective) and exposure are the same."))
    element.open = read
    return element
  }

  return {
    content(next) {
      fill(title, next.title)
      number.textContent = next.list.length ? count(next.list.length + next.more, "well") : ""
      fill(body,
        next.reasons.length ? h("ul", { class: "reasons" }, next.reasons.map(reason)) : null, // of the open well, before all of the plate
        next.banner.length ? notice("bad plate-banner", h("div", h("b", "The whole plate looks bad."), next.banner.map((text) => h("p", text)))) : null,
        next.moved ? h("div", { class: "notice moved" }, h("span", { class: "grow" }, "The plate has changed since suspects were found."),
          h("button", { class: "small", ...barredBy(next.barred.anew, "Compare wells with the plate as it is now"), click: () => send("anew", { plate: next.plate }) }, "Recompute")) : null,
        next.refused[1] ? h("p", { class: "notice bad", role: "alert" }, next.refused[1]) : null,
        next.pending ? h("p", { class: "soft" }, next.pending) : null,
        next.held ? h("button", { class: "small", ...barredBy(next.barred.measure, "Measure all fields and find suspects"), click: () => send("measure", { plate: next.plate }) }, "Measure") : null,
        next.list.length ? h("ol", { class: "list" }, next.list.map(suspect)) : null,
        next.more ? h("p", { class: "small soft" }, `and ${count(next.more, "other")}`) : null,
        next.few ? h("p", { class: "hcs-few" }, next.few) : null,
        next.clean ? h("p", next.clean) : null,
        next.unusual.length ? unusual(next.unusual) : null,
        next.checks.length ? checked(next.checks) : null)
    },
  }
}
