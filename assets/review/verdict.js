// The verdict bar: buttons, reason, note, and the queue. It decides about the well whose
// pictures are on the screen, and about nothing else.

import { listen, reviewer, tell } from "../core/bus.js"
import { count, fill, h, icon, moment, say, set } from "../core/dom.js"
import { filtering } from "../plate/filtering.js"
import { keyed } from "../core/help.js"
import { island } from "../core/island.js"
import { keyName } from "../core/keys.js"
import { ORDERS, arrange, nextWell, wellBefore } from "./queue.js"
import { restDialog } from "./pass_rest.js"
import { forget, keep, left, newBatch } from "./unsaved.js"
import { review, setVerdicts } from "./verdicts.js"

const WORDS = { pass: "Pass", flag: "Look again", fail: "Fail" }
const ORDER_KEY = "hcs-order"
const TOAST_MILLISECONDS = 8000

export function render(context) {
  return island(context, { sheets: ["review/verdict.css"], build })
}

function build({ el, send, hide }) {
  let now = null
  let answered = 0
  let toastTimer = 0
  let whole = true // the well, and not the field that is open
  const mine = new Set() // batches of this page
  const sent = new Map() // those that are not confirmed
  const skipped = new Set()

  const keyBoxes = []
  const showKeys = () => keyBoxes.forEach(([box, id]) => say(box, keyName(id)))
  const decideButton = (word) => {
    const key = h("kbd", { "aria-hidden": "true" })
    keyBoxes.push([key, word])
    return keyed(h("button", { type: "button", class: `verdict ${word} hcs-verdict-${word}`, on: { click: () => decide(word, { click: true }) } },
      h("span", { class: "sign", "aria-hidden": "true" }), h("span", {}, WORDS[word]), key), word, WORDS[word])
  }
  const buttons = Object.fromEntries(Object.keys(WORDS).map((word) => [word, decideButton(word)]))
  const reason = h("select", { class: "hcs-verdict-reason", "aria-label": "Reason of the verdict", title: "Reason", on: { change: () => { touched = true } } })
  let touched = false
  const note = h("input", {
    type: "text", class: "hcs-note grow", maxlength: "4000", placeholder: "Note", "aria-label": "Note", autocomplete: "off",
    on: { input: () => draft(note.value) },
  })
  const scope = h("button", { type: "button", class: "small", "aria-pressed": "false", title: "Judge this field alone", hidden: true, on: { click: () => setScope(!whole) } })
  const undo = h("button", { type: "button", class: "small hcs-undo", on: { click: () => turn("undo") } })
  const redo = h("button", { type: "button", class: "small hcs-redo", on: { click: () => turn("redo") } })
  const standing = h("p", { class: "standing", role: "status" })
  const why = h("p", { class: "why soft small cut" })
  const before = keyed(h("button", { type: "button", class: "small square", "aria-label": "Previous suspect", on: { click: () => go(-1) } }, icon("back")), "previous", "Previous suspect")
  const next = keyed(h("button", { type: "button", class: "small hcs-queue", on: { click: () => go(1) } }), "next", "Next suspect or unreviewed well")
  const order = h("select", { class: "hcs-queue-order", "aria-label": "Order of the queue", title: "Order of the queue", on: { change: () => setOrder(order.value) } }, ORDERS.map(([value, text]) => h("option", { value }, text)))
  const bar = h("i", {})
  const progress = h("span", { class: "soft small cut" })
  const rest = h("button", { type: "button", class: "small hcs-pass-rest", on: { click: () => askRest() } })
  const csv = h("a", { class: "button small hcs-export-csv", download: "", title: "Wells with verdicts and metrics as CSV" }, "Wells CSV")
  const fieldsCsv = h("a", { class: "button small hcs-export-fields", download: "", title: "Fields with verdicts and metrics as CSV" }, "Fields CSV")
  const report = h("a", { class: "button small hcs-report", download: "", title: "One file that opens without this server" }, "Report")
  const file = (words) => h("a", { class: "button small", download: "" }, words)
  const parquet = { wells: file("Wells Parquet"), fields: file("Fields Parquet") }
  const beside = h("button", { type: "button", class: "small hcs-table-beside", title: "Write tables/qc into the plate, as AnnData and ngio keep tables", on: { click: () => send("table", { plate: now.plate }) } }, "Tables into the plate")
  const more = h("details", { class: "more" }, h("summary", { class: "small" }, "More files"), h("div", { class: "row line" }, parquet.wells, parquet.fields, beside))
  const toast = h("div", { class: "toast", role: "status", "aria-live": "polite", hidden: true })
  const problem = h("div", { class: "problem", role: "alert", hidden: true })
  const reopen = h("button", { type: "button", class: "small hcs-reopen-here", on: { click: () => tell("reopen") } }, "Reopen…")
  const lock = h("div", { class: "lock", hidden: true })
  const sharing = h("p", { class: "small others", role: "status", hidden: true })
  const judge = h("div", { class: "judge" },
    h("div", { class: "row line" }, ...Object.values(buttons), reason, scope),
    h("div", { class: "row line" }, note, undo, redo))
  const files = h("div", { class: "row line files" }, rest, h("span", { class: "grow" }), csv, fieldsCsv, report, more)
  const section = h("section", { class: "panel verdicts", "aria-label": "Verdict" }, problem,
    h("div", { class: "about" }, standing, why), sharing, lock, judge,
    h("div", { class: "row line queue" }, before, next, order,
      h("span", { class: "progress grow" }, progress, h("span", { class: "bar", "aria-hidden": "true" }, bar))), files, toast)
  el.append(section)
  for (const control of [note, reason]) {
    control.addEventListener("focus", () => tell("deciding", true))
    control.addEventListener("blur", () => tell("deciding", false))
    control.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return
      event.preventDefault()
      event.stopPropagation()
      control.blur()
    })
  }

  // Deciding -------------------------------------------------------------------------

  /** What a verdict would be about now: labels, or why there is none. */
  /** @returns {{refusal?: string, wells?: string[], field?: string, acquisition?: number | null, digest?: string}} */
  function target(click) {
    if (!now?.shown) return { refusal: "No plate is open." }
    if (now.locked) return { refusal: now.locked }
    if (review.chosen.length > 1) return { wells: review.chosen }
    const well = review.selected || now.well
    if (!well) return click ? { wells: [] } : { refusal: "No well is open: J goes to the next suspect." }
    if (now.stage === "canvas") return { refusal: `The fields of ${well} are not on the screen: ${keyName("open")} opens them. Nothing was decided.` }
    const { pictures } = review
    if (pictures.well !== well || !pictures.drawn || now.well !== well) {
      return { refusal: `${well} is not drawn yet: nothing was decided.` }
    }
    const field = !whole && now.field ? { field: now.field.name, acquisition: now.field.acquisition } : {}
    return { wells: [well], digest: pictures.digest, ...field }
  }

  function decide(verdict, { click = false } = {}) {
    const about = target(click)
    if (about.refusal) return hint(about.refusal)
    if (!reviewer.name) {
      tell("ask-name")
      return hint("Give your name first; it stands with every verdict.")
    }
    const message = {
      plate: now.plate, batch: newBatch(), verdict, ...about,
      reason: verdict === "pass" && !touched ? "" : reason.value, note: note.value.trim(),
    }
    post("judge", message)
    note.value = ""
    draft("")
    touched = false
    if (about.wells.length === 1 && !about.field) advance(about.wells[0])
  }

  function post(type, message) {
    mine.add(message.batch)
    sent.set(message.batch, { type, message })
    keep({ ...message, type })
    send(type, message)
  }

  function turn(type) {
    if (now?.locked) return hint(now.locked)
    const offer = now?.[type]
    if (!offer) return hint(type === "undo" ? "There is nothing of yours to take back on this plate." : "There is nothing of yours to bring again.")
    send(type, { target: offer.batch })
  }

  // The queue ------------------------------------------------------------------------

  const judged = (label) => {
    const entry = now.verdicts[label]
    return skipped.has(label) || Boolean(entry?.[0] && !entry[1])
  }

  const leftOut = (label) => filtering.skip && filtering.hidden.has(label)
  const following = (from) => nextWell(arrange(now, order.value), new Set(now.suspects), from, judged, leftOut)

  function setOrder(value) {
    order.value = value
    try {
      localStorage.setItem(ORDER_KEY, value)
    } catch { /* then it lives as long as the page */ }
  }
  try {
    order.value = ORDERS.some(([value]) => value === localStorage.getItem(ORDER_KEY)) ? localStorage.getItem(ORDER_KEY) : "suspicion"
  } catch { /* see `setOrder` */ }

  function advance(from) {
    skipped.add(from) // until the server's answer is here
    const found = following(from)
    const suspects = new Set(now.suspects)
    // After the last suspect one stays: what follows is all the rest.
    if (!found || (suspects.has(from) && !suspects.has(found))) return
    tell("choose", found)
  }

  function go(step) {
    if (!now?.shown) return
    const from = review.selected || now.well
    const found = step > 0 ? following(from) : wellBefore(arrange(now, order.value), from, leftOut)
    if (found) tell("choose", found)
    else hint(filtering.hidden.size && filtering.skip ? "Every well that the filter shows is judged." : "Every well of this plate is judged.")
  }

  // All the rest ---------------------------------------------------------------------

  const restBox = restDialog({ send, onPass: () => post("rest", { plate: now.plate, batch: newBatch(), verdict: "pass", note: "", reason: "" }) })
  section.append(restBox.dialog)

  function askRest() {
    if (!reviewer.name) {
      tell("ask-name")
      return hint("Give your name first; it stands with every verdict.")
    }
    restBox.ask({ rest: now.rest, unopened: now.unopened })
  }

  // Saying ---------------------------------------------------------------------------

  function show(content, tone, stay = TOAST_MILLISECONDS) {
    clearTimeout(toastTimer)
    fill(toast, content)
    set(toast, { class: `toast ${tone}` })
    toast.hidden = false
    toastTimer = setTimeout(() => { toast.hidden = true }, stay)
  }

  const hint = (text) => show([icon("warn"), h("span", {}, text)], "hint")

  function answer(one) {
    const known = sent.get(one.batch)
    if (one.error) {
      if (known) return failed(one, known)
      return hint(one.error)
    }
    sent.delete(one.batch)
    if (one.batch) forget(one.batch)
    const leftAlone = one.left?.length ? ` Left alone, decided since: ${one.left.join(", ")}${one.more ? ` and ${one.more} more` : ""}.` : ""
    if (one.type === "undo") show([icon("undo"), h("span", {}, `Taken back: ${one.text}.${leftAlone}`)], "done")
    else if (one.type === "table") show([icon("check"), h("span", {}, one.text)], "done")
    else if (one.type === "redo") show([icon("check"), h("span", {}, `Again: ${one.text}.${leftAlone}`)], "done")
    else show([icon("check"), h("span", {}, `${one.text}: `, h("kbd", {}, keyName("undo")), " undoes")], "done")
  }

  function failed(one, { type, message }) {
    for (const label of message.wells ?? []) skipped.delete(label)
    const drop = () => {
      sent.delete(one.batch)
      forget(one.batch)
      problem.hidden = true
    }
    const again = () => {
      problem.hidden = true
      send(type, message)
    }
    ask(h("span", { class: "grow" }, h("b", {}, `${named(message)} was not saved. `), one.error), again, drop)
  }

  const named = (message) => `${message.wells?.length === 1 ? message.wells[0] : message.wells?.length ? count(message.wells.length, "well") : message.type === "rest" ? "All the rest" : "The plate"} ${message.verdict}${message.note ? ` (“${message.note}”)` : ""}`

  function ask(text, again, drop) {
    fill(problem, icon("warn"), text,
      h("button", { type: "button", class: "small", on: { click: again } }, "Try again"),
      h("button", { type: "button", class: "small plain", on: { click: drop } }, "Drop it"))
    problem.hidden = false
  }

  /** Verdicts of an earlier page that were never confirmed. */
  function offerLeft() {
    const found = left(now.plate, mine)
    if (!found.length || !problem.hidden) return
    ask(h("span", { class: "grow" }, h("b", {}, `${count(found.length, "verdict")} of an earlier page may not be saved: `), found.slice(0, 3).map(named).join("; ")),
      () => {
        problem.hidden = true
        for (const { type, ...message } of found) post(type, message)
      },
      () => {
        problem.hidden = true
        for (const one of found) forget(one.batch)
      })
  }

  function draft(text) {
    try {
      if (text) localStorage.setItem("hcs-note", text)
      else localStorage.removeItem("hcs-note")
    } catch { /* a note then lives as long as the page */ }
  }
  try {
    note.value = localStorage.getItem("hcs-note") ?? ""
  } catch { /* see `draft` */ }

  // Showing --------------------------------------------------------------------------

  function setScope(value) {
    whole = value
    showTarget()
  }

  function showTarget() {
    if (!now?.shown) return
    showOthers()
    const many = review.chosen.length > 1
    const well = review.selected || now.well
    scope.hidden = !now.field || many
    if (!now.field) whole = true
    set(scope, { "aria-pressed": String(!whole) })
    say(scope, now.field ? `Only ${now.field.label}` : "")
    const what = many ? count(review.chosen.length, "well") : well ? (!whole && now.field ? `${well} ${now.field.label}` : well) : "Plate"
    fill(standing, h("b", {}, what), " ", ...said(many, well))
    const ready = many || !well || (review.pictures.well === well && review.pictures.drawn)
    section.classList.toggle("waiting", !ready)
    const text = many || !well ? "" : now.well === well ? now.why : ""
    say(why, text)
    set(why, { title: text })
    why.hidden = !text
  }

  /** Others at the same well: two verdicts at once are no harm, but may be a surprise. */
  function showOthers() {
    const well = review.selected || now?.well
    const here = well ? review.others.filter((one) => one.well === well) : []
    sharing.hidden = !here.length
    const deciding = here.filter((one) => one.deciding)
    const names = (deciding.length ? deciding : here).map((one) => one.who || "somebody").join(", ")
    say(sharing, here.length ? `${names} ${deciding.length ? "is about to judge" : "is looking at"} ${well} too` : "")
    sharing.classList.toggle("deciding", deciding.length > 0)
  }

  function said(many, well) {
    if (many) return [h("span", { class: "soft" }, "one verdict for all of them; those that you did not open are recorded as not looked at")]
    if (well && now.well !== well) return []
    const own = !whole && now.field ? now.fields.find((one) => one.field === now.field.name && one.acquisition === now.field.acquisition) : well ? now.standing : now.plate_standing
    const parts = own ? spoken(own) : [h("span", { class: "soft" }, "not judged")]
    const failed = whole && well ? now.fields.filter((one) => one.verdict !== "pass") : []
    return failed.length ? [...parts, h("span", { class: "soft" }, ` · ${failed.map((one) => `${one.name} ${one.verdict}`).join(", ")}`)] : parts
  }

  function spoken(one) {
    return [
      h("span", { class: `word ${one.verdict}` }, one.reason ? `${one.verdict}, ${one.reason}` : one.verdict),
      h("span", { class: "soft", title: one.at }, ` ${one.who}, ${moment(one.at)}, ${one.basis}`),
      one.stale ? h("span", { class: "tag warn", title: "The pictures have changed since; judge again" }, "stale") : null,
      one.note ? h("span", { class: "note" }, ` “${one.note}”`) : null,
    ].filter(Boolean)
  }

  function showOffer(button, offer, word, key) {
    set(button, { disabled: !offer, title: offer ? `${word}: ${offer.text} (${key}${keyName("undo")})` : `Nothing to ${word.toLowerCase()}` })
    fill(button, word === "Undo" ? icon("undo") : null, word)
  }

  function showQueue() {
    const open = now.suspects.filter((label) => !judged(label)).length
    fill(next, open ? `Next of ${count(open, "suspect")}` : now.reviewed < now.total ? "Next unreviewed" : "All judged", icon("forward"))
    const bases = now.bases.unseen ? `, ${now.bases.unseen} in bulk` : ""
    const stale = now.stale ? `, ${now.stale} stale` : ""
    say(progress, `${now.reviewed} of ${now.total} judged${bases}${stale}`)
    set(progress, { title: `${now.counts.pass} pass, ${now.counts.flag} to look at again, ${now.counts.fail} fail` })
    bar.style.width = `${now.total ? (100 * now.reviewed) / now.total : 0}%`
    files.hidden = !["plate", "canvas"].includes(now.stage)
    rest.hidden = Boolean(now.locked) || !now.rest
    fill(rest, `Pass the rest (${now.rest})`)
    set(csv, { href: now.wells_csv })
    set(fieldsCsv, { href: now.fields_csv })
    set(report, { href: now.report })
    for (const [name, link] of Object.entries(parquet)) {
      link.hidden = !now.parquet
      set(link, { href: now.parquet?.[name] ?? "" })
    }
    beside.hidden = now.read_only
    more.hidden = now.read_only && !now.parquet
  }

  function showReasons() {
    const signature = JSON.stringify(now.reasons)
    if (reason.dataset.signature !== signature) {
      fill(reason, h("option", { value: "" }, "No reason"), now.reasons.map(([code, text]) => h("option", { value: code }, text)))
      reason.dataset.signature = signature
    }
    // What measuring proposes is a question until a person takes it.
    for (const option of reason.options) {
      const [, text = "No reason"] = now.reasons.find(([code]) => code === option.value) ?? []
      option.textContent = !touched && option.value && option.value === now.suggested ? `${text}?` : text
    }
    const about = `${now.well} ${now.suggested}`
    if (reason.dataset.about === about) return
    reason.dataset.about = about
    reason.value = now.suggested
    touched = false
  }

  const stop = [
    listen("keys", showKeys),
    listen("others", showOthers),
    listen("hint", hint),
    listen("verdict", (word) => decide(word)),
    listen("undo", () => turn("undo")),
    listen("redo", () => turn("redo")),
    listen("queue", go),
    listen("verdict-note", () => note.focus()),
    listen("verdict-reason", () => reason.focus()),
    listen("verdict-scope", () => { if (now?.field) setScope(!whole) }),
    listen("selection", showTarget),
    listen("pictures", () => {
      const { well, digest, drawn } = review.pictures
      if (drawn && digest) send("seen", { well, digest })
      showTarget()
    }),
    listen("reviewer", (name) => { if (name) setTimeout(() => send("name"), 400) }),
  ]

  showKeys()
  return {
    content(next) {
      const another = now?.plate !== next.plate
      now = next
      hide(!next.shown)
      if (!next.shown) return
      if (another) skipped.clear()
      for (const one of next.results) {
        if (one.n <= answered) continue
        answered = one.n
        answer(one)
      }
      if (!sent.size) skipped.clear()
      setVerdicts(next.verdicts, { well: next.well, list: next.fields })
      restBox.show(next.sample)
      judgeShown()
      showReasons()
      showOffer(undo, next.undo, "Undo", "")
      showOffer(redo, next.redo, "Redo", "Shift+")
      showQueue()
      showTarget()
      if (another) offerLeft()
    },
    dispose() {
      stop.forEach((each) => each())
      clearTimeout(toastTimer)
    },
  }

  function judgeShown() {
    judge.hidden = Boolean(now.locked)
    lock.hidden = !now.locked
    fill(lock, icon("lock"), h("span", { class: "grow" }, now.locked), now.signed && !now.read_only ? reopen : null)
    for (const [word, button] of Object.entries(buttons)) {
      const current = whole && review.chosen.length < 2 ? (now.well ? now.standing : now.plate_standing)?.verdict : ""
      set(button, { "aria-pressed": String(current === word) })
    }
  }
}
