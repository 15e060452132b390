// Goes from plate to plate: a menu that is searched by typing, and one key each way.

import { listen } from "./bus.js"
import { combobox } from "./combobox.js"
import { h, icon, set } from "./dom.js"
import { signButton } from "./parts.js"
import { keyName } from "./keys.js"
import { withWords } from "./search.js"

const MOST = 100 // that are listed at once; typing finds the others

/**
 * The button that stands beside the plate's name, and the box that it opens.
 * @param {(key: string) => void} open
 */
export function plateChooser(open) {
  /** @type {KnownPlate[]} */
  let plates = []
  let chosen = ""
  /** @type {string[]} */
  let order = [] // of the list as it was seen last
  const finder = combobox({
    id: "plate", label: "Find a plate by name or path", listLabel: "Plates", placeholder: "Name or path", find, take: choose,
    look: (/** @type {KnownPlate} */ { key, name, location, error }) => ({
      line: [h("span", { class: "cut name" }, name), error ? h("span", { class: "soft" }, "cannot be opened") : null],
      now: key === chosen, barred: error ? "This plate cannot be opened." : "", attributes: { title: location, dataset: { plate: key } },
    }),
    key: ({ key }) => key === "Escape" && leave(),
  })
  const before = signButton("back", "Previous plate", () => step(-1))
  const after = signButton("forward", "Next plate", () => step(1))
  const box = h("div", { class: "choices", popover: "auto" }, h("div", { class: "row" }, before, finder.input, after), finder.list, finder.foot)
  const button = h("button", { class: "plain square hcs-plates", "aria-label": "Another plate", "aria-haspopup": "dialog", title: "Another plate", click: () => show() }, icon("down"))

  const isOpen = () => box.matches(":popover-open")

  function show() {
    if (isOpen()) return box.hidePopover()
    finder.input.value = ""
    set(before, { title: `Previous plate (Shift ${keyName("previous")})` })
    set(after, { title: `Next plate (Shift ${keyName("next")})` })
    finder.open(box, button, "")
    finder.input.focus()
  }

  /** In the order in which the list was seen. */
  function sortedPlates() {
    const place = new Map(order.map((key, at) => [key, at]))
    return [...plates].sort((a, b) => (place.get(a.key) ?? order.length) - (place.get(b.key) ?? order.length))
  }

  /** Without words the open plate is marked, and listed with those around it. @param {string} text */
  function find(text) {
    const all = withWords(sortedPlates(), text, ({ name, location }) => `${name}\n${location}`)
    const at = text ? 0 : Math.max(0, all.findIndex(({ key }) => key === chosen))
    const start = Math.max(0, Math.min(at - MOST / 2, all.length - MOST))
    const entries = all.slice(start, start + MOST)
    return { groups: [{ label: "", entries }], first: at - start, note: all.length > entries.length ? `${entries.length} of ${all.length} plates; type to find the others` : all.length ? "" : "No plate of that name or path" }
  }

  function leave() {
    box.hidePopover()
    button.focus()
    return true
  }

  /** @param {KnownPlate} plate */
  function choose(plate) {
    leave()
    open(plate.key)
  }

  /** To the plate beside the open one; the ends are ends. @param {number} by */
  function step(by) {
    const keys = sortedPlates().filter((plate) => !plate.error).map((plate) => plate.key)
    const at = keys.indexOf(chosen)
    if (chosen && at >= 0 && keys[at + by]) open(keys[at + by])
  }

  listen("next-plate", step)
  listen("order-plates", (keys) => { order = keys })
  return {
    button,
    box,
    offer(/** @type {KnownPlate[]} */ next, /** @type {string} */ open) {
      if (next === plates && open === chosen) return
      plates = next
      chosen = open
      if (isOpen()) finder.show()
    },
  }
}
