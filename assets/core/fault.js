// A part of the page that failed says so in its own place, and the others go on.

import { h } from "./dom.js"

const placeOf = (/** @type {string} */ name) => document.querySelector(`[data-part="${CSS.escape(name)}"]`)

/** Say in the part's place that it failed, and why.
 *  @param {string} name @param {any} error  anything may be thrown */
export function showFault(name, error) {
  console.error(error)
  clearFault(name)
  const reason = String(error?.message || error).replace(/\.?$/, ".")
  placeOf(name)?.append(h("div", { class: "fault", role: "alert" },
    h("b", `The part “${name.replaceAll("_", " ")}” cannot be shown.`), ` ${reason} `,
    "The rest of the page works. If it fails again after a reload, tell whoever runs the server."))
}

/** It works again. @param {string} name */
export function clearFault(name) {
  placeOf(name)?.querySelector(":scope > .fault")?.remove()
}
