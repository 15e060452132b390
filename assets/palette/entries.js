// All that can be asked for by its name: the acts that have keys, every button, link and
// setting of the page, metrics, wells, plates and panels.

import { ask, stage, tell } from "../core/bus.js"
import { ACTIONS, GROUPS, keyName, match, whyBarred } from "../core/keys.js"
import { textOf } from "../core/wire.js"

const CONTROLS = "button, a[href], select, input, textarea, summary"
const LISTED = ".skip, .hcs-plate-link, .hcs-where a, .hcs-plates" // what they offer is found by its own name
const FOLDED = ".folded, details:not([open]), [data-findable]"
const FEW_CHOICES = 12 // a setting with more is entered and not spelled out

/** Everything that people can ask for now. @param {Say} send */
export const entries = (send) => [...acts(send), ...controls(), ...panels(), ...metrics(), ...wells(), ...plates(send)]

/** The entry of the well that was typed, however it is spelled. @param {Entry[]} all @param {string} query */
export function wellFirst(all, query) {
  const label = query.trim() && match(textOf("header", "known")?.labels ?? [], query)
  return all.find(({ id }) => id === `well:${label}`) ?? null
}

/** What can be done by a key; of channels, those that the plate has. @param {Say} send */
function acts(send) {
  const channels = textOf("channels", "content")?.channels ?? []
  const isThere = (/** @type {Action} */ { channel = -1 }) => channel < channels.length
  return GROUPS.flatMap(([group, actions]) => actions.filter((action) => action.id !== "palette" && isThere(action)).flatMap((action) => {
    const own = { group, barred: whyBarred(action) }
    const key = keyName(action.id)
    const event = new KeyboardEvent("keydown")
    const about = channels[action.channel ?? -1]?.name ?? (action.name ? action.text : "")
    const run = { ...own, id: `act:${action.id}`, name: action.name || action.text, about, key, run: () => action.run(send, event) }
    const inList = stage() === "plates" && action.inList
    if (inList) return [{ ...run, name: action.listName ?? "", barred: "", run: inList }]
    return action.shifted ? [run, { ...own, id: `act:${action.id}:shift`, name: action.shiftedName ?? "", key: `Shift+${key}`, run: () => action.shifted?.(send, event) }] : [run]
  }))
}

// Buttons and settings --

/** All that can be pressed or set, through the shadow trees of the parts.
 *  @param {ParentNode} root @returns {Generator<Control>} */
function* pressable(root) {
  for (const element of root.querySelectorAll("*")) {
    if (element.matches(CONTROLS)) yield /** @type {Control} */ (element)
    if (element.shadowRoot) yield* pressable(element.shadowRoot)
  }
}

/** @param {Node} node */
const parentOf = (node) => (node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentNode)

/** The ancestors of an element through shadow trees, itself first. @param {Node} element */
function* upwards(element) {
  /** @type {Node | null} */
  let node = element
  for (; node instanceof Element; node = parentOf(node)) yield node
}

/** Whether an element is on the page, be it folded away. @param {Element} element */
function isThere(element) {
  const folded = [...upwards(element)].filter((node) => node.matches(FOLDED))
  for (const node of upwards(element)) {
    if (node.matches("[hidden]:not([data-findable]), [inert], [aria-hidden=true], dialog:not([open]), .hcs-palette, .tip, template")) return false
  }
  const outermost = folded.at(-1)
  return outermost ? outermost.matches(".folded, [data-findable]") || outermost.checkVisibility() : element.checkVisibility()
}

/** What a control is called. @param {Control} element */
function nameOf(element) {
  const labels = element.labels?.length ? [...element.labels].flatMap((label) => [...label.childNodes].filter((node) => !node.contains(element)).map((node) => node.textContent)).join(" ") : ""
  const text = element.matches("select, input, textarea") ? labels : element.textContent
  return (element.getAttribute("aria-label") || text.trim() || element.title || element.placeholder || "").replace(/\s+/g, " ").trim()
}

/** @param {Element} element */
function placeOf(element) {
  for (const node of upwards(element)) {
    const name = node.getAttribute("aria-label") || node.matches(".panel") && node.querySelector("h2")?.textContent
    if (node !== element && name && node.matches("section, dialog, .panel, nav, [role=toolbar], [role=group]")) return name.trim()
  }
  return "Page"
}

