// The command palette: a box that finds every act, metric, well, plate, panel and setting
// by typing. It opens at once, for what is typed into it must not reach the page's keys;
// what it finds comes with the first time it is asked.

import { listen } from "../core/bus.js"
import { fill, h, set } from "../core/dom.js"
import { watchDialog } from "../core/keys.js"
import { sheet } from "../core/island.js"
import { preference, setPreference } from "../core/storage.js"

/** The palette's dialog, to stand in `root`; `send` speaks for the header. */
export function palette(root, send) {
  let finding = null // the modules that find, once they were asked for
  let all = []
  let shown = []
  let at = 0
  const list = h("ul", { id: "palette-list", role: "listbox", "aria-label": "What can be done" })
  const hint = h("p", { class: "soft small", role: "status" })
  const input = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-label": "Find an act, metric, well, plate or setting", placeholder: "Act, metric, well, plate, panel or setting",
    "aria-expanded": "true", "aria-autocomplete": "list", "aria-controls": "palette-list", on: { input: () => show() },
  })
  const dialog = watchDialog(h("dialog", { class: "hcs-palette", "aria-label": "Find" }, input, list, hint))

  async function load() {
    finding ??= Promise.all([import("./entries.js"), import("./ranking.js"), sheet("palette/palette.css")]).then(([found, ranking, style]) => {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, style]
      return { ...found, ...ranking }
    })
    const { entries, ranked, wellFirst } = await finding
    all = entries(send)
    find = (query) => {
      const well = wellFirst(all, query)
      return [...(well ? [well] : []), ...ranked(all, query, recent()).filter((entry) => entry !== well)]
    }
    show()
  }

  let find = (_query) => []
  const recent = () => preference("recent").split("\n").filter(Boolean)

  function show() {
    shown = find(input.value)
    fill(list, shown.map((entry, i) => h("li", { id: `palette-${i}`, role: "option", "aria-disabled": entry.barred ? "true" : null, on: { click: () => choose(i), pointermove: () => mark(i) } },
      h("span", { class: "name" }, entry.name, entry.barred ? h("span", { class: "soft small" }, entry.barred) : null),
      h("span", { class: "soft small" }, entry.group), entry.key ? h("kbd", {}, entry.key) : null)))
    fill(hint, !all.length ? "Reading…" : shown.length ? "" : `Nothing is called “${input.value}”. Type a part of a name, as on its button, or a well: D07.`)
    mark(input.value.trim() ? 0 : -1) // Enter alone does nothing: a verdict is not given by mistake
  }

  function mark(index) {
    at = Math.min(shown.length - 1, index)
    ;[...list.children].forEach((item, i) => set(item, { "aria-selected": String(i === at) }))
    set(input, { "aria-activedescendant": at >= 0 ? `palette-${at}` : null })
    list.children[at]?.scrollIntoView({ block: "nearest" })
  }

  async function choose(index) {
    const entry = shown[index]
    if (!entry) return
    if (entry.barred) return void fill(hint, entry.barred)
    const { withUsed } = await finding
    setPreference("recent", withUsed(recent(), entry.id).join("\n"))
    dialog.close() // gives the focus back, before the act may take it
    entry.run()
  }

  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return
    if (event.key in steps) mark(Math.max(0, at + steps[event.key]))
    else if (event.key === "Enter") choose(at)
    else return
    event.preventDefault()
  })
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close() })

  const stop = listen("palette", () => {
    if (dialog.open) return dialog.close()
    input.value = ""
    fill(list)
    dialog.showModal()
    return load()
  })
  return { dialog, stop }
}
