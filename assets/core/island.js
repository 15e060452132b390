// Connects one part of the page with its port, see wire.js.
//
// The server sends each part of its state as JSON text; the part answers with messages.
// Nothing else crosses.

import { watchBoxes } from "./boxes.js"
import { askAgain } from "./bus.js"
import { h } from "./dom.js"
import { clearFault } from "./fault.js"
import { keepingFocus } from "./focus.js"

const FOLDER = new URL("../", import.meta.url) // of all scripts and styles

/** @type {Map<string, Promise<CSSStyleSheet>>} */
const styles = new Map()

/** The style sheet of this path, fetched once a page however many parts wear it.
 *  @param {string} name */
export function sheet(name) {
  const known = styles.get(name)
  if (known) return known
  const load = async () => {
    const answer = await fetch(new URL(name, FOLDER))
    if (!answer.ok) throw new Error(`The style ${name} could not be loaded (${answer.status}).`)
    return new CSSStyleSheet().replace(await answer.text())
  }
  const loading = load()
  styles.set(name, loading)
  loading.catch(() => styles.delete(name)) // while the server was away: the next who wants it fetches it
  return loading
}

/** A second place of a part on the page, dressed like its first one.
 *  @param {string} name @param {ShadowRoot} root  of the first */
export function secondPlace(name, root) {
  const el = h("div", { class: "island" })
  const host = h("div", { class: "there" })
  const inside = host.attachShadow({ mode: "open" })
  inside.adoptedStyleSheets = root.adoptedStyleSheets
  watchBoxes(inside)
  inside.append(el)
  document.querySelector(`[data-place="${name}"]`)?.append(host)
  return el
}

/** Fetch what a part is made of; fails where any of it could not be fetched.
 *  @param {string} script @returns {Promise<FetchedPart>} */
export async function fetchPart(script) {
  const { build, sheets = [script.replace(/js$/, "css")] } = /** @type {PartModule} */ (await import(new URL(script, FOLDER).href))
  return { build, worn: await Promise.all(["core/parts.css", ...sheets].map(sheet)) }
}

/**
 * Draw a part in its host: `build` of its module gets `{el, root, send, hide}` and returns
 * one method for each text, called with its value at the start and after each change, in the
 * order in which they stand there, and perhaps `pictures`, a promise that those shown at the
 * start are there. A text that says it is not to be shown hides the part, and is given to
 * those alone that say they want to hear of it (`hears`). `send(type, content)` returns the message's number; the server echoes the
 * last one it has seen as `ack`, so a part can tell an answer from an echo of something older.
 *
 * A part lives as long as its page.
 *
 * @param {Port} port @param {HTMLElement} host @param {FetchedPart} fetched
 */
export function island(port, host, { build, worn }) {
  const el = h("div", { class: "island" })
  const root = host.attachShadow({ mode: "open" })
  root.append(el)
  root.adoptedStyleSheets = worn
  watchBoxes(root)
  let sequence = 0
  /** @param {string} type */
  const send = (type, content = {}) => {
    sequence += 1
    port.speak({ type, seq: sequence, ...content })
    return sequence
  }
  /** @param {boolean} hidden */
  const hide = (hidden) => { host.hidden = hidden }
  const part = build({ el, root, send, hide })
  for (const name of Object.keys(part).filter((each) => each in port.texts)) {
    const show = () => {
      const text = port.texts[name]
      if (!text) return
      try {
        const value = JSON.parse(text)
        if (value?.shown === false && !part.hears) return keepingFocus(root, () => hide(true))
        if (value?.shown) hide(false)
        keepingFocus(root, () => part[name](value))
        clearFault(port.name)
        askAgain()
      } catch (error) {
        // A text that this part cannot show must not keep the others from theirs.
        port.failed(error)
      }
    }
    port.on(name, show)
    show()
  }
  return { pictures: part.pictures }
}
