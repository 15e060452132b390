// Between the parts of the page and the server. A part is drawn from texts in the page
// itself, before Bokeh's scripts have come; what it says until then waits here, in order.

import { whenUnanswered } from "./bus.js"
import { connected, isHeard } from "./connection.js"
import { h } from "./dom.js"
import { showFault } from "./fault.js"
import { fetchPart, island } from "./island.js"
import { whenLetGo } from "./pressing.js"

/** What one part has of the server: its texts, and somebody to tell. */
export class Port {
  /** @param {string} name @param {Record<string, string>} texts @param {string} [script] */
  constructor(name, texts, script = "") {
    this.name = name
    this.texts = texts
    this.script = script
    /** @type {Record<string, () => void>} */
    this.listeners = {}
  }

  /** @param {string} kind @param {() => void} listener */
  on(kind, listener) {
    this.listeners[kind] = listener
  }

  /** Texts have come, by kind; one that is equal to what is shown says nothing new. A part
   *  hears of all that came together in its own order, and finds all of them there.
   *  @param {Record<string, string>} texts */
  take(texts) {
    const kinds = Object.keys(texts).filter((kind) => this.texts[kind] !== texts[kind])
    for (const kind of kinds) this.texts[kind] = texts[kind]
    for (const [kind, listener] of Object.entries(this.listeners)) if (kinds.includes(kind)) listener()
  }

  /** @param {object} message */
  speak(message) {
    send({ part: this.name, message })
  }

  /** It could not show what has come. @param {any} error  anything may be thrown */
  failed(error) {
    showFault(this.name, error)
    send({ part: this.name, fault: String(error?.stack || error).slice(0, LONGEST_FAULT) })
  }
}

const LONGEST_FAULT = 2000

/** @type {Map<string, Port>} */
const ports = new Map()
/** @type {Sent[]} */
const waiting = []
/** @type {PageModel | null} */
let server = null // Panel's model, once it is there

/** Say it to the server, or as soon as it is there. A page that has lost it keeps nothing to say: it is loaded
 *  again, and what is not saved is offered then. @param {Sent} sent */
function send(sent) {
  if (!server) waiting.push(sent)
  else if (isHeard()) server.send_msg(sent)
}

/** Know of the parts. @param {Record<string, {script: string, texts: Record<string, string>}>} described */
export function describe(described) {
  for (const [name, { texts, script }] of Object.entries(described)) ports.set(name, new Port(name, texts, script))
}

/** What a part of the page was last given, read as JSON; null without.
 *  @template {keyof Texts} Name @template {string & keyof Texts[Name]} Kind
 *  @param {Name} part @param {Kind} kind @returns {Texts[Name][Kind] | null} */
export function textOf(part, kind) {
  const text = ports.get(part)?.texts[kind]
  return text ? JSON.parse(text) : null
}

/** Parts that are drawn, or about to be. @type {Set<string>} */
const drawn = new Set()

/** What is being drawn now. @type {Promise<unknown>} */
let drawing = Promise.resolve()

/** Act when the page has started, and all is drawn that has something to show: whose act it is may just be
 *  coming. @param {() => void} act */
export const whenDrawn = (act) => whenStarted(() => (busy ? void drawing.then(act) : act()))

let busy = 0

let started = false
/** @type {(() => void)[]} */
const early = []

/** Act at once, or as soon as the parts that the page starts with are there: a key that comes before
 *  means them. Later ones keep no key waiting, for what follows it, in a box, would come first.
 *  @param {() => void} act */
export const whenStarted = (act) => (started ? act() : void early.push(act))

/** The parts that the page starts with are there. */
export function start() {
  started = true
  early.splice(0).forEach((act) => act())
}

/** Draw parts, all of them when the last of their files is there, for what comes one by one pushes what
 *  is there out of its place; returns a promise of their pictures being there. @param {string[]} names */
export async function draw(names) {
  const fresh = [...new Set(names)].filter((name) => !drawn.has(name))
  fresh.forEach((name) => drawn.add(name))
  const fetched = fresh.map((name) => fetchPart(ports.get(name)?.script ?? ""))
  const drawingThese = Promise.allSettled(fetched).then(() => Promise.all(fresh.map((name, i) => mount(name, fetched[i]))))
  busy += 1
  drawing = Promise.allSettled([drawing, drawingThese])
  const mounted = await drawingThese
  busy -= 1
  return { pictures: Promise.allSettled(mounted.map(({ pictures }) => pictures)) }
}

// An act that no part does may be of one that has had nothing to show.
whenUnanswered(() => {
  const others = [...ports.keys()].filter((name) => !drawn.has(name))
  if (others.length) void draw(others)
})

/** Give parts their texts. Those that waited for one are drawn, and those that never got any: an act
 *  may be theirs from now on. @param {[Port, Record<string, string>][]} texts */
function give(texts) {
  const due = texts.filter(([port, kinds]) => !drawn.has(port.name) && Object.keys(kinds).some((kind) => kinds[kind] !== port.texts[kind]))
  const empty = [...ports.values()].filter((port) => !Object.values(port.texts).some(Boolean))
  if (due.length) draw([...due.map(([{ name }]) => name), ...empty.map(({ name }) => name)])
  for (const [port, kinds] of texts) port.take(kinds)
}

/**
 * Draw a part in its place; returns its promise of pictures. A part that throws shows its
 * error there, and keeps no other from being drawn.
 * @param {string} name @param {Promise<FetchedPart>} fetching
 */
async function mount(name, fetching) {
  const port = /** @type {Port} */ (ports.get(name))
  const host = h("div")
  try {
    const fetched = await fetching.catch((error) => {
      drawn.delete(name) // while the server was away: its next text tries again
      throw error
    })
    document.querySelector(`[data-part="${name}"]`)?.append(host)
    const { pictures } = island(port, host, fetched)
    host.classList.add("there")
    return { pictures }
  } catch (error) {
    host.remove()
    port.failed(error)
    return { pictures: null }
  }
}

/** The server is there: take what is newer there, then tell what was done meanwhile. @param {PageModel} model */
export function connect(model) {
  /** @type {Map<Port, Record<string, string>>} */
  const changed = new Map() // what has come for a port and was not given to it
  const deliver = () => {
    const texts = [...changed]
    changed.clear()
    give(texts)
  }
  /** @type {[Port, Record<string, string>][]} */
  const newest = []
  for (const [name, port] of ports) {
    /** @type {Record<string, string>} */
    const texts = {}
    for (const kind of Object.keys(port.texts)) {
      const parameter = `${name}__${kind}`
      texts[kind] = model[parameter]
      model.on(parameter, () => {
        // One message of the server changes one parameter after the other.
        if (!changed.size) queueMicrotask(() => whenLetGo(deliver))
        changed.set(port, { ...changed.get(port), [kind]: model[parameter] })
      })
    }
    newest.push([port, texts])
  }
  whenLetGo(() => give(newest))
  server = model
  for (const each of waiting.splice(0)) model.send_msg(each)
  connected()
}