/** Unfold what an element stands in, and go there. @param {HTMLElement} element */
function reveal(element) {
  for (const node of upwards(element)) {
    if (node instanceof HTMLDetailsElement) node.open = true
    if (node.matches(".folded")) tell("open-panel", node.id.replace(/^panel-/, ""))
  }
  element.scrollIntoView({ block: "nearest" })
  element.focus({ preventScroll: true })
}

/** Buttons that show their act's key are found as that act. @param {HTMLElement} element */
const isAct = (element) => ACTIONS.some(({ id }) => id === element.dataset.act)

function controls() {
  /** @type {Entry[]} */
  const all = []
  const listed = new Set(metrics().map(({ name }) => name))
  for (const element of pressable(document)) {
    const name = nameOf(element)
    if (!name || listed.has(name) || isAct(element) || element.matches(LISTED) || !isThere(element)) continue
    const [group, kind] = [placeOf(element), element.tagName.toLowerCase()]
    if (all.some(({ id }) => id === `${kind}:${group}:${name}`)) continue // a slider, and its box
    const entry = { id: `${kind}:${group}:${name}`, name, group, about: element.title, barred: element.disabled ? element.title || "Not possible now." : "" }
    const sets = kind === "select" || kind === "textarea" || (kind === "input" && !["checkbox", "radio", "button", "submit"].includes(element.type ?? ""))
    const rules = sets && kind === "input" && element.closest("details:has(td input)")?.querySelector("summary")
    if (rules) {
      // Limits of one set of rules are found as that set.
      const set = all.find(({ id }) => id === `summary:${group}:${nameOf(rules)}`)
      if (set) set.about += ` ${name}`
      continue
    }
    all.push({ ...entry, sets, run: () => { reveal(element); if (!sets && kind !== "summary") element.click() } }) // that is open by then
    if (element instanceof HTMLSelectElement && element.options.length <= FEW_CHOICES) all.push(...choices(element, entry))
  }
  return all
}

/** @param {HTMLSelectElement} select @param {Omit<Entry, "run">} entry */
function choices(select, entry) {
  return [...select.options].filter((option) => option.text.trim()).map((option) => ({
    ...entry, id: `${entry.id}:${option.value}`, name: `${entry.name}: ${option.text}`,
    run() {
      select.value = option.value
      select.dispatchEvent(new Event("change", { bubbles: true }))
    },
  }))
}

function panels() {
  const all = []
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-part]"))) {
    const heading = part.firstElementChild?.shadowRoot?.querySelector(".panel > header h2, section > header h2")
    if (!heading || !isThere(heading)) continue
    const panel = /** @type {HTMLElement} */ (heading.closest("section, .panel"))
    all.push({ id: `panel:${part.dataset.part}`, name: heading.textContent, group: "Panel", run() {
      panel.tabIndex = -1
      reveal(panel)
    } })
  }
  return all
}

// What the plate has --

function metrics() {
  const offered = textOf("plate_map", "choices")?.metrics ?? []
  return offered.map(({ id, title, about, group }) => ({ id: `metric:${id}`, name: title, about: `${group} ${about}`, group: "Metric", run: () => ask("choose-metric", id) }))
}

function wells() {
  const plate = textOf("plate_map", "plate")
  return (textOf("header", "known")?.labels ?? []).map((label) => {
    const at = plate?.labels?.indexOf(label) ?? -1
    const about = (plate?.conditions?.[at] ?? []).map(([, value]) => value).join(", ")
    return { id: `well:${label}`, name: label, about, group: "Well", run: () => ask("choose", label) }
  })
}

/** @param {Say} send */
function plates(send) {
  const known = textOf("header", "known")
  const all = (known?.plates ?? []).map((plate) => ({
    id: `plate:${plate.key}`, name: plate.name, about: plate.location, group: "Plate",
    barred: plate.error ? "This plate cannot be opened." : "", run: () => send("plate", { plate: plate.key }),
  }))
  return known?.list ? [...all, { id: "plates", name: "All plates", about: "list back", group: "Plate", run: () => send("plate", { plate: "" }) }] : all
}
