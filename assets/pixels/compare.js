// The present field and the staged one: same contrast, one viewport, full resolution.

import { display, listen } from "../core/bus.js"
import { everyFrame, fill, h, icon, say, set } from "../core/dom.js"
import { exact } from "../core/text.js"
import { keyed } from "../core/help.js"
import { island } from "../core/island.js"
import { makePane } from "./pane.js"
import { scaleBar } from "./scale_bar.js"
import { Viewport, steer } from "./viewport.js"

export function render(context) {
  return island(context, { sheets: ["pixels/field_viewer.css", "pixels/compare.css"], build })
}

function build({ el }) {
  const viewport = new Viewport()
  let content = null
  let mode = "side"
  let swipe = 0.5

  const title = h("h2", { class: "cut" })
  const modes = [["side", "Side by side"], ["swipe", "Swipe"]].map(([name, text]) =>
    h("button", { type: "button", class: "small", dataset: { mode: name }, on: { click: () => setMode(name) } }, text))
  modes.forEach((each, i) => keyed(each, "compare", i ? "One over the other" : "Beside each other"))
  const busy = h("span", { class: "soft small", role: "status" })
  const zoomText = h("button", { type: "button", class: "plain small zoom", on: { click: () => viewport.actual() } })
  const states = [{}, {}]
  const heard = (at) => (state) => {
    states[at] = state
    say(busy, states.some((each) => each.busy) ? "Loading…" : "")
  }
  const panes = [makePane(viewport, heard(0)), makePane(viewport, heard(1))]
  const names = [h("figcaption", {}), h("figcaption", {})]
  const boxes = panes.map((pane, i) => h("figure", { class: `half ${i ? "new" : "old"}` }, pane.element, names[i]))
  const bars = [scaleBar(), scaleBar()]
  boxes.forEach((box, i) => box.append(bars[i].element))
  const handle = h("div", { class: "handle", role: "slider", tabindex: "0", "aria-label": "Swipe between old and new", "aria-valuemin": 0, "aria-valuemax": 100 })
  const stage = h("div", { class: "stage halves" }, boxes, handle)
  const readout = h("output", { class: "readout" })
  el.append(h("section", { class: "panel hcs-compare", "aria-label": "Compare old and new" },
    h("header", {}, title, h("span", { class: "grow" }), busy, h("span", { class: "segment" }, modes),
      button("minus", "Zoom out", "zoom-out", () => viewport.zoom(1 / 1.5)), keyed(zoomText, "actual", "One screen pixel a pixel"), button("plus", "Zoom in", "zoom-in", () => viewport.zoom(1.5)), button("fit", "Fit the pictures", "fit", () => fit())),
    stage, h("footer", { class: "row" }, readout)))

  function button(name, label, id, click) {
    return keyed(h("button", { type: "button", class: "plain square", "aria-label": label, on: { click } }, icon(name)), id, label)
  }

  const fit = () => viewport.box && viewport.fit(...viewport.box)

  function setMode(next) {
    mode = next
    stage.classList.toggle("swipe", mode === "swipe")
    modes.forEach((each) => set(each, { "aria-pressed": String(each.dataset.mode === mode) }))
    setSwipe(swipe)
    measure()
  }

  function setSwipe(part) {
    swipe = Math.min(1, Math.max(0, part))
    boxes[1].style.clipPath = mode === "swipe" ? `inset(0 0 0 ${swipe * 100}%)` : ""
    handle.style.left = `${swipe * 100}%`
    set(handle, { "aria-valuenow": Math.round(swipe * 100) })
  }

  const measure = () => viewport.resize(boxes[0].clientWidth, boxes[0].clientHeight)
  const watcher = new ResizeObserver(measure)
  boxes.forEach((box) => watcher.observe(box))

  const showScale = everyFrame(() => {
    if (!content?.staged) return
    bars.forEach((bar, i) => (mode === "swipe" && i === 0 ? bar.hide() : bar.show(viewport, content.pixel[0], content.unit)))
    say(zoomText, `${Math.round(viewport.scale * (window.devicePixelRatio || 1) * 100)} %`)
  })

  function showValues(x, y) {
    if (x === null) return fill(readout, h("span", { class: "soft" }, content?.hint ?? ""))
    const [column, row] = viewport.at(x, y)
    const both = panes.map((pane) => pane.valuesAt(column, row)?.values ?? [])
    const channels = display.channels.filter((channel) => channel.active)
    const shown = (value) => (value === undefined ? "–" : exact(value))
    const of = (values, index) => values.find(([at]) => at === index)?.[1]
    fill(readout, h("span", {}, `x ${Math.floor(column)}, y ${Math.floor(row)}`), channels.map((channel) =>
      h("span", { class: "value" }, h("i", { class: "dot", style: { background: `#${channel.color}` } }), `${channel.name} `,
        h("b", {}, shown(of(both[0], channel.index))), " → ", h("b", {}, shown(of(both[1], channel.index))))))
  }

  let dragging = false
  handle.addEventListener("pointerdown", (event) => {
    dragging = true
    handle.setPointerCapture(event.pointerId)
    event.stopPropagation()
  })
  handle.addEventListener("pointermove", (event) => {
    if (!dragging) return
    const box = stage.getBoundingClientRect()
    setSwipe((event.clientX - box.left) / box.width)
  })
  handle.addEventListener("pointerup", () => { dragging = false })
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key]
    if (!by) return
    setSwipe(swipe + by)
    event.preventDefault()
    event.stopPropagation()
  })

  const visible = () => el.getClientRects().length > 0
  const stop = [
    ...boxes.map((box) => steer(box, viewport, { onHover: showValues })),
    viewport.watch(showScale),
    listen("display", () => panes.forEach((pane) => pane.refresh())),
    listen("zoom", (factor) => { if (visible()) factor === 0 ? viewport.actual() : factor === null ? fit() : viewport.zoom(factor) }),
    listen("compare-mode", () => { if (visible()) setMode(mode === "side" ? "swipe" : "side") }),
  ]
  setMode("side")

  return {
    content(next) {
      const started = next.staged && next.staged.id !== content?.staged?.id
      content = next
      if (!next.staged) return panes.forEach((pane) => pane.show(null))
      fill(title, next.title)
      fill(names[0], h("b", {}, "Old"), h("span", {}, next.old ? next.old_text : "nothing yet"))
      fill(names[1], h("b", {}, "New"), h("span", {}, next.new_text))
      if (next.old) panes[0].show(next.old)
      else panes[0].empty("There is no such field yet.")
      panes[1].show(next.staged)
      viewport.picture([next.staged.width, next.staged.height])
      if (started) requestAnimationFrame(() => { measure(); fit() })
      showValues(null)
      showScale()
    },
    dispose() {
      stop.forEach((each) => each())
      watcher.disconnect()
      panes.forEach((pane) => pane.dispose())
    },
  }
}
