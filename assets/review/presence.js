// Who else is here: names with the well they look at, and a warning where somebody is
// about to judge the same one.

import { ask, listen } from "../core/bus.js"
import { fill, h, icon } from "../core/dom.js"
import { setOthers } from "./verdicts.js"

const SHOWN = 4

/** @param {PartContext} context @returns {Part<"presence">} */
export function build({ el, send, hide }) {
  const list = h("ul", { class: "hcs-presence", "aria-label": "Others on this plate", "aria-live": "polite" })
  el.append(list)

  /** @param {{who: string, well: string, deciding: boolean}} other */
  function person(other) {
    const name = other.who || "somebody"
    const text = other.well ? `${name}: ${other.well}` : name
    const what = other.deciding ? `${name} is about to judge ${other.well || "the plate"}` : other.well ? `${name} looks at ${other.well}` : `${name} looks at the plate`
    return h("li", h("button", {
      class: `plain small person${other.deciding ? " deciding" : ""}`, title: what, "aria-label": what, disabled: !other.well, click: () => ask("choose", other.well),
    }, h("i", { class: "who", "aria-hidden": "true" }, name.slice(0, 1).toUpperCase()), h("span", { class: "cut" }, text), other.deciding ? icon("edit") : null))
  }

  // The server would keep a closed page for a minute: another may be built of it.
  let address = ""
  let token = "" // in the body, for addresses stand in logs
  const leave = () => { if (address) navigator.sendBeacon(address, token) }
  /** @param {PageTransitionEvent} event */
  const again = (event) => { if (event.persisted) send("again") }
  window.addEventListener("pagehide", leave)
  window.addEventListener("pageshow", again)

  listen("deciding", (on) => send("deciding", { on }))
  return {
    content(next) {
      const others = next.others
      address = next.leave
      token = next.page
      hide(!others.length)
      setOthers(others)
      const more = others.length - SHOWN + (next.more ?? 0)
      fill(list, others.slice(0, SHOWN).map(person), more > 0 ? h("li", { class: "soft small", title: others.slice(SHOWN).map((person) => person.who).join(", ") }, `+${more}`) : null)
    },
  }
}
