// "Pass all the rest": says how many of them nobody has opened, shows some of those drawn
// at random, and only then passes them.

import { ask, tell } from "../core/bus.js"
import { fill, h } from "../core/dom.js"
import { count } from "../core/text.js"
import { watchDialog } from "../core/keys.js"

/** Make the dialog; `send` asks the server for pictures, `onPass` passes. */
/** @param {{send: Send, onPass: (plate: string) => void}} its */
export function restDialog({ send, onPass }) {
  let seed = 0
  let plate = "" // of which it asks
  const text = h("p")
  const pass = h("button", { class: "primary", click: () => { dialog.close(); onPass(plate) } })
  const look = h("button", { class: "hcs-rest-montage", click: () => draw() })
  const cancel = h("button", { click: () => dialog.close() }, "Cancel")
  const montage = h("div", { class: "montage", role: "list", "aria-label": "Wells drawn at random", hidden: true })
  const dialog = watchDialog(h("dialog", { class: "rest", "aria-label": "Pass all the rest" }, text, montage, h("div", { class: "row wrap" }, look, h("span", { class: "grow" }), cancel, pass)))

  function draw() {
    seed += 1
    montage.hidden = false
    dialog.classList.add("wide")
    fill(montage, h("p", { class: "soft" }, "Drawing wells…"))
    fill(look, "Draw others")
    send("sample", { seed })
  }

  /** @param {Sample} item */
  const picture = (item) => h("button", {
    class: "plain", role: "listitem", dataset: { well: item.well }, "aria-label": `Open ${item.well}`, title: `Open ${item.well}`,
    click: () => { dialog.close(); ask("choose", item.well) },
  }, h("img", { src: item.thumb, alt: "", decoding: "async", load: () => tell("glimpsed", item) }), h("span", { class: "small" }, item.well))

  return {
    dialog,
    /** Another plate is open, or none: what was asked is about this one no more. */
    close: () => dialog.close(),
    /** @param {{plate: string, rest: number, unopened: number, glimpsed: number}} counts */
    ask({ plate: asked, rest, unopened, glimpsed }) {
      plate = asked
      fill(text, h("b", `${count(rest, "well")}, ${unopened.toLocaleString("en-US")} never opened by you${glimpsed ? `, ${glimpsed.toLocaleString("en-US")} of them seen in a montage` : ""}. `),
        unopened ? "Those that you have not seen are recorded as passed in bulk, not looked at; map, report, export and sign-off say so. Look at some drawn at random first:" : "")
      fill(pass, `Pass ${count(rest, "well")}`)
      fill(look, "Show a random montage")
      fill(montage)
      montage.hidden = true
      dialog.classList.remove("wide")
      look.hidden = !unopened
      dialog.showModal()
      ;(unopened ? look : pass).focus()
    },
    /** @param {VerdictText["sample"]} sample */
    show(sample) {
      if (!sample || sample.seed !== seed || montage.hidden || montage.dataset.seed === String(seed)) return
      montage.dataset.seed = String(seed)
      fill(montage, sample.items.length ? sample.items.map(picture) : h("p", { class: "soft" }, "None of them can be shown."))
    },
  }
}
