// What the parts of one page share without asking the server. Each part is a component
// of its own; this module is loaded once, so its state is the page's.

const target = new EventTarget()

/** Which stage the page shows: "plates", "values", "canvas", "well", "field", "compare", "correct" ... */
export const stage = () => document.documentElement.dataset.stage ?? ""

/** Tell the other parts. @template {EventName} Name @param {Name} name @param {Events[Name]} [detail] */
export function tell(name, detail) {
  target.dispatchEvent(new CustomEvent(name, { detail }))
}

/** @type {{name: EventName, detail: any} | null} */
let waiting = null // what was asked for last and no part could do yet

let drawOthers = () => {}

/** Say how parts are drawn that nobody has seen yet: what no other part does may be theirs.
 *  @param {() => void} draw */
export function whenUnanswered(draw) {
  drawOthers = draw
}

/** Ask for an act: a part that cannot do it yet answers false, and is asked again when it may.
 *  @template {EventName} Name @param {Name} name @param {Events[Name]} [detail] */
export function ask(name, detail) {
  waiting = null // before, for who answers may ask another
  if (!answered(name, detail)) drawOthers()
}

/** Ask who listens now; without an answer the act waits. @param {EventName} name @param {any} detail */
function answered(name, detail) {
  const event = new CustomEvent(name, { detail, cancelable: true })
  target.dispatchEvent(event)
  if (!event.defaultPrevented) waiting = { name, detail }
  return event.defaultPrevented
}

/** A part shows something new: it may do what it could not. */
export function askAgain() {
  const act = waiting
  waiting = null
  if (act) answered(act.name, act.detail)
}

// Who points at something else, or presses another key, does not wait any more: a file dialog
// must not open for an E of minutes ago. A key that is held comes again and again.
const MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta"]
globalThis.addEventListener?.("pointerdown", () => { waiting = null }, true)
globalThis.addEventListener?.("keydown", ({ key, repeat }) => { if (!repeat && !MODIFIERS.includes(key)) waiting = null }, true)

/** Listen until the returned function is called. @template {EventName} Name @param {Name} name @param {(detail: Events[Name]) => void} listener */
export function listen(name, listener) {
  const wrapped = (/** @type {Event} */ event) => {
    if (/** @type {any} */ (listener)(/** @type {CustomEvent} */ (event).detail) !== false) event.preventDefault()
  }
  target.addEventListener(name, wrapped)
  if (waiting?.name === name) queueMicrotask(askAgain)
  return () => target.removeEventListener(name, wrapped)
}

/** Hear of an act that somebody else does. @template {EventName} Name @param {Name} name @param {(detail: Events[Name]) => void} hear */
export const overhear = (name, hear) => void target.addEventListener(name, (event) => hear(/** @type {CustomEvent} */ (event).detail))

/** Open a part of what numbers rest on: "channels", "limits", "map" or "import".
 *  @param {string} part */
export const openSetup = (part) => ask("open-setup", part)

/** The channels as they are drawn now: `{index, name, color, low, high, gamma, active}`.
 *  One contrast for thumbnails, viewer and comparison; `source` says where it comes from:
 *  "stored", "plate", "dtype", "hand", or "field", and then `origin` which field.
 *  @type {{channels: ChannelLook[], source: string, origin: string}} */
export const display = { channels: [], source: "plate", origin: "" }

/** @param {ChannelLook[]} channels */
export function setDisplay(channels, { source = display.source, origin = "" } = {}) {
  Object.assign(display, { channels, source, origin })
  tell("display", channels)
}

/** Whether somebody wants to add a plate: the panel for it may come later than the wish. */
export const adding = { wanted: false }

/** Open the panel that adds a plate. */
export function addPlate() {
  adding.wanted = true
  tell("add-plate", { open: true })
}

/** Who acts; kept in the browser, shown in the header. */
export const reviewer = { name: "" }

/** @param {string} name */
export function setReviewer(name) {
  reviewer.name = name
  tell("reviewer", name)
}
