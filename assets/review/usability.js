// What a plate is good for: the word, why, and the project's rules with their limits.

import { barredBy, fill, h, set } from "../core/dom.js"
import { novelty } from "../core/parts.js"

const SIGNS = { use: "✓", care: "!", none: "×" }

/** Who says so, in a word or two. @param {UsabilityText} usability */
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
 * The part of the review panel; `onLimits(plate, id, care, refuse)` hears of limits that were typed.
 * @param {(plate: string, id: string, care: number | null, refuse: number | null) => void} onLimits
 */
export function usabilityPart(onLimits) {
  const statement = h("div", { class: "use-statement" })
  const reasons = h("ul", { class: "small use-reasons" })
  const rows = h("tbody")
  const rules = h("details", { class: "hcs-use-rules small" }, h("summary", "Rules of the project"),
    h("table", { class: "numbers" },
      h("thead", h("tr", ["Rule", "Plate", "With care", "Do not use"].map((text, at) => h("th", { scope: "col", class: at ? "" : "start" }, text)))), rows),
    h("p", { class: "soft" }, "To decide otherwise, judge the plate as a whole, with a reason or a note: pass is use, flag is use with care, fail is do not use."))
  const element = h("div", { class: "usability hcs-usability", hidden: true }, statement, reasons, rules)

  /** A row that is kept, so that what is being typed and the focus stay. @param {string} plate @param {string} id */
  function makeRow(plate, id) {
    const inputs = [0, 1].map(() => h("input", { type: "text", inputmode: "decimal", size: "4", placeholder: "–", change: () => {
      const typed = inputs.map((input) => limitOf(input.value))
      inputs.forEach((input, at) => set(input, { "aria-invalid": typed[at] === undefined }))
      const [care, refuse] = typed
      if (care !== undefined && refuse !== undefined) onLimits(plate, id, care, refuse)
    } }))
    const name = h("th", { scope: "row" })
    const value = h("td")
    const sides = inputs.map(() => h("span", { class: "soft" }))
    const line = h("tr", name, value, inputs.map((input, at) => h("td", sides[at], input)))
    rows.append(line)
    /** @param {UsabilityText["rules"][number]} rule @param {string} barred */
    return (rule, barred) => {
      line.className = rule.outcome
      set(name, { title: rule.meaning })
      set(value, { title: rule.note })
      fill(name, `${rule.title}${rule.unit ? `, ${rule.unit}` : ""}`)
      fill(value, rule.value)
      inputs.forEach((input, at) => {
        const limit = at ? rule.refuse : rule.care
        fill(sides[at], rule.side === "above" ? "> " : "< ")
        set(input, { "aria-label": `${rule.title}: ${at ? "do not use" : "use with care"} ${rule.side}`, ...barredBy(barred) })
        if (!input.matches(":focus")) input.value = limit === null ? "" : String(limit)
      })
    }
  }

  /** @type {Map<string, ReturnType<typeof makeRow>>} */
  const drawRow = new Map()
  let shown = "" // the plate that they are of
  const isNew = novelty()
  return {
    element,
    /** @param {string} plate @param {UsabilityText | null} usability @param {string} barred */
    show(plate, usability, barred) {
      element.hidden = !usability
      if (!isNew(plate, usability, barred) || !usability) return
      if (plate !== shown) {
        drawRow.clear() // what is being typed is of the plate that was there
        fill(rows)
      }
      shown = plate
      statement.className = `use-statement ${usability.use}`
      fill(statement, h("span", { class: "mark", "aria-hidden": "true" }, SIGNS[usability.use]), h("b", usability.word), h("span", { class: "soft small" }, source(usability)))
      fill(reasons, usability.reasons.map((reason) => h("li", reason)))
      for (const rule of usability.rules) {
        if (!drawRow.has(rule.id)) drawRow.set(rule.id, makeRow(plate, rule.id))
        drawRow.get(rule.id)?.(rule, barred)
      }
    },
  }
}
