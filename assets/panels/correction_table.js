// The one table of files that correct fields. A person sees what each file is for and
// corrects that, has the corrections prepared, compares, confirms, and commits them.

import { listen, tell } from "../core/bus.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { keepingFocus } from "../core/focus.js"
import { fileBox, notice, signButton } from "../core/parts.js"
import { chosenFiles } from "../core/drops.js"
import { count, moment } from "../core/text.js"
import { cancel, forget, sendFiles, takeUp, underWay, uploads } from "../core/uploads.js"
import { batchBar } from "./batch_bar.js"
import { correctionRow } from "./correction_row.js"
import { FILTERS, counts, firstOfFields, leftoverText, listed } from "./match_list.js"
import { NONE, clicked, edited, keyed, still } from "./row_selection.js"

const HEADS = ["", "New", "Present", "File", "Well", "Field", "Channel", "Match", ""]

export const sheets = ["panels/correction_table.css", "review/signoff.css"]

/** @param {PartContext} context @returns {HearingPart<"corrections">} */
export function build({ el, root, send }) {
  /** @type {Shown<"corrections">} */
  let content
  let shown = false // now
  /** @type {MatchRow[]} */
  let rows = []
  /** @type {Map<string, CorrectionEntry>} */
  let entries = new Map()
  /** @type {string[]} */
  let order = [] // ids of the rows that are listed
  let selection = NONE
  /** @type {MatchFilter} */
  let filter = "all"
  /** @type {Map<string, ReturnType<typeof correctionRow>>} */
  const lines = new Map() // by id of the row

  const title = h("h2", { class: "cut" })
  const filters = new Map(FILTERS.map(([id]) => [id, h("button", { class: "small", dataset: { filter: id }, click: () => narrow(id) })]))
  const chosen = h("span", { class: "small soft", role: "status" })
  const back = h("button", { class: "small hcs-table-leave", title: "Back to the plate; the files stay (Esc)", click: () => send("leave") }, "Back to the plate")
  const input = fileBox({ class: "hcs-upload-many", "aria-label": "Image files that correct fields" }, (files) => take(chosenFiles(files)))
  const drop = h("label", { class: "drop" }, input, h("span", { class: "button" }, icon("upload"), "Choose files"), h("span", { class: "small soft" }, "or drop files and folders anywhere"))
  const messages = h("div", { class: "messages", "aria-live": "polite" })
  const head = h("div", { role: "row", class: "line head" }, HEADS.map((text) => h("div", { role: "columnheader" }, text)))
  const body = h("div", { role: "rowgroup" })
  const grid = h("div", { role: "grid", class: "grid hcs-match-table", "aria-label": "Files and the fields that they correct", "aria-multiselectable": "true", keydown: (event) => pressed(event) }, head, body)
  const empty = h("div", { class: "empty" })
  const left = h("ul", { class: "left" })
  const earlier = h("details", { class: "earlier", hidden: true })
  const bar = batchBar({ send, chosenRows: () => selection.rows })
  const section = h("section", { class: "panel hcs-corrections", "aria-label": "Correct many fields" },
    h("header", title, h("span", { class: "segment", role: "group", "aria-label": "Which rows" }, [...filters.values()]), chosen, h("span", { class: "grow" }), back),
    messages, h("div", { class: "scrolls" }, grid, left, empty, earlier), h("footer", drop, bar.element), bar.dialog)

  // Files --

  /** @param {GivenFile[]} files */
  function take(files) {
    if (!files.length || !shown) return
    if (content.refused) return tell("hint", content.refused)
    send("open")
    sendFiles(files).catch((error) => tell("hint", error.message))
  }

  /** Files for this table: of this plate, and for no well that was named. @param {UploadEntry} entry */
  const mine = (entry) => entry.purpose === "correction" && !entry.well && (entry.plate === content.key || !entry.plate)

  /** Have what was uploaded and read matched, once the last of a drop is. */
  function adopt() {
    if (!shown || content.refused) return
    const own = uploads.filter(mine)
    if (own.some(underWay)) return
    // What is no picture stands in the table, too, with what would help.
    const arrived = own.filter((entry) => entry.id && (entry.state === "ready" || entry.state === "refused")).map((entry) => entry.id)
    if (!arrived.length) return
    send("uploaded", { uploads: arrived })
    arrived.forEach(forget)
  }

  function notReceived() {
    return uploads.filter((entry) => mine(entry) && entry.state === "failed").map((entry) =>
      notice("bad", h("span", { class: "grow" }, h("b", entry.name), ` was not received: ${entry.error}`),
        signButton("close", `Dismiss ${entry.name}`, () => cancel(entry))))
  }

  // Rows --

  /** @type {RowActs} */
  const acts = {
    change: (id, what, value) => send("change", { rows: edited(selection, id, order), what, value }),
    click: (id, event) => {
      const tick = event.target instanceof HTMLInputElement
      choose(clicked(selection, order, id, { shift: event.shiftKey, more: tick || event.ctrlKey || event.metaKey }))
      lines.get(id)?.element.focus({ preventScroll: true })
    },
    compare: (field) => send("compare", { fields: [field] }),
    confirm: (field, kind, confirmed) => send("confirm", { fields: together(field), kind, confirmed }),
    enter: (id) => lines.get(id)?.element.focus({ preventScroll: true }),
  }

  /** The field, or those of all chosen rows where its row is among them. @param {string} field */
  function together(field) {
    const chosen = rows.filter((row) => selection.rows.has(row.id)).map((row) => row.key)
    return chosen.includes(field) ? [...new Set(chosen)] : [field]
  }

  /** @param {RowSelection} next */
  function choose(next) {
    selection = next
    showSelection()
  }

  /** @param {MatchFilter} next */
  function narrow(next) {
    filter = next
    showRows()
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    if (target.getAttribute("role") !== "row" || event.defaultPrevented || event.altKey) return
    const next = keyed(selection, order, event)
    if (next) {
      event.preventDefault()
      event.stopPropagation()
      choose(next)
      const line = lines.get(selection.at)
      line?.element.focus({ preventScroll: true })
      line?.element.scrollIntoView({ block: "nearest" })
      return
    }
    const id = selection.at
    const row = rows.find((each) => each.id === id)
    if (!row || event.ctrlKey || event.metaKey || content.barred.change) return
    const act = /** @type {Record<string, () => void>} */ ({
      Delete: () => acts.change(id, "excluded", row.excluded ? "" : "1"),
      Enter: () => (entries.get(row.key)?.state === "staged" ? acts.compare(row.key) : lines.get(id)?.well.focus()),
    })[event.key] ?? typed(event.key, id)
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  /** A letter begins the name of a well, a digit is a channel. @param {string} key @param {string} id */
  function typed(key, id) {
    if (/^[a-z]$/i.test(key)) {
      return () => {
        const well = lines.get(id)?.well
        if (!well) return
        well.value = key.toUpperCase()
        well.focus()
        well.setSelectionRange(1, 1)
      }
    }
    const channel = Number(key) - 1
    return /^[1-9]$/.test(key) && channel < content.channels.length ? () => acts.change(id, "channel", String(channel)) : null
  }

  function showRows() {
    const present = new Set(rows.map((row) => row.id))
    for (const [id, line] of lines) {
      if (present.has(id)) continue
      line.element.remove()
      lines.delete(id)
    }
    const first = firstOfFields(rows)
    const wanted = rows.filter((row) => listed(filter, row, entries.get(row.key)))
    order = wanted.map((row) => row.id)
    selection = still(selection, order)
    const barred = content?.barred ?? {}
    const shown = new Set(order)
    for (const row of rows) {
      const line = lines.get(row.id) ?? correctionRow(row.id, acts)
      lines.set(row.id, line)
      line.show(row, entries.get(row.key), { first: first.has(row.id), channels: content?.channels ?? [], barred })
      line.element.hidden = !shown.has(row.id)
    }
    rows.forEach(({ id }, i) => {
      const element = lines.get(id)?.element
      if (element && body.children[i] !== element) body.insertBefore(element, body.children[i] ?? null)
    })
    const numbers = counts(rows, entries)
    for (const [id, button] of filters) {
      const number = numbers.get(id)
      say(button, `${FILTERS.find(([name]) => name === id)?.[1]} ${number}`)
      set(button, { "aria-pressed": id === filter, disabled: !number && id !== filter })
    }
    showSelection()
  }

  function showSelection() {
    const at = selection.at || order[0]
    for (const [id, line] of lines) line.select(selection.rows.has(id), id === at)
    const number = selection.rows.size
    say(chosen, number > 1 ? `${count(number, "row")} chosen: what you change in one changes all` : "")
    bar.show({ content, rows, entries })
  }

  // Frame --

  function showMessages() {
    const lines = shown ? notReceived() : []
    const unused = shown && !content.refused ? uploads.filter((entry) => mine(entry) && entry.state === "unused") : []
    if (unused.length) {
      lines.push(h("div", { class: "notice" }, icon("upload"), h("span", { class: "grow" }, `${count(unused.length, "file")} of yours ${unused.length === 1 ? "was" : "were"} uploaded before and ${unused.length === 1 ? "is" : "are"} not used yet.`),
        h("button", { class: "small hcs-use-uploads", click: () => unused.forEach(takeUp) }, "Use them here")))
    }
    if (content?.error) lines.push(notice("bad", content.error))
    if (content?.elsewhere) lines.push(notice("warn", content.elsewhere))
    if (content?.refused) lines.push(h("p", { class: "soft small" }, content.refused))
    fill(messages, lines)
  }

  function showFrame() {
    say(title, `Correct ${content.plate}`)
    set(input, { accept: content.accept, disabled: Boolean(content.refused) })
    drop.hidden = Boolean(content.refused)
    const nothing = !rows.length && !content.leftovers.length
    empty.hidden = !nothing
    head.hidden = nothing
    if (nothing) {
      fill(empty, h("b", uploads.some((entry) => mine(entry) && underWay(entry)) ? "Files are being received and read." : "No files yet."),
        h("span", "Drop the images that were taken again. Each is matched to its well, field and channel by its metadata and its name; nothing is changed before you have seen it here."))
    }
    left.hidden = !content.leftovers.length
    fill(left, content.leftovers.map((each) => h("li", { class: "state bad" }, icon("close"), h("span", h("b", each.name), ` ${leftoverText(each)}`))))
    for (const button of filters.values()) button.hidden = nothing
    showEarlier()
    showMessages()
  }

  /** What was committed before, by anybody, also by a server that was killed meanwhile. */
  function showEarlier() {
    const { open } = earlier
    earlier.hidden = !content.earlier.length
    fill(earlier, h("summary", `Batches of this plate: ${content.earlier.length}`), h("ul", content.earlier.map((each) => h("li", { class: "row", dataset: { batch: each.id } },
      h("span", { class: "grow" }, `${moment(each.when)} · ${each.who}: ${each.committed} of ${each.total} committed, “${each.why}”${each.undone ? " · undone" : ""}`),
      each.undoable ? h("button", { class: "small", disabled: Boolean(content.barred.undo), title: content.barred.undo || "", click: () => bar.ask(each.id) }, icon("undo"), "Undo") : null))))
    earlier.open = open
  }

  listen("reviewer", () => shown && showSelection())
  listen("correct-many", (files) => (files?.length ? take(files) : send("open")))
  listen("confirm-difference", (asked) => send("confirm", asked))
  listen("uploaded", () => { adopt(); if (shown) keepingFocus(root, showFrame) })
  listen("uploads", () => { if (shown && content.open) keepingFocus(root, showFrame) })

  return {
    hears: true,
    content(next) {
      const opened = next.shown && next.open && !(shown && content.open)
      shown = next.shown
      if (!next.shown) return
      content = next
      // Not before: a page has one grid to read out, that of the plate, until this opens.
      if (next.open && !section.isConnected) el.append(section)
      adopt()
      showFrame()
      showRows()
      if (opened) requestAnimationFrame(() => (lines.get(selection.at || order[0])?.element ?? input).focus({ preventScroll: true }))
    },
    rows(next) {
      rows = next
      if (shown) {
        showFrame()
        showRows()
      }
    },
    corrections(next) {
      entries = new Map(next.map((entry) => [entry.key, entry]))
      if (shown) showRows()
    },
  }
}
