// The line at the top: which product, which plate, where, who, and how the server is.

import { listen, reviewer, setReviewer, tell } from "./bus.js"
import { isDark, onTheme } from "./theme.js"
import { sayEnded, sayRestarting } from "./connection.js"
import { absence, absenceText, setAbsence } from "./absence.js"
import { fill, h, icon, say, set, svg } from "./dom.js"
import { bar, notice, novelty, onEnter, options, signButton } from "./parts.js"
import { moment } from "./text.js"
import { Address } from "./address.js"
import { whenDrawn } from "./wire.js"
import { helpDialog, wellDialog } from "./help.js"
import { keyed } from "./keyed.js"
import { makeHints } from "./hints.js"
import { bindKeys, keyName } from "./keys.js"
import { plateChooser } from "./plate_chooser.js"
import { palette } from "../palette/palette.js"
import { onPreference, rememberName, rememberedName, setPreference } from "./storage.js"

const RETURNED_MILLISECONDS = 20_000 // long enough to be seen by who was waiting for it

/** @param {PartContext} context @returns {Part<"header">} */
export function build({ el, root, send }) {
  /** @param {string} type @param {object} [content] */
  const keySend = (type, content) => (type === "ask-well" ? goTo.ask() : send(type, content))
  /** @type {Texts["header"]["known"]} */
  let choices = { plates: [], labels: [], list: false }
  let chosen = ""
  const places = h("ol")
  const where = h("nav", { class: "hcs-where", "aria-label": "Where" }, places)
  const chooser = plateChooser((key) => send("plate", { plate: key }))
  const progress = h("button", { class: "plain progress row small hcs-progress", hidden: true, click: () => tell("open-panel", "measuring") })
  const news = h("p", { class: "small warn-text cut hcs-notice", role: "status" })
  const name = h("input", {
    type: "text", class: "hcs-reviewer", placeholder: "Your name", autocomplete: "name", maxlength: "200", spellcheck: "false",
    input: () => nameChanged(), change: () => nameChanged(), keydown: onEnter(() => nameGiven()), blur: () => { refused = null },
  })
  const typedName = h("label", { class: "row who" }, h("span", { class: "soft" }, "Reviewer"), name)
  const person = h("span", { class: "row who hcs-person", hidden: true })
  const theme = keyed(h("button", { class: "plain square", "aria-label": "Light or dark", click: () => toggleTheme() }), "theme", "Light or dark")
  const help = helpDialog()
  const goTo = wellDialog(() => choices.labels)
  const helpButton = keyed(signButton("help", "Keys and help", help.toggle), "help", "Keys")
  const finder = palette(keySend)
  const hints = makeHints()
  const findButton = h("button", { class: "plain square hcs-find", "aria-label": "Find", title: `Find an act, metric, well, plate or setting (${keyName("palette")})`, dataset: { act: "palette" }, click: () => tell("palette") }, icon("search"))
  const unknown = h("div", { class: "hcs-unknown", role: "status", hidden: true })
  const absent = h("div", { class: "hcs-absence", role: "alert", hidden: true })
  const returned = h("div", { class: "hcs-returned", role: "status", hidden: true })
  el.append(
    h("header", { class: "top" },
      h("a", { class: "product", href: "./", title: "All plates (Esc)", click: (event) => follow(event, toList) }, mark(), h("b", "hcs")),
      where, news, h("span", { class: "grow" }), progress, h("slot", { name: "uploads" }),
      typedName, person, findButton, theme, helpButton),
    h("div", { class: "bands" }, absent, returned, unknown), help.dialog, goTo.dialog, finder.dialog, hints.card, chooser.box)

  // What is on its way has its place in this line, and nothing below it moves.
  const uploads = document.querySelector('[data-part="uploads"]')
  if (uploads) /** @type {ShadowRoot} */ (root).host.append(uploads)

  /** A band lies over the page until it is closed. @param {HTMLElement} box @param {string} tone @param {Child} words @param {HTMLElement | null} more */
  function band(box, tone, words, more = null) {
    fill(box, notice(tone, h("div", { class: "grow" }, words), more, signButton("close", "Close this message", () => { box.hidden = true }, { title: "Close" })))
    box.hidden = false
  }

  /** Act on a link in this page, unless it is to be opened in another tab. @param {MouseEvent} event @param {() => void} go */
  function follow(event, go) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    go()
  }

  const toList = () => (choices.list ? send("plate", { plate: "" }) : send("home"))

  // Name --

  let atRest = false // whether every part shows what is chosen
  const remembered = rememberedName()
  name.value = remembered
  let waiting = 0
  /** @type {Events["ask-name"] | null} */
  let refused = null // what was asked for without a name
  setReviewer(remembered.trim())
  if (remembered) send("name", { name: remembered })

  /** Do what was refused for want of a name; the server hears of the name first. */
  function nameGiven() {
    const again = refused
    refused = null
    if (!reviewer.name) return
    clearTimeout(waiting)
    send("name", { name: name.value })
    if (again) setTimeout(again)
  }

  function nameChanged() {
    rememberName(name.value)
    setReviewer(name.value.trim())
    name.classList.remove("missing")
    clearTimeout(waiting)
    waiting = setTimeout(() => send("name", { name: name.value }), 200)
  }

  /** Who signed in has their name from there, and a role. @param {HeaderTexts["content"]["visitor"]} visitor */
  function showVisitor(visitor) {
    typedName.hidden = !visitor.asks_name
    person.hidden = !visitor.role
    fill(person, h("span", { class: "cut", title: visitor.name }, visitor.name), h("span", { class: "tag hcs-role", title: visitor.may }, visitor.role),
      visitor.admin ? h("a", { class: "hcs-admin", href: visitor.admin, target: "_blank", rel: "noopener" }, "People") : null,
      visitor.sign_out ? h("form", { method: "post", action: visitor.sign_out }, h("button", { type: "submit", class: "plain hcs-sign-out" }, "Sign out")) : null)
    if (visitor.name && reviewer.name !== visitor.name) setReviewer(visitor.name)
  }

  // Theme --

  function toggleTheme() {
    const next = isDark() ? "light" : "dark"
    document.documentElement.dataset.theme = next
    setPreference("theme", next)
  }

  function showTheme() {
    fill(theme, icon(isDark() ? "sun" : "moon"))
    send("theme", { dark: isDark() })
  }
  showTheme()

  // Address --

  const address = new Address((search) => { lastMessage = send("address", { search }) })
  let lastMessage = 0

  bindKeys(keySend)
  onTheme(showTheme)
  onPreference("theme", (chosen) => { document.documentElement.dataset.theme = chosen })
  listen("help", help.toggle)
  listen("toggle-theme", toggleTheme)
  listen("ask-name", (then) => {
    refused = then ?? null
    name.classList.add("missing")
    tell("hint", "Enter your name first; it is saved with what you do.")
    name.focus()
  })

  /** @param {string} text @param {string} title @param {Record<string, string> | null} query @param {() => void} go */
  const link = (text, title, query, go) => h("a", { class: "crumb cut", title, href: query ? `?${new URLSearchParams(query)}` : "./", click: (event) => follow(event, go) }, text)
  const acquisitions = h("select", { class: "hcs-acquisition", "aria-label": "Acquisition", title: "Acquisition", change: () => send("acquisition", { acquisition: acquisitions.value === "" ? null : Number(acquisitions.value) }) })
  const isNew = novelty()

  /** Only what there is: the list, the plate, and what is open of it. @param {HeaderTexts["content"]} content */
  function showWhere({ plate: key, where: now, stage }) {
    if (!isNew(key, now, choices.list, stage)) return
    const { plate, well, field, acquisition, plane } = now
    /** @param {string} text @param {string} title */
    const here = (text, title) => h("span", { class: "crumb cut", title, "aria-current": "page" }, text)
    const crumbs = []
    if (stage === "plates") crumbs.push(here("Plates", "All plates"))
    else {
      if (choices.list) crumbs.push(link("Plates", "All plates", null, toList))
      crumbs.push([well ? link(plate, `Plate ${plate}`, { plate: key }, () => send("home")) : here(plate, `Plate ${plate}`), choices.list && choices.plates.length > 1 ? chooser.button : null])
      if (well) crumbs.push(field ? link(well, `Well ${well}`, { plate: key, well }, () => send("close")) : here(well, `Well ${well}`))
      if (field) crumbs.push(here(field, `Field: ${field}`))
      if (plane) crumbs.push(h("span", { class: "crumb plane", title: "Focal plane and time point" }, plane))
      if (now.acquisitions.length) crumbs.push(acquisitions)
    }
    fill(acquisitions, h("option", { value: "" }, "All acquisitions"), options(now.acquisitions))
    acquisitions.value = now.chosen
    Object.assign(where.dataset, { plate: stage === "plates" ? "" : plate, well, field, acquisition })
    fill(places, crumbs.map((crumb) => h("li", crumb)))
  }

  // Whether the plate is there --

  const said = { absence: "", unknown: "" } // the same words are not spoken twice
  let lost = { plate: "", since: "" }
  let hiding = 0

  /** @param {HeaderTexts["content"]} content */
  function showAbsence({ plate, absence: away }) {
    const text = away ? absenceText(away) : ""
    if (text !== said.absence) {
      said.absence = text
      const open = away?.moved_to ? h("button", { class: "small", click: () => send("plate", { plate: away.moved_to }) }, "Open it") : null
      absent.hidden = !away
      if (away) band(absent, "warn", text, open)
    }
    if (away) lost = { plate, since: away.since }
    const back = !away && Boolean(absence.since) && lost.plate === plate
    if (back || away) {
      clearTimeout(hiding)
      returned.hidden = !back
    }
    if (back) {
      band(returned, "good", `The plate is available again; it could not be reached since ${moment(lost.since)}. Its pictures are reloaded.`)
      hiding = setTimeout(() => { returned.hidden = true }, RETURNED_MILLISECONDS)
    }
    setAbsence(away?.since ?? "")
  }

  return {
    known(next) {
      choices = next
      chooser.offer(choices.plates, chosen)
    },
    content(next) {
      chosen = next.plate
      chooser.offer(choices.plates, chosen)
      showWhere(next)
      document.title = next.title
      if (next.ack >= lastMessage) address.show(next.query)
      // Setting it styles the whole page anew.
      if (document.documentElement.dataset.stage !== next.stage) document.documentElement.dataset.stage = next.stage
      hints.show(next.stage)
      const { done, total, running, message } = next.progress
      progress.hidden = !running
      if (running) {
        const what = message || "Measuring"
        set(progress, { title: `${what}: ${done} of ${total}. See how far it is, or stop it.` })
        fill(progress, h("span", { class: "soft what" }, what), bar(what, done, total), h("span", { class: "soft" }, `${done}/${total}`))
      }
      say(news, next.notice)
      news.title = next.notice
      if (next.unknown.join() !== said.unknown) band(unknown, "warn", next.unknown.map((text) => h("p", text)))
      if (!next.unknown.length) unknown.hidden = true
      said.unknown = next.unknown.join()
      showVisitor(next.visitor)
      showAbsence(next)
    },
    rest(next) {
      atRest = next.at_rest === true
      if (!atRest) document.documentElement.removeAttribute("data-at-rest")
      whenDrawn(() => document.documentElement.toggleAttribute("data-at-rest", atRest))
    },
    // The proxy that signed this person in lets the request through, or not any more.
    check(next) {
      if (next.number) fetch(new URL("visitor.json", document.baseURI), { cache: "no-store" }).catch(() => {})
    },
    ending(next) {
      if (next.restarting) sayRestarting()
    },
    ended(next) {
      sayEnded(next.text)
    },
  }
}

/** Three by two wells, one of them odd. */
function mark() {
  return svg("svg", { viewBox: "0 0 20 14", width: 20, height: 14, "aria-hidden": "true" }, Array.from({ length: 6 }, (_, i) => {
    const odd = i === 4
    return svg("circle", { cx: 3.5 + (i % 3) * 6.5, cy: 3.5 + Math.floor(i / 3) * 7, r: odd ? 2 : 2.6, fill: odd ? "none" : "currentColor", stroke: odd ? "#e69f00" : "none", "stroke-width": 1.6 })
  }))
}
