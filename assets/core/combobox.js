// A box that is typed into and the list of what it finds: an ARIA combobox. The focus stays
// in the box, arrows move through the list, Enter takes, and a line at the foot explains.

import { fill, h, say, set } from "./dom.js"

const GAP = 4 // pixels between what opens and what it opens from
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }

/** Show a popover below what it belongs to, within the window. @param {HTMLElement} popup @param {HTMLElement} anchor */
function openUnder(popup, anchor) {
  const { left, bottom, width } = anchor.getBoundingClientRect()
  popup.showPopover()
  popup.style.minWidth = `${width}px`
  popup.style.left = `${Math.max(0, Math.min(left, window.innerWidth - popup.offsetWidth - 2 * GAP))}px`
  popup.style.top = `${bottom + GAP}px`
  popup.style.setProperty("--above", `${bottom + 3 * GAP}px`)
}

/** @template Listed @param {ComboboxParts<Listed>} its */
export function combobox({ id, label, listLabel, placeholder, find, look, take, key = () => false, attributes = {} }) {
  /** @type {Listed[]} */
  let entries = []
  let at = -1
  let note = ""
  const list = h("div", { id: `${id}-list`, class: "options", role: "listbox", "aria-label": listLabel })
  const foot = h("p", { id: `${id}-about`, class: "soft small foot", role: "status" })
  const input = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-label": label, placeholder, "aria-autocomplete": "list",
    "aria-expanded": "true", "aria-controls": list.id, "aria-describedby": foot.id, ...attributes,
  })
  set(input, { input: () => show(), keydown })

  function show(text = input.value) {
    const finding = find(text)
    entries = finding.groups.flatMap((group) => group.entries)
    note = finding.note
    let index = 0
    fill(list, finding.groups.flatMap((group, number) => {
      const options = group.entries.map((entry) => option(entry, index++))
      const head = `${id}-group-${number}`
      return group.label ? [h("div", { role: "group", "aria-labelledby": head }, h("h3", { id: head, role: "presentation" }, group.label), options)] : options
    }))
    mark(finding.first)
  }

  /** @param {Listed} entry @param {number} index */
  function option(entry, index) {
    const { line, barred, now, attributes: more } = look(entry)
    return h("div", {
      role: "option", id: `${id}-${index}`, "aria-current": now ? "true" : null, "aria-selected": "false", "aria-disabled": barred ? "true" : null, ...more,
      click: () => takeAt(index), pointermove: () => { if (at !== index) mark(index, false) },
    }, line)
  }

  /** @param {number} index @param {boolean} [scroll] */
  function mark(index, scroll = true) {
    const options = list.querySelectorAll("[role=option]")
    options[at]?.setAttribute("aria-selected", "false")
    at = Math.min(entries.length - 1, index)
    options[at]?.setAttribute("aria-selected", "true")
    set(input, { "aria-activedescendant": at < 0 ? null : `${id}-${at}` })
    say(foot, (at >= 0 && look(entries[at]).about) || note)
    if (scroll) options[at]?.scrollIntoView({ block: "nearest" })
  }

  /** @param {number} index */
  function takeAt(index) {
    if (index < 0) return
    const { barred } = look(entries[index])
    if (barred) say(foot, barred)
    else take(entries[index])
  }

  /** One step goes around, a page stops at the ends. @param {number} step */
  function move(step) {
    const last = entries.length - 1
    if (Math.abs(step) > 1) mark(Math.max(0, Math.min(last, at + step)))
    else mark(at + step > last ? 0 : at + step < 0 ? last : at + step)
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.isComposing) return
    const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)]
    if (!key(event)) {
      if (step) move(step)
      else if (event.key === "Enter") takeAt(at)
      else return
    }
    event.preventDefault()
    event.stopPropagation() // Escape and Enter would leave the box
  }

  return {
    input, list, foot, show,
    /** Show what `text` finds in a popover. @param {HTMLElement} popup @param {HTMLElement} anchor @param {string} text */
    open(popup, anchor, text) {
      show(text)
      openUnder(popup, anchor)
      mark(at)
    },
  }
}
