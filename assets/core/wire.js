// Between the parts of the page and the server. A part is drawn from texts in the page
// itself, before Bokeh's scripts have come; what it says until then waits here, in order.

import { h } from "./dom.js"

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
    const sent = { part: this.name, message }
    if (server) server.send_msg(sent)
    else waiting.push(sent)
  }

  gone() {
    this.listeners.remove?.()
  }
}

const ports = new Map()
const waiting = []
let server = null // Panel's model, once it is there

/** Know of the parts; `described` is `{name: {texts}}`. */
export function describe(described) {
  for (const [name, { texts }] of Object.entries(described)) ports.set(name, new Port(name, texts))
}

/** Draw a part in its place, with the module that it is made of; returns its promise of pictures. */
export async function mount(name, module) {
  const host = h("div")
  const el = h("div")
  host.attachShadow({ mode: "open" }).append(el)
  document.querySelector(`[data-part="${name}"]`).append(host)
  const { pictures } = await module.render({ model: ports.get(name), el })
  host.classList.add("there")
  return { pictures }
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
  document.documentElement.dataset.connected = ""
}
