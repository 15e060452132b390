// The keyboard of the page: which key does what, and who has changed it.
//
// Every default is one key without Shift, AltGr or dead keys on US, UK, German and French
// layouts: letters by what they write, digits by where they are (French ones stand above
// Shift). Only what is another act's other half is with Shift: redo, plates beside wells,
// one channel beside its switch.

import { leaveBox, typing } from "./boxes.js"
import { ask, stage, tell } from "./bus.js"
import { returningFocus } from "./focus.js"
import { selectWells, selection } from "./selection.js"
import { onPreference, preference, setPreference } from "./storage.js"
import { whenStarted } from "./wire.js"
import { VERDICTS, VERDICT_NAMES } from "./verdict_table.js"

/** @param {string} id @param {string} key @param {string} text @param {Action["run"]} run @param {ActionMore} more @returns {Action} */
const act = (id, key, text, run, more = {}) => ({ id, key, text, run, ...more })

/** What to do first, "" where it is open. @type {Record<Need, () => string>} */
const NEEDS = {
  plate: () => (stage() === "plates" ? "Open a plate first." : ""),
  well: () => NEEDS.plate() || (selection.well || selection.wells.length ? "" : `Open a well first: ${keyName("next")} goes to the next suspect.`),
  field: () => NEEDS.well() || (["field", "compare"].includes(stage()) ? "" : "Open a field first."),
  compare: () => (stage() === "compare" ? "" : "Stage a correction first: it is compared with what is there."),
  hold: () => "Hold the key on the page.",
}
const once = { once: true }
const fixed = { fixed: true }
const [plate, well, field, compare] = [{ needs: "plate" }, { needs: "well" }, { needs: "field" }, { needs: "compare" }].map((need) => /** @type {ActionMore} */ (need))

/**
 * Actions in groups: what the help panel shows is what is bound.
 * @type {[string, Action[]][]}
 */
