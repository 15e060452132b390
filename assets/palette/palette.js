// The command palette: a box that finds every act, metric, well, plate, panel and setting
// by typing. It opens at once, for what is typed into it must not reach the page's keys;
// what it finds comes with the first time it is asked.

import { listen } from "../core/bus.js"
import { combobox } from "../core/combobox.js"
import { h } from "../core/dom.js"
import { watchDialog } from "../core/keys.js"
import { ranked, withUsed } from "../core/search.js"
import { preference, setPreference } from "../core/storage.js"

const READING = "Reading…"
const NOT_READ = "What can be done could not be listed: the server may be away for a moment. Close this and open it again."

/** The palette's dialog; `send` speaks for the header. @param {Say} send */
export function palette(send) {
  /** @type {Entry[]} */
  let all = []
  let nothing = READING // why nothing is listed
  /** @type {typeof import("./entries.js").wellFirst | null} */
  let wellFirst = null // comes with the module that reads the page
  const finder = combobox({
    id: "palette", label: "Find an act, metric, well, plate or setting", listLabel: "What can be done", placeholder: "Act, metric, well, plate, panel or setting", find, take,
    look: ({ name, group, barred, key }) => ({
      line: [h("span", { class: "name" }, name, barred ? h("span", { class: "soft small" }, barred) : null), h("span", { class: "soft small" }, group), key ? h("kbd", key) : null], barred,
    }),
  })
  const dialog = watchDialog(h("dialog", { class: "hcs-palette", "aria-label": "Find", click: ({ target }) => { if (target === dialog) dialog.close() } }, finder.input, finder.list, finder.foot))

  const recent = () => preference("recent").split("\n").filter(Boolean)

  /** @param {string} text */
  function find(text) {
    const well = wellFirst?.(all, text)
    const entries = [...(well ? [well] : []), ...ranked(all, text, recent()).filter((entry) => entry !== well)]
    const note = !all.length ? nothing : entries.length ? "" : `Nothing is called “${text}”. Type a part of a name, as on its button, or a well: D07.`
    return { groups: [{ label: "", entries }], first: text.trim() ? 0 : -1, note } // Enter alone does nothing: a verdict is not given by mistake
  }

  /** @param {Entry} entry */
  function take(entry) {
    setPreference("recent", withUsed(recent(), entry.id, 8).join("\n"))
    dialog.close() // gives the focus back, before the act may take it
    entry.run()
  }

  listen("palette", async () => {
    if (dialog.open) return dialog.close()
    finder.input.value = ""
    all = []
    nothing = READING
    finder.show()
    dialog.showModal()
    try {
      const reading = await import("./entries.js")
      wellFirst = reading.wellFirst
      all = reading.entries(send)
    } catch {
      nothing = NOT_READ
    }
    return finder.show()
  })
  return { dialog }
}
