// The keyboard of the page, and the panel that explains it.

import { tell } from "./bus.js"
import { fill, h, icon, typing } from "./dom.js"
import { selectWells, selection } from "./selection.js"

/** A held key repeats; what decides must not. */
function once(act) {
  return (send, event) => { if (!event.repeat) act(send, event) }
}

/** By Shift and not by the letter's case, for caps lock must not redo. */
function turn(send, event) {
  tell(event.shiftKey ? "redo" : "undo")
}

/** Keys in groups: what is shown in the help panel is what is bound. */
export const KEYS = [
  ["Plate", [
    [["←", "→", "↑", "↓"], "Move to the well beside", { ArrowLeft: () => tell("move", [0, -1]), ArrowRight: () => tell("move", [0, 1]), ArrowUp: () => tell("move", [-1, 0]), ArrowDown: () => tell("move", [1, 0]) }],
    [["G"], "Go to a well by name", { g: (send) => send("ask-well") }],
    [["⇧ arrows"], "On the map: choose several wells", {}],
    [["M"], "Next metric", { m: () => tell("metric", 1) }],
  ]],
  ["Well and field", [
    [["Enter"], "Open the field", { Enter: (send) => send("open") }],
    [["Esc"], "Back: field, well, plate", { Escape: (send) => (selection.wells.length ? selectWells([]) : send("back")) }],
    [["[", "]"], "Previous, next field", { "[": () => tell("step", -1), "]": () => tell("step", 1) }],
    [[",", "."], "Focal plane down, up", { ",": () => tell("axis", ["z", -1]), ".": () => tell("axis", ["z", 1]) }],
    [[";", "'"], "Time point back, on", { ";": () => tell("axis", ["t", -1]), "'": () => tell("axis", ["t", 1]) }],
  ]],
  ["Picture", [
    [["1", "…", "9"], "Channel on or off", Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), () => tell("channel", i)]))],
    [["+", "-"], "Zoom in, out", { "+": () => tell("zoom", 1.5), "=": () => tell("zoom", 1.5), "-": () => tell("zoom", 1 / 1.5) }],
    [["0"], "Fit the picture", { 0: () => tell("zoom", null) }],
    [["V"], "One screen pixel a pixel", { v: () => tell("zoom", 0) }],
    [["W"], "Compare: side by side or swipe", { w: () => tell("compare-mode") }],
  ]],
  ["Judge", [
    [["P"], "Pass", { p: once(() => tell("verdict", "pass")) }],
    [["L"], "Look again", { l: once(() => tell("verdict", "flag")) }],
    [["F"], "Fail", { f: once(() => tell("verdict", "fail")) }],
    [["R"], "Reason of the verdict", { r: () => tell("verdict-reason") }],
    [["N"], "Note", { n: () => tell("verdict-note") }],
    [["T"], "This field alone, or the well", { t: once(() => tell("verdict-scope")) }],
    [["U", "⇧U"], "Undo, redo your verdict", { u: once(turn), U: once(turn) }],
    [["J", "K"], "Next suspect or unreviewed well, previous", { j: () => tell("queue", 1), k: () => tell("queue", -1) }],
  ]],
  ["Correct", [
    [["E"], "Choose a corrected file", { e: () => tell("choose-file") }],
    [["H"], "Go to the versions of the field", { h: () => tell("show-history") }],
  ]],
  ["Page", [
    [["D"], "Light or dark", { d: () => tell("toggle-theme") }],
    [["?"], "This help", { "?": () => tell("help") }],
  ]],
]

const BOUND = Object.assign({}, ...KEYS.flatMap(([, rows]) => rows.map(([, , bound]) => bound)))

/** Keys that a focused control needs for itself. */
const OWN = {
  BUTTON: ["Enter"], SUMMARY: ["Enter"], A: ["Enter"],
  INPUT: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter"],
}

/** Bind the keys to the document; returns the way to stop. */
export function bindKeys(send) {
  const listener = (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (typing(event) || document.querySelector("dialog[open]")) return
    const path = event.composedPath()
    if (path.some((each) => each instanceof HTMLDialogElement && each.open)) return
    const target = path[0]
    if (OWN[target?.tagName]?.includes(event.key)) return
    // Digits stand above Shift on French keyboards, so the place of the key counts.
    const digit = /^Digit(\d)$/.exec(event.code)?.[1]
    const act = BOUND[event.shiftKey ? event.key : digit ?? event.key] ?? BOUND[event.key] ?? (event.key.length === 1 ? BOUND[event.key.toLowerCase()] : undefined)
    if (!act) return
    event.preventDefault()
    act(send, event)
  }
  document.addEventListener("keydown", listener)
  return () => document.removeEventListener("keydown", listener)
}

/** The help panel. */
export function helpDialog() {
  const close = h("button", { type: "button", class: "plain square", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close"))
  const dialog = h("dialog", { class: "help", "aria-label": "Keys" },
    h("header", { class: "row" }, h("h2", { class: "grow" }, "Keys"), close),
    h("div", { class: "groups" }, KEYS.map(([name, rows]) => h("section", {}, h("h3", {}, name),
      h("dl", {}, rows.flatMap(([keys, text]) => [h("dt", {}, keys.map((key) => (key === "…" ? h("span", {}, "…") : h("kbd", {}, key)))), h("dd", {}, text)]))))),
    h("p", { class: "soft small" }, "Keys rest while you type. On the map, a click on a letter or number chooses a row or column, dragging or Shift a block, and Ctrl adds to what is chosen."))
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close() })
  return { dialog, toggle: () => (dialog.open ? dialog.close() : dialog.showModal()) }
}

/** A small box that asks for a well by its name. */
export function wellDialog(labels) {
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: "false", size: "8", "aria-label": "Well", placeholder: "D07" })
  const hint = h("p", { class: "small bad-text", role: "alert" })
  const form = h("form", { method: "dialog" }, h("label", { class: "row" }, h("b", {}, "Go to well"), input), hint)
  const dialog = h("dialog", { class: "goto", "aria-label": "Go to a well" }, form)
  form.addEventListener("submit", (event) => {
    const found = match(labels(), input.value)
    if (found) tell("choose", found)
    else {
      event.preventDefault()
      fill(hint, `No well ${input.value || "without a name"} on this plate.`)
    }
  })
  return {
    dialog,
    ask() {
      input.value = ""
      fill(hint)
      dialog.showModal()
    },
  }
}

/** The label that "d7", "D007", "d-7" or "r04c07" means. */
export function match(labels, text) {
  const plain = (value) => value.toUpperCase().replace(/[\s/_-]/g, "").replace(/^([A-Z]+)0*(\d+)$/, "$1$2")
  const byPlace = /^R0*(\d+)C0*(\d+)$/i.exec(text.trim())
  const letters = (row) => (row > 26 ? String.fromCharCode(64 + Math.floor((row - 1) / 26)) : "") + String.fromCharCode(65 + ((row - 1) % 26))
  const wanted = plain(byPlace ? letters(Number(byPlace[1])) + byPlace[2] : text)
  return labels.find((label) => plain(label) === wanted)
}
