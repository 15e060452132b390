// Asks for the reason of an act that changes the plate, before it is done.

import { fill, h, set } from "./dom.js"
import { watchDialog } from "./keys.js"

/**
 * @param {{about: string, example: string, look: string, act: string}} words  `look` names box and button for tests
 * @param {(reason: string) => void} run
 */
export function reasonDialog({ about, example, look, act }, run) {
  const reason = h("textarea", { class: `hcs-${look}-reason`, rows: "2", maxlength: "1000", required: true, "aria-label": "Reason", placeholder: `Reason, such as: ${example}` })
  const question = h("h2")
  const dialog = watchDialog(h("dialog", { class: "ask" }, h("form", { submit: given }, question, h("p", { class: "soft" }, about), reason,
    h("div", { class: "row acts" }, h("button", { click: () => dialog.close() }, "Cancel"), h("span", { class: "grow" }), h("button", { type: "submit", class: `primary hcs-${look}-confirm` }, act)))))

  /** @param {Event} event */
  function given(event) {
    event.preventDefault()
    const text = reason.value.trim()
    if (!text) return reason.focus()
    dialog.close()
    return run(text)
  }

  return {
    dialog,
    /** @param {string} title */
    ask(title) {
      fill(question, title)
      set(dialog, { "aria-label": title })
      reason.value = ""
      dialog.showModal()
    },
  }
}
