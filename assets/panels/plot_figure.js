// The figure of a plot: Bokeh's, in a document of its own that no server knows. What is
// done in it is sent to the page here, and what is chosen on the page is marked in it.

import { ask, tell } from "../core/bus.js"
import { h } from "../core/dom.js"
import { selection, selectWells } from "../core/selection.js"
import { shown } from "../plate/map_values.js"

const LONGEST_TIMER = 2 ** 31 - 1 // a longer one ends at once

const ENDS = ["pointerup", "pointercancel", "blur"]

/** @typedef {{plate: string, metric: string}} Plotted  what a figure is of */

/** The place of one figure at a time in `host`. The old one is seen until the next is drawn, and what is done in it
 *  then is about nothing that the page shows. @param {HTMLElement} host @param {(of: Plotted) => boolean} isShown */
export function plotFigure(host, isShown) {
  const released = release(host)
  /** @type {PlotViews | null} */
  let views = null // Bokeh's, of the figure that is there
  let latest = 0 // a figure takes time to be drawn, and a newer one may come meanwhile

  /** @template {keyof PlotModels} Name @param {Name} name */
  const model = (name) => documentOf(views)?.get_model_by_name(name) ?? null

  function clear() {
    remove(views)
    views = null
  }

  /** Replace the figure; `item` is for `Bokeh.embed.embed_item`, null for none. Throws what Bokeh throws. @param {{ root_id: string } | null} item @param {Plotted} of */
  async function show(item, of) {
    const turn = ++latest
    if (!item) {
      clear()
      host.replaceChildren()
      return
    }
    // Pages share figures: the one that is there already would have two models of each id.
    if (views?.roots[0]?.model.id === item.root_id) clear()
    const place = h("div", { class: "next" })
    host.append(place) // Bokeh measures it; the old figure is seen until the new one is drawn
    let drawn = null
    try {
      dragAfterRest()
      drawn = await window.Bokeh?.embed.embed_item(item, place) ?? null
      await released() // or whatever a person drags would be gone under the hand
    } finally {
      if (!drawn) place.remove()
    }
    if (turn !== latest) {
      remove(drawn)
      place.remove()
      return
    }
    clear()
    place.classList.remove("next")
    host.replaceChildren(place)
    views = drawn
    connect(of)
    mark()
  }

  /** Tell the page what is done in the figure. @param {Plotted} of */
  function connect(of) {
    /** @template Columns @param {PlotSource<Columns> | null} source @param {(columns: Columns, indices: number[]) => void} act */
    const listen = (source, act) => source?.selected.on_change(source.selected.properties.indices, () => {
      const { indices } = source.selected
      if (isShown(of) && source.hcsMarked !== JSON.stringify(indices)) act(source.data, indices)
    })
    listen(model("hcs-plot-wells"), ({ well }, indices) => selectWells(indices.map((index) => well[index])))
    listen(model("hcs-plot-bins"), (bins, indices) => selectWells(wellsWhere((value) => indices.includes(binOf(bins, value)))))
    for (const side of /** @type {Side[]} */ (["low", "high"])) {
      const line = model(`hcs-cut-${side}`)
      line?.on_change(line.properties.location, () => { if (isShown(of)) tell("cut-moved", { side, value: line.location }) })
    }
    // Of a density only the server knows whose points are in a part of it.
    model("hcs-plot-density")?.on_event("selectiongeometry", ({ geometry }) => {
      if (isShown(of) && geometry.type === "rect") ask("plot-box", { x0: geometry.x0, x1: geometry.x1, y0: geometry.y0, y1: geometry.y1 })
    })
  }

  /** Mark what is chosen on the page, without choosing anything. */
  function mark() {
    const wells = new Set(selection.wells)
    const points = model("hcs-plot-wells")
    if (points) select(points, [...points.data.well].flatMap((label, at) => (wells.has(label) ? [at] : [])))
    const bars = model("hcs-plot-chosen")
    if (bars) {
      const top = [...bars.data.left].map(() => 0)
      for (const label of wells) {
        const bin = binOf(bars.data, shown.values[shown.labels.indexOf(label)])
        if (bin >= 0) top[bin] += 1
      }
      bars.data = { ...bars.data, top }
    }
    const bins = model("hcs-plot-bins")
    if (bins && !wells.size) select(bins, [])
    const line = model("hcs-plot-well")
    if (line) {
      const value = shown.values[shown.labels.indexOf(selection.well)] ?? null
      line.visible = value !== null
      if (value !== null) line.location = value
    }
  }

  return {
    show,
    mark,
    /** Move the line of a cut-off, null for none. @param {Side} side @param {number | null} value */
    cut(side, value) {
      const line = model(`hcs-cut-${side}`)
      if (!line) return
      line.visible = value !== null
      if (value !== null) line.location = value
    },
    dispose() {
      latest += 1
      clear()
      host.replaceChildren()
    },
  }
}

/** Bokeh takes a pointer that stays still for 0.3 seconds after it went down for a long press, and then
 *  drags no more: a line or a box that somebody holds before moving it, or on a busy machine, stays
 *  where it is. Nothing here is pressed long. */
function dragAfterRest() {
  try {
    if (window.Bokeh) window.Bokeh.require("core/ui_gestures").UIGestures.press_threshold = LONGEST_TIMER
  } catch (error) {
    console.warn(error) // another Bokeh, which names it otherwise: its plots are drawn all the same
  }
}

/** Says when no pointer is held down that went down in `host`. @param {HTMLElement} host */
function release(host) {
  /** @type {Promise<void> | null} */
  let held = null
  host.addEventListener("pointerdown", () => {
    held ??= new Promise((resolve) => {
      /** @param {Event} event */
      const end = (event) => {
        // Of the window alone: where the pointer goes down, what had the focus loses it.
        if (event.type === "blur" && event.target !== window) return
        for (const type of ENDS) removeEventListener(type, end, true)
        held = null
        setTimeout(resolve) // Bokeh hears of the same event first
      }
      for (const type of ENDS) addEventListener(type, end, true)
    })
  }, true)
  return async () => { while (held) await held }
}

/** @param {(value: number | null) => boolean} inside */
const wellsWhere = (inside) => shown.labels.filter((_, at) => shown.values[at] !== null && shown.values[at] !== undefined && inside(shown.values[at]))

/** Which bin a value stands in, -1 for none; the last one holds its upper edge too. @param {Bins} bins @param {number | null | undefined} value */
function binOf({ left, right }, value) {
  if (value === null || value === undefined) return -1
  return [...left].findIndex((from, i) => value >= from && (value < right[i] || (i === left.length - 1 && value <= right[i])))
}

/** Set what a source has selected; `hcsMarked` tells that it was no person. @param {PlotSource<unknown>} source @param {number[]} indices */
function select(source, indices) {
  source.hcsMarked = JSON.stringify(indices)
  source.selected.indices = indices
}

/** @param {PlotViews | null} views */
const documentOf = (views) => views?.roots[0]?.model.document ?? null

/** Bokeh keeps views and documents for ever unless they are taken away. @param {PlotViews | null} views */
function remove(views) {
  const gone = documentOf(views)
  views?.clear()
  const at = gone ? window.Bokeh?.documents.indexOf(gone) ?? -1 : -1
  if (at >= 0) window.Bokeh?.documents.splice(at, 1)
}
