// A new plate: where it comes from, what an import would give, what to correct, and the
// import itself, which the list of imports shows from then on.

import { typing } from "../core/boxes.js"
import { adding, listen, reviewer, tell } from "../core/bus.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { keepingFocus } from "../core/focus.js"
import { bar, complain, complaint, facts, fillBar, notice, novelty, signButton } from "../core/parts.js"
import { count } from "../core/text.js"
import { forget } from "../core/uploads.js"
import { plateForm } from "./add_plate_form.js"
import { sourceChooser, uploadZips } from "./add_plate_source.js"
import { notYet, shortfalls } from "./add_plate_text.js"

/** @param {PartContext} context @returns {HearingPart<"add_plate">} */
export function build({ el, root, send, hide }) {
  /** @type {AddPlateShown | undefined} */
  let now
  let open = false
  let begun = 0
  const title = h("h2", { class: "cut grow" }, "Add a plate")
  const back = h("button", { class: "small", click: () => { send("back") } }, icon("back"), "Choose another")
  const closing = signButton("close", "Close", () => shut(), { title: "Close (Esc)" })
  const problem = complaint()
  const chooser = sourceChooser(send)
  const form = plateForm(send)
  const text = h("span", { class: "grow", role: "status" })
  const looked = bar("Images looked at")
  const stop = h("button", { class: "small", click: () => send("stop") }, "Stop")
  const again = h("button", { class: "small", click: () => send("again") }, "Scan again")
  const running = h("div", { class: "running" }, h("div", { class: "row" }, text, stop), looked)
  const failed = h("div", { class: "notice bad", role: "alert" })
  const summary = h("div")
  const lacks = h("div", { class: "lacks" })
  const outcome = h("section", { class: "outcome", "aria-label": "Preview of the import" }, h("h3", "Preview of the import"), running, failed, summary, lacks)
  const reason = h("span", { class: "soft small grow", role: "status" })
  const every = h("button", { class: "hcs-add-every", click: () => begin(true) })
  const go = h("button", { class: "primary hcs-add-import", click: () => begin(false) }, "Import")
  const foot = h("footer", { class: "row" }, reason, every, go)
  const tried = h("div", { class: "tried" }, outcome, form.element)
  const panel = h("section", { class: "panel hcs-add-plate", "aria-label": "Add a plate", keydown: (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return
    // In a box it gives back what stood there, and leaves it; the next one closes.
    if (typing(event)) {
      setTimeout(() => closing.focus())
      return
    }
    event.preventDefault()
    event.stopPropagation()
    shut()
  } }, h("header", title, back, closing), problem, h("div", { class: "body" }, chooser.element, tried), foot)
  el.append(panel)
  hide(true)

  function enter() {
    if (!now?.shown) return undefined
    adding.wanted = false
    if (now.against) return tell("hint", now.against)
    open = true
    show()
    if (now.roots.length && !now.listing) send("list", { id: now.roots[0][0] })
    ;(now.source ? back : chooser).focus()
    return undefined
  }

  function shut() {
    open = false
    show()
    tell("add-plate", { open: false })
  }

  /** @param {boolean} all @returns {unknown} */
  function begin(all) {
    if (!reviewer.name) return tell("ask-name", () => begin(all))
    return send("import", { every: all })
  }

  /** @param {string} name @param {string[]} lines @param {number} more */
  function list(name, lines, more) {
    if (!lines.length) return null
    return h("details", h("summary", name), h("ul", { class: "small" }, lines.map((/** @type {string} */ line) => h("li", line)), more > 0 ? h("li", { class: "soft" }, `and ${count(more, "other")}`) : null))
  }

  const isNew = novelty()
  /** @param {AddSource} source */
  function showOutcome(source) {
    const { trial, outcome: result, fresh } = source
    const busy = trial.phase === "running" || trial.phase === "waiting"
    running.hidden = !busy
    say(text, trial.text)
    looked.hidden = !trial.total
    fillBar(looked, trial.done, trial.total)
    failed.hidden = busy || fresh
    failed.className = trial.phase === "stopped" ? "notice" : "notice bad"
    if (!failed.hidden) fill(failed, icon("warn"), h("span", { class: "grow" }, trial.phase === "stopped" ? "The dry run was stopped." : trial.text), again)
    summary.classList.toggle("old", !fresh)
    lacks.classList.toggle("old", !fresh)
    if (!isNew(result, source.room)) return
    summary.hidden = !result
    lacks.hidden = !result
    if (!result) return
    fill(summary, facts(result.facts))
    const short = shortfalls(result)
    fill(lacks,
      short.length ? null : notice("good", "Nothing is missing, and every file is used."),
      list(short.find((line) => line.includes("gap")) ?? "", result.gaps, result.gap_count - result.gaps.length),
      list(short.find((line) => line.includes("left out")) ?? "", result.skipped.map(([, words]) => words), 0),
      result.notes.length ? h("ul", { class: "notes small" }, result.notes.map((note) => h("li", icon("warn"), h("span", note)))) : null,
      source.room ? notice("warn", source.room) : null)
  }

  let chosen = true // whether a source is still to be chosen
  /** What had the focus goes; the keys go on in what comes. @param {boolean} away */
  function moveFocus(away) {
    const focused = root.activeElement
    if (!focused || chooser.element.contains(focused) || focused === back) setTimeout(() => (away ? back : chooser).focus())
  }

  function show() {
    const shown = now !== undefined && open && !now.against
    hide(!shown)
    document.documentElement.toggleAttribute("data-adding", shown)
    if (!now || !shown) return
    const { source } = now
    const [, words] = now.refused
    complain(problem, words)
    say(title, source ? `Add a plate from ${source.name}` : "Add a plate")
    back.hidden = !source
    if (Boolean(source) === chosen) moveFocus(Boolean(source))
    chosen = !source
    chooser.element.hidden = Boolean(source)
    tried.hidden = !source
    foot.hidden = !source
    if (!source) {
      isNew()
      chooser.show(now)
      return
    }
    showOutcome(source)
    form.show({ ...source, ack: now.ack, targets: now.targets, most: now.most, key: `${source.name} ${source.upload}` })
    const against = notYet({ ...source, phase: source.trial.phase, barred: now.barred.import ?? "" })
    set(go, { disabled: Boolean(against) })
    const plates = source.outcome?.plate_count ?? 0
    every.hidden = plates < 2
    say(every, `Import all ${plates} plates`)
    set(every, { disabled: Boolean(against) && against !== source.wrong_name })
    say(reason, against === source.wrong_name ? "" : against)
  }

  listen("add-plate", ({ open: wanted }) => { if (wanted) enter() })
  listen("plate-files", (files) => { enter(); if (open) uploadZips(files) })
  listen("uploads", () => { if (open && !now?.source) keepingFocus(root, chooser.showUploads) })
  listen("uploaded", ({ entry }) => {
    if (entry.purpose !== "plate" || !now?.shown) return
    if (entry.state !== "received") return
    if (open && !now.source) send("upload", { id: entry.id })
  })

  let uploaded = ""
  return {
    hears: true,
    content(next) {
      now = "roots" in next ? next : undefined
      if (now?.source) uploaded = now.source.upload
      const [times, name] = now?.begun ?? [begun, ""]
      if (times !== begun) {
        begun = times
        if (uploaded) forget(uploaded)
        uploaded = ""
        tell("hint", `${name} is being imported; the list of imports says how far it is.`)
        shut()
      } else if (adding.wanted) enter()
      else show()
    },
  }
}
