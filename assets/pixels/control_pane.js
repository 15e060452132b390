// The same field of a control beside the open one: one viewport, one contrast.

import { listen } from "../core/bus.js"
import { h, icon, say, set } from "../core/dom.js"
import { offer } from "../core/parts.js"
import { makePane } from "./pane.js"
import { steer } from "./viewport.js"

/** @param {Viewport} viewport @param {(type: string, content?: object) => number} send */
export function controlPane(viewport, send) {
  /** @type {ReturnType<typeof makePane> | null} */
  let pane = null // only while it is looked at: a browser has some sixteen contexts to draw in
  const choice = h("select", { "aria-label": "Control", change: () => send("control", { well: choice.value }) })
  const name = h("b", { class: "cut" })
  const box = h("div", { class: "box" })
  const element = h("section", { class: "control", hidden: true, "aria-label": "Control" },
    h("header", { class: "row small" }, choice, name, h("span", { class: "grow" }),
      h("button", { class: "plain square hcs-control-close", "aria-label": "Close the control", title: "Close the control (Esc)", click: () => send("control", { close: true }) }, icon("close"))), box)
  steer(box, viewport, { onHover: () => {} })
  listen("display", () => pane?.refresh())
  const close = () => {
    pane?.dispose()
    pane?.element.remove()
    pane = null
  }
  return {
    element,
    /** @param {ViewerText["control"]} control @param {object} plane */
    show(control, plane) {
      element.hidden = !control
      if (!control) return close()
      if (!pane) box.append((pane = makePane(viewport, () => {})).element)
      offer(choice, control.controls.map(([well, role]) => [well, `${well} ${role} control`.replace("untreated control", "untreated")]), control.well)
      choice.hidden = !control.controls.length
      say(name, control.field?.label ?? "")
      set(element, { dataset: { well: control.well } })
      if (!control.field) return pane.empty(control.note)
      return pane.show({ ...control.field, id: `${control.well}/${control.field.version}`, ...plane })
    },
  }
}
