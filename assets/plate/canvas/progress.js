// How far the previews of a plate are, and what room they take, below the canvas.

import { barredBy, fill, h, say, set } from "../../core/dom.js"
import { keepingFocus } from "../../core/focus.js"
import { bar, fillBar } from "../../core/parts.js"
import { whenLetGo } from "../../core/pressing.js"
import { bytes, count } from "../../core/text.js"
import { makePolling } from "./polling.js"

const AGAIN_MILLISECONDS = 1500

/** `send` stops and continues making previews, `ownBytes` says what this browser keeps. @param {{send: Send, ownBytes: () => number}} its */
export function makeProgress({ send, ownBytes }) {
  /** @type {PlateCanvasText | null} */
  let plate = null // null while nobody looks
  /** @type {PreviewProgress | null} */
  let state = null
  let refusal = ""

  const line = h("span", { class: "soft" })
  const done = bar("Previews", 0, 1)
  const button = h("button", { class: "small", click: () => act() })
  const summary = h("summary", { title: "Room for previews, and what is in memory" })
  const rooms = h("dl", { class: "facts" })
  // It says that it was opened, which makes it current; made anew, it would say so for ever.
  const room = h("details", { toggle: () => { if (room.open) polling.ask() } }, summary, rooms)
  const parts = [line, done, button, room]
  const element = h("div", { class: "job row" }, parts)
  for (const part of parts) part.hidden = true

  /** @type {ReturnType<typeof makePolling<PreviewProgress>>} */
  const polling = makePolling({
    take(answer) {
      [state, refusal] = [answer, ""]
      whenLetGo(draw)
      return answer.running || (!answer.total && !plate?.surveyed)
    },
    fail(why) {
      refusal = why
      whenLetGo(draw)
    },
    milliseconds: AGAIN_MILLISECONDS,
  })

  const isHalted = () => Boolean(state?.stopped || (!state?.running && state?.message === "disk limit"))

  function act() {
    send("previews", { plate: plate?.key, act: isHalted() ? "continue" : "stop" })
    setTimeout(polling.ask, 300)
  }

  /** @param {Cache} cache */
  const roomOf = (cache) => `${bytes(cache.nbytes)} of ${bytes(cache.max_bytes ?? 0)}`

  const draw = () => keepingFocus(/** @type {ShadowRoot} */ (element.getRootNode()), show)

  function show() {
    const text = refusal ? `Previews: ${refusal}` : state ? lineOf(state) : ""
    say(line, text)
    set(line, { title: state?.failed ? `${count(state.failed, "field")} without a preview` : null })
    line.hidden = !text
    done.hidden = !state?.running
    if (state) fillBar(done, state.done, state.total)
    button.hidden = !(state?.running || state?.stopped)
    const word = isHalted() ? "Continue" : "Stop"
    say(button, word)
    set(button, { "aria-label": `${word} making previews`, ...barredBy(plate?.barred.previews) })
    room.hidden = !state
    if (state) showRoom(state.caches, Boolean(text))
  }

  /** @param {Cache[]} caches @param {boolean} short */
  function showRoom(caches, short) {
    const disk = caches.find(({ name }) => name.includes("disk"))
    say(summary, disk ? (short ? bytes(disk.nbytes) : `Previews ${roomOf(disk)}`) : "Room")
    fill(rooms, caches.flatMap((cache) => [h("dt", cache.name), h("dd", `${roomOf(cache)}, ${cache.entries === 1 ? "1 entry" : `${cache.entries.toLocaleString("en-US")} entries`}`)]),
      h("dt", "in this browser"), h("dd", bytes(ownBytes())))
  }

  return {
    element,
    /** Follow this plate; null: nobody looks. @param {PlateCanvasText | null} next */
    watch(next) {
      const other = next && next.key !== plate?.key
      plate = next
      if (other) {
        [state, refusal] = [null, ""]
        draw()
      }
      polling.follow(next?.previews ?? "")
    },
  }
}

/** How far previews are, "" where all are made. @param {PreviewProgress} state */
export function lineOf({ done, total, running, failed, message, stopped }) {
  const why = stopped ? ", stopped" : message && !running ? `: ${message}` : ""
  return running || done < total - failed || stopped ? `Previews ${done} of ${total}${why}` : ""
}
