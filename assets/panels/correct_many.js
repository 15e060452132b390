// The way to the table of corrections: files chosen here go there.

import { ask } from "../core/bus.js"
import { chosenFiles } from "../core/drops.js"
import { h, icon, say, set } from "../core/dom.js"
import { fileBox } from "../core/parts.js"

/** @param {PartContext} context @returns {Part<"correct_many">} */
export function build({ el }) {
  const input = fileBox({ "aria-label": "Image files that correct many fields" }, (files) => ask("correct-many", chosenFiles(files)))
  const choose = h("label", { class: "choose" }, input, h("span", { class: "button" }, icon("upload"), "Choose files"))
  const table = h("button", { class: "hcs-correct-many", title: "The list of files and their fields; nothing changes before you commit", click: () => ask("correct-many") }, "Open the table")
  const note = h("p", { class: "small soft" })
  el.append(h("section", { class: "panel", "aria-label": "Correct many fields" }, h("header", h("h2", { class: "grow" }, "Correct many fields")),
    h("div", { class: "body" }, note, h("div", { class: "row" }, choose, table))))

  return {
    content(next) {
      set(input, { accept: next.accept, disabled: Boolean(next.refused) })
      choose.hidden = Boolean(next.refused)
      say(note, next.refused || next.waiting || "Files of many wells are matched to wells, fields and channels by metadata and file name.")
    },
  }
}
