// Goes from plate to plate: a menu that is searched by typing, and one key each way.

import { listen } from "./bus.js"
import { fill, h, icon, set } from "./dom.js"
import { keyName } from "./keys.js"

const MOST = 100 // that are listed at once; typing finds the others

/**
 * The button that stands beside the plate's name, and the box that it opens.
 * @param {(key: string) => void} open
 */
export function plateChooser(open) {
  /** @type {{key: string, name: string, location: string, error: boolean}[]} */
  let plates = []
  let chosen = ""
  /** @type {string[]} */
  let order = [] // of the list as it was seen last
  let active = 0
  const find = h("input", { type: "text", class: "find", role: "combobox", "aria-expanded": "true", "aria-controls": "plates", "aria-label": "Find a plate by name or path", placeholder: "Name or path", autocomplete: "off", spellcheck: "false", on: { input: () => list(0), keydown: (event) => key(event) } })
  const before = h("button", { type: "button", class: "plain square", "aria-label": "Previous plate", on: { click: () => step(-1) } }, icon("back"))
  const after = h("button", { type: "button", class: "plain square", "aria-label": "Next plate", on: { click: () => step(1) } }, icon("forward"))
  const options = h("ul", { id: "plates", role: "listbox", "aria-label": "Plates" })
  const more = h("p", { class: "soft small", role: "status" })
  const box = h("div", { class: "chooser", popover: "auto" }, h("div", { class: "row" }, before, find, after), options, more)
  const button = h("button", { type: "button", class: "plain square hcs-plates", "aria-label": "Another plate", "aria-haspopup": "dialog", title: "Another plate", on: { click: () => show() } }, icon("down"))

  function show() {
    if (box.matches(":popover-open")) return box.hidePopover()
    box.showPopover()
    const { left, bottom } = button.getBoundingClientRect()
    box.style.left = `${Math.min(left, window.innerWidth - box.offsetWidth - 8)}px`
    box.style.top = `${bottom + 4}px`
    find.value = ""
    set(before, { title: `Previous plate (Shift ${keyName("previous")})` })
    set(after, { title: `Next plate (Shift ${keyName("next")})` })
    list(Math.max(0, sortedPlates().findIndex((plate) => plate.key === chosen)))
    find.focus()
  }

  /** In the order in which the list was seen. */
  function sortedPlates() {
    const place = new Map(order.map((key, at) => [key, at]))
    return [...plates].sort((a, b) => (place.get(a.key) ?? order.length) - (place.get(b.key) ?? order.length))
  }

  /** @param {number} at */
  function list(at) {
    const words = find.value.trim().toLowerCase()
    const found = sortedPlates().filter((plate) => `${plate.name}\n${plate.location}`.toLowerCase().includes(words))
    const shown = found.slice(Math.max(0, Math.min(at - MOST / 2, found.length - MOST)))
      .slice(0, MOST)
    active = Math.max(0, shown.indexOf(found[at]))
    fill(options, shown.map((plate, i) => h("li", { role: "option", id: `plate-${i}`, dataset: { plate: plate.key }, "aria-selected": String(plate.key === chosen), "aria-disabled": plate.error ? "true" : null, title: plate.location, on: { click: () => choose(plate) } },
      h("span", { class: "cut" }, plate.name), plate.error ? h("span", { class: "soft" }, "cannot be opened") : null)))
    fill(more, found.length > shown.length ? `${shown.length} of ${found.length} plates; type to find the others` : found.length ? "" : "No plate of that name or path")
    mark()
  }

  function mark() {
    ;[...options.children].forEach((option, i) => option.classList.toggle("active", i === active))
    set(find, { "aria-activedescendant": options.children.length ? `plate-${active}` : null })
    options.children[active]?.scrollIntoView({ block: "nearest" })
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by) active = Math.max(0, Math.min(options.children.length - 1, active + by))
    else if (event.key === "Enter") /** @type {HTMLElement | undefined} */ (options.children[active])?.click()
    else if (event.key === "Escape") leave()
    else return
    event.preventDefault()
    event.stopPropagation()
    if (by) mark()
  }

  function leave() {
    box.hidePopover()
    button.focus()
  }

  /** @param {{key: string, error: boolean}} plate */
  function choose(plate) {
    if (plate.error) return
    leave()
    open(plate.key)
  }

  /** To the plate beside the open one; the ends are ends. @param {number} by */
  function step(by) {
    const keys = sortedPlates().filter((plate) => !plate.error).map((plate) => plate.key)
    const at = keys.indexOf(chosen)
    if (chosen && at >= 0 && keys[at + by]) open(keys[at + by])
  }

  const listening = [listen("next-plate", step), listen("order-plates", (keys) => { order = keys })]
  return {
    button,
    box,
    offer(/** @type {typeof plates} */ next, /** @type {string} */ open) {
      if (next === plates && open === chosen) return
      plates = next
      chosen = open
      if (box.matches(":popover-open")) list(Math.max(0, sortedPlates().findIndex((plate) => plate.key === chosen)))
    },
    stop: () => listening.forEach((end) => end()),
  }
}
