// Starts the page: first what tells most, then the rest of the parts, and only then
// Bokeh, whose scripts take longer than all of ours.

import { toPlate } from "./boxes.js"
import { expectConnection } from "./connection.js"
import { watchFocus } from "./focus.js"
import { sheet } from "./island.js"
import { startPanels } from "./panels.js"
import { watchPressing } from "./pressing.js"
import { describe, draw, start } from "./wire.js"

const PATIENCE_MILLISECONDS = 500 // a page in the background is never painted
const PICTURES_MILLISECONDS = 1000 // a slow disk must not hold up the rest

const FOLDER = new URL("../", import.meta.url) // of all scripts and styles

// Plots' callbacks are no modules; they load ours by this: `hcsPart("core/selection.js")`.
window.hcsPart = (name) => import(new URL(name, FOLDER).href)

const painted = () => new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done))
  setTimeout(done, PATIENCE_MILLISECONDS)
})

/** Run the scripts that wait in the template, in their order. @param {HTMLScriptElement[]} scripts */
async function startBokeh(scripts) {
  const added = scripts.map((script) => {
    const element = document.createElement("script")
    for (const { name, value } of script.attributes) element.setAttribute(name, value)
    element.nonce = nonce
    element.async = false
    element.textContent = script.textContent
    const loaded = script.src ? new Promise((done, failed) => {
      element.addEventListener("load", done)
      element.addEventListener("error", () => failed(new Error(`${script.src} could not be loaded.`)))
    }) : null
    return { element, loaded }
  })
  const data = (/** @type {{element: HTMLScriptElement}} */ { element }) => element.type && element.type !== "text/javascript" && element.type !== "module"
  for (const script of added.filter((each) => each.loaded || data(each))) document.body.append(script.element)
  await Promise.all(added.map((script) => script.loaded))
  for (const script of added.filter((each) => !each.loaded && !data(each))) document.body.append(script.element)
}

const { first, parts, later, waiting, soon } = JSON.parse(document.getElementById("parts")?.textContent ?? "")
// What the server's policy lets run, beside files of its own.
const { nonce } = /** @type {HTMLElement} */ (document.querySelector("script[nonce]"))
document.getElementById("skip")?.addEventListener("click", toPlate)
const scripts = [.../** @type {HTMLTemplateElement} */ (document.getElementById("bokeh")).content.querySelectorAll("script")]
/** @param {Record<string, string>} attributes */
const hint = (attributes) => document.head.append(Object.assign(document.createElement("link"), attributes))

watchFocus()
watchPressing(window)
describe(parts)
startPanels()
const { pictures } = await draw(first)
await Promise.race([pictures, new Promise((done) => setTimeout(done, PICTURES_MILLISECONDS))])
await painted() // what is fetched sooner, Bokeh's three megabytes too, takes its time from what is drawn
for (const each of later.scripts) hint({ rel: "modulepreload", href: new URL(each, FOLDER).href })
for (const { src } of scripts.filter((script) => script.src)) hint({ rel: "preload", as: "script", href: src })
await Promise.allSettled(later.styles.map(sheet))
await draw(Object.keys(parts).filter((name) => !waiting.includes(name)))
start()
await painted()
await startBokeh(scripts).then(() => expectConnection(), expectConnection)
await painted()
for (const each of soon.scripts) hint({ rel: "modulepreload", href: new URL(each, FOLDER).href, fetchPriority: "low" })
for (const each of soon.styles) sheet(each).catch(() => {}) // who draws the part says so