export const GROUPS = [
  ["Judge", [
    ...VERDICT_NAMES.map((verdict) => act(verdict, VERDICTS[verdict].letter.toUpperCase(), VERDICTS[verdict].word, () => ask("verdict", verdict), { ...once, ...well })),
    act("reason", "R", "Reason of the verdict", () => ask("verdict-reason"), well),
    act("note", "N", "Note", () => ask("verdict-note"), well),
    act("scope", "T", "Judge the open field, or the whole well", () => ask("verdict-scope"), { ...once, ...field }),
    act("undo", "U", "Undo your verdict; with Shift: redo", () => ask("undo"), { ...once, ...plate, name: "Undo your verdict", shiftedName: "Redo your verdict", shifted: () => ask("redo") }),
    act("next", "J", "Next suspect or unreviewed well; with Shift, and in the list: next plate", () => ask("queue", 1), { ...plate, name: "Next suspect or unreviewed well", shiftedName: "Next plate", shifted: () => ask("next-plate", 1), listName: "Next plate in the list", inList: () => ask("in-list", ["row", 1]) }),
    act("previous", "K", "Previous suspect or well; with Shift, and in the list: previous plate", () => ask("queue", -1), { ...plate, name: "Previous suspect or well", shiftedName: "Previous plate", shifted: () => ask("next-plate", -1), listName: "Previous plate in the list", inList: () => ask("in-list", ["row", -1]) }),
    act("beside", "C", "Compare with the nearest control, again: the next; with Shift: other wells below", () => ask("control"), { ...well, name: "Compare with the nearest control", shiftedName: "Other wells: controls, neighbours, random, best and worst", shifted: () => ask("beside") }),
  ]],
  ["Plate", [
    act("left", "ArrowLeft", "", () => ask("move", [0, -1]), { ...fixed, ...plate, name: "Move to the well on the left" }),
    act("right", "ArrowRight", "", () => ask("move", [0, 1]), { ...fixed, ...plate, name: "Move to the well on the right" }),
    act("up", "ArrowUp", "", () => ask("move", [-1, 0]), { ...fixed, ...plate, name: "Move to the well above" }),
    act("down", "ArrowDown", "Move to the next well", () => ask("move", [1, 0]), { ...fixed, ...plate, name: "Move to the well below" }),
    act("goto", "G", "Go to a well by its name", (send) => send("ask-well"), plate),
    act("metric", "M", "Next metric; in the list: sort by the next column", () => ask("metric", 1), { ...plate, name: "Next metric", listName: "Sort the plates by the next column", inList: () => ask("in-list", ["sort"]) }),
    act("residual", "B", "Raw values, robust z-score, B-score; in the list: group", () => ask("score", 1), { ...plate, name: "Raw values, robust z-score, B-score", listName: "Group the plates: folder, state, date", inList: () => ask("in-list", ["group"]) }),
    act("pictures", "Home", "The plate's pictures: all wells, random, controls", () => ask("montage"), { ...once, ...plate }),
    act("filter", "X", "Filter the wells; in the list: find a plate", () => ask("filter"), { ...plate, name: "Filter the wells", listName: "Find a plate by name, barcode or condition", inList: () => ask("in-list", ["find"]) }),
  ]],
  ["Well and field", [
    act("open", "Enter", "Open the field", (send) => send("open"), { ...fixed, ...well }),
    act("back", "Escape", "Back: field, well, plate, list of plates", (send) => (selection.wells.length ? selectWells([]) : send("back")), { ...fixed, ...plate }),
    act("field-before", "A", "Previous field", () => ask("step", -1), well),
    act("field-after", "S", "Next field", () => ask("step", 1), well),
    act("z-down", "PageDown", "Focal plane down", () => ask("axis", ["z", -1]), field),
    act("z-up", "PageUp", "Focal plane up", () => ask("axis", ["z", 1]), field),
    act("projection", "End", "One focal plane, maximum, mean", () => ask("projection"), { ...once, ...field }),
    act("t-back", "Q", "Previous time point", () => ask("axis", ["t", -1]), field),
    act("t-on", "W", "Next time point", () => ask("axis", ["t", 1]), field),
  ]],
  ["Picture", [
    ...Array.from({ length: 9 }, (_, i) => act(`channel-${i + 1}`, String(i + 1), i === 8 ? "Channel on or off; with Shift: only this one, with Shift+0: all" : "", () => ask("channel", i), { ...fixed, ...plate, channel: i, name: `Channel ${i + 1} on or off`, shiftedName: `Only channel ${i + 1}`, shifted: () => ask("only-channel", i) })),
    act("overlays", "O", "Hide signs and labels while held", () => setOverlays(false), { once: true, needs: "hold", released: () => setOverlays(true) }),
    act("zoom-in", "Z", "Zoom in", () => ask("zoom", 1.5), plate),
    act("zoom-out", "Y", "Zoom out", () => ask("zoom", 1 / 1.5), plate),
    act("fit", "0", "Fit the picture", () => ask("zoom", null), { ...plate, name: "Fit the picture", shiftedName: "All channels", shifted: () => ask("only-channel", null) }),
    act("actual", "V", "Actual pixels (100 %)", () => ask("zoom", 0), plate),
    act("whole", ",", "The whole plate as pictures, or the well", () => ask("pictures-of-plate"), plate),
    act("compare", "Backspace", "Old and new: side by side, swipe, blink, difference", () => ask("compare-mode", ""), compare),
    act("swipe", "Delete", "Old and new: swipe, and back", () => ask("compare-mode", "swipe"), { ...once, ...compare }),
    act("blink", " ", "Old and new: blink", () => ask("compare-mode", "flip"), compare),
    act("difference", "Insert", "Old and new: difference, and back", () => ask("compare-mode", "difference"), { ...once, ...compare }),
  ]],
  ["Page", [
    act("file", "E", "Choose a corrected file; in the list: add a plate", () => ask("choose-file")),
    act("history", "H", "Go to the versions of the field", () => ask("show-history"), well),
    act("theme", "D", "Light or dark", () => ask("toggle-theme")),
    act("palette", "Ctrl+K", "Find an act, metric, well, plate or setting", () => ask("palette"), fixed),
    act("help", "I", "Keyboard shortcuts, also ?", () => ask("help")),
  ]],
]

