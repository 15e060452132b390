// The wells as a table: transparent over the painted map, it is what is clicked, focused
// and read out. So the drawn well and the accessible one cannot disagree.

import { fill, h, set } from "../core/dom.js"
import { isNamed, isShown } from "./geometry.js"

/** Pixels that a number or a letter needs beside its neighbour. */
const ROOM = { column: 17, row: 13 }

/** An empty table; `build` gives it the wells of a plate. */
export function makeGrid() {
  const table = h("table", { role: "grid", "aria-label": "Plate", "aria-readonly": "true", "aria-multiselectable": "true" })
  /** @type {HTMLElement[]} */
  let cells = []
  /** @type {HTMLElement[]} */
  let rowHeads = []
  /** @type {HTMLElement[]} */
  let columnHeads = []
  let arranged = "" // which part of the plate is shown
  /** @type {HTMLElement | null} */
  let reachable = null // the one cell that Tab stops at

  /** @param {string} label @param {number} index @param {number} column */
  function cell(label, index, column) {
    const text = document.createElement("span")
    text.className = "sr"
    const element = document.createElement("td")
    element.setAttribute("role", "gridcell")
    element.setAttribute("aria-selected", "false")
    element.setAttribute("aria-colindex", String(column + 2))
    element.dataset.well = label
    element.dataset.index = String(index)
    element.tabIndex = -1
    element.append(text)
    return element
  }

  /** @param {PlateText} plate */
  function build({ name, rows, columns, labels }) {
    cells = labels.map((label, index) => cell(label, index, index % columns.length))
    reachable = null
    arranged = ""
    rowHeads = rows.map((text, row) => h("th", { scope: "row", role: "rowheader", dataset: { row } }, text))
    columnHeads = columns.map((text, column) => h("th", { scope: "col", role: "columnheader", dataset: { column } }, text))
    /** @param {HTMLElement} head @param {number} row */
    const line = (head, row) => h("tr", { role: "row", "aria-rowindex": row + 2 }, head, cells.slice(row * columns.length, (row + 1) * columns.length))
    fill(table,
      h("thead", { role: "rowgroup" }, h("tr", { role: "row", "aria-rowindex": 1 }, h("td"), columnHeads)),
      h("tbody", { role: "rowgroup" }, rowHeads.map(line)))
    set(table, { "aria-rowcount": rows.length + 1, "aria-colcount": columns.length + 1, "aria-label": `Plate ${name}` })
  }

  return {
    table,
    build,
    get count() { return cells.length },
    /** Stand where the painter draws. @param {Geometry} place  */
    arrange(place) {
      set(table, { style: { "--cell": `${place.cell}px`, "--row-head": `${place.rowHead}px`, "--column-head": `${place.columnHead}px` } })
      table.style.width = `${place.rowHead + place.cell * place.columns}px`
      const part = [place.row, place.column, place.rows, place.columns].join()
      if (part === arranged) return
      arranged = part
      cells.forEach((element, index) => { element.hidden = !isShown(place, index) })
      const { row = 0, column = 0 } = place
      rowHeads.forEach((head, i) => { /** @type {HTMLElement} */ (head.parentElement).hidden = i < row || i >= row + place.rows })
      columnHeads.forEach((head, i) => { head.hidden = i < column || i >= column + place.columns })
    },
    /** As many letters and numbers as have room; those of the selected well always. @param {Geometry} place @param {number} selected */
    nameLines({ cell: side, columns, across = columns }, selected) {
      /** @param {HTMLElement[]} heads @param {number} every @param {number} current */
      const show = (heads, every, current) => heads.forEach((head, i) => {
        head.classList.toggle("here", i === current)
        head.classList.toggle("quiet", !isNamed(i, every, current))
      })
      show(columnHeads, Math.ceil(ROOM.column / side), selected < 0 ? -1 : selected % across)
      show(rowHeads, Math.ceil(ROOM.row / side), selected < 0 ? -1 : Math.floor(selected / across))
    },
    /** The well that is looked at moves from one cell to another. @param {number} index @param {number} previous @param {Set<number>} chosen */
    select(index, previous, chosen) {
      if (cells[previous]) set(cells[previous], { "aria-selected": chosen.has(previous), "aria-current": null })
      if (cells[index]) set(cells[index], { "aria-selected": "true", "aria-current": "true" })
      if (reachable) reachable.tabIndex = -1
      reachable = cells[index] ?? cells[0]
      if (reachable) reachable.tabIndex = 0
    },
    /** @param {Set<number>} chosen @param {Set<number>} previous @param {number} selected */
    choose(chosen, previous, selected) {
      for (const index of previous) if (cells[index] && !chosen.has(index) && index !== selected) set(cells[index], { "aria-selected": "false" })
      for (const index of chosen) set(cells[index], { "aria-selected": "true" })
    },
    /** `textOf` says what is read out of a well, `valueOf` what stands in it as a number. @param {(index: number) => string} textOf @param {(index: number) => string} valueOf */
    describe(textOf, valueOf) {
      cells.forEach((element, index) => {
        const [text, value] = [textOf(index), valueOf(index)]
        if (element.firstChild && element.firstChild.textContent !== text) element.firstChild.textContent = text
        if (element.dataset.value !== value) element.dataset.value = value
      })
    },
    /** @param {number} index */
    focus(index) {
      cells[index].focus({ preventScroll: false })
    },
  }
}
