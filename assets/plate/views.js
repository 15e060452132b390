// What the wells of the plate show: values, pictures, or some of these. One switch, drawn
// wherever the plate is, and remembered.

import { listen, tell } from "../core/bus.js"
import { fill, h, set } from "../core/dom.js"
import { preference, setPreference } from "../core/storage.js"

/** @typedef {{view: string, views: [string, string][]}} Views */

/** @type {Views} */
let shown = { view: "", views: [] }

/** Take what the server says, and the first time say what this person chose last.
 *  @param {Views} next @param {(view: string) => void} restore */
export function setViews(next, restore) {
  const first = !shown.view
  shown = next
  tell("views")
  if (first && next.view === "values" && preference("view") === "pictures" && !new URLSearchParams(location.search).has("wells")) restore("pictures")
}

/** The view that comes after the present one. */
export function nextView() {
  const names = shown.views.map(([name]) => name)
  return names[(names.indexOf(shown.view) + 1) % names.length]
}

/** @param {string} view */
export function showView(view) {
  if (view === "values" || view === "pictures") setPreference("view", view)
  tell("view", view)
}

/** Whether all of a sparse plate is shown, or the part that has wells. */
export const extent = { whole: false }

/** A button for a sparse plate: `show` says which part of it has wells, "" where it is not sparse. */
export function extentSwitch() {
  const button = h("button", {
    class: "small hcs-whole-plate", hidden: true, "aria-pressed": "false",
    click: () => { extent.whole = !extent.whole; tell("extent") },
  }, "Whole plate")
  listen("extent", () => set(button, { "aria-pressed": extent.whole }))
  return {
    element: button,
    /** @param {string} part */
    show(part) {
      button.hidden = !part
      set(button, { title: `Only ${part} is used: show it alone, or with the empty wells around it` })
    },
  }
}

/** Values and pictures by turns. */
export const toggleView = () => showView(shown.view === "pictures" ? "values" : "pictures")

/** The switch. */
export function viewSwitch() {
  const element = h("div", { class: "segment hcs-views", role: "group", "aria-label": "Wells show" })
  const draw = () => fill(element, shown.views.map(([view, text]) => h("button", {
    class: "small", dataset: { view }, "aria-pressed": view === shown.view, click: () => showView(view),
  }, text)))
  draw()
  listen("views", draw)
  return { element }
}
