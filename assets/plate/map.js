// The plate map: a canvas that shows the plate, and over it a transparent table that is it.

import { lastSeen } from "../core/absence.js"
import { listen, stage } from "../core/bus.js"
import { rampOf } from "../core/colours.js"
import { everyFrame, fill, h } from "../core/dom.js"
import { secondPlace } from "../core/island.js"
import { selection } from "../core/selection.js"
import { onTheme } from "../core/theme.js"
import { verdictAt } from "../review/verdicts.js"
import { arrangement } from "./arrangement.js"
import { colouring, frameOf } from "./colouring.js"
import { isHidden } from "./filtering.js"
import { makeGrid } from "./grid.js"
import { bindGrid } from "./grid_input.js"
import { categoryKeys, stateKeys } from "./legend.js"
import { makeMapLooking } from "./map_looking.js"
import { makeMapText } from "./map_text.js"
import { shareValues } from "./map_values.js"
import { makeMetricPanel } from "./metric_panel.js"
import { drawMarks, drawWells } from "./painter.js"
import { STATE } from "./states.js"
import { extent, extentSwitch, nextView, setViews, showView, toggleView, viewSwitch } from "./views.js"
import { isPartial, usedText } from "./well_text.js"

/** @param {PartContext} context @returns {Part<"plate_map">} */
export function build({ el, root, send }) {
  /** @type {MapScene} */
  const scene = { geometry: null, wells: [], colouring: colouring(null), selected: -1, chosen: new Set(), hovered: -1, plain: false }
  const now = /** @type {MapNow} */ ({ values: null, scene })
  let numbered = false

  const canvas = h("canvas", { "aria-hidden": "true" })
  const marks = h("canvas", { "aria-hidden": "true" })
  const grid = makeGrid()
  const text = makeMapText(now, grid)
  const metric = makeMetricPanel(now, send, (on) => { numbered = on; arrange() })
  const { controls } = metric
  const map = h("div", { class: "hcs-plate-map" }, canvas, marks, grid.table)
  const keyBox = h("div")
  const views = viewSwitch()
  const wholePlate = extentSwitch()
  const place = h("div", { class: "place" }, map)
  const panel = h("section", { class: "panel map", "aria-label": "Plate map" },
    h("header", views.element, lastSeen(), h("span", { class: "grow" }), wholePlate.element), h("div", { class: "body" }, place, keyBox, text.element))
  const paintWells = everyFrame(() => scene.geometry && drawWells(canvas, scene))
  const paintMarks = everyFrame(() => scene.geometry && drawMarks(marks, scene))
  const looking = makeMapLooking({ now, grid, send, onMove: showMoved, onHover: paintMarks, onChoose() {
    text.summarise()
    paintMarks()
  } })
  el.append(panel, looking.tip)
  // What colours the wells keeps its place, wherever the plate is shown.
  secondPlace("metric", root).append(metric.element)

  function arrange() {
    if (!now.plate) return
    const large = stage() === "values"
    panel.classList.toggle("large", large)
    const width = place.clientWidth
    if (width < 40) return // not in sight
    const wells = arrangement(now.plate, { width, height: large ? place.clientHeight : window.innerHeight, large, whole: extent.whole, numbered, selected: scene.selected })
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

  function showSigns() {
    fill(keyBox, categoryKeys(now.values), stateKeys(scene, now.values))
    text.describe()
    text.summarise()
    paintWells()
  }

  function colour() {
    const { plate, values } = now
    if (!plate) return
    const scale = values?.scale ?? "sequential"
    const coloured = colouring(values, { ...metric.choice(), stops: rampOf(scale) })
    scene.colouring = coloured
    const onStage = colouring(values, { ...metric.choice(), stops: rampOf(scale, undefined, true) })
    shareValues({
      labels: plate.labels, values: values && !values.categories ? values.values : [], scored: Boolean(controls.score),
      title: values?.title ?? "", colouring: coloured, frame: (index) => frameOf(onStage, index),
    })
    metric.showColours(coloured)
    metric.mark()
    showSigns()
    looking.renewTip()
  }

  /** Another well is looked at. */
  function showMoved() {
    if (now.plate?.states[scene.selected] === STATE.not_acquired) arrange() // it may lie outside the part that is shown
    if (scene.geometry) grid.nameLines(scene.geometry, scene.selected)
    text.summarise()
    metric.mark()
    paintMarks()
  }

  bindGrid(grid.table, {
    ...looking.acts,
    move: (step) => looking.move(step, true),
    lookAtEnd: (end) => looking.look(end === "first" ? 0 : grid.count - 1, { focus: true }),
    open() {
      looking.settle()
      send("open")
    },
  })

  /** Acts on a plate wait until there is one. @template Detail @param {(detail: Detail) => unknown} act */
  const whenPlate = (act) => (/** @type {Detail} */ detail) => (now.plate ? void act(detail) : false)

  listen("extent", arrange)
  listen("view", (view) => send("view", { view }))
  // Here, for the pictures themselves are not drawn before somebody looks at them.
  listen("pictures-of-plate", whenPlate(() => (selection.well ? send("switch") : toggleView())))
  listen("montage", whenPlate(() => showView(nextView())))
  listen("verdicts", () => {
    if (!now.plate) return
    scene.wells.forEach((well, index) => { well.verdict = verdictAt(now.plate.labels[index]) })
    showSigns()
  })
  listen("limits", () => {
    metric.renewLimits()
    colour()
  })
  listen("selection", looking.showChosen)
  onTheme(() => {
    paintMarks()
    colour()
  })
  listen("move", whenPlate((step) => looking.move(step, false)))
  listen("choose", whenPlate((label) => looking.look(now.plate.labels.indexOf(label))))
  listen("metric", whenPlate(controls.stepMetric))
  listen("choose-metric", (id) => send("metric", { metric: id }))
  listen("measured-metric", whenPlate(controls.pickMetric))
  listen("score", whenPlate(controls.stepScore))
  listen("filtered", () => {
    if (!now.plate) return
    scene.wells.forEach((well, index) => { well.dimmed = isHidden(now.plate.key, now.plate.labels[index]) })
    text.describe()
    paintWells()
  })
  listen("overlays", (shown) => { scene.plain = !shown; paintWells() })
  const arrangeSoon = everyFrame(arrange)
  const watcher = new ResizeObserver(arrangeSoon)
  watcher.observe(el)
  window.addEventListener("resize", arrangeSoon)

  return {
    plate(plate) {
      const before = now.plate
      const same = before && before.key === plate.key && before.rows.length === plate.rows.length && before.columns.length === plate.columns.length
      now.plate = plate
      scene.wells = plate.states.map((state, index) => ({
        state,
        partial: isPartial(plate, index),
        corrected: plate.corrected.includes(index),
        role: plate.roles[index] || "",
        verdict: verdictAt(plate.labels[index]),
        dimmed: isHidden(plate.key, plate.labels[index]),
      }))
      if (!same) {
        looking.forget()
        now.values = null
        grid.build(plate)
      }
      wholePlate.show(usedText(plate))
      arrange()
      colour()
      looking.mark(scene.selected)
    },
    choices: controls.offerMetrics,
    values(next) {
      now.values = next.values
      metric.show(next)
      colour()
    },
    look(next) {
      setViews(next, (view) => send("view", { view, last: true }))
      looking.follow(next)
    },
  }
}
