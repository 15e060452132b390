// The present field and the staged one: same contrast, one viewport, full resolution.

import { ask, display, listen } from "../core/bus.js"
import { everyFrame, fill, h, icon, say, set } from "../core/dom.js"
import { confirmation, mustCorrect } from "../core/parts.js"
import { exact } from "../core/text.js"
import { keyed, keyedSign } from "../core/keyed.js"
import { BLINK_MILLISECONDS, MODES, modeByKey, nextMode, swipePart, swipeStep } from "./comparing.js"
import { compareValues } from "./compare_values.js"
import { differenceLayer } from "./difference_layer.js"
import { makePane } from "./pane.js"
import { scaleBar } from "./scale_bar.js"
import { Viewport, steer } from "./viewport.js"
import { zoomTo, zoomTools } from "./zoom_tools.js"

export const sheets = ["pixels/field_viewer.css", "pixels/compare.css"]

/** @param {PartContext} context @returns {Part<"compare">} */
export function build({ el, send }) {
  const viewport = new Viewport()
  /** @type {CompareShown | undefined} */
  let content
  /** @type {CompareMode} */
  let mode = "side"
  let swipe = 0.5
  /** @type {[number, number] | null} */
  let pointer = null
  let blinking = 0 // timer, 0 while a person goes from one to the other
  const still = matchMedia("(prefers-reduced-motion: reduce)")

  const title = h("h2", { class: "cut" })
  const modes = MODES.map(([name, text, about]) =>
    keyed(h("button", { class: "small", dataset: { mode: name }, click: () => setMode(name) }, text), name === "side" ? "compare" : name, about))
  const pause = keyed(h("button", { class: "small hcs-blink-pause", hidden: true, click: () => (blinking ? stopBlinking() : startBlinking()) }), "blink", "By hand, with the key")
  const busy = h("span", { class: "soft small", role: "status" })
  /** @type {PaneState[]} */
  const states = [{}, {}]
  const heard = (/** @type {number} */ at) => (/** @type {PaneState} */ state) => {
    states[at] = state
    say(busy, states.some((each) => each.busy) ? "Loading…" : "")
    subtracted.draw()
    showValues()
  }
  const panes = [makePane(viewport, heard(0)), makePane(viewport, heard(1))]
  const names = [h("figcaption"), h("figcaption")]
  const boxes = panes.map((pane, i) => h("figure", { class: `half ${i ? "new" : "old"}` }, pane.element, names[i]))
  const bars = [scaleBar(), scaleBar()]
  boxes.forEach((box, i) => box.append(bars[i].element))
  const handle = h("div", { class: "handle", role: "slider", tabindex: "0", "aria-label": "Swipe between old and new", "aria-valuemin": 0, "aria-valuemax": 100 })
  const subtracted = differenceLayer(viewport, panes)
  const stage = h("div", { class: "stage halves" }, boxes, subtracted.element, handle)
  const readout = h("div", { class: "readout" }) // no output, which would be read out at each pixel
  const numbers = compareValues()
  const place = h("span", { class: "small grow" })
  const steps = [keyedSign("back", "Previous correction", "field-before", () => send("next", { by: -1 })), keyedSign("forward", "Next correction", "field-after", () => send("next", { by: 1 }))]
  const walk = h("div", { class: "row walk", hidden: true }, h("button", { class: "small hcs-to-table", title: "Back to the table (Esc)", click: () => send("table") }, "Back to the table"), place, steps)
  const differences = h("ul", { class: "staged-differences", hidden: true })
  el.append(h("section", { class: "panel hcs-compare", "aria-label": "Compare old and new" },
    h("header", title, h("span", { class: "grow" }), busy, pause, h("span", { class: "segment", role: "group", "aria-label": "How to compare" }, modes),
      zoomTools(viewport)),
    walk, stage, h("footer", { class: "row" }, readout), differences, numbers.element))

  /** @param {CompareMode} next */
  function setMode(next) {
    mode = next
    MODES.forEach(([name]) => stage.classList.toggle(name, name === mode))
    modes.forEach((each) => set(each, { "aria-pressed": each.dataset.mode === mode }))
    setSwipe(swipe)
    showOld(false)
    pause.hidden = mode !== "blink"
    if (mode === "blink" && !still.matches) startBlinking()
    else stopBlinking()
    subtracted.show(mode === "difference")
    measure()
    showScale()
  }

  const showOld = (/** @type {boolean} */ old) => stage.classList.toggle("shows-old", old)
  const flip = () => showOld(!stage.classList.contains("shows-old"))

  function startBlinking() {
    clearInterval(blinking)
    blinking = window.setInterval(flip, BLINK_MILLISECONDS)
    say(pause, "Stop")
  }

  function stopBlinking() {
    clearInterval(blinking)
    blinking = 0
    say(pause, "Start")
  }

  /** One, then the other, as often as the key is pressed. */
  function flipByHand() {
    if (mode !== "blink") setMode("blink")
    stopBlinking()
    flip()
  }

  /** @param {number} part */
  function setSwipe(part) {
    swipe = Math.min(1, Math.max(0, part))
    boxes[1].style.clipPath = mode === "swipe" ? `inset(0 0 0 ${swipe * 100}%)` : ""
    handle.style.left = `${swipe * 100}%`
    set(handle, { "aria-valuenow": Math.round(swipe * 100) })
  }

  /** @param {CompareShown["table"]} table */
  function showTable(table) {
    walk.hidden = !table
    differences.hidden = !table?.differences.length
    if (!table) return
    say(place, `Correction ${table.number} of ${table.total}`)
    set(steps[0], { disabled: table.number <= 1 })
    set(steps[1], { disabled: table.number >= table.total })
    fill(differences, table.differences.map((difference) => {
      if (!difference.blocking) return h("li", { class: "soft" }, difference.message)
      if (!difference.confirmable) return h("li", { class: "bad" }, icon("warn"), mustCorrect(difference))
      return h("li", confirmation(difference, table.barred, (confirmed) => ask("confirm-difference", { fields: [table.key], kind: difference.kind, confirmed })))
    }))
  }

  const measure = () => viewport.resize(boxes[0].clientWidth, boxes[0].clientHeight)
  const watcher = new ResizeObserver(measure)
  boxes.forEach((box) => watcher.observe(box))

  const showScale = everyFrame(() => {
    if (!content) return
    const { pixel, unit } = content
    bars.forEach((bar, i) => (mode !== "side" && i === 0 && mode !== "blink" ? bar.hide() : bar.show(viewport, pixel[0], unit)))
  })

  function showValues() {
    if (!pointer) return fill(readout, h("span", { class: "soft" }, content?.hint ?? ""))
    const [column, row] = viewport.at(...pointer)
    const both = panes.map((pane) => pane.valuesAt(column, row)?.values ?? [])
    const channels = display.channels.filter((channel) => channel.active)
    const unread = states.map((each) => each.unread).find(Boolean)
    const shown = (/** @type {number | undefined} */ value) => (value === undefined ? "–" : exact(value))
    /** @param {[number, number][]} values @param {number} index */
    const of = (values, index) => values.find(([at]) => at === index)?.[1]
    fill(readout, h("span", `x ${Math.floor(column)}, y ${Math.floor(row)}`), channels.map((channel) =>
      h("span", { class: "value" }, h("i", { class: "dot", style: { background: `#${channel.color}` } }), `${channel.name} `,
        h("b", shown(of(both[0], channel.index))), " → ", h("b", shown(of(both[1], channel.index))))), unread ? h("span", { class: "soft" }, `Values cannot be read: ${unread}`) : null)
  }

  let dragging = false
  handle.addEventListener("pointerdown", (event) => {
    dragging = true
    handle.setPointerCapture(event.pointerId)
    event.stopPropagation()
  })
  handle.addEventListener("pointermove", (event) => {
    if (!dragging) return
    setSwipe(swipePart(event.clientX, stage.getBoundingClientRect()))
  })
  handle.addEventListener("pointerup", () => { dragging = false })
  handle.addEventListener("keydown", (event) => {
    const part = swipeStep(event.key, swipe)
    if (part === null) return
    setSwipe(part)
    event.preventDefault()
    event.stopPropagation()
  })

  const visible = () => el.getClientRects().length > 0
  for (const box of [...boxes, subtracted.element]) steer(box, viewport, { onHover: (x, y) => { pointer = x === null ? null : [x, y]; showValues() } })
  viewport.watch(() => { showScale(); showValues() })
  listen("display", () => { panes.forEach((pane) => pane.refresh()); subtracted.draw(); showValues() })
  listen("zoom", (factor) => { if (visible()) zoomTo(viewport, factor) })
  listen("compare-mode", (asked) => {
    if (!visible()) return
    if (asked === "flip") flipByHand()
    else setMode(asked ? modeByKey(mode, asked) : nextMode(mode))
  })
  listen("step", (by) => { if (visible() && content?.table) send("next", { by }) })
  still.addEventListener("change", stopBlinking)
  setMode("side")

  return {
    content(next) {
      const started = next.staged && next.staged.id !== content?.staged?.id
      content = next.staged ? next : undefined
      if (!next.staged) {
        pointer = null
        stopBlinking()
        return panes.forEach((pane) => pane.show(null))
      }
      say(title, next.place)
      set(title, { title: next.title })
      showTable(next.table)
      fill(names[0], h("b", "Old"), h("span", next.old ? next.old_text : "nothing yet"))
      fill(names[1], h("b", "New"), h("span", next.new_text))
      if (next.old) panes[0].show(next.old)
      else panes[0].empty("There is no such field yet.")
      panes[1].show(next.staged)
      viewport.picture([next.staged.width, next.staged.height])
      if (started) requestAnimationFrame(() => { numbers.open(el.clientHeight > 640); measure(); viewport.whole() })
      showValues()
      showScale()
    },
    values(next) { numbers.show(next) },
  }
}
