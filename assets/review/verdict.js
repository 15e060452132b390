// The verdict bar: buttons, reason, note, and the queue. It decides about the well whose
// pictures are on the screen, and about nothing else.

import { toPlate } from "../core/boxes.js"
import { ask, listen, reviewer, tell } from "../core/bus.js"
import { barredBy, fill, h, icon, say, set } from "../core/dom.js"
import { count } from "../core/text.js"
import { keyed } from "../core/keyed.js"
import { barActs, keyName } from "../core/keys.js"
import { notDrawn } from "./drawn.js"
import { exportFiles } from "./export_files.js"
import { tellGlimpsed } from "./glimpses.js"
import { makeMessages } from "./messages.js"
import { makeNearby } from "./nearby.js"
import { queueLine } from "./queue_line.js"
import { remark } from "./remark.js"
import { restDialog } from "./pass_rest.js"
import { PlateNotes, onDraft } from "../core/storage.js"
import { newBatch, watchUnsaved } from "./unsaved.js"
import { TURNS, makeWaiting, named } from "./waiting.js"
import { fieldKey, review, setVerdicts, setWaiting, verdictParts, withChanges } from "./verdicts.js"
import { VERDICTS, VERDICT_NAMES } from "../core/verdict_table.js"

/** @param {PartContext} context @returns {HearingPart<"verdict">} */
export function build({ el, send, hide }) {
  let shown = false // a plate, now
  /** @type {VerdictNow} */
  let now // what is this page's own, with all that pages share
  const shared = /** @type {VerdictNow} */ ({ verdicts: {} }) // of the plate, the same on all pages
  /** @type {{whole: VerdictNow["verdicts"], changed: VerdictsSince["changed"]}} */
  const decided = { whole: {}, changed: {} } // verdicts as they were sent, and since then
  let answered = 0
  let whole = true // the well, and not the field that is open
  /** @type {PlateNotes} */
  let notes // what the browser keeps about this plate
  /** @type {(() => void) | null} */
  let refused = null // a verdict that waits for its reason

  /** @type {[HTMLElement, Verdict][]} */
  const keyBoxes = []
  const showKeys = () => keyBoxes.forEach(([box, id]) => say(box, keyName(id)))
  /** @param {Verdict} word */
  const decideButton = (word) => {
    const key = h("kbd", { "aria-hidden": "true" })
    keyBoxes.push([key, word])
    return keyed(h("button", { class: `verdict ${word} hcs-verdict-${word}`, click: () => decide(word, { click: true }) },
      h("span", { class: "sign", "aria-hidden": "true" }), h("span", VERDICTS[word].word), key), word, VERDICTS[word].word)
  }
  const buttons = Object.fromEntries(VERDICT_NAMES.map((word) => [word, decideButton(word)]))
  const remarks = remark({ onSave: amend, onReason: reasonGiven })
  const scope = h("button", { class: "small", "aria-pressed": "false", title: "Judge this field alone", hidden: true, click: () => setScope(!whole) })
  const undo = h("button", { class: "small hcs-undo", click: () => turn("undo") })
  const redo = h("button", { class: "small hcs-redo", click: () => turn("redo") })
  const verdictText = h("p", { class: "standing" }) // the map tells of the well, the toast of the verdict
  const why = h("p", { class: "why soft small cut" })
  const passRest = h("button", { class: "small hcs-pass-rest", click: () => askRest() })
  const messages = makeMessages()
  const sent = makeWaiting({ onChange(wells) {
    setWaiting(wells)
    showTarget()
  } })
  const files = exportFiles({ onTable: () => send("table", { plate: now.plate }), onRefused: messages.offer })
  const { hint } = messages
  const queue = queueLine({ shown: () => (shown ? now : null), hint })
  const reopen = h("button", { class: "small hcs-reopen-here", click: () => ask("reopen") }, "Reopen…")
  const lock = h("div", { class: "lock", hidden: true })
  const nearby = makeNearby()
  const judge = h("div", { class: "judge" },
    h("div", { class: "row line" }, ...Object.values(buttons), remarks.reason, scope),
    h("div", { class: "row line" }, remarks.note, remarks.unsaved, undo, redo))
  const filesRow = h("div", { class: "row line files", dataset: { findable: "" } }, passRest, h("span", { class: "grow" }), ...files.elements)
  const section = h("section", { class: "panel verdicts", "aria-label": "Verdict" }, h("div", { class: "inside" }, messages.problem, sent.element,
    h("div", { class: "about" }, verdictText, why), nearby.element, lock, judge, queue.element, filesRow), messages.toast)
  el.append(section)

  // Deciding --

  /** @param {string} well */
  const whyNotDrawn = (well) => notDrawn(well, { well: now.well, stage: now.stage, field: now.field ? fieldKey(now.field) : "" }, review.pictures, keyName("open"))

  /** What a verdict would be about now: labels, or why there is none.
   *  @param {boolean} click @returns {{refusal?: string, wells: string[], field?: string, acquisition?: number | null, digest?: string}} */
  function target(click) {
    if (!shown) return { refusal: "No plate is open.", wells: [] }
    if (now.locked || now.away) return { refusal: now.locked || now.away, wells: [] }
    if (review.chosen.length > 1) return { wells: review.chosen }
    const well = review.selected || now.well
    if (!well) return click ? { wells: [] } : { refusal: "No well is open: J goes to the next suspect.", wells: [] }
    const refusal = whyNotDrawn(well)
    if (refusal) return { refusal, wells: [] }
    const field = !whole && now.field ? { field: now.field.name, acquisition: now.field.acquisition } : {}
    return { wells: [well], digest: review.pictures.digest, ...field }
  }

  /** @param {Verdict} verdict @returns {void} */
  function decide(verdict, { click = false } = {}) {
    const about = target(click)
    if (about.refusal) return hint(about.refusal)
    const { subject } = present()
    const again = () => { if (present().subject === subject) decide(verdict, { click }) }
    if (!reviewer.name) return askName(again)
    const reason = remarks.code(verdict)
    if (verdict === "fail" && now.demands_reason && !reason) {
      refused = again
      remarks.reason.focus()
      return hint("This project demands a reason with each fail: choose one, Enter confirms it.")
    }
    post("judge", { plate: now.plate, batch: newBatch(), verdict, ...about, reason, note: remarks.text() })
    remarks.given()
    if (about.wells.length === 1 && !about.field) queue.advance(about.wells[0])
  }

  /** @param {() => unknown} then  with a name */
  function askName(then) {
    tell("ask-name", then)
    hint("Enter your name first; it is saved with every verdict.")
  }

  /** A reason was confirmed, or left; returns whether a verdict has waited for it. */
  function reasonGiven(confirmed = true) {
    const again = refused
    refused = null
    if (!confirmed || !again || !remarks.reason.value) return false
    again()
    toPlate()
    return true
  }

  /** Save a note or a reason to the verdict that holds; returns whether it is sent. @param {{note?: string, reason?: string}} change */
  function amend(change) {
    const { subject, held, well, field } = present()
    const barred = now.locked || now.away
    if (barred || !reviewer.name) {
      if (barred) hint(barred)
      else askName(() => { if (present().subject === subject) remarks.save() })
      return false
    }
    const place = field ? { field: field.name, acquisition: field.acquisition } : {}
    post("amend", { plate: now.plate, batch: newBatch(), target: held?.batch, verdict: held?.verdict, wells: well ? [well] : [], ...place, ...change })
    return true
  }

  /** @param {string} type @param {Decision} message */
  function post(type, message) {
    sent.add(type, message)
    notes.keepUnsaved({ ...message, type })
    send(type, message)
  }

  /** @param {"undo" | "redo"} type */
  function turn(type) {
    if (shown && (now.locked || now.away)) return hint(now.locked || now.away)
    const offer = shown ? now[type] : null
    if (!offer) return hint(type === "undo" ? "You have nothing to undo on this plate." : "You have nothing to redo on this plate.")
    const message = { target: offer.batch, batch: newBatch(), text: offer.text }
    sent.add(type, message)
    send(type, message)
  }

  // All the rest --

  const restBox = restDialog({ send, onPass: () => post("rest", { plate: now.plate, batch: newBatch(), verdict: "pass", note: "", reason: "" }) })
  section.append(restBox.dialog)

  function askRest() {
    if (!reviewer.name) return askName(askRest)
    restBox.ask({ rest: now.rest, unopened: now.unopened, glimpsed: now.glimpsed })
  }

  // Saying --

  /** @param {VerdictText["results"][number]} result */
  function answer(result) {
    const pending = sent.get(result.batch)
    if (result.error && pending && !TURNS.includes(pending.type)) return failed(result, pending)
    sent.done(result.batch)
    if (result.error) return hint(result.error)
    if (result.batch) notes.dropUnsaved(result.batch)
    messages.confirm(result)
  }

  /** @param {VerdictText["results"][number]} result @param {SentDecision} sent */
  function failed(result, { type, message }) {
    sent.stopped(result.batch)
    queue.putBack(message.wells ?? [])
    const drop = () => {
      sent.done(result.batch)
      notes.dropUnsaved(result.batch)
    }
    messages.ask(h("span", { class: "grow" }, h("b", `${named({ type, ...message })} was not saved. `), result.error), () => {
      sent.add(type, message)
      send(type, message)
    }, drop)
  }

  /** Verdicts of an earlier page that were never confirmed. */
  const unsaved = watchUnsaved(sent.batches)
  async function offerLeft() {
    const of = notes
    const lost = await unsaved.abandoned(of.unsaved().filter(({ batch }) => !sent.has(batch)))
    if (!lost.length || messages.asking || of !== notes) return
    messages.ask(h("span", { class: "grow" }, h("b", `${count(lost.length, "verdict")} of an earlier page may not be saved: `), lost.slice(0, 3).map(named).join("; ")),
      () => { for (const { type, ...message } of lost) post(type, { ...message, plate: now.plate }) },
      () => { for (const { batch } of lost) of.dropUnsaved(batch) })
  }

  // Showing --

  /** What is open, as drafts are kept by it, and the verdict that holds on it. */
  function present() {
    if (review.chosen.length > 1) return { subject: JSON.stringify(review.chosen), held: null }
    const well = review.selected || now.well
    const field = well && !whole && now.field ? now.field : null
    const subject = JSON.stringify(field ? [well, field.name, field.acquisition] : [well])
    if (well && now.well !== well) return { subject, well, field, held: null }
    const held = field ? now.fields.find((verdict) => verdict.field === field.name && verdict.acquisition === field.acquisition) : well ? now.standing : now.plate_standing
    return { subject, well, field, held: held ?? null }
  }

  /** @param {boolean} value */
  function setScope(value) {
    whole = value
    showTarget()
  }

  function showTarget() {
    if (!shown) return
    showOthers()
    const many = review.chosen.length > 1
    const well = review.selected || now.well
    scope.hidden = !now.field || many
    if (!now.field) whole = true
    set(scope, { "aria-pressed": !whole })
    say(scope, now.field ? `Only ${now.field.label}` : "")
    const what = many ? count(review.chosen.length, "well") : well ? (!whole && now.field ? `${well} ${now.field.label}` : well) : "Plate"
    fill(verdictText, h("b", what), " ", ...verdictLine(many, well),
      now.blind ? h("span", { class: "tag accent", title: "You do not see the other's verdicts, and the other not yours." }, "blind review") : null)
    section.classList.toggle("waiting", Boolean(!many && well && whyNotDrawn(well)))
    const text = many || !well ? "" : now.well === well ? now.why : ""
    say(why, text)
    set(why, { title: text })
    why.hidden = !text
    const { subject, held } = present()
    remarks.reasons(now.reasons)
    remarks.show({ plateNotes: notes, subject, held, suggested: now.well === well ? now.suggested : "" })
  }

  const showOthers = () => nearby.show(review.selected || (shown ? now.well : ""))

  /** @param {boolean} many @param {string} well */
  function verdictLine(many, well) {
    if (many) return [h("span", { class: "soft" }, "one verdict for all of them; those that you did not open are recorded as not looked at")]
    const waits = well && whole ? review.waiting.get(well) : ""
    if (waits) return [h("span", { class: "word waits" }, waits), h("span", { class: "tag warn" }, "not saved yet")]
    if (well && now.well !== well) return []
    const { held } = present()
    const parts = held ? verdictParts(held) : [h("span", { class: "soft" }, "not judged")]
    const failed = whole && well ? now.fields.filter((verdict) => verdict.verdict !== "pass") : []
    return failed.length ? [...parts, h("span", { class: "soft" }, ` · ${failed.map((verdict) => `${verdict.name} ${verdict.verdict}`).join(", ")}`)] : parts
  }

  /** @param {HTMLElement} button @param {TurnOffer | null} offer @param {string} word @param {string} key */
  function showOffer(button, offer, word, key) {
    set(button, { disabled: !offer || Boolean(now.away), title: now.away ? now.away : offer ? `${word}: ${offer.text} (${key}${keyName("undo")})` : `Nothing to ${word.toLowerCase()}` })
    fill(button, word === "Undo" ? icon("undo") : null, word)
  }

  function showQueue() {
    queue.show(now)
    filesRow.hidden = !["plate", "canvas", "values"].includes(now.stage)
    passRest.hidden = Boolean(now.locked) || !now.rest
    set(passRest, barredBy(now.away))
    fill(passRest, `Pass the rest (${now.rest})`)
    files.show(now)
  }

  tellGlimpsed(send)
  listen("keys", showKeys)
  listen("others", showOthers)
  listen("hint", hint)
  listen("verdict", (word) => decide(word))
  listen("undo", () => turn("undo"))
  listen("redo", () => turn("redo"))
  listen("verdict-note", () => (shown && now.locked ? hint(now.locked) : remarks.note.focus()))
  listen("verdict-reason", () => (shown && now.locked ? hint(now.locked) : remarks.reason.focus()))
  // Where a field is open that the bar does not know of yet, the act waits for that.
  listen("verdict-scope", () => (shown && now.field ? setScope(!whole) : review.pictures.field === ""))
  listen("selection", showTarget)
  listen("pictures", () => {
    const { plate, well, digest, drawn } = review.pictures
    if (drawn && digest) send("seen", { plate, well, digest })
    showTarget()
  })
  listen("reviewer", (name) => { if (name) setTimeout(() => send("name"), 400) })

  showKeys()
  onDraft(() => { if (shown) remarks.refresh() })
  /** What all pages share has come, before or after what is this one's own. @param {Partial<VerdictNow>} content */
  function share(content) {
    Object.assign(shared, content)
    if (!shown) return
    Object.assign(now, shared)
    setVerdicts(now.verdicts, { well: now.well, list: now.fields })
    showQueue()
    showTarget()
  }

  const verdictsNow = () => ({ verdicts: withChanges(decided.whole, decided.changed) })

  return {
    queue: share,
    unseen: share,
    verdicts(whole) {
      decided.whole = whole
      share(verdictsNow())
    },
    since({ changed, ...progress }) {
      decided.changed = changed
      share({ ...verdictsNow(), ...progress })
    },
    hears: true,
    content(next) {
      shown = next.shown
      hide(!next.shown)
      if (!next.shown) return
      const another = now?.plate !== next.plate
      // What pages share comes before a part's own: `content` stands last.
      now = /** @type {VerdictNow} */ ({ ...shared, ...next })
      if (another || !notes) {
        notes = new PlateNotes(next.workspace, next.id)
        queue.settle()
      }
      for (const result of next.results) {
        if (result.n <= answered) continue
        answered = result.n
        answer(result)
      }
      if (!sent.size) queue.settle()
      setVerdicts(now.verdicts, { well: next.well, list: next.fields })
      restBox.show(next.sample)
      judgeShown()
      showOffer(undo, next.undo, "Undo", "")
      showOffer(redo, next.redo, "Redo", "Shift+")
      showQueue()
      showTarget()
      if (another) offerLeft()
    },
  }

  function judgeShown() {
    barActs([...VERDICT_NAMES, "reason", "note", "undo"], now.locked || now.away)
    judge.hidden = Boolean(now.locked)
    lock.hidden = !now.locked
    fill(lock, icon("lock"), h("span", { class: "grow" }, now.locked), now.signed ? reopen : null)
    set(reopen, barredBy(now.reopen))
    for (const word of VERDICT_NAMES) {
      const current = whole && review.chosen.length < 2 ? (now.well ? now.standing : now.plate_standing)?.verdict : ""
      set(buttons[word], { "aria-pressed": current === word, disabled: Boolean(now.away), title: now.away || `${VERDICTS[word].word} (${keyName(word)})` })
    }
  }
}
