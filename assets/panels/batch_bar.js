// The foot of the table of corrections: prepare, commit with one reason, how far it is,
// what came of it, and the way back.

import { reviewer, tell } from "../core/bus.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { bar, notice } from "../core/parts.js"
import { count } from "../core/text.js"
import { reasonDialog } from "../core/reason_dialog.js"
import { committable, corrections, fieldsOf, obstacle, openKinds, waits } from "./match_list.js"

/** @param {{send: Send, chosenRows: () => ReadonlySet<string>}} part */
export function batchBar({ send, chosenRows }) {
  /** @type {BatchState} */
  let state = { content: null, rows: [], entries: new Map() }
  let asked = "" // the batch that is to be undone

  const summary = h("p", { class: "small soft batch-summary" })
  const stage = h("button", { class: "primary hcs-stage-all", click: () => send("stage") })
  const close = h("button", { class: "hcs-discard-all", title: "Remove the files and the prepared corrections", click: () => send("close") }, "Discard all")
  const reason = h("textarea", { class: "hcs-batch-reason", rows: "1", maxlength: "1000", placeholder: "One reason for all, such as: re-imaged, were out of focus", "aria-label": "Reason", input: () => show(state) })
  const some = h("button", { class: "hcs-commit-chosen", click: () => commit(chosenFields()) })
  const all = h("button", { class: "primary hcs-commit-all", click: () => commit(ready()) })
  const why = h("p", { class: "small soft why", role: "status" })
  const kinds = h("div", { class: "row kinds" })
  const progress = h("div", { class: "row progress", hidden: true })
  const result = h("div", { class: "result", "aria-live": "polite" })
  const acts = h("div", { class: "row acts" }, reason, some, all)
  const element = h("div", { class: "batch" }, result, progress, kinds, acts, h("div", { class: "row foot" }, h("div", { class: "grow" }, summary, why), close, stage))

  const asking = reasonDialog({
    about: "Each field goes back to the version that it had before. Fields that were changed again since stay as they are, and are named. Nothing is lost.",
    example: "the wrong plate was imaged", look: "undo", act: "Undo",
  }, (text) => send("undo", { batch: asked, reason: text }))

  const allFields = () => [...state.entries.keys()]
  const ready = () => committable(allFields(), state.entries)
  const chosenFields = () => committable(fieldsOf(state.rows, chosenRows()), state.entries)

  /** @param {string[]} fields */
  function commit(fields) {
    if (blocked()) return
    send("commit", { fields, reason: reason.value.trim(), name: reviewer.name })
  }

  /** @param {string} batch @returns {void} */
  function ask(batch) {
    if (!reviewer.name) return tell("ask-name", () => ask(batch))
    asked = batch
    asking.ask("Undo this batch")
  }

  function blocked() {
    const { content, entries } = state
    return obstacle({
      ready: ready().length, blocked: [...entries.values()].filter(waits).length, barred: content?.barred.commit ?? "",
      busy: content?.busy ?? "", name: reviewer.name, reason: reason.value.trim(),
    })
  }

  /** @param {Shown<"corrections">} content */
  function showProgress({ busy, done, total, barred }) {
    progress.hidden = !busy
    if (!busy) return
    const committing = busy.startsWith("Committing")
    fill(progress, h("span", { class: "small", role: "status" }, total ? `${busy} ${done} of ${total}` : busy),
      bar(busy, done, total, "grow"),
      committing ? h("button", { class: "small hcs-stop", disabled: Boolean(barred.stop), click: () => send("stop") }, "Stop") : null)
  }

  /** @param {Shown<"corrections">["batch"]} batch @param {Barred} barred */
  function showResult(batch, barred) {
    if (!batch) return fill(result)
    const { undone } = batch
    const items = (/** @type {{field: string, reason: string}[]} */ list) => h("ul", list.map((each) => h("li", h("b", each.field), ` ${each.reason}`)))
    const parts = []
    if (undone) {
      parts.push(notice(`${undone.left.length ? "warn" : "good"} hcs-undone`, h("div", { class: "grow" },
        h("p", `${count(undone.reverted, "field")} went back to what ${undone.reverted === 1 ? "it was" : "they were"} before${undone.left.length ? `, ${undone.left.length} stayed:` : "."}`), undone.left.length ? items(undone.left) : null)))
    } else {
      const tone = batch.failed.length || batch.waiting ? "warn" : "good"
      const undo = batch.undoable ? h("button", { class: "small hcs-undo-batch", disabled: Boolean(barred.undo), title: barred.undo || "", click: () => ask(batch.id) }, icon("undo"), "Undo this batch") : null
      parts.push(notice(`${tone} hcs-batch-result`, h("div", { class: "grow" },
        h("p", `${corrections(batch.committed)} committed${batch.failed.length ? `, ${batch.failed.length} failed:` : "."}${batch.waiting ? ` Stopped: ${batch.waiting} were not started and can still be committed.` : ""}`),
        batch.failed.length ? items(batch.failed) : null), undo))
    }
    return fill(result, parts)
  }

  /** One confirmation for the same difference of many: of the chosen rows, else of all. @param {Shown<"corrections">} content */
  function showKinds({ barred }) {
    const chosen = fieldsOf(state.rows, chosenRows())
    const fields = chosen.length > 1 ? chosen : allFields()
    fill(kinds, openKinds(fields, state.entries).map(([kind, number]) => h("button", {
      class: "small hcs-confirm-kind", dataset: { kind }, disabled: Boolean(barred.confirm), title: "Accept this difference in all of them",
      click: () => send("confirm", { fields, kind, confirmed: true }),
    }, `Confirm “${kind}” in ${chosen.length > 1 ? "the chosen" : "all"} ${number}`)))
    kinds.hidden = !kinds.children.length
  }

  /** @param {BatchState} next */
  function show(next) {
    state = next
    const { content, rows, entries } = state
    if (!content?.shown) return
    const prepared = [...entries.values()].some((entry) => entry.state === "staged")
    const number = ready().length
    const chosen = chosenFields().length
    const text = blocked()
    element.hidden = !rows.length && !content.busy && !content.batch && !content.kept
    say(summary, content.summary)
    set(stage, { disabled: Boolean(content.busy || content.barred.stage || !content.fields), title: content.barred.stage || "The pixels are read, compared with what is there and checked; the plate stays as it is" })
    say(stage, `${prepared ? "Prepare again" : "Prepare"} ${corrections(content.fields)}`)
    stage.classList.toggle("primary", !prepared)
    set(close, { disabled: Boolean(content.busy), hidden: !rows.length })
    acts.hidden = !prepared
    set(all, { disabled: Boolean(text), title: text })
    say(all, content.pending ? `Keep ${corrections(number)} as pending` : `Commit ${number === 1 ? "1 correction" : `all ${number}`}`)
    set(some, { disabled: Boolean(text) || !chosen, hidden: !chosen || chosen === number })
    say(some, `${content.pending ? "Keep" : "Commit"} the ${chosen} chosen`)
    const after = content.pending ? "This plate cannot be written: they wait in the workspace, and can be exported." : "The present versions are kept, and can be brought back."
    say(why, prepared ? text || after : "")
    showProgress(content)
    showResult(content.batch, content.barred)
    if (content.kept) result.append(notice("good hcs-kept", `${corrections(content.kept)} kept as pending.`))
    showKinds(content)
  }

  return { element, dialog: asking.dialog, show, ask }
}
