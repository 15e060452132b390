// The keyboard of the page: which key does what, and who has changed it.
//
// Every default is one key without Shift, AltGr or dead keys on US, UK, German and French
// layouts: letters by what they write, digits by where they are (French ones stand above
// Shift). Only redo is with Shift, as undo's other half.

import { leaveBox } from "./boxes.js"
import { tell } from "./bus.js"
import { typing } from "./dom.js"
import { selectWells, selection } from "./selection.js"
import { onPreference, preference, setPreference } from "./storage.js"

/** An action: `once` acts never repeat while a key is held, `fixed` keys stay as they are. */
/**
 * @typedef {{once?: boolean, fixed?: boolean, shifted?: (send: Send, event: KeyboardEvent) => void, released?: () => void}} More
 * @typedef {(type: string, content?: object) => number} Send
 * @param {string} id
 * @param {string} key
 * @param {string} text
 * @param {(send: Send, event: KeyboardEvent) => void} run
 * @param {More} more
 */
const act = (id, key, text, run, more = {}) => ({ id, key, text, run, ...more })
const once = { once: true }
const fixed = { fixed: true }

/**
 * Actions in groups: what the help panel shows is what is bound.
 * @type {[string, ReturnType<typeof act>[]][]}
 */
export const GROUPS = [
  ["Judge", [
    act("pass", "P", "Pass", () => tell("verdict", "pass"), once),
    act("flag", "L", "Flag", () => tell("verdict", "flag"), once),
    act("fail", "F", "Fail", () => tell("verdict", "fail"), once),
    act("reason", "R", "Reason of the verdict", () => tell("verdict-reason")),
    act("note", "N", "Note", () => tell("verdict-note")),
    act("scope", "T", "This field alone, or the well", () => tell("verdict-scope"), once),
    act("undo", "U", "Undo your verdict; with Shift: redo", () => tell("undo"), { once: true, shifted: () => tell("redo") }),
    act("next", "J", "Next suspect or unreviewed well", () => tell("queue", 1)),
    act("previous", "K", "Previous one", () => tell("queue", -1)),
    act("beside", "C", "Beside it: controls, random, best and worst", () => tell("beside")),
  ]],
  ["Plate", [
    act("left", "ArrowLeft", "", () => tell("move", [0, -1]), fixed),
    act("right", "ArrowRight", "", () => tell("move", [0, 1]), fixed),
    act("up", "ArrowUp", "", () => tell("move", [-1, 0]), fixed),
    act("down", "ArrowDown", "Move to the well beside", () => tell("move", [1, 0]), fixed),
    act("goto", "G", "Go to a well by its name", (send) => send("ask-well")),
    act("metric", "M", "Next metric", () => tell("metric", 1)),
    act("residual", "B", "As measured, robust z, B-score", () => tell("score", 1)),
    act("pictures", "Home", "The plate's pictures: all wells, random, controls", () => tell("montage"), once),
    act("filter", "X", "Filter the wells", () => tell("filter")),
  ]],
  ["Well and field", [
    act("open", "Enter", "Open the field", (send) => send("open"), fixed),
    act("back", "Escape", "Back: field, well, plate", (send) => (selection.wells.length ? selectWells([]) : send("back")), fixed),
    act("field-before", "A", "Previous field", () => tell("step", -1)),
    act("field-after", "S", "Next field", () => tell("step", 1)),
    act("z-down", "PageDown", "Focal plane down", () => tell("axis", ["z", -1])),
    act("z-up", "PageUp", "Focal plane up", () => tell("axis", ["z", 1])),
    act("projection", "End", "One focal plane, maximum, mean", () => tell("projection"), once),
    act("t-back", "Q", "Time point back", () => tell("axis", ["t", -1])),
    act("t-on", "W", "Time point on", () => tell("axis", ["t", 1])),
  ]],
  ["Picture", [
    ...Array.from({ length: 9 }, (_, i) => act(`channel-${i + 1}`, String(i + 1), i === 8 ? "Channel on or off" : "", () => tell("channel", i), fixed)),
    act("overlays", "O", "Signs and labels off while it is held", () => setOverlays(false), { once: true, released: () => setOverlays(true) }),
    act("zoom-in", "Z", "Zoom in", () => tell("zoom", 1.5)),
    act("zoom-out", "Y", "Zoom out", () => tell("zoom", 1 / 1.5)),
    act("fit", "0", "Fit the picture", () => tell("zoom", null)),
    act("actual", "V", "One screen pixel a pixel", () => tell("zoom", 0)),
    act("whole", ",", "The whole plate as pictures, or the well", () => tell("pictures-of-plate")),
    act("compare", "Backspace", "Old and new: side by side, swipe, blink, difference", () => tell("compare-mode", "")),
    act("swipe", "Delete", "Old and new: swipe, and back", () => tell("compare-mode", "swipe"), once),
    act("blink", " ", "Old and new: one, then the other", () => tell("compare-mode", "flip")),
    act("difference", "Insert", "Old and new: their difference, and back", () => tell("compare-mode", "difference"), once),
  ]],
  ["Page", [
    act("file", "E", "Choose a corrected file; in the list: add a plate", () => tell("choose-file")),
    act("history", "H", "Go to the versions of the field", () => tell("show-history")),
    act("theme", "D", "Light or dark", () => tell("toggle-theme")),
    act("help", "I", "These keys, also ?", () => tell("help")),
  ]],
]

export const ACTIONS = GROUPS.flatMap(([, actions]) => actions)

