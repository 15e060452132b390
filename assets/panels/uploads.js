// The files on their way: how many, how far, what went wrong; and the page as a place to
// drop files on. What becomes of them is shown by the parts that use them.

import { addPlate, ask, listen, stage, tell } from "../core/bus.js"
import { holdReload } from "../core/connection.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { keepingFocus } from "../core/focus.js"
import { bar, fileBox, fillBar, signButton } from "../core/parts.js"
import { chosenFiles, watchDrops, wellBelow } from "../core/drops.js"
import { bytes, count } from "../core/text.js"
import { again, cancel, sendFiles, setServer, takeUp, underWay, uploads, uploadsRefused } from "../core/uploads.js"
import { leftText, part, stateText, summary } from "./upload_text.js"

const TO_LIST = "Go to the list of plates to add it."

/** @param {PartContext} context @returns {Part<"uploads">} */
export function build({ el, root, hide }) {
  let plate = "" // that is open
  let most = 1 // files that a field of it takes
  let well = "" // that is looked at, and so meant by files that are dropped beside any

  const input = fileBox({ class: "hcs-resume sr", "aria-label": "Files whose upload was left unfinished" }, (files) => give(chosenFiles(files)))
  const total = h("span", { class: "cut", role: "status", "aria-live": "polite" })
  const sent = bar()
  const list = h("ul")
  const stop = h("button", { class: "small", click: () => uploads.filter(underWay).forEach(cancel) }, "Cancel all")
  const useAll = h("button", { class: "small", click: () => uploads.filter((entry) => entry.state === "unused").forEach(use) }, "Use them")
  const left = h("div", { class: "notice warn", hidden: true })
  const line = h("summary", { class: "row button" }, icon("upload"), total, sent)
  const box = h("details", { class: "hcs-uploads", "aria-label": "Uploads", keydown: (event) => leave(event) }, line, h("div", { class: "sheet" }, left, h("div", { class: "row" }, useAll, stop), list))
  let asking = 0 // how many of them went wrong on this page
  const veil = h("div", { class: "veil", hidden: true })
  el.append(box, veil)

  /** Where no plate is open, files are those of a new one. */
  const ofNewPlate = () => stage() === "plates"

  /** @param {GivenFile[]} files @param {Parameters<typeof sendFiles>[1]} [target] */
  function give(files, target) {
    if (uploadsRefused()) return tell("hint", uploadsRefused())
    if (files.length) sendFiles(files, target).catch((error) => tell("hint", error.message))
    return undefined
  }

  /** Files of a new plate. @param {GivenFile[]} files */
  const giveNew = (files) => (ofNewPlate() ? tell("plate-files", files) : tell("hint", TO_LIST))

  watchDrops({
    over(event) {
      const target = wellBelow(event) || well
      fill(veil, h("p", ofNewPlate() ? "Drop a zip of an export to add its plate" : uploadsRefused() || (target ? `Drop the files for well ${target}` : "Drop the files to upload them")))
      veil.hidden = false
      if (event.dataTransfer) event.dataTransfer.dropEffect = uploadsRefused() && !ofNewPlate() ? "none" : "copy"
    },
    away() { veil.hidden = true },
    drop(files, event) {
      // Folders are read for a while, and another plate may be open then.
      const target = { plate, most, well: wellBelow(event) || well }
      const take = ofNewPlate() ? giveNew : (/** @type {GivenFile[]} */ each) => give(each, target)
      files.then(take, (error) => tell("hint", `These files cannot be read: ${error.message}`))
    },
  })

  /** @param {UploadEntry} entry */
  function row(entry) {
    const ofOther = plate && entry.state === "ready" && entry.plate && entry.plate !== plate
    const elsewhere = entry.state === "ready" && !ofOther && entry.well && entry.well !== well
    const act = elsewhere ? `Open ${entry.well}` : ofOther ? "Use here" : /** @type {Partial<Record<UploadEntry["state"], string>>} */ ({ broken: "Go on now", failed: entry.file ? "Try again" : "", unused: "Use" })[entry.state]
    const path = entry.folder ? `${entry.folder}/${entry.name}` : entry.name
    const bad = entry.state === "refused" || entry.state === "failed"
    return h("li", { dataset: { upload: entry.id, state: entry.state } },
      h("div", { class: "row" }, icon(bad ? "warn" : "file"), h("span", { class: "grow cut", title: path }, path),
        h("span", { class: "small soft" }, bytes(entry.size)),
        act ? h("button", { class: "small", click: () => (elsewhere ? ask("choose", entry.well) : entry.state === "unused" || ofOther ? use(entry) : again(entry)) }, act) : null,
        signButton("close", `${underWay(entry) ? "Cancel" : "Discard"} ${entry.name}`, () => cancel(entry), { dataset: { key: entry.key } })),
      h("div", { class: "row" }, underWay(entry) ? bar("", part([entry]), 1, "grow") : null,
        h("span", { class: "small soft" }, stateText(entry))))
  }

  /** @param {UploadEntry} entry */
  function use(entry) {
    if (entry.purpose === "plate") return ofNewPlate() ? addPlate() : tell("hint", TO_LIST)
    // In the table of many it is asked what each file is for.
    Object.assign(entry, { plate, well: stage() === "correct" ? "" : well || entry.well })
    return takeUp(entry)
  }

  function show() {
    hide(!uploads.length)
    const unfinished = uploads.filter((entry) => entry.state === "left")
    const text = summary(uploads) || `${count(unfinished.length, "upload")} unfinished`
    say(total, text)
    set(line, { title: text })
    fillBar(sent, part(uploads), 1)
    const busy = uploads.some(underWay)
    stop.hidden = !busy
    useAll.hidden = !uploads.some((entry) => entry.state === "unused")
    sent.hidden = !busy
    left.hidden = !unfinished.length
    if (!unfinished.length) fill(left)
    else fill(left, icon("warn"), h("span", { class: "grow" }, leftText(unfinished)), input,
      h("button", { class: "small", click: () => input.click() }, unfinished.length === 1 ? "Choose it again" : "Choose them again"),
      h("button", { class: "small", click: () => unfinished.forEach(cancel) }, `Discard ${count(unfinished.length, "file")}`))
    fill(list, uploads.map(row))
    const before = asking
    asking = uploads.filter((entry) => entry.state === "refused" || entry.state === "failed").length
    if (asking !== before) box.open = asking > 0
    // What an earlier page left can wait: it covers no plate, and its button says so.
    line.classList.toggle("asks", asking + unfinished.length > 0)
  }

  /** @param {KeyboardEvent} event */
  function leave(event) {
    if (event.key !== "Escape" || !box.open) return
    event.stopPropagation()
    box.open = false
    line.focus()
  }

  listen("uploads", () => keepingFocus(root, show))
  addEventListener("pointerdown", (event) => { if (!event.composedPath().includes(box)) box.open = false })
  hide(true)
  // A browser would forget the files, and the person would have to choose them again.
  holdReload(() => uploads.some((entry) => entry.file && underWay(entry)))
  return {
    content(next) {
      ;({ plate, most, well } = next)
      setServer({ address: next.address, page: next.page, plate: next.plate, most: next.most, refused: next.refused })
      show()
    },
  }
}
