// What the verdict bar says: a line that goes by itself, and a question that stays until
// it is answered.

import { fill, h, icon, say, set } from "../core/dom.js"
import { keyName } from "../core/keys.js"

const TOAST_MILLISECONDS = 8000 // long enough to read a sentence, gone before the next well

export function makeMessages() {
  const toast = h("div", { class: "toast", hidden: true })
  // A region that is not there before its text is read out by few screen readers.
  const region = h("div", { class: "toast-region", role: "status", "aria-live": "polite" }, toast)
  const problem = h("div", { class: "problem", role: "alert", hidden: true })
  let timer = 0
  const lead = h("b")
  const rest = h("span")
  const asked = h("span", { class: "grow" }, lead, " ", rest)
  /** @type {{words: () => [string, string], answers: [string, () => void][], offered?: boolean}[]} */
  let questions = [] // the first is asked

  /** @param {Child[]} content @param {string} tone */
  function show(content, tone) {
    clearTimeout(timer)
    fill(toast, content)
    set(toast, { class: `toast ${tone}` })
    toast.hidden = false
    timer = setTimeout(() => { toast.hidden = true }, TOAST_MILLISECONDS)
  }

  function sayFirst() {
    const [what, why] = questions[0]?.words() ?? ["", ""]
    say(lead, what)
    say(rest, why)
  }

  function askFirst() {
    problem.hidden = !questions.length
    if (!questions.length) return
    const [{ answers }] = questions
    sayFirst()
    /** @param {() => void} act */
    const answer = (act) => () => {
      questions.shift()
      askFirst()
      act()
    }
    fill(problem, icon("warn"), asked, answers.map(([text, act], i) => h("button", { class: i ? "small plain" : "small", click: answer(act) }, text)))
  }

  /** Ask after what is asked already. @param {typeof questions[number]} question */
  function add(question) {
    questions.push(question)
    if (questions.length === 1) askFirst()
  }

  return {
    toast: region,
    problem,
    /** Say what was saved. @param {VerdictAnswer} result @param {string} elsewhere  " on P1" where that plate is not open any more */
    confirm: (result, elsewhere) => show(confirmation(result, elsewhere), "done"),
    /** Say why nothing was done. @param {string} text */
    hint: (text) => show([icon("warn"), h("span", text)], "hint"),
    /** Say why there is no file, and offer what there is of it. @param {string} text @param {(() => void) | undefined} partial */
    offer(text, partial) {
      questions = questions.filter(({ offered }) => !offered) // the last file is wanted
      askFirst()
      if (!partial) return show([icon("warn"), h("span", text)], "hint")
      return add({ words: () => ["", text], answers: [["Save what there is", partial], ["Not now", () => {}]], offered: true })
    },
    /** Ask whether to try again or to drop what was not saved, after what is asked already.
     *  @param {() => [string, string]} words  what, and why @param {() => void} again @param {() => void} drop */
    ask(words, again, drop) {
      add({ words, answers: [["Try again", again], ["Discard", drop]] })
    },
    /** Another plate is open: questions name those that are not. */
    renew: sayFirst,
  }
}

/** What was saved, in words, and how it is taken back. @param {VerdictAnswer} result @param {string} elsewhere */
function confirmation(result, elsewhere) {
  const more = result.more ? ` and ${result.more} more` : ""
  const leftAlone = result.left?.length ? ` Unchanged, judged since: ${result.left.join(", ")}${more}.` : ""
  if (elsewhere) return [icon("check"), h("span", `Saved${elsewhere}: ${result.text}.${leftAlone}`)]
  if (result.type === "undo") return [icon("undo"), h("span", `Undone: ${result.text}.${leftAlone}`)]
  if (result.type === "amend") return [icon("check"), h("span", `Saved to ${result.text}`)]
  if (result.type === "table") return [icon("check"), h("span", result.text)]
  if (result.type === "redo") return [icon("check"), h("span", `Redone: ${result.text}.${leftAlone}`)]
  return [icon("check"), h("span", `${result.text}: `, h("kbd", keyName("undo")), " undoes")]
}
