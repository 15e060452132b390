// The panel that shows the keys and lets people change them, and the box that goes to a
// well by its name.

import { ask, listen } from "./bus.js"
import { fill, h, set } from "./dom.js"
import { signButton } from "./parts.js"
import { GROUPS, changedKeys, defaultKeys, keyName, match, pressed, setKey, watchDialog } from "./keys.js"

/** The help panel. */
export function helpDialog() {
  let changing = "" // id of the action that waits for its new key
  const close = signButton("close", "Close", () => dialog.close())
  const back = h("button", { class: "small hcs-keys-default", click: () => { defaultKeys(); say("All keys are the default ones again.") } }, "Default keys")
  const groups = h("div", { class: "groups" })
  const message = h("p", { class: "said small", role: "status" })
  const dialog = watchDialog(h("dialog", { class: "help", "aria-label": "Keys" },
    h("header", { class: "row" }, h("h2", { class: "grow" }, "Keys"), back, close), groups,
    h("p", { class: "soft small" }, "Click a key to change it; this browser remembers. Keys do nothing while you type. On the map, a click on a letter or number chooses a row or column, dragging or Shift a block, and Ctrl adds to what is chosen."), message))
  const say = (/** @type {string} */ text) => fill(message, text)

  /** @param {Action[]} actions */
  function row(actions) {
    const last = actions[actions.length - 1]
    const keys = last.id.startsWith("channel-") ? [actions[0], null, last] : actions
    return [h("dt", keys.map((action) => (action ? key(action) : h("span", "…")))), h("dd", last.text)]
  }

  /** @param {Action} action */
  function key(action) {
    const waiting = action.id === changing
    if (action.fixed) return h("kbd", keyName(action.id))
    return h("button", { class: `plain key${waiting ? " waits" : ""}`, dataset: { action: action.id }, "aria-label": `${action.text}: ${keyName(action.id)}; change the key`,
      click: () => { changing = waiting ? "" : action.id; show(); focus(action.id); say(waiting ? "" : `Press the new key for: ${action.text}. Esc cancels.`) } }, h("kbd", waiting ? "?" : keyName(action.id)))
  }

  const focus = (/** @type {string} */ id) => /** @type {HTMLElement | null} */ (groups.querySelector(`[data-action="${id}"]`))?.focus()

  /** Actions without a text share the row of the next that has one. @param {Action[]} actions */
  function rows(actions) {
    const parts = []
    /** @type {Action[]} */
    let together = []
    for (const action of actions) {
      together.push(action)
      if (!action.text) continue
      parts.push(...row(together))
      together = []
    }
    return parts
  }

  function show() {
    fill(groups, GROUPS.map(([name, actions]) => h("section", h("h3", name), h("dl", rows(actions)))))
    set(back, { disabled: !changedKeys() })
  }

  dialog.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!changing || ["Shift", "Control", "Alt", "AltGraph", "Meta", "Tab", "CapsLock"].includes(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    const id = changing
    changing = ""
    const other = event.key === "Escape" ? "" : event.shiftKey || event.ctrlKey || event.altKey || event.metaKey ? "Only keys without Shift, Ctrl or Alt can be used." : setKey(id, pressed(event))
    show()
    focus(id)
    say(typeof other === "string" ? other : other ? `“${other.text}” had that key; it is now ${keyName(other.id)}.` : "Changed.")
  })
  dialog.addEventListener("close", () => { changing = "" })
  dialog.addEventListener("click", (/** @type {Event} */ event) => { if (event.target === dialog) dialog.close() })
  listen("keys", show)
  show()
  return { dialog, toggle: () => { if (dialog.open) dialog.close(); else { say(""); show(); dialog.showModal() } } }
}

/** A small box that asks for a well by its name. @param {() => string[]} labels */
export function wellDialog(labels) {
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: "false", size: "8", "aria-label": "Well", placeholder: "D07" })
  const hint = h("p", { class: "small bad-text", role: "alert" })
  const form = h("form", { method: "dialog" }, h("label", { class: "row" }, h("b", "Go to well"), input), hint)
  const dialog = watchDialog(h("dialog", { class: "goto", "aria-label": "Go to a well" }, form))
  form.addEventListener("submit", (event) => {
    const label = match(labels(), input.value)
    if (label) ask("choose", label)
    else {
      event.preventDefault()
      fill(hint, `No well ${input.value || "without a name"} on this plate.`)
    }
  })
  return {
    dialog,
    ask() {
      input.value = ""
      fill(hint)
      dialog.showModal()
    },
  }
}