/** On the page and in every part of it: signs drawn over pictures are shown or not. */
function setOverlays(shown) {
  document.documentElement.style.setProperty("--hcs-overlay", shown ? "1" : "0")
  tell("overlays", shown)
}

// Which key -----------------------------------------------------------------------------

let custom = read() // by id, only what differs from the default

function read() {
  try {
    const stored = JSON.parse(preference("keys") || "{}")
    return Object.fromEntries(Object.entries(stored).filter(([id, key]) => typeof key === "string" && ACTIONS.some((action) => action.id === id && !action.fixed)))
  } catch {
    return {}
  }
}

function keep(next) {
  custom = next
  setPreference("keys", JSON.stringify(custom))
  tell("keys")
}

// Another tab of this person has changed them.
onPreference("keys", () => {
  custom = read()
  tell("keys")
})

/** The key of an action as it is pressed: "J", "ArrowLeft". */
export const keyOf = (action) => custom[action.id] ?? action.key

/** The key of an action as people read it. */
export function keyName(id) {
  const key = keyOf(ACTIONS.find((action) => action.id === id))
  return NAMES[key] ?? key
}

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", PageUp: "Page↑", PageDown: "Page↓", Backspace: "⌫", " ": "Space" }

/** Whether any key is not the default. */
export const changedKeys = () => Object.keys(custom).length > 0

export const defaultKeys = () => keep({})

/**
 * Give an action another key. What had it gets the old one; returns that action, null
 * where nobody had it, or a sentence why it cannot be.
 */
export function setKey(id, key) {
  const changed = ACTIONS.find((action) => action.id === id)
  if (!ALLOWED.test(key)) return `${NAMES[key] ?? key} cannot be used: take a letter, a sign that needs no Shift, Insert, Delete or Home.`
  const holder = ACTIONS.find((action) => action !== changed && keyOf(action) === key)
  if (holder?.fixed || key === "?") return `${NAMES[key] ?? key} always means: ${holder?.text || "channels, moves or help"}.`
  const next = { ...custom, [id]: key }
  if (holder) next[holder.id] = keyOf(changed)
  keep(Object.fromEntries(Object.entries(next).filter(([id, value]) => ACTIONS.find((action) => action.id === id).key !== value)))
  return holder ?? null
}

const ALLOWED = /^(?:\S| |PageUp|PageDown|Home|End|Insert|Delete|Backspace)$/u

/** What was pressed, however the layout writes it. */
export function pressed(event) {
  // Digits stand above Shift on French keyboards, so the place of the key counts.
  const digit = /^Digit(\d)$/.exec(event.code)?.[1]
  if (digit && !event.shiftKey) return digit
  return event.key.length === 1 ? event.key.toUpperCase() : event.key
}

/**
 * The action of a key press: by Shift and not by the case, for caps lock must not redo.
 * @returns {[ReturnType<typeof act> | undefined, boolean]}
 */
function actionOf(event) {
  const key = pressed(event)
  if (key === "?") return [ACTIONS.find((action) => action.id === "help"), false]
  const pressedAction = ACTIONS.find((action) => keyOf(action) === key)
  const shifted = event.shiftKey && /^\p{L}$/u.test(key)
  return shifted && !pressedAction?.shifted ? [undefined, true] : [pressedAction, shifted]
}

/** Keys that a focused control needs for itself. */
const OWN = {
  BUTTON: ["Enter", " "], SUMMARY: ["Enter", " "], A: ["Enter"],
  INPUT: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter", "PageUp", "PageDown", "Home", "End", " "],
}

/** Bind the keys to the document; returns the way to stop. */
export function bindKeys(send) {
  const down = (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (leaveBox(event) || typing(event)) return
    const path = event.composedPath()
    if (openDialog(document)) return
    const target = path[0]
    if (OWN[target?.tagName]?.includes(event.key)) return
    const [action, shifted] = actionOf(event)
    if (!action) return
    event.preventDefault()
    if (action.once && event.repeat) return
    ;(shifted ? action.shifted : action.run)(send, event)
  }
  const up = (event) => {
    for (const action of ACTIONS) if (action.released && keyOf(action) === pressed(event)) action.released()
  }
  // A key that is let go in another window is never heard of.
  const gone = () => ACTIONS.forEach((action) => action.released?.())
  document.addEventListener("keydown", down)
  document.addEventListener("keyup", up)
  window.addEventListener("blur", gone)
  return () => {
    document.removeEventListener("keydown", down)
    document.removeEventListener("keyup", up)
    window.removeEventListener("blur", gone)
  }
}

/** Dialogs stand inside components, whose trees `querySelector` does not enter. */
let open = 0
export function watchDialog(dialog) {
  const show = dialog.showModal.bind(dialog)
  dialog.showModal = () => {
    if (!dialog.open) open += 1
    show()
  }
  dialog.addEventListener("close", () => { open = Math.max(0, open - 1) })
  return dialog
}
const openDialog = (root) => open > 0 || root.querySelector("dialog[open]")

/** The label that "d7", "D007", "d-7" or "r04c07" means. */
export function match(labels, text) {
  const plain = (value) => value.toUpperCase().replace(/[\s/_-]/g, "").replace(/^([A-Z]+)0*(\d+)$/, "$1$2")
  const byPlace = /^R0*(\d+)C0*(\d+)$/i.exec(text.trim())
  const letters = (row) => (row > 26 ? String.fromCharCode(64 + Math.floor((row - 1) / 26)) : "") + String.fromCharCode(65 + ((row - 1) % 26))
  const name = plain(byPlace ? letters(Number(byPlace[1])) + byPlace[2] : text)
  return labels.find((label) => plain(label) === name)
}
