// Elements from plain values. Nothing here, and nothing that uses it, ever parses HTML:
// names of plates, files and people only become text nodes and attributes.

/** Characters that may be typed or pasted where no other limit is given: what is searched
 *  for with every key must not be a megabyte. */
const MOST_TYPED = 1000
const TYPED = ":is(textarea, input[type=text], input[type=search]):not([maxlength])"

const SVG = "http://www.w3.org/2000/svg"

/**
 * Make an element: `h("p", {class: "soft", click}, "text", child)`. A button submits no form
 * unless its type says so.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Attributes<HTMLElementTagNameMap[Tag]> | Child} [attributes]  may be left out @param {Child[]} children  null is none
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag)
  if (tag === "button") element.setAttribute("type", "button")
  if (attributes?.constructor === Object) set(element, /** @type {Attributes} */ (attributes))
  else children.unshift(/** @type {Child} */ (attributes))
  if (element.matches(TYPED)) element.setAttribute("maxlength", String(MOST_TYPED))
  return fill(element, ...children)
}

/** An element of SVG. @param {string} tag @param {Record<string, any>} attributes @param {any[]} children */
export function svg(tag, attributes = {}, ...children) {
  const element = set(document.createElementNS(SVG, tag), attributes)
  element.append(...children.flat())
  return element
}

/**
 * Set attributes, properties and listeners (functions, by the name of their event) of an element.
 * @template {any} Made
 * @param {Made} made @param {Record<string, any>} attributes
 */
export function set(made, attributes) {
  const element = /** @type {any} */ (made)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value)
    } else if (name === "style") {
      for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each)
    } else if (name === "dataset") {
      Object.assign(element.dataset, value)
    } else if (name === "value" || name === "checked" || name === "textContent") {
      element[name] = value
    } else if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) {
      element.removeAttribute(name)
    } else {
      element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value))
    }
  }
  return made
}

/** Attributes of a control: off where there is a reason, which it then says.
 *  @param {string | undefined} reason @param {string} title */
export const barredBy = (reason, title = "") => ({ disabled: Boolean(reason), title: reason || title || null })

/** Replace what an element holds. @template {Element} Holder @param {Holder} element @param {Child[]} children */
export function fill(element, ...children) {
  element.replaceChildren(.../** @type {(Node | string)[]} */ (children.flat().filter((child) => child !== null && child !== undefined)))
  return element
}

/** A text node only where the text changed, so that screen readers are not disturbed.
 *  @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

const ICONS = {
  sun: "M8 4.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13",
  moon: "M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.7 3.7",
  help: "M5.6 6a2.4 2.4 0 1 1 3.5 2.1c-.7.4-1.1.9-1.1 1.7M8 12.4v.1",
  fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  back: "M9.5 3 4.5 8l5 5",
  down: "M3 6l5 5 5-5",
  forward: "M6.5 3l5 5-5 5",
  file: "M4 1.8h5L12.5 5v9.2H4zM9 1.8V5h3.5",
  folder: "M1.8 12.8V3.5h4.4l1.5 1.8h6.5v7.5z",
  upload: "M8 11V2.5M4.5 6 8 2.5 11.5 6M2.5 11v2.5h11V11",
  warn: "M8 2 1.5 13.5h13zM8 6.5v3.2M8 11.6v.1",
  check: "M3 8.5l3.4 3.4L13.2 4.6",
  close: "M4 4l8 8M12 4l-8 8",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3",
  edit: "M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4z",
  ring: "M8 3a5 5 0 1 0 0 10 5 5 0 1 0 0-10",
  half: "M8 3a5 5 0 1 0 0 10 5 5 0 1 0 0-10M8 3v10M10 4.2v7.6M12 5.3v5.4",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  link: "M6.5 9.5l3-3M5 8 3.3 9.7a2.1 2.1 0 0 0 3 3L8 11M8 5l1.7-1.7a2.1 2.1 0 0 1 3 3L11 8",
}

/** A line icon of 16 px; decoration only, so it is hidden from screen readers. @param {keyof typeof ICONS} name */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", width: "16", height: "16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }))
}

/** What draws on a canvas. @param {HTMLCanvasElement | OffscreenCanvas} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export function penOf(canvas, settings) {
  const pen = canvas.getContext("2d", settings)
  if (!pen) throw new Error("This browser has no canvas to draw on.")
  return /** @type {Pen} */ (pen)
}

/** Why something failed: anything may be thrown. @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error))

/** Run `work` once before the next frame, however often it is asked for. @param {() => void} work */
export function everyFrame(work) {
  let frame = 0
  return () => {
    if (frame) return
    frame = requestAnimationFrame(() => {
      frame = 0
      work()
    })
  }
}
