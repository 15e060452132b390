// What the verdict bar says: a line that goes by itself, and a question that stays until
// it is answered.

import { fill, h, icon, set } from "../core/dom.js"
import { keyName } from "../core/keys.js"

const TOAST_MILLISECONDS = 8000 // long enough to read a sentence, gone before the next well

export function makeMessages() {
  const toast = h("div", { class: "toast", hidden: true })
  // A region that is not there before its text is read out by few screen readers.
  const region = h("div", { class: "toast-region", role: "status", "aria-live": "polite" }, toast)
  const problem = h("div", { class: "problem", role: "alert", hidden: true })
  let timer = 0
  /** @type {{text: Child, again: () => void, drop: () => void}[]} */
  const questions = [] // the first is asked

  /** @param {Child[]} content @param {string} tone */
  function show(content, tone) {
    clearTimeout(timer)
    fill(toast, content)
    set(toast, { class: `toast ${tone}` })
    toast.hidden = false
    timer = setTimeout(() => { toast.hidden = true }, TOAST_MILLISECONDS)
  }

  function askFirst() {
    problem.hidden = !questions.length
    if (!questions.length) return
    const [{ text, again, drop }] = questions
    /** @param {() => void} act */
    const answer = (act) => () => {
      questions.shift()
      askFirst()
      act()
    }
    fill(problem, icon("warn"), text,
      h("button", { class: "small", click: answer(again) }, "Try again"),
      h("button", { class: "small plain", click: answer(drop) }, "Discard"))
  }

  return {
    toast: region,
    problem,
    get asking() { return !problem.hidden },
    /** Say what was saved. @param {VerdictAnswer} result */
    confirm: (result) => show(confirmation(result), "done"),
    /** Say why nothing was done. @param {string} text */
    hint: (text) => show([icon("warn"), h("span", text)], "hint"),
    /** Say why there is no file, and offer what there is of it. @param {string} text @param {(() => void) | undefined} partial */
    offer(text, partial) {
      const button = partial && h("button", { class: "small", click: () => { toast.hidden = true; partial() } }, "Save what there is")
      show([icon("warn"), h("span", text), button], "hint")
    },
    /** Ask whether to try again or to drop what was not saved, after what is asked already. @param {Child} text @param {() => void} again @param {() => void} drop */
    ask(text, again, drop) {
      questions.push({ text, again, drop })
      if (questions.length === 1) askFirst()
    },
  }
}

/** What was saved, in words, and how it is taken back. @param {VerdictAnswer} result */
function confirmation(result) {
  const more = result.more ? ` and ${result.more} more` : ""
  const leftAlone = result.left?.length ? ` Unchanged, judged since: ${result.left.join(", ")}${more}.` : ""
  if (result.type === "undo") return [icon("undo"), h("span", `Undone: ${result.text}.${leftAlone}`)]
  if (result.type === "amend") return [icon("check"), h("span", `Saved to ${result.text}`)]
  if (result.type === "table") return [icon("check"), h("span", result.text)]
  if (result.type === "redo") return [icon("check"), h("span", `Redone: ${result.text}.${leftAlone}`)]
  return [icon("check"), h("span", `${result.text}: `, h("kbd", keyName("undo")), " undoes")]
}
