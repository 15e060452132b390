// One row of the table of corrections: a file, its picture beside what is there, what it is
// for, and what is to be said of it. Elements stay while values change, and so does the focus.

import { fill, h, icon, say, set } from "../core/dom.js"
import { confirmation, mustCorrect, novelty, offer, renew } from "../core/parts.js"
import { standing } from "./match_list.js"

const PAGES = [["", "pages?"], ["c", "channels"], ["z", "z"], ["t", "t"]]

/** Make a row. @param {string} id @param {RowActs} acts */
export function correctionRow(id, acts) {
  const isNew = novelty()
  /** @type {MatchRow} */
  let row
  const tick = h("input", { type: "checkbox", tabindex: "-1", "aria-label": "Choose the row" })
  const pictures = ["New", "Present"].map((name) => picture(name))
  const name = h("div", { class: "cut" })
  const about = h("div", { class: "small soft cut" })
  const facts = h("div", { class: "small facts" })
  const pages = choice("pages", "Pages are", PAGES)
  const series = choice("series", "Image of the file", [])
  const well = box("well", "Well", "B02")
  const field = box("field", "Field", "s1")
  const channel = choice("channel", "Channel", [])
  const says = h("div", { class: "says", role: "gridcell" })
  const out = h("button", { class: "plain small hcs-leave-out", click: () => acts.change(id, "excluded", row.excluded ? "" : "1") })
  const cell = (/** @type {HTMLElement} */ content) => h("div", { role: "gridcell" }, content)
  const element = h("div", { role: "row", class: "line", tabindex: "-1", dataset: { row: id }, click: (event) => clicked(event) },
    cell(tick), cell(pictures[0].element), cell(pictures[1].element), h("div", { role: "gridcell", class: "file" }, name, about, facts, pages, series),
    cell(well), cell(field), cell(channel), says, cell(out))

  /** A click on a control is that control's. @param {MouseEvent} event */
  function clicked(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    if (target !== tick && target.closest("input, select, button, label")) return
    if (target === tick) event.preventDefault() // it shows what the table says
    acts.click(id, event)
  }

  /** @param {string} text */
  function picture(text) {
    const image = h("img", { alt: "", hidden: true, loading: "lazy", decoding: "async", width: "56", height: "56", draggable: "false" })
    const none = h("span", { class: "none" })
    const frame = h("span", { class: "frame" }, image, none)
    image.addEventListener("error", () => { image.hidden = true; say(none, "no picture") })
    image.addEventListener("load", () => { image.hidden = false; say(none, "") })
    return {
      element: frame,
      /** @param {string} address @param {string} empty */
      show(address, empty) {
        if (!address) say(none, empty)
        if (image.getAttribute("src") === (address || null)) return
        set(image, { src: address || null, alt: address ? `${text} picture` : "" })
        image.hidden = !address
        if (address) say(none, "")
      },
    }
  }

  /** @param {"well" | "field"} what @param {string} label @param {string} placeholder */
  function box(what, label, placeholder) {
    const input = h("input", { type: "text", class: `hcs-match-${what}`, "aria-label": label, placeholder, spellcheck: "false", autocomplete: "off", maxlength: "60", dataset: { keeps: "" } })
    const put = () => { if (input.value.trim() !== (row?.[what] ?? "")) acts.change(id, what, input.value.trim()) }
    input.addEventListener("change", put)
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return
      event.preventDefault()
      event.stopPropagation()
      if (event.key === "Escape") input.value = row?.[what] ?? ""
      acts.enter(id) // the focus goes to the row, which tells of the change
    })
    return input
  }

  /** @param {string} what @param {string} label @param {string[][]} pairs */
  function choice(what, label, pairs) {
    const select = h("select", { class: `hcs-match-${what}`, "aria-label": label, change: () => acts.change(id, what, select.value) })
    offer(select, pairs)
    return select
  }

  /** What was prepared of its field, where this row is the first of it and speaks of it.
   *  @param {CorrectionEntry | undefined} entry @param {boolean} first @param {string | undefined} barred */
  function prepared(entry, first, barred) {
    if (!entry) return []
    const { state, ready, text } = entry
    /** @type {[Sign, string, string]} */
    const [sign, tone, words] = state !== "staged" ? ["close", "bad", `not ${state === "refused" ? "prepared" : "committed"}: ${text}`]
      : ready ? ["check", "good", "prepared"] : ["warn", "warn", "confirm what differs"]
    const line = h("div", { class: `state ${tone}`, dataset: { state } }, icon(sign), h("span", words))
    if (!first) return [line]
    const compare = state === "staged" ? h("button", { class: "small hcs-compare-row", click: () => acts.compare(entry.key) }, "Compare") : null
    const failed = state === "staged" && text ? h("div", { class: "state bad" }, icon("close"), h("span", `not committed: ${text}`)) : null
    return [h("div", { class: "row" }, line, compare), failed, ...entry.differences.map((difference) => said(entry.key, difference, barred))]
  }

  /** @param {string} field @param {Difference} difference @param {string | undefined} barred */
  function said(field, difference, barred) {
    if (!difference.blocking) return h("div", { class: "small soft" }, difference.message)
    if (!difference.confirmable) return h("div", { class: "state bad", dataset: { kind: difference.kind } }, icon("warn"), mustCorrect(difference))
    return confirmation(difference, barred, (confirmed) => acts.confirm(field, difference.kind, confirmed))
  }

  /** @param {CorrectionEntry | undefined} entry @param {boolean} first @param {string | undefined} barred */
  function showSays(entry, first, barred) {
    const [sign, words] = standing(row)
    const tone = { check: "", help: "guess", warn: "warn", close: "soft" }[sign]
    fill(says,
      h("div", { class: `state ${tone}` }, icon(sign), h("span", h("b", words), row.problem && !row.excluded ? ` ${row.problem}` : "")),
      row.problem && row.help && !row.excluded ? h("div", { class: "small soft" }, row.help) : null,
      row.reasons.length && !row.excluded ? h("div", { class: "small soft cut", title: row.reasons.join("\n") }, row.reasons.join(" ")) : null,
      row.excluded ? null : row.doubts.map((doubt) => h("div", { class: "state warn small" }, icon("warn"), h("span", doubt))),
      row.excluded ? null : prepared(entry, first, barred))
  }

  return {
    element,
    well,
    /** @param {MatchRow} next @param {CorrectionEntry | undefined} entry @param {{first: boolean, channels: string[], barred: Barred}} more */
    show(next, entry, { first, channels, barred }) {
      if (!isNew(next, entry, first, channels, barred.change)) return
      row = next
      const locked = barred.change || ""
      set(element, { "aria-label": `${next.name}: ${standing(next)[1]}` })
      element.classList.toggle("out", next.excluded)
      pictures[0].show(next.picture, "no picture")
      pictures[1].show(next.present, next.well ? "nothing there" : "not known")
      say(name, next.name)
      set(name, { title: next.name })
      say(about, next.text)
      say(facts, next.facts.join(" "))
      facts.hidden = !next.facts.length
      renew(well, next.well)
      renew(field, next.field)
      offer(channel, [["", "choose…"], ...(next.single ? [] : [["all", "all in order"]]), ...channels.map((text, i) => [String(i), text])], next.channel)
      pages.hidden = !next.pages
      pages.value = next.pages
      series.hidden = !next.all_series.length
      offer(series, [["", "which image?"], ...next.all_series.map((text, i) => [String(i), text])], next.series === null ? "" : String(next.series))
      for (const control of [well, field, channel, pages, series, out]) set(control, { disabled: Boolean(locked), title: locked || null })
      for (const [what, control] of /** @type {[string, HTMLElement][]} */ ([["well", well], ["field", field], ["channel", channel], ["series", series]])) {
        control.classList.toggle("needed", next.needs.includes(what) && !next.excluded)
        control.classList.toggle("said", next.chosen.includes(what))
      }
      fill(out, next.excluded ? "Take in" : "Leave out")
      showSays(entry, first, barred.confirm)
    },
    /** @param {boolean} chosen @param {boolean} at  the keys stand at it */
    select(chosen, at) {
      set(element, { "aria-selected": chosen, tabindex: at ? "0" : "-1" })
      tick.checked = chosen
    },
  }
}
