// Which columns of a table become metrics. CellProfiler writes thousands: they are found by
// typing, and only the first that match are drawn.

import { fill, h } from "../core/dom.js"
import { withWords } from "../core/search.js"
import { count, number } from "../core/text.js"

const DRAWN = 100
const FEW = 20

/**
 * The columns whose name has every word that was typed, in any order.
 * @param {OfferedColumn[]} columns @param {string} text
 */
export const matching = (columns, text) => withWords(columns, text, ([name]) => name)

/**
 * @param {OfferedColumn[]} columns
 * @param {number} most that may be taken
 */
export function columnsPicker(columns, most) {
  const ticked = new Set(columns.length <= FEW ? columns.map(([name]) => name) : [])
  const list = h("div", { class: "picked" })
  const status = h("span", { class: "soft grow", role: "status" })
  const search = h("input", { type: "search", class: "grow hcs-columns-search", placeholder: "Find a column: area nuclei", "aria-label": "Find a column", input: draw })
  const all = h("button", { class: "small hcs-columns-all", click: () => { tick(true) } })
  const none = h("button", { class: "small", click: () => { tick(false) } }, "None of them")

  /** @param {boolean} on */
  function tick(on) {
    for (const [name] of matching(columns, search.value)) {
      if (on) ticked.add(name)
      else ticked.delete(name)
    }
    draw()
  }

  function say() {
    const over = ticked.size > most ? `, of which ${most} may be taken` : ""
    status.textContent = `${ticked.size} of ${columns.length} chosen${over}`
  }

  function draw() {
    const matches = matching(columns, search.value)
    all.textContent = matches.length === columns.length ? "All" : `All ${matches.length} matching`
    fill(list, matches.slice(0, DRAWN).map(row), matches.length > DRAWN ? h("p", { class: "soft" }, `and ${matches.length - DRAWN} more: type to find them`) : null,
      matches.length ? null : h("p", { class: "soft" }, "No column has these words."))
    say()
  }

  /** @param {OfferedColumn} column */
  function row([name, wells, low, high, missing]) {
    const box = h("input", { type: "checkbox", value: name, checked: ticked.has(name), change: () => {
      if (box.checked) ticked.add(name)
      else ticked.delete(name)
      say()
    } })
    const values = `${count(wells, "well")}, ${number(low)} to ${number(high)}${missing ? `, ${count(missing, "cell")} without a number` : ""}`
    return h("label", box, h("span", { class: "cut", title: name }, name), h("span", { class: "soft" }, values))
  }

  draw()
  const many = columns.length > FEW
  return {
    element: h("div", { class: "inside hcs-columns" }, many ? h("div", { class: "row" }, search, all, none) : null, list, h("div", { class: "row" }, status)),
    /** Names of the chosen columns, in the table's order. */
    chosen: () => columns.map(([name]) => name).filter((name) => ticked.has(name)),
  }
}
