// Whether the server hears this page, said at its top. No part of the page: one that fails
// must not keep this from being said.

import { fill, h, icon } from "./dom.js"
import { cuts, keepCuts } from "./storage.js"

const OPEN_MILLISECONDS = 5000 // from Bokeh's scripts to an open websocket; it takes some 0.2 s
const LOOK_AGAIN_MILLISECONDS = 4000
const RESTART_MILLISECONDS = 60000

const LOST = "The connection to the server was lost. What you see may be old; nothing can be saved. The page reconnects by itself when the server answers."
const RESTARTING = "The server is being restarted. This page is loaded again as soon as it is there; what you have typed stays."
const NEVER = "This page has no connection to the server: it stays as it was loaded, and nothing that you do is kept."

const CUT = "It was cut each of the last times soon after it had opened: a proxy in between may end what is silent for a few seconds. "
  + "It must wait for 60 at least (in nginx: proxy_read_timeout)."

const STAYING = "The page stays until its uploads are done, and is loaded again then."

let restarting = false

/** @type {(() => boolean)[]} */
const holds = []

/** Load the page not again by itself while there is something to lose by that.
 *  @param {() => boolean} test */
export const holdReload = (test) => { holds.push(test) }

let opened = 0 // milliseconds on the page's own clock

let reloading = false

/** Whether the page is being loaded again by itself: what is not saved is offered after. */
export const isReloading = () => reloading

let state = "opening" // "open", "lost", "never", "ended"

/** Whether what this page says reaches the server, now or once its websocket is open. */
export const isHeard = () => state !== "lost" && state !== "ended"

const SOON_MILLISECONDS = 60000 // what lasts longer was not cut by a proxy's timeout
const OFTEN = 3

const ask = (/** @type {string} */ method) => fetch(new URL("health", document.baseURI), { method, cache: "no-store" })
const health = () => ask("GET").then((answer) => answer.ok, () => false)

const place = () => /** @type {HTMLElement} */ (document.getElementById("connection"))

/** @param {string[]} sentences */
function say(...sentences) {
  const again = h("button", { click: () => location.reload() }, "Reload")
  const alarm = place()
  fill(alarm, icon("warn"), h("span", sentences.join(" ")), again)
  alarm.hidden = false
}

/** Bokeh's scripts are there, or `error` says why not: soon the websocket is open, or never.
 *  @param {Error | null} error */
export async function expectConnection(error = null) {
  if (!error) await new Promise((done) => setTimeout(done, OPEN_MILLISECONDS))
  if (state !== "opening") return
  state = "never"
  const reason = error ? error.message : await whatIsInTheWay()
  if (state === "never") say(NEVER, reason)
}

/** Why the websocket does not open: what may send it is asked for like what a page sends. */
async function whatIsInTheWay() {
  const answer = await ask("POST").catch(() => null)
  if (!answer) return "The server does not answer: is it still running?"
  if (answer.ok) {
    return "The server answers, but its websocket does not open. A proxy in between must pass websockets on: "
      + "HTTP/1.1 and the headers Upgrade and Connection (docs/deploying.md has them for nginx)."
  }
  const refused = await answer.json().then(({ error }) => String(error), () => "")
  return refused || `A proxy in between answers instead of the server (${answer.status}): is it running, and may pages send to it?`
}

/** The websocket is open; from now on it can be lost. */
export function connected() {
  state = "open"
  opened = performance.now()
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

/** The server says that it ends, so that its pages are lost soon. */
export function sayRestarting() {
  restarting = true
  say(RESTARTING)
}

function lost() {
  if (state === "lost" || state === "ended") return
  state = "lost"
  const held = () => holds.some((test) => test())
  const often = cutAgain()
  const tell = () => say(restarting ? RESTARTING : LOST, ...held() ? [STAYING] : [], ...often ? [CUT] : [])
  tell()
  const from = performance.now()
  setInterval(async () => {
    if (restarting && performance.now() - from > RESTART_MILLISECONDS) {
      restarting = false // it was ended for good
      tell()
    }
    if (held() || !await health()) return
    reloading = true
    location.reload()
  }, LOOK_AGAIN_MILLISECONDS)
}

/** Whether the connection was cut soon after it had opened, time after time, over reloads. */
function cutAgain() {
  const count = performance.now() - opened < SOON_MILLISECONDS ? cuts() + 1 : 0
  keepCuts(count)
  return count >= OFTEN
}
