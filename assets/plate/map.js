// The plate map: a canvas that shows the plate, and over it a transparent table that is it.

import { lastSeen } from "../core/absence.js"
import { listen, stage } from "../core/bus.js"
import { rampOf } from "../core/colours.js"
import { everyFrame, fill, h, icon, say, set } from "../core/dom.js"
import { secondPlace } from "../core/island.js"
import { markWell, selectWells, selection } from "../core/selection.js"
import { onTheme } from "../core/theme.js"
import { verdictAt, verdictText } from "../review/verdicts.js"
import { colourBar, setLimits, setLogarithm } from "./colour_bar.js"
import { colouring, frameOf } from "./colouring.js"
import { makeControls } from "./controls.js"
import { filtering } from "./filtering.js"
import { geometry, sized, stepped, usedPart } from "./geometry.js"
import { makeGrid } from "./grid.js"
import { bindGrid } from "./grid_input.js"
import { categoryKeys, legend, stateKeys } from "./legend.js"
import { shareValues } from "./map_values.js"
import { drawMarks, drawWells } from "./painter.js"
import { choosingActs } from "./selecting.js"
import { STATE } from "./states.js"
import { makeTip } from "./tip.js"
import { extent as shownExtent, extentSwitch, nextView, setViews, showView, toggleView, viewSwitch } from "./views.js"
import { bareText, chosenText, isPartial, usedText, wellText } from "./well_text.js"

const REPEAT_MILLISECONDS = 90 // a held arrow key asks the server no faster than this
const REST_MILLISECONDS = 150 // the server hears of a selection when it rests
const SMALL_HEIGHT = 0.32 // of the window, beside the pictures of a well
const LARGE_CELL = 160 // where the plate has the middle of the page
const NUMBERED_CELL = 44 // pixels that a well with a number in it needs

