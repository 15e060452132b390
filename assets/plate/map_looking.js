// Which wells of the map are looked at, chosen together or pointed at, and what makes them so.

import { listen } from "../core/bus.js"
import { markWell, selectWells, selection } from "../core/selection.js"
import { stepped } from "./geometry.js"
import { choosingActs } from "./selecting.js"
import { STATE } from "./states.js"
import { makeTip } from "./tip.js"
import { makeWellRequests } from "./well_requests.js"

const REST_MILLISECONDS = 150 // the server hears of chosen wells when they change no more

/**
 * @param {object} its
 * @param {MapNow} its.now
 * @param {ReturnType<typeof import("./grid.js").makeGrid>} its.grid
 * @param {Send} its.send
 * @param {() => unknown} its.onMove  to another well
 * @param {() => unknown} its.onChoose
 * @param {() => unknown} its.onHover
 */
export function makeMapLooking({ now, grid, send, onMove, onChoose, onHover }) {
  const { scene } = now
  const tip = makeTip()
  const requests = makeWellRequests((well) => send("select", { well }))
  /** Choose wells together; there is nothing to judge or plot where none was acquired. @param {number[]} indices */
  const choose = (indices) => selectWells(indices.filter((index) => now.plate.states[index] !== STATE.not_acquired).map((index) => now.plate.labels[index]))
  const choosing = choosingActs(scene, () => now.plate, choose, 1)
  listen("acting", requests.settle)
  let drawn = selection.wells
  let telling = 0

  /** @param {number} index */
  function mark(index) {
    const previous = scene.selected
    scene.selected = index
    markWell(now.plate?.labels[index] ?? "")
    grid.select(index, previous, scene.chosen)
    onMove()
  }

  /** Show the well, as click, focus and keys do. Doing it again does nothing. @param {number} index */
  function look(index, { focus = false } = {}) {
    if (index < 0 || index >= grid.count) return
    selectWells([])
    choosing.begin(index)
    const changed = index !== scene.selected
    mark(index)
    if (focus) grid.focus(index)
    if (changed) requests.ask(now.plate.labels[index])
  }

  const showTip = () => tip.show({ plate: now.plate, values: now.values, corrected: scene.wells[scene.hovered].corrected }, scene.hovered)

  return {
    tip: tip.element,
    mark,
    look,
    settle: requests.settle,
    /** @param {[number, number]} step @param {boolean} focus */
    move(step, focus) {
      const { plate } = now
      if (!plate) return
      const first = Math.max(0, plate.states.indexOf(STATE.present))
      look(scene.selected < 0 ? first : stepped(scene.selected, step, plate.rows.length, plate.columns.length), { focus })
    },
    /** Nothing is looked at, on another plate. */
    forget() {
      scene.selected = -1
      choosing.begin()
      selectWells([])
    },
    /** The server's well, unless that is an echo of something older than the last key, which must not pull the selection back.
     *  @param {{ack: number, well: string}} next */
    follow(next) {
      if (!now.plate || requests.outruns(next.ack)) return
      const index = now.plate.labels.indexOf(next.well)
      if (index !== scene.selected) mark(index)
    },
    showChosen() {
      if (!now.plate || drawn === selection.wells) return
      drawn = selection.wells
      const previous = scene.chosen
      scene.chosen = new Set(selection.wells.map((label) => now.plate.labels.indexOf(label)).filter((index) => index >= 0))
      grid.choose(scene.chosen, previous, scene.selected)
      onChoose()
      clearTimeout(telling)
      telling = setTimeout(() => send("chosen", { wells: selection.wells }), REST_MILLISECONDS)
    },
    /** What the card under the pointer says has changed. */
    renewTip() { if (now.plate.labels[scene.hovered]) showTip() },
    acts: {
      look,
      ...choosing.acts,
      /** @type {GridActs["hover"]} */
      hover(index, event) {
        if (scene.hovered !== index) {
          scene.hovered = index
          onHover()
        }
        if (index < 0) return tip.hide()
        showTip()
        if (event) tip.place(event)
      },
      /** @type {GridActs["hoverMoved"]} */
      hoverMoved: (event) => tip.place(event),
    },
  }
}
