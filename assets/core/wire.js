// Between the parts of the page and the server. A part is drawn from texts in the page
// itself, before Bokeh's scripts have come; what it says until then waits here, in order.

import { connected } from "./connection.js"
import { h } from "./dom.js"
import { clearFault, showFault } from "./fault.js"

/** What one part has of the server: its texts, and somebody to tell. */
class Port {
  constructor(name, texts) {
    this.name = name
    this.texts = texts
    this.listeners = {}
  }

  on(kind, listener) {
    this.listeners[kind] = listener
  }

  /** A text has come; equal to what is shown it says nothing new. */
  take(kind, text) {
    if (this.texts[kind] === text) return
    this.texts[kind] = text
    this.listeners[kind]?.()
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
  for (const [name, port] of ports) {
    for (const kind of Object.keys(port.texts)) {
      const parameter = `${name}__${kind}`
      const take = () => port.take(kind, model[parameter])
      model.on(parameter, take)
      take()
    }
  }
  model.on("remove", () => ports.forEach((port) => port.gone()))
  server = model
  for (const each of waiting.splice(0)) model.send_msg(each)
  connected()
}
