// How far the previews of a plate are, and what room they take, below the canvas.

import { barredBy, fill, h } from "../../core/dom.js"
import { bar } from "../../core/parts.js"
import { bytes, count } from "../../core/text.js"

const AGAIN_MILLISECONDS = 1500

/** `send` stops and continues making previews, `ownBytes` says what this browser keeps. @param {{send: Send, ownBytes: () => number}} its */
export function makeProgress({ send, ownBytes }) {
  const element = h("div", { class: "job row" })
  /** @type {PlateCanvasText | null} */
  let plate = null // null while nobody looks
  let timer = 0

  async function ask() {
    clearTimeout(timer)
    if (!plate?.previews) return
    let running = true
    try {
      const answer = await fetch(plate.previews)
      if (!answer.ok) return
      const state = await answer.json()
      running = state.running || (!state.total && !plate?.surveyed)
      show(state)
    } catch { /* the top of the page says that a server is away */ }
    if (running) timer = setTimeout(ask, AGAIN_MILLISECONDS)
  }

  /** @param {string} text @param {string} name */
  function act(text, name) {
    const click = () => {
      send("previews", { act: name })
      setTimeout(ask, 300)
    }
    return h("button", { class: "small", "aria-label": `${text} making previews`, ...barredBy(plate?.barred.previews), click }, text)
  }

  /** @param {Cache} cache */
  const roomOf = (cache) => `${bytes(cache.nbytes)} of ${bytes(cache.max_bytes ?? 0)}`

  /** @param {Cache[]} caches @param {HTMLElement | null} line */
  function room(caches, line) {
    const disk = caches.find(({ name }) => name.includes("disk"))
    const facts = caches.flatMap((/** @type {Cache} */ cache) => [h("dt", cache.name), h("dd", `${roomOf(cache)}, ${cache.entries === 1 ? "1 entry" : `${cache.entries.toLocaleString("en-US")} entries`}`)])
    return h("details", { open: element.querySelector("details")?.open ? "" : null, toggle: (event) => { if (event.target.open) ask() } },
      h("summary", { title: "Room for previews, and what is in memory" }, disk ? (line ? bytes(disk.nbytes) : `Previews ${roomOf(disk)}`) : "Room"),
      h("dl", { class: "facts" }, facts, h("dt", "in this browser"), h("dd", bytes(ownBytes()))))
  }

  /** @param {PreviewProgress} state */
  function show({ done, total, running, failed, message, stopped, caches }) {
    const unfinished = running || done < total - failed || stopped
    const why = stopped ? ", stopped" : message && !running ? `: ${message}` : ""
    const line = unfinished ? h("span", { class: "soft", title: failed ? `${count(failed, "field")} without a preview` : "" }, `Previews ${done} of ${total}${why}`) : null
    const halted = stopped || (!running && message === "disk limit")
    const button = running || stopped ? (halted ? act("Continue", "continue") : act("Stop", "stop")) : null
    fill(element, line, running ? bar("Previews", done, total) : null, button, room(caches, line))
  }

  return {
    element,
    /** Follow this plate; null: nobody looks. @param {PlateCanvasText | null} next */
    watch(next) {
      plate = next
      ask()
    },
  }
}
