// Elements that several parts of the page have alike: how they look is in `parts.css`.

import { barredBy, fill, h, icon, say, set } from "./dom.js"

/** A sentence in a span, anything else as it is. @param {any} content */
const inSpan = (content) => (typeof content === "string" ? h("span", content) : content)

/** What a person is told, beside its sign: "bad" is an alert, "warn" and "good" are none.
 *  @param {string} tone  and more classes @param {any[]} content */
export const notice = (tone, ...content) =>
  h("div", { class: `notice ${tone}`, role: tone.startsWith("bad") ? "alert" : null }, icon(tone.startsWith("good") ? "check" : "warn"), content.map(inSpan))

/** Where something is said as long as it holds, see `complain`. @param {string} [look] */
export const complaint = (look = "") => h("div", { class: `notice bad ${look}`.trim(), role: "alert", hidden: true })

/** Say what is wrong; "" where nothing is. @param {HTMLElement} element @param {string} text @param {any[]} more */
export function complain(element, text, ...more) {
  element.hidden = !text
  if (text) fill(element, icon("warn"), h("span", text), ...more)
}

/** Say something as long as there is something to say. @param {HTMLElement} element @param {string} text */
export function sayIf(element, text) {
  element.hidden = !text
  say(element, text)
}

/** A button that is a sign. @param {Sign} sign @param {string} label @param {() => void} click @param {Attributes} more */
export const signButton = (sign, label, click, more = {}) => h("button", { class: "plain square", "aria-label": label, click, ...more }, icon(sign))

/** A bar that is filled in parts; one with a label is read out. @param {string} label @param {string} look */
export function bar(label = "", done = 0, total = 0, look = "") {
  const element = h("span", { class: `bar ${look}`.trim(), ...label && { role: "progressbar", "aria-label": label, "aria-valuemin": 0 } }, h("i"))
  fillBar(element, done, total)
  return element
}

/** @param {HTMLElement} element @param {number} done @param {number} total */
export function fillBar(element, done, total) {
  if (element.role) set(element, { "aria-valuemax": total, "aria-valuenow": done })
  set(/** @type {HTMLElement} */ (element.firstChild), { style: { width: `${total ? (100 * done) / total : 0}%` } })
}

/** @param {Iterable<readonly (string | number)[]>} pairs  values and texts */
export const options = (pairs) => [...pairs].map(([value, text]) => h("option", { value }, text))

/** Options and value of a select; it is filled only where they have changed, as one that is open would close.
 *  @param {HTMLSelectElement} select @param {(readonly (string | number)[])[]} pairs @param {string | null} [value] */
export function offer(select, pairs, value) {
  const offered = JSON.stringify(pairs)
  if (select.dataset.offered !== offered) fill(select, options(pairs))
  select.dataset.offered = offered
  if (value !== undefined) select.value = value ?? ""
}

/** Show the value that holds, null for none; what somebody is typing stays. @param {HTMLInputElement} input @param {string | number | null} value */
export function renew(input, value) {
  const text = String(value ?? "")
  const { value: entered, validity, dataset } = input
  const focused = input.matches(":focus")
  // Half a number ("-", "0.") has no value, or that of its first half.
  const typing = focused && (validity.badInput || entered !== (dataset.saved ?? "") || entered === text)
  if (!typing) input.value = text
  dataset.saved = text
}

/** A control with its name before it. @param {string} name @param {any[]} content */
export const labelled = (name, ...content) => h("label", { class: "row" }, h("span", { class: "soft" }, name), content)

/** @param {[string, any][]} pairs  names and texts */
export const facts = (pairs) => h("dl", { class: "facts" }, pairs.flatMap(([name, text]) => [h("dt", name), h("dd", text)]))

/** The head of a table. @param {string[]} names */
export const tableHead = (names) => h("thead", h("tr", names.map((name) => h("th", { scope: "col" }, name))))

/** What has to be corrected before a commit. @param {Difference} difference */
export const mustCorrect = ({ message }) => h("span", h("b", "Must be corrected. "), message)

/** A box that accepts a difference. @param {Difference} difference @param {string | undefined} barred @param {(confirmed: boolean) => void} confirm */
export function confirmation({ kind, message, confirmed }, barred, confirm) {
  const tick = h("input", { type: "checkbox", checked: confirmed, ...barredBy(barred), change: () => confirm(tick.checked) })
  return h("label", { class: confirmed ? "confirm" : "confirm open", dataset: { kind } }, tick, h("span", message, h("b", confirmed ? " Confirmed." : " Accept this difference?")))
}

/** Lines about what is wrong with a table, and how many more there are. @param {string[]} lines @param {number} more */
export const problemList = (lines, more = 0) => h("ul", { class: "problems" }, lines.map((line) => h("li", line)), more > 0 ? h("li", `and ${more} more`) : null)

/** What to do where Enter confirms what was typed; the one that ends a composition does not. @param {() => void} act */
export const onEnter = (act) => (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" && !event.isComposing) act() }

/** A box that takes files, and the same ones again. @param {Attributes} attributes @param {(files: FileList | null) => void} give */
export function fileBox(attributes, give) {
  const input = h("input", { type: "file", multiple: true, ...attributes, change: () => { give(input.files); input.value = "" } })
  return input
}

/** Whether values are others than those of the last call: what is drawn already is not drawn again.
 *  @returns {(...values: any[]) => boolean} */
export function novelty() {
  let last = ""
  return (...values) => {
    const text = JSON.stringify(values)
    const isNew = text !== last
    last = text
    return isNew
  }
}
