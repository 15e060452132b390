// Between the parts of the page and the server. A part is drawn from texts in the page
// itself, before Bokeh's scripts have come; what it says until then waits here, in order.

import { connected } from "./connection.js"
import { h } from "./dom.js"
import { clearFault, showFault } from "./fault.js"

/** What one part has of the server: its texts, and somebody to tell. */
export class Port {
  constructor(name, texts) {
    this.name = name
    this.texts = texts
    this.listeners = {}
  }

  on(kind, listener) {
    this.listeners[kind] = listener
  }

  /** Texts have come, by kind; one that is equal to what is shown says nothing new. A part
   *  hears of all that came together in its own order, and finds all of them there. */
  take(texts) {
    const kinds = Object.keys(texts).filter((kind) => this.texts[kind] !== texts[kind])
    for (const kind of kinds) this.texts[kind] = texts[kind]
    for (const [kind, listener] of Object.entries(this.listeners)) if (kinds.includes(kind)) listener()
  }

  speak(message) {
    send({ part: this.name, message })
  }

  /** It could not show what has come. */
  failed(error) {
    showFault(this.name, error)
    send({ part: this.name, fault: String(error?.stack || error).slice(0, LONGEST_FAULT) })
  }

  /** It has shown what has come. */
  worked() {
    clearFault(this.name)
  }

  gone() {
    this.listeners.remove?.()
  }
}

const LONGEST_FAULT = 2000

const ports = new Map()
const waiting = []
let server = null // Panel's model, once it is there

function send(sent) {
  if (server) server.send_msg(sent)
  else waiting.push(sent)
}

/** Know of the parts; `described` is `{name: {texts}}`. */
export function describe(described) {
  for (const [name, { texts }] of Object.entries(described)) ports.set(name, new Port(name, texts))
}

/** What a part of the page was last given, read as JSON; null without. @param {string} part @param {string} kind @returns {any} */
export function textOf(part, kind) {
  const text = ports.get(part)?.texts[kind]
  return text ? JSON.parse(text) : null
}

/**
 * Draw a part in its place, with the module that it is made of; returns its promise of
 * pictures. A part that throws shows its error there, and keeps no other from being drawn.
 */
export async function mount(name, load) {
  const port = ports.get(name)
  const host = h("div")
  const el = h("div")
  host.attachShadow({ mode: "open" }).append(el)
  try {
    const module = await load
    document.querySelector(`[data-part="${name}"]`).append(host)
    const { pictures } = await module.render({ model: port, el })
    host.classList.add("there")
    return { pictures }
  } catch (error) {
    host.remove()
    port.failed(error)
    return { pictures: null }
  }
}

/** The server is there: take what is newer there, then tell what was done meanwhile. */
export function connect(model) {
  const changed = new Map() // what has come for a port and was not given to it
  const deliver = () => {
    const texts = [...changed]
    changed.clear()
    for (const [port, kinds] of texts) port.take(kinds)
  }
  for (const [name, port] of ports) {
    const texts = {}
    for (const kind of Object.keys(port.texts)) {
      const parameter = `${name}__${kind}`
      texts[kind] = model[parameter]
      model.on(parameter, () => {
        // One message of the server changes one parameter after the other.
        if (!changed.size) queueMicrotask(deliver)
        changed.set(port, { ...changed.get(port), [kind]: model[parameter] })
      })
    }
    port.take(texts)
  }
  model.on("remove", () => ports.forEach((port) => port.gone()))
  server = model
  for (const each of waiting.splice(0)) model.send_msg(each)
  connected()
}
