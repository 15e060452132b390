// Note and reason: they go with the next verdict on what is open, and on what is judged
// already they are saved to its verdict, and say so until they are.

import { tell } from "../core/bus.js"
import { fill, h, say, set } from "../core/dom.js"
import { novelty, onEnter } from "../core/parts.js"

/**
 * Make note and reason.
 *
 * `onSave` gets `{note}` or `{reason}` to save to the verdict that holds; `onReason` is
 * called when a reason is confirmed, and answers whether a verdict was waiting for it.
 */
/** @param {{onSave: (change: {note?: string, reason?: string}) => boolean, onReason: (confirmed?: boolean) => boolean}} its */
export function remark({ onSave, onReason }) {
  /** @type {PlateNotes} */
  let notes // drafts of the plate, see `core/storage.js`
  let about = "" // what is open
  /** @type {SavedVerdict | null | undefined} */
  let saved = null // its verdict, undefined where it is not known yet
  const confirmed = new Set() // "note" and "reason", where that was before the verdict was known
  let proposed = ""
  let touched = false // a person has chosen the reason
  let words = new Map() // of the reasons, by code
  const isNew = novelty()
  let byKeys = false // arrows pass over many reasons; then only Enter or leaving tells
  const reason = h("select", { class: "hcs-verdict-reason", "aria-label": "Reason of the verdict", title: "Reason",
    change: () => chosen(), pointerdown: () => { byKeys = false }, keydown: (event) => pressed(event), blur: () => left() })
  const note = h("input", { type: "text", class: "hcs-note grow", maxlength: "4000", placeholder: "Note", "aria-label": "Note", autocomplete: "off", dataset: { keeps: "" },
    input: () => typed(), keydown: onEnter(() => saveNote()) })
  const unsaved = h("span", { class: "tag warn hcs-note-unsaved", role: "status", hidden: true })
  for (const control of [note, reason]) {
    control.addEventListener("focus", () => tell("deciding", true))
    control.addEventListener("blur", () => tell("deciding", false))
  }

  // A pass has no reason: what stands there is for another verdict.
  const amended = () => (saved?.verdict === "pass" ? null : saved)
  const ownReason = () => amended()?.code ?? proposed
  const otherNote = () => Boolean(saved) && note.value.trim() !== saved?.note
  const otherReason = () => {
    const verdict = amended()
    return Boolean(verdict) && touched && reason.value !== verdict?.code
  }
  function showUnsaved() {
    unsaved.hidden = !(otherNote() || otherReason() || confirmed.size)
    say(unsaved, confirmed.size ? "not saved yet" : "not saved: Enter saves it")
  }

  /** Save it once the verdict is known. @param {"note" | "reason"} what */
  function saveLater(what) {
    confirmed.add(what)
    showUnsaved()
  }

  function saveConfirmed() {
    if (saved === undefined || !confirmed.size) return
    const due = [...confirmed]
    confirmed.clear() // before it is sent, upon which this is shown again
    if (due.includes("note")) saveNote()
    if (due.includes("reason")) saveReason()
    showUnsaved()
  }

  /** What measuring proposes is a question until a person takes it. */
  function showQuestion() {
    const question = !touched && !amended() ? proposed : ""
    for (const option of reason.options) {
      const text = words.get(option.value) ?? "No reason"
      option.textContent = option.value && option.value === question ? `${text}?` : text
    }
    set(reason, { title: `Reason: ${reason.selectedOptions[0]?.textContent ?? ""}` })
  }

  function typed() {
    notes.keepDraft(about, note.value.trim() === (saved?.note ?? "") ? "" : note.value)
    showUnsaved()
  }

  function saveNote() {
    if (saved === undefined && note.value.trim()) return saveLater("note")
    if (!otherNote()) return
    const text = note.value.trim()
    if (onSave({ note: text }) === false) return
    notes.keepDraft(about, "")
    if (saved) saved = { ...saved, note: text }
    showUnsaved()
  }

  function saveReason() {
    byKeys = false
    if (onReason()) return
    if (saved === undefined && touched) return saveLater("reason")
    if (!otherReason()) return
    if (onSave({ reason: reason.value }) === false) return
    if (saved) saved = { ...saved, code: reason.value }
    touched = false
    showUnsaved()
  }

  function chosen() {
    touched = true
    showQuestion()
    if (byKeys) showUnsaved()
    else saveReason()
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Enter") return saveReason()
    if (event.key !== "Escape") byKeys = event.key !== "Tab"
    else showReason()
    return undefined
  }

  function left() {
    if (otherReason() || (saved === undefined && touched)) saveReason()
    else onReason(false)
  }

  function showReason() {
    touched = false
    reason.value = ownReason()
    showQuestion()
    showUnsaved()
  }

  const showNote = () => {
    note.value = notes.draft(about) || saved?.note || ""
    showUnsaved()
  }

  return {
    note,
    reason,
    unsaved,
    /** Save what is not saved yet. */
    save() {
      saveNote()
      saveReason()
    },
    text: () => note.value.trim(),
    /** @param {string} verdict */
    code: (verdict) => (verdict === "pass" && !touched ? "" : reason.value),
    /** The verdict was given: what was typed has gone with it. */
    given() {
      notes.keepDraft(about, "")
      note.value = ""
      touched = false
      confirmed.clear()
      showUnsaved()
    },
    /** @param {Choice[]} list */
    reasons(list) {
      if (!isNew(list)) return
      words = new Map(list)
      fill(reason, ["", ...words.keys()].map((value) => h("option", { value })))
      showReason()
    },
    /** What is open: `subject` is a text of it, `held` its verdict, `suggested` a reason. */
    /** @param {{plateNotes: PlateNotes, subject: string, held: SavedVerdict | null | undefined, suggested: string}} now */
    show({ plateNotes, subject, held, suggested }) {
      const another = plateNotes !== notes || subject !== about
      const news = another || JSON.stringify([held, suggested]) !== JSON.stringify([saved, proposed])
      notes = plateNotes
      about = subject
      saved = held
      proposed = suggested
      if (another) confirmed.clear()
      if (news) {
        if (another || !touched) showReason()
        if (another || !note.matches(":focus")) showNote()
        else showUnsaved()
      }
      saveConfirmed()
    },
    refresh: () => { if (!note.matches(":focus")) showNote() },
  }
}
