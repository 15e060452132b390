// Whether the server hears this page, said at its top. No part of the page: one that fails
// must not keep this from being said.

import { fill, h, icon } from "./dom.js"

const OPEN_MILLISECONDS = 5000 // from Bokeh's scripts to an open websocket; it takes some 0.2 s
const LOOK_AGAIN_MILLISECONDS = 4000

const LOST = "The connection to the server was lost. What you see may be old; nothing can be committed."
const NEVER = "This page has no connection to the server: it stays as it was loaded, and nothing that you do is kept."

const STAYING = "The page stays until its uploads are done, and is loaded again then."

/** @type {(() => boolean)[]} */
const holds = []

/** Load the page not again by itself while there is something to lose by that.
 *  @param {() => boolean} test */
export const holdReload = (test) => { holds.push(test) }

let state = "opening" // "open", "lost", "never", "ended"

/** Whether what this page says reaches the server, now or once its websocket is open. */
export const isHeard = () => state !== "lost" && state !== "ended"

const health = () => fetch(new URL("health", document.baseURI), { cache: "no-store" }).then((answer) => answer.ok, () => false)

const place = () => /** @type {HTMLElement} */ (document.getElementById("connection"))

/** @param {string[]} sentences */
function say(...sentences) {
  const again = h("button", { type: "button", on: { click: () => location.reload() } }, "Reload")
  const alarm = place()
  fill(alarm, icon("warn"), h("span", {}, sentences.join(" ")), again)
  alarm.hidden = false
}

/** Bokeh's scripts are there, or `error` says why not: soon the websocket is open, or never.
 *  @param {Error | null} error */
export async function expectConnection(error = null) {
  if (!error) await new Promise((done) => setTimeout(done, OPEN_MILLISECONDS))
  if (state !== "opening") return
  state = "never"
  const answers = await health()
  if (state !== "never") return
  if (!answers) say(NEVER, "The server does not answer: is it still running?")
  else if (error) say(NEVER, error.message)
  else say(NEVER, whatToLookAt())
}

/** The server answers requests, so something stands between it and the websocket. */
function whatToLookAt() {
  return "The server answers, but its websocket does not open. "
    + "A proxy in between must pass websockets on (the headers Upgrade and Connection), "
    + `and hcs-dashboard must know this address: --origin ${location.host}. `
    + "An address that the server refused is in its log."
}

/** The websocket is open; from now on it can be lost. */
export function connected() {
  state = "open"
  place().hidden = true
  document.documentElement.dataset.connected = ""
  for (const each of window.Bokeh?.documents ?? []) each.on_event?.("connection_lost", lost)
}

/** The server has ended this page: nothing of it stays on the screen.
 *  @param {string} text */
export function sayEnded(text) {
  state = "ended"
  document.querySelectorAll("[data-part]").forEach((part) => part.replaceChildren())
  document.querySelector("main")?.remove()
  say(text)
}

function lost() {
  if (state === "lost" || state === "ended") return
  state = "lost"
  const held = () => holds.some((test) => test())
  say(LOST, ...held() ? [STAYING] : [])
  setInterval(async () => { if (!held() && await health()) location.reload() }, LOOK_AGAIN_MILLISECONDS)
}
