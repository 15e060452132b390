// Connects one component of the page with its port, see wire.js.
//
// The server sends each part of its state as JSON text; the component answers with
// messages. Nothing else crosses.

import { watchBoxes } from "./boxes.js"
import { h } from "./dom.js"
import { keepingFocus } from "./focus.js"

const FOLDER = new URL("../", import.meta.url) // of all scripts and styles

const styles = new Map()

/** The style sheet of this path, fetched once a page however many components wear it. */
export function sheet(name) {
  if (!styles.has(name)) {
    const load = async () => {
      const answer = await fetch(new URL(name, FOLDER))
      if (!answer.ok) throw new Error(`The style ${name} could not be loaded (${answer.status}).`)
      const style = new CSSStyleSheet()
      style.replaceSync(await answer.text())
      return style
    }
    styles.set(name, load())
  }
  return styles.get(name)
}

/** A second place of a component on the page, dressed like its first one.
 *  @param {string} name @param {ShadowRoot} root  of the first */
export function secondPlace(name, root) {
  const el = h("div", { class: "island" })
  const host = h("div", { class: "there" })
  const inside = host.attachShadow({ mode: "open" })
  inside.adoptedStyleSheets = root.adoptedStyleSheets
  watchBoxes(inside)
  inside.append(el)
  document.querySelector(`[data-place="${name}"]`).append(host)
  return el
}

/**
 * Mount a component.
 *
 * `build` gets `{el, root, send, hide}` and returns an object with one method for each
 * text, called with its parsed value at the start and after each change, and
 * optionally `dispose`, and `pictures`, a promise that those shown at the start are
 * there. `send(type, content)` returns the message's number; the server echoes the last
 * one it has seen as `ack`, so a component can tell an answer from an echo of something
 * older.
 */
export async function island({ model, el }, { sheets = [], params = ["content"], build }) {
  const root = el.getRootNode()
  const loaded = await Promise.all(["core/parts.css", ...sheets].map(sheet))
  if (root instanceof ShadowRoot) root.adoptedStyleSheets = loaded
  watchBoxes(root)
  let sequence = 0
  const send = (type, content = {}) => {
    sequence += 1
    model.speak({ type, seq: sequence, ...content })
    return sequence
  }
  el.classList.add("island")
  const hide = (hidden) => { (root.host ?? el).hidden = hidden }
  const part = build({ el, root, send, hide })
  for (const name of params) {
    const show = () => {
      const text = model.texts[name]
      if (!text) return
      try {
        keepingFocus(root, () => part[name](JSON.parse(text)))
        model.worked()
      } catch (error) {
        // A text that this part cannot show must not keep the others from theirs.
        model.failed(error)
      }
    }
    model.on(name, show)
    show()
  }
  model.on("remove", () => part.dispose?.())
  return { pictures: part.pictures }
}
