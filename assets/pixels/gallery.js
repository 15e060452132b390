// The fields of the chosen well: as a gallery, and as a strip while one is open.

import { lastSeen, onReturn } from "../core/absence.js"
import { ask, listen, stage } from "../core/bus.js"
import { everyFrame, fill, h, icon, say, set } from "../core/dom.js"
import { notice, options } from "../core/parts.js"
import { number } from "../core/text.js"
import { keyed } from "../core/keyed.js"
import { legend } from "./channel_marks.js"
import { thumbBar } from "./scale_bar.js"
import { fieldKey, fieldVerdict, setPictures, signElement } from "../review/verdicts.js"

const CAPTION = 30 // pixels below and around a picture
const SMALLEST = 135
const BASES = { stage: "Stage position", acquired: "Acquired", worst: "Suspects first" }

export const sheets = ["pixels/gallery.css", "pixels/channel_marks.css"]

/** @param {PartContext} context @returns {Part<"gallery">} */
export function build({ el, send }) {
  const title = h("h2")
  const facts = h("div", { class: "row facts-line grow" })
  const plateButton = keyed(h("button", { class: "small hcs-plate-pictures", click: () => ask("pictures-of-plate") }, "Plate"), "whole", "The whole plate as pictures")
  const controlButton = keyed(h("button", { class: "small hcs-control", click: () => ask("control") }, "Control"), "beside", "Compare with the nearest control")
  const othersButton = h("button", { class: "small hcs-other-wells", title: "Controls, neighbours, random wells, best and worst below (Shift and the key of the controls)", click: () => ask("beside") }, "Wells…")
  const order = h("select", { class: "hcs-field-order", "aria-label": "Order of the fields", hidden: true, change: () => send("order", { order: order.value }) },
    options([["", ""], ["worst", BASES.worst]]))
  const channels = legend()
  const about = h("span", { class: "soft" })
  const list = h("div", { class: "list", role: "list", "aria-label": "Fields" })
  const message = h("div", { class: "message", hidden: true })
  const section = h("section", { class: "panel hcs-gallery", "aria-label": "Fields of the well" }, h("header", title, facts, lastSeen(), order, controlButton, othersButton, plateButton), message, list, h("footer", { class: "row small" }, channels.element, about))
  el.append(section)
  const thumbs = new Map()
  let fields = 0
  /** @type {[number, number][]} */
  let places = [] // rows and columns in which the fields lie in the well
  /** @type {GalleryText | null} */
  let shown = null
  let seen = () => {}
  const pictures = new Promise((done) => { seen = () => done(undefined) })

  const stages = new MutationObserver(() => tellDrawn())
  stages.observe(document.documentElement, { attributeFilter: ["data-stage"] })

  /** Whether what the well holds is on the screen: nobody judges what is not. */
  const tellDrawn = () => {
    if (!shown) return
    const drawn = !shown.loading && stage() !== "canvas" && [...thumbs.values()].every((thumb) => thumb.drawn)
    const open = shown.fields.find((field) => field.selected)
    setPictures({ plate: shown.plate, well: shown.well, digest: shown.digest, field: open ? fieldKey(open) : "", drawn })
    if (drawn || shown.loading) seen() // what is still read comes with the connection
  }

  /** As large as lets all fields be seen at once, but never too small to judge. */
  const arrange = everyFrame(() => {
    if (section.classList.contains("strip") || !fields) return
    const style = getComputedStyle(list)
    const gap = parseFloat(style.columnGap)
    const width = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
    const height = list.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)
    let best = [1, 0]
    const staged = places.length ? Math.max(...places.map(([, column]) => column)) + 1 : 0
    const [least, most] = staged ? [staged, staged] : [1, fields]
    for (let columns = least; columns <= most; columns += 1) {
      const across = (width - gap * (columns - 1)) / columns
      const rows = staged ? Math.max(...places.map(([row]) => row)) + 1 : Math.ceil(fields / columns)
      const down = (height - gap * (rows - 1)) / rows - CAPTION
      const side = Math.min(across, down)
      if (side > best[1]) best = [columns, side]
    }
    // Where not all can be seen at once, rows as wide as the page, and scrolling.
    const columns = Math.max(1, Math.floor((width + gap) / (SMALLEST + gap)))
    const scrolled = (width - gap * (columns - 1)) / columns
    const fits = best[1] >= (staged ? SMALLEST / 2 : SMALLEST)
    set(list, { style: { "--side": `${Math.floor(fits ? best[1] : scrolled)}px`, "--across": fits ? String(best[0]) : "auto-fill" } })
    ;[...list.children].forEach((each, i) => set(each, { style: { "grid-area": fits && staged ? places[i].map((at) => at + 1).join("/") : "auto" } }))
  })
  const watcher = new ResizeObserver(arrange)
  watcher.observe(list)

  /** @param {string} key */
  function makeThumb(key) {
    /** @type {GalleryText["fields"][number]} */
    let field
    const image = h("img", { alt: "", draggable: "false", decoding: "async" })
    const problem = h("span", { class: "problem", hidden: true })
    const verdict = h("span", { class: "decided" })
    const caption = h("span", { class: "caption" })
    const button = h("button", { class: "hcs-thumb", click: () => send("open", { field: field.name, acquisition: field.acquisition }) },
      h("span", { class: "frame" }, image, problem, verdict), caption)
    image.addEventListener("load", () => {
      const { cell } = field
      image.classList.toggle("of-many", Boolean(cell))
      if (cell) ["column", "row", "columns", "rows"].forEach((name, i) => image.style.setProperty(`--${name}`, String(cell[i])))
      button.classList.remove("loading")
      problem.hidden = true
      failed = false
      thumb.drawn = true
      tellDrawn()
    })
    image.addEventListener("error", () => {
      button.classList.remove("loading")
      failed = Boolean(image.getAttribute("src"))
      if (failed) fail("The picture could not be loaded.")
      thumb.drawn = true
      tellDrawn()
    })
    let failed = false // to be loaded, where it could be another time
    /** @param {string} text */
    const fail = (text) => {
      fill(problem, icon("warn"), h("span", text))
      problem.hidden = false
    }
    const thumb = {
      key, element: h("div", { role: "listitem" }, button), well: "", version: "", drawn: false,
      again() {
        if (failed) image.src = field.thumb
      },
      judge() {
        const held = fieldVerdict(thumb.well, field)
        fill(verdict, held ? signElement(held) : null)
        set(button, { "aria-description": held ? `${held.verdict}${held.reason ? `, ${held.reason}` : ""}` : null })
      },
      /** @param {string} well @param {GalleryText["fields"][number]} next */
      show(well, next) {
        field = next
        set(button, {
          dataset: { well, field: field.name, version: field.version },
          "aria-label": `${well}, ${field.label}${field.corrected ? ", corrected" : ""}${field.error ? `, cannot be shown: ${field.error}` : ""}`,
          "aria-pressed": field.selected, title: field.error || field.label,
        })
        fill(caption, h("b", { class: "cut" }, field.label),
          field.acquisition_name ? h("span", { class: "soft cut" }, field.acquisition_name) : null,
          field.corrected ? h("span", { class: "corrected", title: "Corrected" }, "◆") : null,
          h("span", { class: "grow" }),
          field.value !== null ? h("span", { class: "soft cut", title: field.metric }, number(field.value)) : null)
        if (field.error) {
          image.removeAttribute("src")
          image.hidden = true
          thumb.drawn = true
          return fail(field.error)
        }
        image.hidden = false
        if (image.getAttribute("src") !== field.thumb) {
          // The old picture stays until the new one is there: no flicker on contrast. What it
          // shows can be judged meanwhile; the picture of another well or version cannot.
          const same = Boolean(image.getAttribute("src")) && !failed && thumb.well === well && thumb.version === field.version
          if (!same) thumb.drawn = false
          if (!image.getAttribute("src") || thumb.well !== well) button.classList.add("loading")
          image.src = field.thumb
        }
        thumb.well = well
        thumb.version = field.version
      },
    }
    return thumb
  }

  /** @param {GalleryText} next */
  function showMessage(next) {
    const text = next.error || (!next.loading && next.fields.length === 0 ? next.empty : "")
    message.hidden = !text
    if (!text) return
    fill(message, next.error
      ? notice("bad", h("div", h("b", `Well ${next.well} cannot be shown. `), next.error))
      : h("div", { class: "empty" }, h("b", text), next.hint ? h("span", next.hint) : null))
  }

  listen("verdicts", () => thumbs.forEach((thumb) => thumb.judge()))
  onReturn(() => thumbs.forEach((thumb) => thumb.again()))

  return {
    content(next) {
      if (shown && shown.plate !== next.plate) {
        // Wells and versions of two plates may have the same names: no picture is of both.
        thumbs.forEach((thumb) => thumb.element.remove())
        thumbs.clear()
      }
      section.classList.toggle("strip", next.strip)
      section.classList.toggle("loading", next.loading)
      fill(title, next.well || "")
      fill(facts, h("span", { class: "soft" }, next.loading ? "Loading…" : next.summary),
        next.conditions.map(([name, value]) => h("span", { class: ["tag", Number.isNaN(Number(value)) ? "" : "number"].join(" "), title: `${name}: ${value}` }, h("span", { class: "cut name" }, name), h("span", { class: "cut value" }, value))))
      showMessage(next)
      const keys = next.fields.map(fieldKey)
      for (const [key, thumb] of thumbs) {
        if (keys.includes(key)) continue
        thumb.element.remove()
        thumbs.delete(key)
      }
      next.fields.forEach((field, i) => {
        if (!thumbs.has(keys[i])) thumbs.set(keys[i], makeThumb(keys[i]))
        const thumb = thumbs.get(keys[i])
        if (list.children[i] !== thumb.element) list.insertBefore(thumb.element, list.children[i] ?? null)
        thumb.show(next.well, field)
      })
      const chosen = next.fields.findIndex((field) => field.selected)
      // The strip stands there by the next frame: this comes before what says that a field is open.
      if (chosen >= 0 && next.strip) requestAnimationFrame(() => thumbs.get(keys[chosen])?.element.scrollIntoView({ block: "nearest", inline: "nearest" }))
      thumbs.forEach((thumb) => thumb.judge())
      fields = next.fields.length
      places = next.places
      order.hidden = fields < 2 || next.loading
      order.value = next.order
      // In another order it still says what choosing the first would give.
      if (next.basis !== "worst") say(order.options[0], BASES[next.basis])
      else if (!order.options[0].textContent) say(order.options[0], BASES.acquired)
      const [bar, barText] = thumbBar(next.across, next.unit)
      set(list, { style: { "--bar": bar } })
      section.classList.toggle("single", fields < 2)
      say(about, fields ? barText : "")
      shown = next
      tellDrawn()
      arrange()
    },
    pictures,
  }
}
