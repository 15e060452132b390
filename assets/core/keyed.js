// Controls whose titles name the key of their act.

import { listen } from "./bus.js"
import { set } from "./dom.js"
import { keyName } from "./keys.js"
import { signButton } from "./parts.js"

/** Keep an element's title at `text (key)` while keys change.
 *  @template {HTMLElement} Control @param {Control} element @param {string} id @param {string} text */
export function keyed(element, id, text) {
  element.dataset.act = id
  const show = () => set(element, { title: `${text} (${keyName(id)})` })
  listen("keys", show)
  show()
  return element
}

/** A button that is a sign, and says its key. @param {Sign} sign @param {string} label @param {string} id @param {() => void} click */
export const keyedSign = (sign, label, id, click) => keyed(signButton(sign, label, click), id, label)
