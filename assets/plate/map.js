// The plate: one canvas that shows it, and over it one transparent grid that is it.
//
// The cells of the grid are what is clicked, focused and read out; the canvas below only
// paints. So the drawn well and the accessible one cannot disagree.

import { onTheme, gradient } from "../core/colours.js"
import { count, everyFrame, fill, h, number, say, set } from "../core/dom.js"
import { colourBar, listen, setLimits } from "../core/bus.js"
import { filtering } from "./filtering.js"
import { island } from "../core/island.js"
import { STATE, drawMarks, drawWells, geometry } from "./painter.js"
import { categoryKeys, legend, stateKeys } from "./legend.js"
import { markWell, selectWells, selection } from "../core/selection.js"
import { shareValues } from "./map_values.js"
import { review, verdictText } from "../review/verdicts.js"

const WORDS = {
  [STATE.missing]: "listed, but nothing is there",
  [STATE.unreadable]: "cannot be read",
  [STATE.not_acquired]: "not acquired",
  [STATE.pending]: "not written yet",
}

const REPEAT_MILLISECONDS = 90 // a held arrow key asks the server no faster than this
const REST_MILLISECONDS = 150 // the server hears of a selection when it rests
const AFTER_DRAG_MILLISECONDS = 50 // a click so soon after a drag is the drag's own

export function render(context) {
  return island(context, { sheets: ["plate/map.css"], params: ["plate", "choices", "values", "look"], build })
}

