// A well among others, as a picture that leads to it.

import { ask } from "../core/bus.js"
import { h, icon } from "../core/dom.js"

/** @param {Sample} item @param {string} title @param {Child} caption  beside the well's name
 *  @param {{watch: (image: HTMLImageElement, item: Sample) => void}} seen  hears of its picture */
export function wellThumb(item, title, caption, seen) {
  const image = h("img", { alt: "", draggable: "false", decoding: "async", loading: "lazy", src: item.thumb, error: () => { problem.hidden = false } })
  const problem = h("span", { class: "problem", hidden: true }, icon("warn"), h("span", "The picture could not be loaded."))
  seen.watch(image, item)
  return h("div", { role: "listitem" }, h("button", {
    class: "hcs-thumb", dataset: { well: item.well, field: item.field }, title, click: () => ask("choose", item.well),
  }, h("span", { class: "frame" }, image, problem), h("span", { class: "caption" }, h("b", item.well), " ", caption)))
}