export const ACTIONS = GROUPS.flatMap(([, actions]) => actions)

/** On the page and in every part of it: signs drawn over pictures are shown or not. @param {boolean} shown */
function setOverlays(shown) {
  document.documentElement.style.setProperty("--hcs-overlay", shown ? "1" : "0")
  tell("overlays", shown)
}

// Which key --

let custom = read() // by id, only what differs from the default

function read() {
  try {
    const stored = JSON.parse(preference("keys") || "{}")
    return Object.fromEntries(Object.entries(stored).filter(([id, key]) => typeof key === "string" && ACTIONS.some((action) => action.id === id && !action.fixed)))
  } catch {
    return {}
  }
}

/** @param {Record<string, string>} next */
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

/** The key of an action as it is pressed: "J", "ArrowLeft". @param {Action} action */
export const keyOf = (action) => custom[action.id] ?? action.key

/** @param {string} id */
const named = (id) => /** @type {ReturnType<typeof act>} */ (ACTIONS.find((action) => action.id === id))

/** The key of an action as people read it. @param {string} id */
export function keyName(id) {
  const key = keyOf(named(id))
  return NAMES[key] ?? key
}

/** Why an act cannot be done now, "" where it can. @param {Action} action */
export const whyBarred = (action) => bars.get(action.id) || (action.needs ? NEEDS[action.needs]() : "")

/** @type {Map<string, string>} */
const bars = new Map()

/** Say why these acts cannot be done now, "" where they can. @param {string[]} ids @param {string} reason */
export const barActs = (ids, reason) => ids.forEach((id) => bars.set(id, reason))

/** @type {Record<string, string>} */
const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", PageUp: "Page↑", PageDown: "Page↓", Backspace: "⌫", " ": "Space" }

/** Whether any key is not the default. */
export const changedKeys = () => Object.keys(custom).length > 0

export const defaultKeys = () => keep({})

/**
 * Give an action another key. What had it gets the old one; returns that action, null
 * where nobody had it, or a sentence why it cannot be.
 * @param {string} id @param {string} key @returns {Action | null | string}
 */
export function setKey(id, key) {
  const changed = named(id)
  if (!ALLOWED.test(key)) return `${NAMES[key] ?? key} cannot be used: take a letter, a sign that needs no Shift, Insert, Delete or Home.`
  const holder = ACTIONS.find((action) => action !== changed && keyOf(action) === key)
  if (holder?.fixed || key === "?") return `${NAMES[key] ?? key} always means: ${holder?.text || "channels, moves or help"}.`
  /** @type {Record<string, string>} */
  const next = { ...custom, [id]: key }
  if (holder) next[holder.id] = keyOf(changed)
  keep(Object.fromEntries(Object.entries(next).filter(([id, value]) => named(id).key !== value)))
  return holder ?? null
}

const ALLOWED = /^(?:\S| |PageUp|PageDown|Home|End|Insert|Delete|Backspace)$/u

/** What was pressed, however the layout writes it. @param {KeyboardEvent} event */
export function pressed(event) {
  // Digits stand above Shift on French keyboards, so the place of the key counts.
  const digit = /^Digit(\d)$/.exec(event.code)?.[1]
  if (digit) return digit
  return event.key.length === 1 ? event.key.toUpperCase() : event.key
}

/**
 * The action of a key press: by Shift and not by the case, for caps lock must not redo.
 * @param {KeyboardEvent} event @returns {[Action | undefined, boolean]}
 */
