// What a plate is good for: the word, why, and the project's rules with their limits.

import { barredBy, fill, h } from "../core/dom.js"

/** @typedef {import("../types.js").UsabilityText} Usability */

const SIGNS = { use: "✓", care: "!", none: "×" }

/** Who says so, in a word or two. @param {Usability} usability */
export function source(usability) {
  return usability.decided ? `decided by ${usability.decided}` : "proposed"
}

/** A limit as it was typed, null for none; undefined where it is no number. @param {string} text */
export function limitOf(text) {
  const typed = text.trim().replace(",", ".")
  if (!typed) return null
  const number = Number(typed)
  return Number.isFinite(number) ? number : undefined
}

/**
 * The part of the review panel; `onLimits(id, care, refuse)` hears of limits that were typed.
 * @param {(id: string, care: number | null, refuse: number | null) => void} onLimits
 */
export function usabilityPart(onLimits) {
  const statement = h("div", { class: "use-statement" })
  const reasons = h("ul", { class: "small use-reasons" })
  const rows = h("tbody", {})
  const rules = h("details", { class: "hcs-use-rules small" }, h("summary", {}, "Rules of the project"),
    h("table", { class: "numbers" },
      h("thead", {}, h("tr", {}, ["Rule", "Plate", "With care", "Do not use"].map((text) => h("th", { scope: "col" }, text)))), rows),
    h("p", { class: "soft" }, "To decide otherwise, judge the plate as a whole, with a reason or a note: pass is use, flag is use with care, fail is do not use."))
  const element = h("div", { class: "usability hcs-usability", hidden: true }, statement, reasons, rules)

  /** @param {Usability["rules"][number]} rule @param {string} barred */
  function row(rule, barred) {
    const inputs = [rule.care, rule.refuse].map((limit, at) => h("input", {
      type: "text", inputmode: "decimal", size: "4", value: limit === null ? "" : String(limit), placeholder: "–",
      "aria-label": `${rule.title}: ${at ? "do not use" : "use with care"} ${rule.side}`,
      ...barredBy(barred),
      on: { change: () => {
        const typed = inputs.map((input) => limitOf(input.value))
        inputs.forEach((input, i) => input.setAttribute("aria-invalid", String(typed[i] === undefined)))
        const [care, refuse] = typed
        if (care !== undefined && refuse !== undefined) onLimits(rule.id, care, refuse)
      } },
    }))
    return h("tr", { class: rule.outcome }, h("th", { scope: "row", title: rule.meaning }, `${rule.title}${rule.unit ? `, ${rule.unit}` : ""}`),
      h("td", { title: rule.note }, rule.value), inputs.map((input) => h("td", {}, h("span", { class: "soft" }, rule.side === "above" ? "> " : "< "), input)))
  }

  let drawn = ""
  return {
    element,
    /** @param {Usability | null} usability @param {string} barred */
    show(usability, barred) {
      element.hidden = !usability
      // What is being typed stays, and so does the focus, until something has changed.
      const text = JSON.stringify([usability, barred])
      if (!usability || text === drawn) return
      drawn = text
      statement.className = `use-statement ${usability.use}`
      fill(statement, h("span", { class: "mark", "aria-hidden": "true" }, SIGNS[usability.use]), h("b", {}, usability.word), h("span", { class: "soft small" }, source(usability)))
      fill(reasons, usability.reasons.map((reason) => h("li", {}, reason)))
      fill(rows, usability.rules.map((rule) => row(rule, barred)))
    },
  }
}
