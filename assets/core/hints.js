// Three hints for who is here for the first time: each in its place when it is of use, one
// at a time, gone for good once it is read or what it says was done.

import { listen, overhear } from "./bus.js"
import { fill, h } from "./dom.js"
import { keyName } from "./keys.js"
import { preference, setPreference } from "./storage.js"
import { VERDICT_NAMES, listed } from "./verdict_table.js"

const PLATE = ["plate", "canvas", "values"]
const WELL = ["well", "field"]

/** By id: when, at which part of the page, and what it says.
 *  @type {Record<string, {stages: string[], part: string, text: () => string}>} */
const HINTS = {
  plate: { stages: PLATE, part: "plate_map", text: () => `Click a well to see its pictures. ${keyName("next")} opens the next suspect.` },
  verdict: { stages: WELL, part: "verdict", text: () => `${listed(VERDICT_NAMES.map(keyName), "and")} ${listed(VERDICT_NAMES, "or")} this well. The next suspect then opens.` },
  find: { stages: [...PLATE, ...WELL, "plates"], part: "header", text: () => `${keyName("palette")} finds every act, metric, well and plate by its name.` },
}
const ALL = Object.keys(HINTS)

/** The hint for a stage that was not read yet, null without. Pure.
 *  @param {string} stage @param {string[]} read */
export const hintFor = (stage, read) => ALL.find((id) => HINTS[id].stages.includes(stage) && !read.includes(id)) ?? null

/** Ids that were read. A program that drives the browser has read all, unless it asks. */
function readHints() {
  const read = preference("hints")
  return !read && navigator.webdriver ? ALL : read.split(" ")
}

/** The hints' card; `show(stage)` places it. */
export function makeHints() {
  let stage = ""
  const text = h("span", { class: "grow" })
  const button = (/** @type {string} */ words, /** @type {string} */ title, /** @type {() => void} */ click) => h("button", { class: "small", title, click }, words)
  const card = h("aside", { class: "hcs-hint", "aria-label": "Hint", hidden: true }, text,
    button("Got it", "Do not show this hint again", () => read([card.dataset.hint ?? ""])), button("No hints", "Show no hints in this browser", () => read(ALL)))

  /** @param {string[]} ids */
  function read(ids) {
    const before = readHints()
    if (ids.every((id) => before.includes(id))) return
    setPreference("hints", [...new Set([...before, ...ids])].join(" ").trim())
    show(stage)
  }

  const partOf = (/** @type {string | undefined} */ id = "") => document.querySelector(`[data-part="${HINTS[id]?.part}"]`)?.firstElementChild
  const watcher = new ResizeObserver(() => place())

  function place() {
    const part = partOf(card.dataset.hint)
    if (!part || card.hidden) return
    const { left, right, top, bottom } = part.getBoundingClientRect()
    const { width, height } = card.getBoundingClientRect()
    // Beside the name's box, for below the header there is always something to press.
    const who = card.parentElement?.querySelector(".who:not([hidden])")?.getBoundingClientRect().left ?? right
    const [x, y] = card.dataset.hint === "find" ? [who - width - 8, top + 2] : card.dataset.hint === "verdict" ? [left + 8, bottom - height - 2] : [right - width - 8, bottom - height - 8]
    Object.assign(card.style, { left: `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`, top: `${Math.max(8, Math.min(y, innerHeight - height - 8))}px` })
  }

  /** @param {string} next */
  function show(next) {
    stage = next
    const id = hintFor(stage, readHints())
    card.hidden = !id
    if (!id) return
    card.dataset.hint = id
    fill(text, HINTS[id].text())
    watcher.disconnect()
    watcher.observe(partOf(id) ?? card) // it comes later, and grows
    requestAnimationFrame(place)
  }

  overhear("choose", () => read(["plate"]))
  overhear("queue", () => read(["plate"]))
  listen("pictures", () => { if (WELL.includes(stage)) read(["plate"]) })
  overhear("verdict", () => read(["verdict"]))
  overhear("palette", () => read(["find"]))
  listen("keys", () => show(stage))
  addEventListener("resize", place)
  return { card, show }
}
