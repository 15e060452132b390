// The filter of the wells: by verdict, what it is based on, reason, reviewer, condition and
// the range of the shown metric.

import { listen } from "../core/bus.js"
import { h, icon, say, set } from "../core/dom.js"
import { offer } from "../core/parts.js"
import { number } from "../core/text.js"
import { leftOut, setFiltering } from "../plate/filtering.js"
import { keyed } from "../core/keyed.js"
import { shown as map } from "../plate/map_values.js"
import { review } from "../review/verdicts.js"
import { VERDICT_NAMES } from "../core/verdict_table.js"

const STATES = [["", "any verdict"], ["unreviewed", "unreviewed"], ...VERDICT_NAMES.map((verdict) => [verdict, verdict]), ["stale", "stale"], ["field", "with a failed field"]]
const BASES = [["", "any basis"], ["field", "field viewed"], ["thumbnails", "thumbnails viewed"], ["montage", "seen in a montage"], ["unseen", "bulk, not looked at"]]
/** @type {WellFilter} */
const EMPTY = { state: "", basis: "", reason: "", reviewer: "", column: "", condition: "", low: null, high: null }

/** @param {PartContext} context @returns {HearingPart<"filters">} */
export function build({ el, hide }) {
  /** @type {{plate?: string, wells: FilteredWell[], conditions?: [string, string[]][]}} */
  let now = { wells: [] }
  /** @type {Texts["filters"]["values"]} */
  let valued = { metric: "", values: null }
  let filter = { ...EMPTY }
  let skip = true

  /** @param {keyof WellFilter} name @param {string} label */
  const choice = (name, label) => h("select", { "aria-label": label, dataset: { part: name }, change: (event) => change({ [name]: event.target.value }) })
  const state = choice("state", "Verdict")
  const basis = choice("basis", "Basis of the verdict")
  const reason = choice("reason", "Reason")
  const reviewer = choice("reviewer", "Reviewer")
  const column = choice("column", "Condition")
  const condition = choice("condition", "Value of the condition")
  /** @param {Side} name @param {string} label */
  const limit = (name, label) => h("input", { type: "number", step: "any", class: "limit", "aria-label": label, dataset: { part: name },
    input: (event) => change({ [name]: Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : null }) })
  const low = limit("low", "At least")
  const high = limit("high", "At most")
  const metric = h("span", { class: "soft cut" })
  const skipBox = h("input", { type: "checkbox", checked: true, change: () => { skip = skipBox.checked; apply() } })
  const tally = h("span", { class: "soft small grow cut", role: "status" })
  const clear = h("button", { class: "small hcs-filter-clear", click: () => { filter = { ...EMPTY }; show(); apply() } }, "Show all")
  const body = h("div", { class: "body", hidden: true },
    h("div", { class: "parts" }, state, basis, reason, reviewer, column, condition),
    h("div", { class: "row range" }, metric, low, h("span", { class: "soft", "aria-hidden": "true" }, "–"), high),
    h("label", { class: "row small" }, skipBox, "J and K skip the others"))
  const toggle = keyed(h("button", { class: "plain small", "aria-expanded": "false", click: () => open(Boolean(body.hidden)) }, icon("forward"), h("b", "Filter")), "filter", "Filter the wells")
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return
    event.stopPropagation()
    open(false)
    toggle.focus()
  })
  const section = h("section", { class: "panel hcs-filters", "aria-label": "Filter" }, h("header", toggle, tally, clear), body)
  el.append(section)

  /** @param {boolean} on */
  function open(on) {
    body.hidden = !on
    set(toggle, { "aria-expanded": on })
    if (on) state.focus()
  }

  /** @param {Partial<WellFilter>} part */
  function change(part) {
    filter = { ...filter, ...part }
    if ("column" in part) filter.condition = ""
    show()
    apply()
  }

  /** Options, the chosen one kept even where nothing has it any more.
   *  @param {HTMLSelectElement} select @param {string[][]} pairs @param {string} value */
  function choices(select, pairs, value) {
    const all = pairs.some(([each]) => each === value) ? pairs : [...pairs, [value, value]]
    offer(select, all, value)
  }

  /** @param {3 | 4} place  of it in a verdict's entry @param {string} any */
  const values = (place, any) => [["", any], ...[...new Set(Object.values(review.verdicts).map((entry) => entry[0] && entry[place]).filter(Boolean))].sort().map((text) => [text, text])]

  function show() {
    choices(state, STATES, filter.state)
    choices(basis, BASES, filter.basis)
    choices(reason, values(3, "any reason"), filter.reason)
    choices(reviewer, values(4, "any reviewer"), filter.reviewer)
    const columns = now.conditions ?? []
    choices(column, [["", "any condition"], ...columns.map(([name]) => [name, name])], filter.column)
    choices(condition, [["", "any value"], ...(columns.find(([name]) => name === filter.column)?.[1] ?? []).map((text) => [text, text])], filter.condition)
    column.hidden = !columns.length && !filter.column
    condition.hidden = !filter.column
    if (filter.low === null && !low.matches(":focus")) low.value = ""
    if (filter.high === null && !high.matches(":focus")) high.value = ""
    say(metric, valued.metric || "no metric")
    const numbers = now.wells.map((well) => well.value ?? null).filter((value) => value !== null)
    set(low, { placeholder: numbers.length ? number(Math.min(...numbers)) : "", disabled: !numbers.length })
    set(high, { placeholder: numbers.length ? number(Math.max(...numbers)) : "", disabled: !numbers.length })
  }

  function apply() {
    const active = JSON.stringify(filter) !== JSON.stringify(EMPTY)
    const hidden = active ? leftOut(now.wells, review.verdicts, filter) : new Set()
    setFiltering(now.plate ?? "", hidden, skip)
    say(tally, active ? `${now.wells.length - hidden.size} of ${now.wells.length} wells` : "")
    clear.hidden = !active
    section.classList.toggle("active", active)
  }

  /** The wells come once; their values come only where the map has others. */
  function takeValues() {
    const { values } = valued
    if (values) now.wells.forEach((well, index) => { well.value = values[index] ?? null })
    else if (!map.scored) {
      const byLabel = new Map(map.labels.map((label, index) => [label, map.values[index] ?? null]))
      for (const well of now.wells) well.value = byLabel.get(well.label) ?? null
    }
    show()
    apply()
  }

  listen("filter", () => open(true))
  listen("values", () => { if (!valued.values) takeValues() })
  listen("verdicts", () => { show(); apply() })
  hide(true)
  return {
    hears: true,
    content(next) {
      const before = now.plate
      now = next.shown ? { ...next, wells: next.wells.map((well) => ({ ...well, value: null })) } : { wells: [] }
      if (before !== now.plate) filter = { ...EMPTY }
      hide(!next.shown)
      takeValues()
    },
    values(next) {
      valued = next
      takeValues()
    },
  }
}
