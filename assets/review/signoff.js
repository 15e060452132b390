// The end of a review: a blind round of two, what they disagree on, and the sign-off.

import { ask, listen, reviewer, tell } from "../core/bus.js"
import { barredBy, fill, h, icon, set } from "../core/dom.js"
import { notice } from "../core/parts.js"
import { count, moment } from "../core/text.js"
import { watchDialog } from "../core/keys.js"
import { source, usabilityPart } from "./usability.js"
import { VERDICT_NAMES } from "../core/verdict_table.js"

/** @type {Record<string, string>} */
const WORDS = { field: "with a field opened", thumbnails: "by their thumbnails", montage: "after a look in a montage", unseen: "in bulk, not looked at" }

const SLOW_MILLISECONDS = 1000 // a signature is given within a tenth of that

/** @param {PartContext} context @returns {Part<"signoff">} */
export function build({ el, send, hide }) {
  /** @type {Shown<"signoff">} */
  let now
  let answered = 0
  /** @type {boolean | null} */
  let demanded = null // whether a fail shall need a reason, until the server has kept it
  const title = h("h2", { class: "grow cut" }, "Review")
  const body = h("div", { class: "body" })
  const section = h("section", { class: "panel hcs-signoff", "aria-label": "Sign-off" }, h("header", title), body)
  el.append(section)
  const usability = usabilityPart((plate, rule, care, refuse) => send("limits", { plate, rule, care, refuse }))

  // Dialogs --

  const problem = h("p", { class: "problem small", role: "alert", hidden: true })
  const note = h("textarea", { rows: "2", maxlength: "4000", "aria-label": "Note", placeholder: "Note (optional)" })
  const text = h("div", { class: "text" })
  const form = h("div", { class: "form" })
  const go = h("button", { type: "submit", class: "primary" })
  /** @type {SignoffQuestion} */
  let question
  let plate = "" // the one that it is about
  let asked = "" // the kind of what was confirmed, until it is answered or seen
  let waiting = 0 // a timer, while there is no answer
  const box = h("form", { submit: (/** @type {Event} */ event) => { event.preventDefault(); confirm() } }, text, form, note, problem,
    h("div", { class: "row acts" }, h("button", { click: () => dialog.close() }, "Cancel"), h("span", { class: "grow" }), go))
  const dialog = watchDialog(h("dialog", { class: "ask" }, box))
  el.append(dialog)

  function confirm() {
    if (asked) return
    problem.hidden = true
    asked = question.kind
    send(asked, { plate, ...question.message() })
    sayLate()
  }

  function done() {
    asked = ""
    clearTimeout(waiting)
    dialog.close()
  }

  /** A busy database is waited for: what was asked for is not done yet. */
  function sayLate() {
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      fill(problem, "Not saved yet: the server goes on trying, its database may be busy.")
      problem.hidden = false
    }, SLOW_MILLISECONDS)
  }

  /** @param {SignoffQuestion} next */
  function openDialog(next) {
    const { name, label, fields = [], wants = true, again } = next
    if (!reviewer.name) return tell("ask-name", again)
    question = next
    plate = now.plate
    asked = ""
    clearTimeout(waiting)
    set(dialog, { "aria-label": name })
    state()
    fill(form, fields)
    fill(go, label)
    note.hidden = !wants
    note.value = ""
    problem.hidden = true
    dialog.showModal()
  }

  /** Write what the dialog states, and return whether it is other than it was. */
  function state() {
    const before = text.textContent
    fill(text, h("h2", question.name), question.content())
    return text.textContent !== before
  }

  /** What an open dialog states is of the plate that is shown, and as things are. */
  function follow() {
    if (plate !== now.plate) return done()
    if (question.seen()) {
      // What others do may be shown before the answer is: nobody waits for what they see.
      if (!asked) tell("hint", "It was done meanwhile: nothing is left to confirm.")
      return done()
    }
    if (!state() || asked) return undefined
    fill(problem, "This has changed since you opened it: read it again.")
    problem.hidden = false
    return undefined
  }

  const askSignOff = () => openDialog({
    name: `Sign off ${now.name}`, again: () => askSignOff(), label: `Sign off as ${reviewer.name}`, content: signOffParts,
    kind: "sign-off", seen: () => Boolean(now.signed), message: () => ({ note: note.value.trim() }),
  })

  function signOffParts() {
    const { counts } = now
    const open = now.differences.filter((difference) => !difference.settled).length
    const unseen = unseenOf(counts)
    return [
      now.usability ? h("p", h("b", now.usability.word), ` (${source(now.usability)})${now.usability.reasons.length ? `: ${now.usability.reasons.join("; ")}` : ""}`) : null,
      h("p", h("b", inWords(counts))),
      h("p", judgedInWords(counts)),
      counts.flag ? notice("warn", `${count(counts.flag, "well")} ${counts.flag === 1 ? "is" : "are"} flagged; your sign-off will say so.`) : null,
      unseen ? notice("warn", `${count(unseen, "well")} of this plate not viewed yet; the sign-off records that.`) : null,
      open ? notice("warn", `${count(open, "disagreement")} of the blind review ${open === 1 ? "is" : "are"} not settled.`) : null,
      h("p", { class: "soft" }, "From then on verdicts, plate map, cut-offs, corrections and reverts are locked for everybody, until somebody reopens the plate; that is recorded as well."),
      now.typed ? h("p", { class: "soft" }, `Your name was typed here: the sign-off will read “${reviewer.name} (not authenticated)”.`) : null,
    ]
  }

  function askReopen() {
    openDialog({
      name: `Reopen ${now.name}`, again: askReopen, label: `Reopen as ${reviewer.name}`,
      content: () => [h("p", `${now.signed?.who} signed this plate off. Reopening lets verdicts and corrections change again; who reopened it, when and why stays in the record.`)],
      kind: "reopen", seen: () => !now.signed, message: () => ({ note: note.value.trim() }),
    })
  }

  function askBlind() {
    const first = h("input", { type: "text", maxlength: "200", value: reviewer.name, required: true })
    const second = h("input", { type: "text", maxlength: "200", required: true })
    const hidden = h("input", { type: "checkbox" })
    openDialog({
      name: "Blind review by two", again: askBlind, label: "Begin", wants: false,
      content: () => [h("p", "Two people judge this plate without knowing of each other: the other's verdicts, notes, presence and counts are hidden here, in exports and in the record, until both are done.")],
      fields: [
        h("label", h("span", "First reviewer"), first), h("label", h("span", "Second reviewer"), second),
        h("label", { class: "row" }, hidden, "Hide role, compound and dose as well, from everybody")],
      kind: "blind", seen: () => now.blind.open, message: () => ({ first: first.value.trim(), second: second.value.trim(), hide: hidden.checked }),
    })
  }

  const askDone = () => openDialog({
    name: "Done with the blind review", again: () => askDone(), label: "I am done", wants: false,
    content: () => [h("p", "You cannot judge this plate any more until the other is done, too. Then both see everything, how far you agree, and what is to be settled.")],
    kind: "done", seen: () => now.blind.done || !now.blind.open, message: () => ({}),
  })

  const askEnd = () => openDialog({
    name: "End the blind review", again: () => askEnd(), label: "End it",
    content: () => [h("p", "It ends before both are done, and everybody sees everything. That you ended it is recorded.")],
    kind: "end", seen: () => !now.blind.open, message: () => ({ note: note.value.trim() }),
  })

  // What is shown --

  /** @param {Sign} name @param {string} label @param {string} kind @param {() => void} run @param {string} more */
  const button = (name, label, kind, run, more) => h("button", { class: `small ${more}`, ...barredBy(now.barred[kind]), click: run }, icon(name), label)

  /** @param {NonNullable<Shown<"signoff">["signed"]>} signed */
  function signedPart(signed) {
    const how = signed.authenticated ? "" : " (not authenticated)"
    return [
      h("div", { class: `notice ${signed.changes.length ? "warn" : "good"} signed` }, icon(signed.changes.length ? "warn" : "check"),
        h("div", h("b", `${signed.use ? `${signed.use}. ` : ""}Signed off by ${signed.who}${how}`), h("div", { class: "small" }, moment(signed.at)), signed.note ? h("div", { class: "small" }, `“${signed.note}”`) : null)),
      signed.changes.length ? h("div", { class: "changed" }, h("h3", "Changed since sign-off"), h("ul", { class: "small" }, signed.changes.map((change) => h("li", change)))) : null,
      h("p", { class: "small" }, inWords(signed.counts)), h("p", { class: "small soft" }, basesInWords(signed.counts)),
      h("div", { class: "row" }, button("undo", "Reopen…", "reopen", askReopen, "hcs-reopen")),
    ]
  }

  function blindPart() {
    const { blind } = now
    const names = blind.reviewers.join(" and ")
    const text = blind.mine
      ? blind.done ? "You are done; the other is not yet. You can look, and not judge." : "You do not see the other's verdicts, and the other not yours."
      : "You are not one of them: you can look, and not judge, and see nothing of what they decide."
    return [
      h("div", { class: "notice blind" }, icon("edit"), h("div", h("b", `Blind review by ${names}`), h("div", { class: "small" }, text),
        blind.hides ? h("div", { class: "small" }, "Roles, compounds and doses are hidden.") : null)),
      h("div", { class: "row wrap" }, blind.mine && !blind.done ? button("check", "I am done…", "done", askDone, "hcs-blind-done") : null, button("close", "End it…", "end", askEnd, "hcs-blind-end")),
    ]
  }

  function agreementPart() {
    const agreement = now.agreement
    if (!agreement) return null
    const [first, second] = agreement.reviewers
    const heads = agreement.verdicts.map((word) => h("th", { scope: "col" }, word))
    const line = agreement.n
      ? [h("b", agreement.kappa === null ? "kappa not defined" : `Cohen's kappa ${agreement.kappa.toFixed(2)}`), `, raw agreement ${Math.round((agreement.raw ?? 0) * 100)} %, n = ${agreement.n}`]
      : ["No well was judged individually by both."]
    return h("div", { class: "agreement" }, h("h3", `Agreement of ${first} and ${second}`), h("p", { class: "small" }, line),
      agreement.left_out ? h("p", { class: "small soft" }, `${count(agreement.left_out, "well")} left out: judged in bulk or not looked at.`) : null,
      agreement.n ? h("table", { class: "numbers small" }, h("caption", { class: "sr" }, `Rows: ${first}; columns: ${second}`),
        h("thead", h("tr", h("td", { class: "soft" }, `${first} ↓ ${second} →`), heads)),
        h("tbody", agreement.table.map((row, i) => h("tr", h("th", { scope: "row" }, agreement.verdicts[i]), row.map((value, j) => h("td", { class: i === j ? "same" : "" }, String(value))))))) : null)
  }

  function differencesPart() {
    const list = now.differences
    if (!list.length) return null
    const open = list.filter((difference) => !difference.settled).length
    /** @param {Said} act */
    const verdictText = (act) => `${act.who}: ${act.verdict}${act.reason ? `, ${act.reason}` : ""}${act.note ? ` “${act.note}”` : ""}`
    return h("div", { class: "differences hcs-disagreements" }, h("h3", open ? `${count(open, "disagreement")} to settle` : "All disagreements are settled"),
      h("ul", list.map((difference) => h("li", { class: difference.settled ? "soft" : "" }, h("button", { class: "plain difference", title: "Open it and judge: that settles it", dataset: { well: difference.well }, click: () => ask("choose", difference.well) },
        h("b", difference.what), h("span", { class: "small" }, difference.verdicts.map(verdictText).join(" · ")), difference.settled ? h("span", { class: "small" }, icon("check"), verdictText(difference.settled)) : null)))))
  }

  /** What the project demands of whoever judges. */
  function demandPart() {
    const demand = () => {
      demanded = box.checked
      box.disabled = true
      send("demand", { plate: now.plate, reason: box.checked })
    }
    const box = h("input", { type: "checkbox", class: "hcs-demand-reason", ...barredBy(now.barred.demand), change: demand })
    if (demanded !== null) box.disabled = true
    box.checked = demanded ?? now.demands_reason
    return h("label", { class: "row small" }, box, h("span", "A fail needs a reason, on all plates of this project"))
  }

  function show() {
    section.classList.toggle("locked", Boolean(now.signed))
    const counts = now.counts
    usability.show(now.plate, now.whole ? now.usability : null, now.signed ? "The plate is signed off." : now.barred.limits)
    fill(body,
      usability.element,
      now.signed ? signedPart(now.signed) : null,
      now.blind.open ? blindPart() : null,
      now.signed || now.blind.open ? null : [h("p", { class: "small" }, inWords(counts)), h("p", { class: "small soft" }, basesInWords(counts)),
        h("div", { class: "row wrap" }, button("check", "Sign off…", "sign-off", askSignOff, "hcs-sign-off"), button("edit", "Blind review…", "blind", askBlind, "hcs-blind"))],
      now.whole ? [agreementPart(), differencesPart(), now.signed ? null : demandPart()] : null)
  }

  /** Only the answer to what was asked in the dialog is one to it. @param {Shown<"signoff">["results"][number]} result */
  function take({ type, error }) {
    if (type === "demand") demanded = null
    if (type !== asked) return error && tell("hint", error)
    if (!error) return done()
    asked = ""
    clearTimeout(waiting)
    if (!dialog.open) return tell("hint", error)
    fill(problem, error)
    problem.hidden = false
  }

  listen("reviewer", () => setTimeout(() => send("name"), 400))
  listen("reopen", () => { if (now?.signed && !now.barred.reopen) askReopen() })
  return {
    hears: true,
    content(next) {
      hide(!next.shown)
      if (!next.shown) {
        // Nothing is left to confirm, and a dialog that nobody sees would take all keys.
        if (dialog.open) done()
        return
      }
      now = next
      if (dialog.open) follow()
      for (const result of next.results ?? []) {
        if (result.n <= answered) continue
        answered = result.n
        take(result)
      }
      show()
    },
  }
}

/** @param {ReviewCounts} counts */
function inWords(counts) {
  const parts = VERDICT_NAMES.filter((word) => counts[word]).map((word) => `${counts[word]} ${word}`)
  const open = counts.unjudged ?? 0
  return `${parts.join(", ") || "No well is judged"}${parts.length && open ? `, ${open} not judged` : ""}.`
}

/** Wells that nobody has looked at; earlier sign-offs counted verdicts alone. @param {ReviewCounts} counts */
const unseenOf = (counts) => (counts.looked === undefined ? (counts.unseen ?? 0) + (counts.unjudged ?? 0) : counts.wells - counts.looked)

/** @param {ReviewCounts} counts */
function judgedInWords(counts) {
  const parts = /** @type {const} */ (["field", "thumbnails", "montage", "unseen"]).filter((word) => counts[word]).map((word) => `${counts[word]} ${WORDS[word]}`)
  return parts.length ? `Judged: ${parts.join(", ")}.` : ""
}

/** @param {ReviewCounts} counts */
function basesInWords(counts) {
  const unseen = unseenOf(counts)
  return [judgedInWords(counts), unseen ? `${count(unseen, "well")} not viewed yet.` : ""].filter(Boolean).join(" ")
}
