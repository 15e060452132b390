// Upload a corrected field, say which file is which channel, confirm what differs, give
// a reason, commit. The server decides what may be committed; this only says why not.

import { listen, reviewer, tell } from "../core/bus.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { keepingFocus } from "../core/focus.js"
import { bar, fileBox, labelled, mustCorrect, notice, novelty, offer, signButton } from "../core/parts.js"
import { selection } from "../core/selection.js"
import { cancel, forget, sendFiles, underWay, uploads } from "../core/uploads.js"
import { part, stateText } from "./upload_text.js"

const PAGES = [["c", "channels"], ["z", "z"], ["t", "t"]]

/** @param {PartContext} context @returns {HearingPart<"correction">} */
export function build({ el, root, send, hide }) {
  /** @type {Shown<"correction">} */
  let content
  let shown = false // now
  /** @type {{list: File[], well: string}} */
  let early = { list: [], well: "" } // files chosen before the form knew of their well
  const confirming = new Map() // differences by kind, as they were confirmed last
  let confirmation = 0 // number of the message that said so

  const title = h("h2", { class: "grow cut" })
  const input = fileBox({ class: "hcs-upload", "aria-label": "Corrected image files" }, (files) => take([...(files ?? [])]))
  const choose = h("span", { class: "button" }, icon("upload"), "Choose files")
  const drop = h("label", { class: "drop" }, input, choose, h("span", { class: "small soft" }, "or drop them here: one TIFF or PNG, or one per channel"))
  const target = h("div", { class: "target" })
  const here = h("ul")
  const coming = h("ul") // apart: how far one is draws no select anew
  const files = h("div", { class: "files" }, here, coming)
  const differences = h("ul", { class: "differences" })
  const messages = h("div", { class: "messages", "aria-live": "polite" })
  const reason = h("textarea", { class: "hcs-reason", rows: "2", maxlength: "1000", placeholder: "Reason, such as: re-imaged, was out of focus", "aria-label": "Reason", input: () => gate(), keydown: (event) => confirmReason(event) })
  const commit = h("button", { class: "primary hcs-commit", disabled: true, click: () => doCommit() })
  const discard = h("button", { class: "hcs-discard", click: () => send("discard") }, "Discard")
  const why = h("p", { class: "small soft why", role: "status" })
  const form = h("div", { class: "form", hidden: true }, h("h3", "What differs"), differences, reason, h("div", { class: "row acts" }, commit, discard), why)
  const section = h("section", { class: "panel correction", "aria-label": "Correct a field" }, h("header", title), h("div", { class: "body" }, target, drop, messages, files, form))
  el.append(section)

  // Sending files --

  /** @param {File[]} list */
  function take(list) {
    // The well is still being read: its files are sent once it is there.
    if (!shown) early = { list, well: selection.well }
    if (list.length && shown && content.open) sendFiles(list.map((file) => ({ file })), { plate: content.plate, well: content.well })
  }

  /** A well is there: it may be another than the one that files were chosen for. */
  function takeEarly() {
    const { list, well } = early
    early = { list: [], well: "" }
    if (!list.length) return
    if (well && well !== content.well) tell("hint", `The files for ${well} were not sent: ${content.well} came first. Choose them again.`)
    else take(list)
  }

  /** Files for this well that are on their way, or that cannot be used. */
  const isHere = (/** @type {UploadEntry} */ entry) => entry.well === content?.well && (entry.plate === content.plate || !entry.plate)
  const mine = () => uploads.filter((entry) => isHere(entry) && (underWay(entry) || ["ready", "refused", "failed"].includes(entry.state)))

  /** Have the server work with what was uploaded for this well, once all of it was read. */
  function adopt() {
    if (!shown || !content.open) return
    const own = uploads.filter((entry) => isHere(entry) && entry.purpose === "correction")
    if (own.some(underWay)) return
    const ready = own.filter((entry) => entry.state === "ready")
    ready.forEach((entry, i) => {
      send("uploaded", { plate: content.plate, well: content.well, upload: entry.id, more: i < ready.length - 1 })
      forget(entry.id)
    })
  }

  // Showing --

  function showTarget() {
    const { targets, chosen } = content
    target.hidden = !targets.length
    if (!targets.length) return
    /** @param {string} id */
    const choose = (id) => send("target", { target: id })
    if (targets.length > 3) {
      const select = h("select", { disabled: Boolean(content.staged), change: () => choose(select.value) }, targets.map((option) => h("option", { value: option.id }, option.text)))
      select.value = chosen
      return fill(target, labelled("Do", select))
    }
    fill(target, targets.length === 1
      ? h("p", targets[0].text)
      : targets.map((option) => h("label", { class: "row" },
        h("input", { type: "radio", name: "target", checked: option.id === chosen, disabled: Boolean(content.staged), change: () => choose(option.id) }), h("span", option.text))))
  }

  const isNew = novelty()
  function showFiles() {
    const { uploads: received, channels, busy } = content
    if (isNew(received, channels, busy)) fill(here, received.map(fileRow))
    showComing()
  }

  function showComing() {
    const sending = mine()
    files.hidden = !content.uploads.length && !sending.length
    fill(coming, sending.map(comingRow))
  }

  /** @param {Shown<"correction">["uploads"][number]} upload */
  function fileRow(upload) {
    const channels = [["", "leave out"], ...upload.all ? [["all", upload.all]] : [], ...content.channels.map((name, i) => [String(i), name])]
    const select = h("select", {
      "aria-label": `Channel of ${upload.name}`, disabled: content.busy,
      change: () => send("assign", { upload: upload.id, channel: select.value }),
    })
    offer(select, channels, upload.channel)
    const pages = h("select", {
      class: "hcs-pages", "aria-label": `Pages of ${upload.name}`, disabled: content.busy,
      change: () => send("pages", { upload: upload.id, pages: pages.value }),
    })
    offer(pages, PAGES, upload.pages)
    return h("li", { dataset: { upload: upload.id } },
      h("div", { class: "row" }, icon("file"), h("span", { class: "grow cut", title: upload.name }, upload.name),
        signButton("close", `Remove ${upload.name}`, () => send("remove", { upload: upload.id }), { title: "Remove", disabled: content.busy })),
      h("div", { class: "row" }, h("span", { class: "small soft grow cut", title: upload.text }, upload.text), upload.single || upload.all ? select : null),
      upload.pages ? h("label", { class: "row" }, h("span", { class: "small soft grow" }, "Pages are"), pages) : null)
  }

  /** @param {UploadEntry} entry */
  function comingRow(entry) {
    return h("li", {},
      h("div", { class: "row" }, icon("file"), h("span", { class: "grow cut", title: entry.name }, entry.name),
        signButton("close", `Cancel ${entry.name}`, () => cancel(entry), { dataset: { key: entry.key } })),
      underWay(entry) || entry.state === "ready"
        ? h("div", { class: "row" }, bar("", part([entry]), 1, "grow"), h("span", { class: "small soft" }, stateText(entry)))
        : notice("bad small", entry.error))
  }

  /** @param {string} kind @param {boolean} confirmed */
  function confirm(kind, confirmed) {
    confirming.set(kind, confirmed)
    confirmation = send("confirm", { kind, confirmed })
  }

  function showDifferences() {
    const list = content.staged?.differences ?? []
    if (!list.length) return fill(differences, h("li", { class: "row good-line" }, icon("check"), "Shape, type and channels are the same."))
    fill(differences, list.map((difference) => {
      if (!difference.blocking) return h("li", { class: "row" }, h("span", { class: "tag" }, difference.kind), h("span", difference.message))
      if (!difference.confirmable) return h("li", { class: "notice bad", dataset: { kind: difference.kind } }, icon("warn"), mustCorrect(difference))
      const box = h("input", { type: "checkbox", checked: difference.confirmed, disabled: content.busy, change: () => confirm(difference.kind, box.checked) })
      box.checked = confirming.get(difference.kind) ?? difference.confirmed
      return h("li", { class: `notice ${difference.confirmed ? "" : "warn"}`, dataset: { kind: difference.kind } }, h("label", { class: "row confirm" }, box, h("span", difference.message, h("b", difference.confirmed ? " Confirmed." : " Accept this difference."))))
    }))
  }

  /** Why commit is not possible now, in words; "" where it is. */
  function obstacle() {
    if (!content?.staged) return "Choose a file first."
    if (content.barred.commit) return content.barred.commit
    if (content.busy) return content.busy_text
    const open = content.staged.differences.filter((difference) => difference.blocking && !difference.confirmed)
    const hopeless = open.filter((difference) => !difference.confirmable)
    if (hopeless.length) return `Cannot be committed: ${hopeless[0].message}`
    if (open.length) return open.length === 1 ? "Confirm the difference above first." : `Confirm the ${open.length} differences above first.`
    if (!reviewer.name) return "Enter your name at the top first."
    if (!reason.value.trim()) return "Give a reason first."
    return ""
  }

  function gate() {
    const text = obstacle()
    set(commit, { disabled: Boolean(text), title: text })
    say(why, text || "The present version is kept and can be reverted to.")
  }

  /** Enter takes the reason; the commit itself is one more, on its own button. @param {KeyboardEvent} event */
  function confirmReason(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || commit.disabled) return
    event.preventDefault()
    commit.focus()
  }

  function doCommit() {
    if (obstacle()) return
    send("commit", { staged: content.staged?.id, reason: reason.value.trim(), name: reviewer.name })
  }

  function showMessages() {
    const shown = []
    if (content.error) shown.push(notice("bad", content.error))
    if (content.done) shown.push(notice("good", content.done))
    if (content.elsewhere) {
      shown.push(notice("warn", h("div", { class: "grow" }, h("p", `Not committed yet: ${content.elsewhere}.`),
        h("div", { class: "row" }, h("button", { class: "small", click: () => send("show-staged") }, "Go there"),
          h("button", { class: "small", click: () => send("discard") }, "Discard")))))
    }
    if (content.missing) shown.push(h("p", { class: "small soft" }, content.missing))
    if (content.busy) shown.push(h("p", { class: "small soft" }, content.busy_text))
    fill(messages, shown)
  }

  listen("reviewer", gate)
  listen("uploads", () => shown && keepingFocus(root, showComing))
  listen("uploaded", () => { adopt(); if (shown) keepingFocus(root, showComing) })
  listen("choose-file", () => {
    if (!shown) return false
    if (content.refused) tell("hint", content.refused)
    if (drop.hidden) return true
    section.scrollIntoView({ block: "nearest" })
    input.focus()
    input.click()
    return true
  })

  return {
    hears: true,
    content(next) {
      shown = next.shown
      hide(!next.shown)
      if (!next.shown) return
      content = next
      // An answer to an earlier box must not take back a later one.
      if (!(next.ack < confirmation)) confirming.clear()
      takeEarly()
      adopt()
      fill(title, next.title)
      set(input, { accept: next.accept })
      drop.hidden = !next.open || !next.targets.length
      if (next.refused) fill(messages, h("p", { class: "soft small" }, next.refused))
      else showMessages()
      showTarget()
      showFiles()
      form.hidden = !next.staged
      if (next.staged) {
        showDifferences()
        say(commit, next.staged.action)
      } else if (!next.uploads.length && !next.elsewhere && !next.busy) reason.value = "" // it is committed, or given up
      discard.disabled = next.busy
      gate()
    },
  }
}
