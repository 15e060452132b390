// What the columns of a plate map mean: which one tells roles, and which value means what.

import { barredBy, fill, h, set } from "../core/dom.js"
import { labelled, novelty } from "../core/parts.js"

/** What the wells are for: which column tells it, and which of its values means what. @param {Say} send */
export function rolesForm(send, { preview: previewed = false } = {}) {
  const column = h("select", { "aria-label": "Column with the roles", change: () => rows(proposed()) })
  const compound = h("select", { "aria-label": "Column of compounds", change: changed })
  const dose = h("select", { "aria-label": "Column of doses", change: changed })
  const list = h("tbody")
  const keep = h("button", { class: "small primary hcs-roles-keep", disabled: true, click: () => {
    keep.disabled = true
    send("roles", answer())
  } }, "Use for this project")
  const back = h("button", { class: "small", click: () => send("roles", { proposal: true }) }, "Back to proposal")
  const line = h("span", { class: "soft" })
  const preview = h("p", { class: "small soft", role: "status" })
  const controls = h("div", { class: "row wrap" }, keep, back)
  const answer = () => ({ role: column.value, values: chosen(), compound: compound.value, dose: dose.value })
  const element = h("details", { class: "roles hcs-roles" }, h("summary", "Roles ", line),
    labelled("Role", column),
    h("table", { class: "numbers" }, h("thead", h("tr", h("th", { scope: "col" }, "Value"), h("th", { scope: "col" }, "wells"), h("th", { scope: "col" }, "means"))), list),
    labelled("Compound", compound), labelled("Dose", dose),
    preview, controls)
  /** @type {Roles | null} */
  let now = null
  const isNew = novelty()

  const choice = () => now?.choices.find((choice) => choice.name === column.value)
  const proposed = () => Object.fromEntries((choice()?.values ?? []).map(([value, , role]) => [value, role]))
  const chosen = () => Object.fromEntries([...list.querySelectorAll("select")].map((each) => [each.dataset.value, each.value]).filter(([, role]) => role))

  function changed() {
    keep.disabled = false
    /** @type {Record<string, number>} */
    const counts = {}
    for (const [value, wells] of choice()?.values ?? []) {
      const role = chosen()[value]
      if (role) counts[role] = (counts[role] ?? 0) + wells
    }
    preview.textContent = `Proposed: ${words(counts) || "no roles"}`
  }

  /** @param {Record<string, string>} values */
  function rows(values, quiet = false) {
    fill(list, (choice()?.values ?? []).map(([value, wells]) => {
      const select = h("select", { "aria-label": `Role of ${value}`, dataset: { value }, change: changed },
        ["", ...now?.all ?? []].map((role) => h("option", { value: role }, role || "–")))
      select.value = values[value] ?? ""
      return h("tr", h("th", { scope: "row" }, value), h("td", { class: "soft" }, String(wells)), h("td", select))
    }))
    if (!quiet) changed()
  }

  return {
    element,
    answer,
    /** `reason` says why nothing of it can be kept, "" where it can; what is chosen goes where `of` is another.
     *  @param {Roles | null} next @param {unknown} of */
    show(next, reason = "", of = "") {
      if (!isNew(next, reason, of)) return
      now = next
      if (!next) return
      line.textContent = `${words(next.counts) || "not known"} · ${next.kept ? "set for this project" : "proposed, please check"}`
      /** @param {string[]} names */
      const options = (names) => ["", ...names].map((name) => h("option", { value: name }, name || "–"))
      fill(column, options(next.choices.map((choice) => choice.name)))
      fill(compound, options(next.columns))
      fill(dose, options(next.columns))
      column.value = next.role ?? ""
      compound.value = next.compound ?? ""
      dose.value = next.dose ?? ""
      rows(next.values, previewed ? false : true)
      if (!previewed) preview.textContent = ""
      for (const each of [column, compound, dose, back, ...list.querySelectorAll("select")]) set(each, barredBy(reason))
      set(keep, barredBy(reason))
      keep.disabled = Boolean(reason) || next.kept
      back.hidden = !next.kept
      controls.hidden = previewed
      if (previewed) element.open = true
    },
  }
}

/** @param {Record<string, number>} counts */
const words = (counts) => Object.entries(counts).map(([role, n]) => `${n} ${role}`).join(", ")