function build({ el, send }) {
  const scene = { geometry: null, wells: [], parts: [], selected: -1, chosen: new Set(), hovered: -1 }
  let plate = null
  let values = null
  let metrics = []
  let commonOf = "" // what common limits were asked for
  let asked = 0
  let lastSent = 0
  let waiting = 0
  let cells = []
  let reachable = null // the one cell that Tab stops at
  let anchor = -1 // where a rectangle chosen by keys or with Shift begins
  let edge = -1 // and where it ends
  let drawnWells = selection.wells
  let telling = 0
  let describing = 0 // what will write the cells' texts; 0 where they are right
  let rowHeads = []
  let columnHeads = []

  const select = h("select", { on: { change: () => send("metric", { metric: select.value }) } })
  const acquisition = h("select", {
    "aria-label": "Acquisition",
    on: { change: () => send("acquisition", { acquisition: acquisition.value === "" ? null : Number(acquisition.value) }) },
  })
  const score = h("select", { "aria-label": "Shown as", class: "hcs-score", on: { change: () => send("score", { score: score.value }) } },
    [["", "as measured"], ["z", "robust z"], ["b", "B-score"]].map(([value, text]) => h("option", { value }, text)))
  const way = h("select", { "aria-label": "Fields become wells by", class: "hcs-way", on: { change: () => send("way", { way: way.value }) } })
  const logs = new Map() // metric -> whether a person wants its logarithm
  const numbers = h("button", {
    type: "button", class: "small", "aria-pressed": "false", title: "Show the numbers in the wells",
    on: { click: () => showNumbers(numbers.getAttribute("aria-pressed") !== "true") },
  }, "123")
  const head = h("header", { class: "head" },
    h("label", { class: "hcs-metric-select" }, h("span", { class: "soft" }, "Colour"), select), way, score, acquisition, numbers)
  const canvas = h("canvas", { "aria-hidden": "true" })
  const table = h("table", { role: "grid", "aria-label": "Plate", "aria-readonly": "true", "aria-multiselectable": "true" })
  const marks = h("canvas", { "aria-hidden": "true" })
  const map = h("div", { class: "hcs-plate-map" }, canvas, marks, table)
  const keyBox = h("div")
  const summary = h("p", { class: "summary soft", role: "status", "aria-live": "polite" })
  const tip = h("div", { class: "tip", hidden: true, role: "tooltip" })
  const explain = h("p", { class: "explain soft small" })
  const body = h("div", { class: "body" }, map, keyBox, summary, explain)
  el.append(h("section", { class: "panel", "aria-label": "Plate map" }, head, body), tip)

  const paintWells = everyFrame(() => scene.geometry && drawWells(canvas, scene))
  const paint = everyFrame(() => scene.geometry && drawMarks(marks, scene))

  // Building the grid ------------------------------------------------------------

  function buildGrid() {
    const rows = plate.rows.map((name, row) => {
      const rowHead = h("th", { scope: "row", role: "rowheader", dataset: { row } }, name)
      rowHeads[row] = rowHead
      const line = h("tr", { role: "row", "aria-rowindex": row + 2 }, rowHead)
      for (let column = 0; column < plate.columns.length; column += 1) {
        const index = row * plate.columns.length + column
        const cell = document.createElement("td")
        cell.setAttribute("role", "gridcell")
        cell.setAttribute("aria-selected", "false")
        cell.setAttribute("aria-colindex", String(column + 2))
        cell.dataset.well = plate.labels[index]
        cell.dataset.index = String(index)
        cell.tabIndex = -1
        const text = document.createElement("span")
        text.className = "sr"
        cell.append(text)
        cells[index] = cell
        line.append(cell)
      }
      return line
    })
    columnHeads = plate.columns.map((name, column) =>
      h("th", { scope: "col", role: "columnheader", dataset: { column } }, name))
    fill(table,
      h("thead", { role: "rowgroup" }, h("tr", { role: "row", "aria-rowindex": 1 }, h("td"), columnHeads)),
      h("tbody", { role: "rowgroup" }, rows))
    set(table, { "aria-rowcount": plate.rows.length + 1, "aria-colcount": plate.columns.length + 1 })
  }

  function arrange() {
    if (!plate) return
    const style = getComputedStyle(body)
    const width = body.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
    if (width < 40) return
    const height = Math.max(230, window.innerHeight * 0.5)
    const place = geometry(plate.rows.length, plate.columns.length, width, height)
    const dense = map.classList.contains("numbers")
    if (dense) place.cell = Math.max(place.cell, 44)
    scene.geometry = place
    set(table, { style: { "--cell": `${place.cell}px`, "--row-head": `${place.rowHead}px`, "--column-head": `${place.columnHead}px` } })
    table.style.width = `${place.rowHead + place.cell * place.columns}px`
    map.style.width = dense ? "" : `${place.width}px`
    map.style.height = dense ? "" : `${place.height}px`
    canvas.hidden = dense
    marks.hidden = dense
    nameLines()
    paintWells()
    paint()
  }

  /** As many letters and numbers as have room; those of the chosen well always. */
  function nameLines() {
    if (!scene.geometry) return
    const { cell, columns } = scene.geometry
    const at = scene.selected
    const name = (heads, every, here) => heads.forEach((one, i) => {
      const near = here >= 0 && i !== here && Math.abs(i - here) < every
      one.classList.toggle("here", i === here)
      one.classList.toggle("quiet", i !== here && (near || (i !== 0 && (i + 1) % every !== 0) || (i === 1 && every > 1)))
    })
    name(columnHeads, Math.ceil(17 / cell), at < 0 ? -1 : at % columns)
    name(rowHeads, Math.ceil(13 / cell), at < 0 ? -1 : Math.floor(at / columns))
  }

  function showNumbers(on) {
    set(numbers, { "aria-pressed": String(on) })
    map.classList.toggle("numbers", on)
    arrange()
  }

  // What the wells say -------------------------------------------------------------

  function wellText(index) {
    const parts = [plate.labels[index]]
    const state = plate.states[index]
    if (state !== STATE.present) parts.push(WORDS[state])
    else if (plate.fields[index] !== null) parts.push(count(plate.fields[index], "field"))
    const value = values?.values[index]
    if (values && state === STATE.present) {
      parts.push(value === null ? `no ${values.title}` : `${values.title} ${shown(value)}`)
    }
    if (scene.wells[index].partial) parts.push("incomplete")
    if (scene.wells[index].corrected) parts.push("corrected")
    if (filtering.hidden.has(plate.labels[index])) parts.push("filtered out")
    const verdict = verdictText(review.verdicts[plate.labels[index]])
    if (verdict) parts.push(verdict)
    return parts.join(", ")
  }

  /** A value as people read it: a category's name, or a number with its unit. */
  function shown(value) {
    if (values.categories) return values.categories[value]
    return `${number(value)}${values.unit ? ` ${values.unit}` : ""}`
  }

  /** The wells are painted first: what a screen reader is told takes longer to write. */
  function describe() {
    if (describing) return
    describing = requestAnimationFrame(() => { describing = setTimeout(describeNow) })
  }

  function describeNow() {
    describing = 0
    if (!plate) return
    cells.forEach((cell, index) => {
      const text = wellText(index)
      if (cell.firstChild.textContent !== text) cell.firstChild.textContent = text
      const value = values?.values[index]
      const shownValue = value === null || value === undefined ? "–" : values.categories ? values.categories[value] : number(value)
      if (cell.dataset.value !== shownValue) cell.dataset.value = shownValue
    })
  }

  function showSummary() {
    if (!plate) return
    if (scene.chosen.size > 1) return say(summary, chosenText())
    if (scene.selected < 0) return say(summary, plate.banner || " ")
    say(summary, [wellText(scene.selected), ...(plate.conditions[scene.selected] ?? []).map(([name, value]) => `${name} ${value}`)].join(" · "))
  }

  function chosenText() {
    const known = [...scene.chosen].map((index) => values?.values[index]).filter((value) => value !== null && value !== undefined)
    const text = `${count(scene.chosen.size, "well")} chosen`
    if (!known.length || values.categories) return text
    known.sort((one, other) => one - other)
    const middle = known.length % 2 ? known[(known.length - 1) / 2] : (known[known.length / 2 - 1] + known[known.length / 2]) / 2
    return `${text} · ${values.title} median ${number(middle)}, ${number(known[0])} to ${number(known.at(-1))}${values.unit ? ` ${values.unit}` : ""}`
  }

  // Selecting ----------------------------------------------------------------------

  function mark(index) {
    const before = scene.selected
    scene.selected = index
    markWell(plate?.labels[index] ?? "")
    if (cells[before]) set(cells[before], { "aria-selected": String(scene.chosen.has(before)), "aria-current": null })
    reach(index)
    if (cells[index]) set(cells[index], { "aria-selected": "true", "aria-current": "true" })
    nameLines()
    showSummary()
    legendBox.mark(scene.parts[index] ?? null)
    paint()
  }

  /** Tab stops at this cell. */
  function reach(index) {
    if (reachable) reachable.tabIndex = -1
    reachable = cells[index] ?? cells[0]
    if (reachable) reachable.tabIndex = 0
  }

  /** The one act behind click, focus, keys: show the well. Doing it again does nothing. */
  function choose(index, { focus = false } = {}) {
    if (index < 0 || index >= cells.length) return
    selectWells([])
    anchor = index
    const changed = index !== scene.selected
    mark(index)
    if (focus) cells[index].focus({ preventScroll: false })
    if (changed) askFor(index)
  }

  /** Held keys move at once here; the server is asked for where they pause. */
  function askFor(index) {
    clearTimeout(waiting)
    const ask = () => {
      lastSent = performance.now()
      waiting = 0
      asked = send("select", { well: plate.labels[index] })
    }
    const rest = REPEAT_MILLISECONDS - (performance.now() - lastSent)
    if (rest <= 0) ask()
    else waiting = setTimeout(ask, rest)
  }

  function move(rows, columns, focus) {
    if (!plate) return
    const width = plate.columns.length
    const from = scene.selected
    if (from < 0) return choose(firstWell(), { focus })
    const row = Math.min(plate.rows.length - 1, Math.max(0, Math.floor(from / width) + rows))
    const column = Math.min(width - 1, Math.max(0, (from % width) + columns))
    choose(row * width + column, { focus })
  }

  function firstWell() {
    const found = plate.states.indexOf(STATE.present)
    return found < 0 ? 0 : found
  }

  /** Choose wells together; there is nothing to judge or plot where none was acquired. */
  const chooseMany = (indices) => selectWells(indices.filter((index) => plate.states[index] !== STATE.not_acquired).map((index) => plate.labels[index]))

  /** Add wells to the chosen ones, or take them away where all of them are chosen. */
  function toggleMany(indices) {
    const next = new Set(scene.chosen)
    if (!next.size && scene.selected >= 0) next.add(scene.selected)
    const all = indices.every((index) => next.has(index))
    for (const index of indices) all ? next.delete(index) : next.add(index)
    chooseMany([...next].sort((one, other) => one - other))
  }

  /** Extend the chosen rectangle from where it began, by the keyboard. */
  function extend(rows, columns) {
    const width = plate.columns.length
    if (anchor < 0) anchor = Math.max(0, scene.selected)
    if (!scene.chosen.size) edge = anchor
    const row = Math.min(plate.rows.length - 1, Math.max(0, Math.floor(edge / width) + rows))
    edge = row * width + Math.min(width - 1, Math.max(0, (edge % width) + columns))
    chooseMany(rectangle(anchor, edge))
  }

  function showChosen() {
    if (!plate) return
    const before = scene.chosen
    scene.chosen = new Set(selection.wells.map((label) => plate.labels.indexOf(label)).filter((index) => index >= 0))
    for (const index of before) if (!scene.chosen.has(index) && index !== scene.selected) set(cells[index] ?? map, { "aria-selected": "false" })
    for (const index of scene.chosen) set(cells[index], { "aria-selected": "true" })
    showSummary()
    paint()
    clearTimeout(telling)
    telling = setTimeout(() => send("chosen", { wells: selection.wells }), REST_MILLISECONDS)
  }

  // Events ---------------------------------------------------------------------------

  const indexOf = (event) => {
    const cell = event.target.closest?.("td[data-well]")
    return cell ? Number(cell.dataset.index) : -1
  }

  let dragFrom = -1
  let dragged = false
  // Wherever the button is let go, the drag is over; the click that may follow it is
  // told apart by time, so that no later click is taken for it.
  let dragEnded = 0
  const endDrag = () => {
    if (dragged) dragEnded = performance.now()
    dragFrom = -1
    dragged = false
  }

  table.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    dragFrom = event.pointerType === "mouse" ? indexOf(event) : -1
    dragged = false
    dragEnded = -Infinity
  })
  table.addEventListener("pointerover", (event) => {
    const index = indexOf(event)
    if (dragFrom >= 0 && index >= 0 && event.buttons & 1 && (dragged || index !== dragFrom)) {
      dragged = true
      chooseMany(rectangle(dragFrom, index))
    }
    hover(index, event)
  })
  table.addEventListener("pointermove", (event) => placeTip(event))
  table.addEventListener("pointerleave", () => hover(-1))
  table.addEventListener("click", (event) => {
    const index = indexOf(event)
    endDrag()
    if (performance.now() - dragEnded < AFTER_DRAG_MILLISECONDS) return
    const add = event.ctrlKey || event.metaKey
    if (index >= 0) {
      if (add) return toggleMany([index])
      if (event.shiftKey) return chooseMany(rectangle(Math.max(0, anchor, scene.selected), index))
      return choose(index)
    }
    const header = event.target.closest?.("th")
    if (header) (add ? toggleMany : chooseMany)(line(header))
  })
  table.addEventListener("dblclick", (event) => { if (indexOf(event) >= 0) send("open") })
  window.addEventListener("pointerup", endDrag)
  window.addEventListener("pointercancel", endDrag)
  table.addEventListener("focusin", (event) => { if (dragFrom < 0) choose(indexOf(event)) })
  table.addEventListener("keydown", onKey)

  function rectangle(one, other) {
    const width = plate.columns.length
    const [top, bottom] = [one, other].map((i) => Math.floor(i / width)).sort((a, b) => a - b)
    const [left, right] = [one % width, other % width].sort((a, b) => a - b)
    const found = []
    for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) found.push(row * width + column)
    return found
  }

  const line = (header) => (header.dataset.row !== undefined ? rowOf(Number(header.dataset.row)) : columnOf(Number(header.dataset.column)))
  const rowOf = (row) => rectangle(row * plate.columns.length, (row + 1) * plate.columns.length - 1)
  const columnOf = (column) => rectangle(column, (plate.rows.length - 1) * plate.columns.length + column)

  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

  function onKey(event) {
    const at = Math.max(0, scene.selected)
    const width = plate.columns.length
    if (event.shiftKey && STEPS[event.key]) extend(...STEPS[event.key])
    else if (event.shiftKey && event.key === " ") chooseMany(rowOf(Math.floor(at / width)))
    else if (event.ctrlKey && event.key === " ") chooseMany(columnOf(at % width))
    else if (event.ctrlKey && event.key === "a") chooseMany(plate.labels.map((_, index) => index))
    else if (event.key === "Escape" && scene.chosen.size) selectWells([])
    else if (event.ctrlKey && (event.key === "Home" || event.key === "End")) choose(event.key === "Home" ? 0 : cells.length - 1, { focus: true })
    else if (event.altKey || event.ctrlKey || event.metaKey) return
    else if (STEPS[event.key]) move(...STEPS[event.key], true)
    else if (event.key === "Home" || event.key === "End") move(0, event.key === "Home" ? -1e4 : 1e4, true)
    else if (event.key === "PageUp" || event.key === "PageDown") move(event.key === "PageUp" ? -1e4 : 1e4, 0, true)
    else if (event.key === "Enter" || event.key === " ") send("open")
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // Hover ----------------------------------------------------------------------------

  function hover(index, event) {
    if (scene.hovered !== index) {
      scene.hovered = index
      paint()
      if (index >= 0) fillTip(index)
    }
    tip.hidden = index < 0
    if (index >= 0) placeTip(event)
  }

  function fillTip(index) {
    const state = plate.states[index]
    const value = values?.values[index]
    const why = values?.reasons[index]
    const facts = h("dl", { class: "facts" })
    const row = (name, text) => facts.append(h("dt", {}, name), h("dd", {}, text))
    if (state === STATE.present) {
      if (plate.fields[index] !== null) row("Fields", plate.expected[index] ? `${plate.fields[index]} of ${plate.expected[index]}` : String(plate.fields[index]))
    } else row("State", WORDS[state])
    if (plate.errors[index]) row("Error", plate.errors[index])
    for (const [name, text] of plate.conditions[index]) row(name, text)
    if (scene.wells[index].corrected) row("History", "corrected")
    const text = value === null || value === undefined ? (why || "no value") : shown(value)
    fill(tip, h("div", { class: "row" }, h("b", {}, plate.labels[index]), h("span", { class: "soft cut" }, plate.name)),
      values && state === STATE.present ? h("div", {}, h("span", { class: "soft" }, `${values.title} `), h("span", { class: value === null ? "soft" : "value" }, text),
        values.from[index] ? h("span", { class: "soft" }, ` (${values.from[index]})`) : null,
        values.rests?.[index] ? h("span", { class: "because" }, ` of ${values.rests[index][0]} of ${count(values.rests[index][1], "field")}`) : null) : null,
      value !== null && value !== undefined && why ? h("div", { class: "because" }, why) : null, facts)
  }

  function placeTip(event) {
    if (tip.hidden || !event) return
    const box = tip.getBoundingClientRect()
    const right = event.clientX + 16 + box.width < window.innerWidth
    tip.style.left = `${right ? event.clientX + 16 : Math.max(4, event.clientX - 16 - box.width)}px`
    tip.style.top = `${Math.max(4, Math.min(event.clientY + 16, window.innerHeight - box.height - 8))}px`
  }

  // What comes from the server -------------------------------------------------------

  const legendBox = legend({
    gradient: gradient(),
    onLimits: setLimits,
    onLog: (on) => { logs.set(values?.metric, on); colour() },
  })
  map.after(legendBox.element)

  function colour() {
    if (!plate) return
    const known = (values?.values ?? []).filter((value) => value !== null)
    const full = known.length ? [Math.min(...known), Math.max(...known)] : [null, null]
    if (scene.diverging && known.length) full.splice(0, 2, -Math.max(...known.map(Math.abs)), Math.max(...known.map(Math.abs)))
    const [low, high] = limitsOf(full)
    const { log, part } = scale(known, low, high)
    scene.parts = plate.labels.map((_, index) => {
      const value = values?.values[index]
      if (value === null || value === undefined) return null
      return values.categories ? value : part(value)
    })
    shareValues(plate.labels, values?.categories ? [] : values?.values, Boolean(score.value))
    legendBox.show({ values, diverging: scene.diverging, low, high, limits: colourBar.limits, log, below: known.filter((v) => v < low).length, above: known.filter((v) => v > high).length })
    legendBox.mark(scene.parts[scene.selected] ?? null)
    fill(keyBox, categoryKeys(values), stateKeys(scene))
    describe()
    showSummary()
    paintWells()
    if (plate.labels[scene.hovered]) fillTip(scene.hovered)
  }

  /** What all plates have in common is looked for once for what is shown. */
  function askLimits() {
    const what = JSON.stringify([plate?.key, values?.metric, way.value, acquisition.value])
    if (colourBar.limits !== "project" || !values || values.project || commonOf === what) return
    commonOf = what
    send("limits")
  }

  function takeLimits() {
    commonOf = ""
    askLimits()
    colour()
  }

  /** Where the colours end: most wells of this plate, all of them, or those of the project. */
  function limitsOf(full) {
    if (colourBar.limits === "project" && values?.project?.length) return values.project
    if (colourBar.limits !== "full" && values?.low !== null && values?.low !== undefined) return [values.low, values.high]
    return full
  }

  /** How a value becomes a place on the colour bar. */
  function scale(known, low, high) {
    const positive = known.filter((value) => value > 0)
    const can = positive.length > 0 && !scene.diverging && known.every((value) => value >= 0) && high > 0
    const log = can ? (logs.get(values.metric) ?? Boolean(values.log)) : null
    if (!log) return { log, part: (value) => (high > low ? (value - low) / (high - low) : 0.5) }
    const least = Math.min(...positive)
    const at = (value) => Math.log10(Math.max(value, least))
    const [from, to] = [at(low), at(high)]
    return { log, part: (value) => (to > from ? (at(value) - from) / (to - from) : value > 0 ? 1 : 0) }
  }

  function showVerdicts() {
    if (!plate) return
    scene.wells.forEach((well, index) => { well.verdict = review.verdicts[plate.labels[index]] ?? null })
    fill(keyBox, categoryKeys(values), stateKeys(scene))
    describe()
    showSummary()
    paintWells()
  }

  function showFiltered() {
    if (!plate) return
    scene.wells.forEach((well, index) => { well.dimmed = filtering.hidden.has(plate.labels[index]) })
    describe()
    paintWells()
  }

  const stop = [
    listen("verdicts", showVerdicts),
    listen("limits", takeLimits),
    listen("selection", () => { if (drawnWells !== selection.wells) { drawnWells = selection.wells; showChosen() } }),
    onTheme(() => { paintWells(); paint(); if (plate) fill(keyBox, categoryKeys(values), stateKeys(scene)) }),
    listen("move", ([rows, columns]) => move(rows, columns, false)),
    listen("choose", (label) => choose(plate ? plate.labels.indexOf(label) : -1)),
    listen("metric", (step) => {
      const at = metrics.findIndex((metric) => metric.id === select.value)
      if (metrics.length) send("metric", { metric: metrics[(at + step + metrics.length) % metrics.length].id })
    }),
    listen("score", (step) => {
      const options = [...score.options].map((one) => one.value)
      send("score", { score: options[(options.indexOf(score.value) + step + options.length) % options.length] })
    }),
    listen("filtered", showFiltered),
    listen("overlays", (shown) => { scene.plain = !shown; paintWells() }),
  ]
  const watcher = new ResizeObserver(everyFrame(arrange))
  watcher.observe(el)
  const onResize = everyFrame(arrange)
  window.addEventListener("resize", onResize)

  return {
    plate(next) {
      const same = plate && plate.key === next.key && plate.rows.length === next.rows.length && plate.columns.length === next.columns.length
      plate = next
      scene.wells = plate.states.map((state, index) => ({
        state,
        partial: state === STATE.present && plate.expected[index] !== null && plate.fields[index] !== null && plate.fields[index] < plate.expected[index],
        corrected: plate.corrected.includes(index),
        role: plate.roles[index] || "",
        verdict: review.verdicts[plate.labels[index]] ?? null,
        dimmed: filtering.hidden.has(plate.labels[index]),
      }))
      if (!same) {
        cells = []
        reachable = null
        rowHeads = []
        scene.selected = -1
        anchor = -1
        selectWells([])
        values = null
        buildGrid()
        set(table, { "aria-label": `Plate ${plate.name}` })
      }
      const options = [["", "All acquisitions"], ...plate.acquisitions.map((one) => [String(one.id), one.name])]
      fill(acquisition, options.map(([value, text]) => h("option", { value }, text)))
      acquisition.hidden = plate.acquisitions.length < 2
      arrange()
      colour()
      mark(scene.selected)
    },
    choices(next) {
      metrics = next.metrics
      const groups = new Map()
      for (const metric of metrics) {
        if (!groups.has(metric.group)) groups.set(metric.group, [])
        groups.get(metric.group).push(h("option", { value: metric.id, title: metric.about }, metric.title))
      }
      const made = [...groups].map(([name, options]) => (name ? h("optgroup", { label: name }, options) : options))
      const signature = JSON.stringify(metrics)
      if (select.dataset.signature !== signature) {
        fill(select, made.flat())
        select.dataset.signature = signature
      }
      const chosen = select.dataset.metric
      if (chosen) select.value = chosen
    },
    values(next) {
      values = next.values
      if (next.metric) select.value = select.dataset.metric = next.metric
      score.value = next.score ?? ""
      const ways = JSON.stringify(next.ways)
      if (way.dataset.signature !== ways) {
        way.dataset.signature = ways
        const named = (list) => list.map(([value, text]) => h("option", { value }, text))
        fill(way, named(next.ways.plain), next.ways.fields.length ? h("optgroup", { label: "One field" }, named(next.ways.fields)) : null)
      }
      way.value = next.way ?? ""
      way.hidden = !next.ways.plain.length
      scene.diverging = Boolean(values?.diverging)
      scene.colours = values?.colours ?? null
      set(select, { title: values?.definition || "" })
      say(explain, values?.definition || "")
      askLimits()
      colour()
    },
    look(next) {
      acquisition.value = next.acquisition === null ? "" : String(next.acquisition)
      // An echo of something older than the last key must not pull the selection back.
      if (!plate || waiting || next.ack < asked) return
      const index = plate.labels.indexOf(next.well)
      if (index !== scene.selected) mark(index)
    },
    dispose() {
      stop.forEach((each) => each())
      watcher.disconnect()
      window.removeEventListener("resize", onResize)
      clearTimeout(waiting)
      clearTimeout(telling)
      cells = []
      window.removeEventListener("pointerup", endDrag)
      window.removeEventListener("pointercancel", endDrag)
    },
  }
}
