// Other wells of the plate in the same contrast: controls, neighbours, random ones, the
// best and the worst of the metric.

import { listen } from "../core/bus.js"
import { fill, h, say, set } from "../core/dom.js"
import { novelty, sayIf, signButton } from "../core/parts.js"
import { number } from "../core/text.js"
import { watchSeen } from "./seen.js"
import { wellThumb } from "./well_thumb.js"

const KINDS = [["controls", "Controls"], ["neighbours", "Neighbours"], ["random", "Random wells"], ["extremes", "Best and worst"]]

export const sheets = ["pixels/gallery.css", "pixels/side_wells.css"]

/** @param {PartContext} context @returns {Part<"beside">} */
export function build({ el, send, hide }) {
  let kind = ""
  let seed = 1
  const isNew = novelty()
  const seen = watchSeen()
  const title = h("h2", { class: "cut" })
  const kinds = KINDS.map(([name, text]) => h("button", { class: "small", dataset: { kind: name }, click: () => choose(name) }, text))
  const others = h("button", { class: "small", click: () => { seed += 1; choose("random") } }, "Draw again")
  const close = signButton("close", "Close", () => choose(""), { title: "Close (Shift and the key of the controls: next kind, then close)" })
  const list = h("div", { class: "list", role: "list", "aria-label": "Fields to compare with" })
  const note = h("p", { class: "soft small note" })
  el.append(h("section", { class: "panel strip hcs-beside", "aria-label": "Other wells" },
    h("header", title, h("span", { class: "grow" }), others, h("span", { class: "segment" }, kinds), close), note, list))

  /** @param {string} next */
  function choose(next) {
    kind = next
    send("kind", { kind, seed: kind === "random" ? seed : 0 })
  }

  function cycle() {
    const at = KINDS.findIndex(([name]) => name === kind)
    choose(KINDS[at + 1]?.[0] ?? "")
  }

  /** @param {Sample} item */
  const thumb = (item) => wellThumb(item, `Go to ${item.well} (this is ${item.label})`,
    [h("span", { class: "grow" }), h("span", { class: "soft cut about" }, [item.note, item.value === null ? "" : number(item.value)].filter(Boolean).join(" "))], seen)

  listen("beside", cycle)
  hide(true)
  return {
    content(next) {
      kind = next.kind
      hide(!kind)
      if (!("items" in next)) return
      say(title, next.title)
      kinds.forEach((each) => set(each, { "aria-pressed": each.dataset.kind === kind }))
      others.hidden = kind !== "random"
      sayIf(note, next.empty)
      if (isNew(next.items)) fill(list, next.items.map(thumb))
    },
  }
}