function actionOf(event) {
  const key = pressed(event)
  if (key === "?") return [ACTIONS.find((action) => action.id === "help"), false]
  const pressedAction = ACTIONS.find((action) => keyOf(action) === key)
  const shifted = event.shiftKey && /^[\p{L}\d]$/u.test(key)
  return shifted && !pressedAction?.shifted ? [undefined, true] : [pressedAction, shifted]
}

/** Keys that a focused control needs for itself. */
/** @type {Record<string, string[]>} */
const OWN = {
  BUTTON: ["Enter", " "], SUMMARY: ["Enter", " "], A: ["Enter"],
  INPUT: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter", "PageUp", "PageDown", "Home", "End", " "],
}

/** The same of inputs that need fewer. */
/** @type {Record<string, string[]>} */
const OWN_OF_TYPE = { file: ["Enter", " "], checkbox: [" "], radio: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " "] }

/** Whether a control that has the focus needs a key for itself. @param {{tagName?: string, type?: string} | undefined} control @param {string} key */
export const needsKey = (control, key) => Boolean((OWN_OF_TYPE[control?.type ?? ""] ?? OWN[control?.tagName ?? ""])?.includes(key))

/** A held one passes many wells; all other acts are about the well that it has come to. */
const MOVES = ["left", "right", "up", "down"]

/** Bind the keys to the document. @param {Say} send */
export function bindKeys(send) {
  const down = (/** @type {KeyboardEvent} */ event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && !event.repeat) {
      event.preventDefault() // the browser's own search box
      if (!openDialog(document)) ask("palette")
      return
    }
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (leaveBox(event) || typing(event)) return
    const path = event.composedPath()
    if (openDialog(document)) return
    const target = /** @type {HTMLElement} */ (path[0])
    if (needsKey(target, event.key)) return
    const [action, shifted] = actionOf(event)
    if (!action) return
    event.preventDefault()
    if (action.once && event.repeat) return
    // What acts may ask others, and those may be about to be drawn.
    whenStarted(() => {
      if (!MOVES.includes(action.id)) tell("acting")
      const inList = stage() === "plates" && action.inList
      ;(inList || (shifted && action.shifted) || action.run)(send, event)
    })
  }
  const up = (/** @type {KeyboardEvent} */ event) => {
    for (const action of ACTIONS) if (action.released && keyOf(action) === pressed(event)) action.released()
  }
  // A key that is let go in another window is never heard of.
  const gone = () => ACTIONS.forEach((action) => action.released?.())
  document.addEventListener("keydown", down)
  document.addEventListener("keyup", up)
  window.addEventListener("blur", gone)
}

/** Dialogs stand inside components, whose trees `querySelector` does not enter. */
const dialogs = new Set()
/** @param {HTMLDialogElement} dialog */
export function watchDialog(dialog) {
  dialogs.add(dialog)
  returningFocus(dialog)
  return dialog
}
// Asked of each: the event that one has closed comes late, for keys that follow at once.
const openDialog = (/** @type {Document} */ root) => [...dialogs].some((dialog) => dialog.open && dialog.isConnected) || root.querySelector("dialog[open]")

/** The label that "d7", "D007", "d-7" or "r04c07" means. @param {string[]} labels @param {string} text */
export function match(labels, text) {
  const plain = (/** @type {string} */ value) => value.toUpperCase().replace(/[\s/_-]/g, "").replace(/^([A-Z]+)0*(\d+)$/, "$1$2")
  const byPlace = /^R0*(\d+)C0*(\d+)$/i.exec(text.trim())
  const letters = (/** @type {number} */ row) => (row > 26 ? String.fromCharCode(64 + Math.floor((row - 1) / 26)) : "") + String.fromCharCode(65 + ((row - 1) % 26))
  const name = plain(byPlace ? letters(Number(byPlace[1])) + byPlace[2] : text)
  return labels.find((label) => plain(label) === name)
}
