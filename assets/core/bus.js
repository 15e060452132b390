// What the parts of one page share without asking the server. Each part is a component
// of its own; this module is loaded once, so its state is the page's.

const target = new EventTarget()

/** Tell the other parts. */
export function tell(name, detail) {
  target.dispatchEvent(new CustomEvent(name, { detail }))
}

/** Listen until the returned function is called. */
export function listen(name, listener) {
  const wrapped = (event) => listener(event.detail)
  target.addEventListener(name, wrapped)
  return () => target.removeEventListener(name, wrapped)
}

/** Open a part of what numbers rest on: "channels", "limits", "map" or "import". */
export const openSetup = (part) => tell("open-setup", part)

/** The channels as they are drawn now: `{index, name, color, low, high, gamma, active}`.
 *  One contrast for thumbnails, viewer and comparison; `source` says where it comes from:
 *  "stored", "plate", "dtype", "hand", or "field", and then `origin` which field. */
export const display = { channels: [], source: "plate", origin: "" }

export function setDisplay(channels, { source = display.source, origin = "" } = {}) {
  Object.assign(display, { channels, source, origin })
  tell("display", channels)
}

/** Where the colours of the plate end: "robust", "full", or "project" for limits that all
 *  plates of the project have in common. */
export const colourBar = { limits: "robust" }

export function setLimits(limits) {
  colourBar.limits = limits
  tell("limits", limits)
}

/** Who acts; kept in the browser, shown in the header. */
export const reviewer = { name: "" }

export function setReviewer(name) {
  reviewer.name = name
  tell("reviewer", name)
}
