// The plate map as a component for notebooks and for other apps of Panel: the page's own
// drawing, grid and keys around one selection, which Python sees and sets.

import { rampOf } from "../core/colours.js"
import { everyFrame, fill, h, say } from "../core/dom.js"
import { colouring } from "../plate/colouring.js"
import { geometry, stepped } from "../plate/geometry.js"
import { makeGrid } from "../plate/grid.js"
import { bindGrid } from "../plate/grid_input.js"
import { categoryKeys, legend, stateKeys } from "../plate/legend.js"
import { drawMarks, drawWells } from "../plate/painter.js"
import { choosingActs } from "../plate/selecting.js"
import { STATE } from "../plate/states.js"
import { bareText, chosenText, isPartial, wellText } from "../plate/well_text.js"
import { followSurroundings } from "./surroundings.js"

const HIGHEST = 480 // pixels; a notebook's cell is no page

/** @param {{model: PlateMapModel, root: ShadowRoot, host: HTMLElement}} context */
export function mount({ model, root, host }) {
  /** @type {MapScene} */
  const scene = { geometry: null, wells: [], colouring: colouring(null), selected: -1, chosen: new Set(), hovered: -1, plain: false, host }
  /** @type {PlateText} */
  let plate
  /** @type {MetricValues | null} */
  let values = null
  /** @type {Limits} */
  let limits = "robust"
  /** @type {boolean | undefined} */
  let log
  /** @type {string[]} */
  let selected = []

  const canvas = h("canvas", { "aria-hidden": "true" })
  const marks = h("canvas", { "aria-hidden": "true" })
  const grid = makeGrid()
  const legendBox = legend({
    titled: true,
    onLimits: (wish) => { limits = wish === "full" ? "full" : "robust"; colour() },
    onLog: (on) => { log = on; colour() },
  })
  const map = h("div", { class: "hcs-plate-map" }, canvas, marks, grid.table)
  const keyBox = h("div")
  const summary = h("p", { class: "summary soft", role: "status", "aria-live": "polite" })
  root.append(map, legendBox.element, keyBox, summary)

  const paintWells = everyFrame(() => scene.geometry && drawWells(canvas, scene))
  const paintMarks = everyFrame(() => scene.geometry && drawMarks(marks, scene))

  const arrange = everyFrame(() => {
    if (host.clientWidth < 40) return // not in sight
    const place = geometry(plate.rows.length, plate.columns.length, host.clientWidth, HIGHEST)
    scene.geometry = place
    grid.arrange(place)
    map.style.width = `${place.width}px`
    map.style.height = `${place.height}px`
    grid.nameLines(place, scene.selected)
    paintWells()
    paintMarks()
  })

  const textOf = (/** @type {number} */ index) => wellText(plate, values, index, { ...scene.wells[index], hidden: false, verdict: "" })

  function describe() {
    if (scene.hovered < 0 && scene.chosen.size > 1) return say(summary, chosenText(values, scene.chosen))
    const index = scene.hovered < 0 ? scene.selected : scene.hovered
    if (index < 0) return say(summary, plate.banner || " ")
    say(summary, [textOf(index), ...plate.conditions[index].map(([name, value]) => `${name} ${value}`)].join(" · "))
  }

  function colour() {
    const coloured = colouring(values, { limits, log, stops: rampOf(values?.scale ?? "sequential", host) })
    scene.colouring = coloured
    legendBox.show({ values, colouring: coloured, limits })
    legendBox.mark(coloured.parts[scene.selected] ?? null)
    fill(keyBox, categoryKeys(values), stateKeys(scene, values))
    grid.describe(textOf, (index) => bareText(values, values?.values[index]))
    describe()
    paintWells()
  }

  // Selecting --

  /** Go to a well: the keys go on from there. @param {number} index */
  function mark(index) {
    const previous = scene.selected
    scene.selected = index
    grid.select(index, previous, scene.chosen)
    if (scene.geometry) grid.nameLines(scene.geometry, index)
    legendBox.mark(scene.colouring.parts[index] ?? null)
    paintMarks()
  }

  /** Show what is selected. @param {string[]} labels */
  function showSelected(labels) {
    selected = labels
    const indices = labels.map((label) => plate.labels.indexOf(label)).filter((index) => index >= 0)
    const previous = scene.chosen
    scene.chosen = new Set(indices)
    if (!scene.chosen.has(scene.selected)) mark(indices.length ? indices[0] : -1)
    grid.choose(scene.chosen, previous, scene.selected)
    describe()
    paintMarks()
  }

  /** Select wells; where nothing was acquired there is nothing to select. @param {number[]} indices */
  function choose(indices) {
    const labels = indices.filter((index) => plate.states[index] !== STATE.not_acquired).map((index) => plate.labels[index])
    if (labels.length === selected.length && labels.every((label, i) => label === selected[i])) return
    showSelected(labels)
    model.selected = labels
  }

  /** @param {number} index */
  function look(index, focus = false) {
    if (index < 0 || index >= grid.count) return
    choosing.begin(index)
    choose([index])
    mark(index)
    describe()
    if (focus) grid.focus(index)
  }

  const choosing = choosingActs(scene, () => plate, choose, 2)

  const endInput = bindGrid(grid.table, {
    look,
    move: (step) => look(scene.selected < 0 ? 0 : stepped(scene.selected, step, plate.rows.length, plate.columns.length), true),
    lookAtEnd: (end) => look(end === "first" ? 0 : grid.count - 1, true),
    open: () => {},
    ...choosing.acts,
    hover(index) {
      if (scene.hovered === index) return
      scene.hovered = index
      paintMarks()
      describe()
    },
    hoverMoved: () => {},
  })

  // What Python sends --

  function showPlate() {
    plate = JSON.parse(model.plate_text)
    scene.wells = plate.states.map((state, index) => ({
      state, partial: isPartial(plate, index), corrected: plate.corrected.includes(index),
      role: plate.roles[index] || "", verdict: null, dimmed: false,
    }))
    scene.selected = -1
    scene.chosen = new Set()
    choosing.begin()
    grid.build(plate)
    arrange()
  }

  function showValues() {
    values = JSON.parse(model.values_text)
    colour()
  }

  showPlate()
  showValues()
  showSelected(model.selected)
  mark(scene.selected)
  model.on("plate_text", () => { showPlate(); showValues(); showSelected(model.selected) })
  model.on("values_text", showValues)
  model.on("selected", () => showSelected(model.selected))

  const watcher = new ResizeObserver(arrange)
  watcher.observe(host)
  const endTheme = followSurroundings(host, () => { colour(); paintMarks() })
  return () => {
    endInput()
    endTheme()
    watcher.disconnect()
  }
}
