// The verdict bar: buttons, reason, note, and the queue. It decides about the well whose
// pictures are on the screen, and about nothing else.

import { ask, listen, reviewer } from "../core/bus.js"
import { barredBy, fill, h, icon, say, set } from "../core/dom.js"
import { barActs, keyName } from "../core/keys.js"
import { PlateNotes, onDraft } from "../core/storage.js"
import { textOf } from "../core/wire.js"
import { VERDICT_NAMES } from "../core/verdict_table.js"
import { makeAnswers } from "./answers.js"
import { makeDeciding } from "./deciding.js"
import { exportFiles } from "./export_files.js"
import { tellGlimpsed } from "./glimpses.js"
import { makeMessages } from "./messages.js"
import { makeNearby } from "./nearby.js"
import { restDialog } from "./pass_rest.js"
import { queueLine } from "./queue_line.js"
import { remark } from "./remark.js"
import { makeStanding } from "./standing.js"
import { barredOf, subjectOf, undrawn, wellOf } from "./subject.js"
import { newBatch } from "./unsaved.js"
import { Unshown } from "./unshown.js"
import { turnButtons, verdictButtons } from "./verdict_buttons.js"
import { review, setVerdicts, setWaiting, withChanges } from "./verdicts.js"
import { makeWaiting } from "./waiting.js"

const NAME_MILLISECONDS = 400 // a name that is being typed is no name yet