/** @param {PartContext} context @returns {Part<"plate_map">} */
export function build({ el, root, send }) {
  /** @type {MapScene} */
  const scene = { geometry: null, wells: [], colouring: colouring(null), selected: -1, chosen: new Set(), hovered: -1, plain: false }
  /** @type {PlateText} */
  let plate
  /** @type {MetricValues | null} */
  let values = null
  /** @type {number | null} */
  let acquisition = null // whose values are shown, of all where null
  let commonOf = "" // what common limits were asked for
  let lastMessage = 0
  let lastSent = 0
  let waiting = 0
  let drawnWells = selection.wells
  let telling = 0
  let describing = 0 // what will write the cells' texts; 0 where they are right
  let numbered = false
  let explained = false // as the person wants it

  const canvas = h("canvas", { "aria-hidden": "true" })
  const marks = h("canvas", { "aria-hidden": "true" })
  const grid = makeGrid()
  const controls = makeControls(send, (on) => { numbered = on; arrange() })
  const legendBox = legend({ onLimits: setLimits, onLog: (on) => setLogarithm(values?.metric ?? "", on), first: controls.numbers })
  const map = h("div", { class: "hcs-plate-map" }, canvas, marks, grid.table)
  const keyBox = h("div")
  const summary = h("p", { class: "summary soft cut", role: "status", "aria-live": "polite" })
  const tip = makeTip()
  const explain = h("p", { class: "explain soft small", id: "explain", hidden: true })
  const info = h("button", {
    class: "plain square small hcs-explain", "aria-label": "About this metric", "aria-expanded": "false", "aria-controls": "explain",
    click: () => { explained = Boolean(explain.hidden); explaining(explained) },
  }, icon("help"))
  const views = viewSwitch()
  const wholePlate = extentSwitch()
  const place = h("div", { class: "place" }, map)
  const panel = h("section", { class: "panel map", "aria-label": "Plate map" },
    h("header", views.element, lastSeen(), h("span", { class: "grow" }), wholePlate.element), h("div", { class: "body" }, place, keyBox, summary))
  el.append(panel, tip.element)
  // What colours the wells keeps its place, wherever the plate is shown.
  secondPlace("metric", root).append(h("section", { class: "panel metric", "aria-label": "Metric" }, controls.element, h("div", { class: "body" }, h("div", { class: "row top" }, legendBox.element, info), explain)))

  /** @param {boolean} on */
  function explaining(on) {
    explain.hidden = !on
    set(info, { "aria-expanded": on })
  }

  const paintWells = everyFrame(() => scene.geometry && drawWells(canvas, scene))
  const paintMarks = everyFrame(() => scene.geometry && drawMarks(marks, scene))

  // Showing --

  /** What is shown of the plate: all of it where a well outside the used part is looked at. */
  function part() {
    const { rows, columns, states } = plate
    const whole = /** @type {PlatePart} */ ([0, 0, rows.length, columns.length])
    return shownExtent.whole ? whole : usedPart(states.map((state, index) => state !== STATE.not_acquired || index === scene.selected), rows.length, columns.length)
  }

  function arrange() {
    if (!plate) return
    const large = stage() === "values"
    panel.classList.toggle("large", large)
    const width = place.clientWidth
    if (width < 40) return // not in sight
    let wells = large
      ? geometry(plate.rows.length, plate.columns.length, width, place.clientHeight, { most: LARGE_CELL, part: part() })
      : geometry(plate.rows.length, plate.columns.length, width, window.innerHeight * SMALL_HEIGHT, { part: part() })
    if (numbered) wells = sized({ ...wells, cell: Math.max(wells.cell, NUMBERED_CELL) })
    scene.geometry = wells
    grid.arrange(wells)
    map.classList.toggle("numbers", numbered)
    map.style.width = numbered ? "" : `${wells.width}px`
    map.style.height = numbered ? "" : `${wells.height}px`
    canvas.hidden = numbered
    marks.hidden = numbered
    grid.nameLines(wells, scene.selected)
    paintWells()
    paintMarks()
  }

  const textOf = (/** @type {number} */ index) => wellText(plate, values, index, {
    ...scene.wells[index],
    hidden: filtering.hidden.has(plate.labels[index]),
    verdict: verdictText(verdictAt(plate.labels[index])),
  })

  /** The wells are painted first: what a screen reader is told takes longer to write. */
  function describe() {
    if (describing) return
    describing = requestAnimationFrame(() => {
      describing = setTimeout(() => {
        describing = 0
        if (plate) grid.describe(textOf, (index) => bareText(values, values?.values[index]))
      })
    })
  }

  /** One line; what does not fit is in its title. @param {string} text */
  function tellState(text) {
    say(summary, text)
    summary.title = text
  }

  function showSummary() {
    if (!plate) return
    if (scene.chosen.size > 1) return tellState(chosenText(values, scene.chosen))
    if (scene.selected < 0) return tellState(plate.banner || " ")
    tellState([textOf(scene.selected), ...(plate.conditions[scene.selected] ?? []).map(([name, value]) => `${name} ${value}`)].join(" · "))
  }

  function showSigns() {
    fill(keyBox, categoryKeys(values), stateKeys(scene, values))
    describe()
    showSummary()
    paintWells()
  }

  function colour() {
    if (!plate) return
    const choice = { limits: colourBar.limits, log: colourBar.logs.get(values?.metric ?? "") }
    const scale = values?.scale ?? "sequential"
    const coloured = colouring(values, { ...choice, stops: rampOf(scale) })
    scene.colouring = coloured
    const onStage = colouring(values, { ...choice, stops: rampOf(scale, undefined, true) })
    shareValues({
      labels: plate.labels, values: values && !values.categories ? values.values : [], scored: Boolean(controls.score),
      title: values?.title ?? "", colouring: coloured, frame: (index) => frameOf(onStage, index),
    })
    legendBox.show({ values, colouring: coloured, limits: colourBar.limits })
    legendBox.mark(scene.colouring.parts[scene.selected] ?? null)
    showSigns()
    if (plate.labels[scene.hovered]) showTip()
  }

  /** What all plates have in common is looked for once for what is shown. */
  function askLimits() {
    const what = JSON.stringify([plate?.key, values?.metric, controls.way, acquisition])
    if (colourBar.limits !== "project" || !values || values.project || commonOf === what) return
    commonOf = what
    send("limits")
  }

  // Selecting --

  /** @param {number} index */
  function mark(index) {
    const previous = scene.selected
    scene.selected = index
    markWell(plate?.labels[index] ?? "")
    grid.select(index, previous, scene.chosen)
    if (index >= 0 && plate?.states[index] === STATE.not_acquired) arrange() // it may lie outside the part that is shown
    if (scene.geometry) grid.nameLines(scene.geometry, index)
    showSummary()
    legendBox.mark(scene.colouring.parts[index] ?? null)
    paintMarks()
  }

  /** The one act behind click, focus, keys: show the well. Doing it again does nothing. @param {number} index */
  function look(index, { focus = false } = {}) {
    if (index < 0 || index >= grid.count) return
    selectWells([])
    choosing.begin(index)
    const changed = index !== scene.selected
    mark(index)
    if (focus) grid.focus(index)
    if (changed) askFor(index)
  }

  /** Held keys move at once here; the server is asked for where they pause. @param {number} index */
  function askFor(index) {
    clearTimeout(waiting)
    const ask = () => {
      lastSent = performance.now()
      waiting = 0
      lastMessage = send("select", { well: plate.labels[index] })
    }
    const remaining = REPEAT_MILLISECONDS - (performance.now() - lastSent)
    if (remaining <= 0) ask()
    else waiting = setTimeout(ask, remaining)
  }

  /** @param {[number, number]} step @param {boolean} focus */
  function move(step, focus) {
    if (!plate) return
    const first = Math.max(0, plate.states.indexOf(STATE.present))
    look(scene.selected < 0 ? first : stepped(scene.selected, step, plate.rows.length, plate.columns.length), { focus })
  }

  /** Choose wells together; there is nothing to judge or plot where none was acquired. */
  const choose = (/** @type {number[]} */ indices) => selectWells(indices.filter((index) => plate.states[index] !== STATE.not_acquired).map((index) => plate.labels[index]))
  const choosing = choosingActs(scene, () => plate, choose, 1)

  function showChosen() {
    if (!plate || drawnWells === selection.wells) return
    drawnWells = selection.wells
    const previous = scene.chosen
    scene.chosen = new Set(selection.wells.map((label) => plate.labels.indexOf(label)).filter((index) => index >= 0))
    grid.choose(scene.chosen, previous, scene.selected)
    showSummary()
    paintMarks()
    clearTimeout(telling)
    telling = setTimeout(() => send("chosen", { wells: selection.wells }), REST_MILLISECONDS)
  }

  /** @param {number} index @param {PointerEvent} [event] */
  function hover(index, event) {
    if (scene.hovered !== index) {
      scene.hovered = index
      paintMarks()
    }
    if (index < 0) return tip.hide()
    showTip()
    if (event) tip.place(event)
  }

  const showTip = () => tip.show({ plate, values, corrected: scene.wells[scene.hovered].corrected }, scene.hovered)

  bindGrid(grid.table, {
    look,
    move: (step) => move(step, true),
    lookAtEnd: (end) => look(end === "first" ? 0 : grid.count - 1, { focus: true }),
    open: () => send("open"),
    ...choosing.acts,
    hover,
    hoverMoved: (event) => tip.place(event),
  })

  /** Acts on a plate wait until there is one. @template Detail @param {(detail: Detail) => unknown} act */
  const whenPlate = (act) => (/** @type {Detail} */ detail) => (plate ? void act(detail) : false)

  listen("extent", () => plate && arrange())
  listen("view", (view) => send("view", { view }))
  // Here, for the pictures themselves are not drawn before somebody looks at them.
  listen("pictures-of-plate", whenPlate(() => (selection.well ? send("switch") : toggleView())))
  listen("montage", whenPlate(() => showView(nextView())))
  listen("verdicts", () => {
    if (!plate) return
    scene.wells.forEach((well, index) => { well.verdict = verdictAt(plate.labels[index]) })
    showSigns()
  })
  listen("limits", () => {
    commonOf = ""
    askLimits()
    colour()
  })
  listen("selection", showChosen)
  onTheme(() => {
    paintMarks()
    colour()
  })
  listen("move", whenPlate((step) => move(step, false)))
  listen("choose", whenPlate((label) => look(plate.labels.indexOf(label))))
  listen("metric", whenPlate(controls.stepMetric))
  listen("choose-metric", (metric) => send("metric", { metric }))
  listen("measured-metric", whenPlate(controls.pickMetric))
  listen("score", whenPlate(controls.stepScore))
  listen("filtered", () => {
    if (!plate) return
    scene.wells.forEach((well, index) => { well.dimmed = filtering.hidden.has(plate.labels[index]) })
    describe()
    paintWells()
  })
  listen("overlays", (shown) => { scene.plain = !shown; paintWells() })
  const arrangeSoon = everyFrame(arrange)
  const watcher = new ResizeObserver(arrangeSoon)
  watcher.observe(el)
  window.addEventListener("resize", arrangeSoon)

  return {
    plate(next) {
      const same = plate && plate.key === next.key && plate.rows.length === next.rows.length && plate.columns.length === next.columns.length
      plate = next
      scene.wells = plate.states.map((state, index) => ({
        state,
        partial: isPartial(plate, index),
        corrected: plate.corrected.includes(index),
        role: plate.roles[index] || "",
        verdict: verdictAt(plate.labels[index]),
        dimmed: filtering.hidden.has(plate.labels[index]),
      }))
      if (!same) {
        scene.selected = -1
        choosing.begin()
        selectWells([])
        values = null
        grid.build(plate)
      }
      wholePlate.show(usedText(plate))
      arrange()
      colour()
      mark(scene.selected)
    },
    choices(next) {
      controls.offerMetrics(next)
    },
    values(next) {
      values = next.values
      acquisition = next.acquisition
      controls.show(next)
      say(explain, values?.definition || "")
      set(info, { title: values?.definition || "" })
      info.hidden = !values?.definition
      // Of scores that cannot be, it says why.
      explaining(explained || Boolean(next.score && values?.values.every((value) => value === null)))
      askLimits()
      colour()
    },
    look(next) {
      setViews(next, (view) => send("view", { view, last: true }))
      // An echo of something older than the last key must not pull the selection back.
      if (!plate || waiting || next.ack < lastMessage) return
      const index = plate.labels.indexOf(next.well)
      if (index !== scene.selected) mark(index)
    },
  }
}