/** @param {PartContext} context @returns {HearingPart<"verdict">} */
export function build({ el, send, hide }) {
  const bar = /** @type {VerdictBar} */ ({
    shown: false,
    whole: true,
    get selected() { return review.selected },
    get chosen() { return review.chosen },
  })
  const shared = /** @type {VerdictNow} */ ({ verdicts: {} }) // of the plate, the same on all pages
  /** @type {{whole: VerdictNow["verdicts"], changed: VerdictsSince["changed"]}} */
  const decided = { whole: {}, changed: {} } // verdicts as they were sent, and since then

  /** @type {import("./waiting.js").Elsewhere} */
  const elsewhere = (plate) => (!plate || plate === bar.now.plate ? "" : ` on ${textOf("header", "known")?.plates.find(({ key }) => key === plate)?.name ?? plate}`)
  const messages = makeMessages()
  const { hint } = messages
  const sent = makeWaiting({ elsewhere, onChange(wells) {
    setWaiting(wells)
    showSubject()
  } })
  const unshown = new Unshown()
  const queue = queueLine({ shown: () => (bar.shown ? bar.now : null), hint })
  const deciding = makeDeciding({ bar, send, sent, unshown, hint, remarks: () => remarks, onSent: showAct, onJudged: queue.advance })
  const remarks = remark({ onSave: deciding.amend, onReason: deciding.reasonGiven })
  const answers = makeAnswers({ bar, sent, unshown, messages, deciding, onAnswers: showAct, onUnsaved: queue.putBack, elsewhere })
  const buttons = verdictButtons((verdict) => deciding.decide(verdict, { click: true }))
  const turns = turnButtons(deciding.turn)
  const standing = makeStanding()
  const nearby = makeNearby()
  const files = exportFiles({ onTable: () => send("table", { plate: bar.now.plate }), onRefused: messages.offer })
  const restBox = restDialog({ send, onPass: (plate) => deciding.post("rest", { plate, batch: newBatch(), verdict: "pass", note: "", reason: "" }) })
  const scope = h("button", { class: "small", "aria-pressed": "false", title: "Judge this field alone", hidden: true, click: () => setScope(!bar.whole) })
  const passRest = h("button", { class: "small hcs-pass-rest", click: () => askRest() })
  const reopen = h("button", { class: "small hcs-reopen-here", click: () => ask("reopen") }, "Reopen…")
  const lock = h("div", { class: "lock", hidden: true })
  const judge = h("div", { class: "judge" },
    h("div", { class: "row line" }, ...buttons.elements, remarks.reason, scope),
    h("div", { class: "row line" }, remarks.note, remarks.unsaved, ...turns.elements))
  const filesRow = h("div", { class: "row line files", dataset: { findable: "" } }, passRest, h("span", { class: "grow" }), ...files.elements)
  const section = h("section", { class: "panel verdicts", "aria-label": "Verdict" }, h("div", { class: "inside" }, messages.problem, sent.element,
    standing.element, nearby.element, lock, judge, queue.element, filesRow), messages.toast, restBox.dialog)
  el.append(section)

  function askRest() {
    if (!reviewer.name) return deciding.askName(askRest)
    restBox.ask(bar.now)
  }

  /** @param {boolean} value */
  function setScope(value) {
    bar.whole = value
    showSubject()
  }

  const showOthers = () => nearby.show(bar.shown ? wellOf(bar) : bar.selected)

  /** What is open, and all that is about it. */
  function showSubject() {
    if (!bar.shown) return
    showOthers()
    const { now } = bar
    const alone = bar.chosen.length < 2
    if (!now.field) bar.whole = true
    scope.hidden = !now.field || !alone
    set(scope, { "aria-pressed": !bar.whole })
    say(scope, now.field ? `Only ${now.field.label}` : "")
    standing.show(bar)
    const well = wellOf(bar)
    section.classList.toggle("waiting", Boolean(alone && well && undrawn(bar, review.pictures, keyName("open"))(well)))
    const { subject } = subjectOf(bar)
    remarks.reasons(now.reasons)
    remarks.show({ plateNotes: bar.notes, subject, held: deciding.heldNow(), suggested: now.well === well ? now.suggested : "" })
  }

  function showQueue() {
    const { now } = bar
    queue.show(now)
    filesRow.hidden = !["plate", "canvas", "values"].includes(now.stage)
    passRest.hidden = Boolean(now.locked) || !now.rest
    set(passRest, barredBy(now.away))
    fill(passRest, `Pass the rest (${now.rest})`)
    files.show(now)
  }

  function showButtons() {
    const { now } = bar
    barActs([...VERDICT_NAMES, "reason", "note", "undo"], barredOf(now))
    judge.hidden = Boolean(now.locked)
    lock.hidden = !now.locked
    fill(lock, icon("lock"), h("span", { class: "grow" }, now.locked), now.signed ? reopen : null)
    set(reopen, barredBy(now.reopen))
    const current = bar.whole && bar.chosen.length < 2 ? (now.well ? now.standing : now.plate_standing)?.verdict : ""
    buttons.show(current, now.away)
    turns.show({ ...unshown.offers(now), away: now.away })
  }

  /** Something was sent, or answered. */
  function showAct() {
    if (!bar.shown) return
    showButtons()
    showSubject()
  }

  tellGlimpsed(send)
  listen("keys", buttons.showKeys)
  listen("others", showOthers)
  listen("hint", hint)
  listen("verdict", (word) => deciding.decide(word))
  listen("undo", () => deciding.turn("undo"))
  listen("redo", () => deciding.turn("redo"))
  for (const name of /** @type {const} */ (["note", "reason"])) listen(`verdict-${name}`, () => (bar.shown && bar.now.locked ? hint(bar.now.locked) : remarks[name].focus()))
  // Where a field is open that the bar does not know of yet, the act waits for that.
  listen("verdict-scope", () => (bar.shown && bar.now.field ? setScope(!bar.whole) : review.pictures.field === ""))
  listen("selection", showSubject)
  listen("pictures", () => {
    const { plate, well, digest, drawn } = review.pictures
    if (drawn && digest) send("seen", { plate, well, digest })
    showSubject()
  })
  listen("reviewer", (name) => { if (name) setTimeout(() => send("name"), NAME_MILLISECONDS) })
  onDraft(() => { if (bar.shown) remarks.refresh() })
  buttons.showKeys()

  /** What all pages share has come, before or after what is this one's own. @param {Partial<VerdictNow>} content */
  function share(content) {
    Object.assign(shared, content)
    if (!bar.shown) return
    Object.assign(bar.now, shared)
    setVerdicts(bar.now.verdicts, { well: bar.now.well, list: bar.now.fields })
    showQueue()
    showSubject()
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
    answers: answers.take,
    hears: true,
    content(next) {
      bar.shown = next.shown
      hide(!next.shown)
      const another = !next.shown || bar.now?.plate !== next.plate
      if (another) restBox.close()
      if (!next.shown) return
      unshown.forget(next)
      // What pages share comes before a part's own: `content` stands last.
      bar.now = /** @type {VerdictNow} */ ({ ...shared, ...next })
      if (another || !bar.notes) {
        bar.notes = new PlateNotes(next.workspace, next.id)
        queue.settle()
      }
      if (!sent.size) queue.settle()
      setVerdicts(bar.now.verdicts, { well: next.well, list: next.fields })
      restBox.show(next.sample)
      showButtons()
      showQueue()
      showSubject()
      if (!another) return
      messages.renew()
      sent.renew()
      answers.offerLeft()
    },
  }
}
