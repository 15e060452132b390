// What the parts of a page share about reviewing: the verdicts of the plate, and which
// well's pictures are really on the screen. What is chosen is in `selection.js`.

import { tell } from "../core/bus.js"
import { h, svg } from "../core/dom.js"
import { selection } from "../core/selection.js"
import { moment } from "../core/text.js"
import { token } from "../core/theme.js"

const WAITING = "waiting" // no verdict: its sign is of its own

export const review = {
  /** @type {Record<string, VerdictEntry>} */
  verdicts: {}, // by label: [verdict, stale, basis, reason, who, failed fields]
  /** @type {Map<string, string>} */
  waiting: new Map(), // by label: the verdict that was sent, and is not saved yet
  get selected() { return selection.well }, // at once, without asking the server
  get chosen() { return selection.wells },
  pictures: { plate: "", well: "", digest: "", field: "", drawn: false },
  /** @type {{well: string, list: FieldVerdict[]}} */
  fields: { well: "", list: [] }, // verdicts on fields of the open well
  /** @type {{who: string, well: string, deciding: boolean}[]} */
  others: [], // who else is on the plate, see `setOthers`
}

/**
 * Each part that shows verdicts draws all wells anew, so the same ones are not announced again: they come with
 * every well that is looked at. @param {Record<string, VerdictEntry>} verdicts
 */
export function setVerdicts(verdicts, fields = review.fields) {
  const same = verdicts === review.verdicts && !fields.list.length && !review.fields.list.length
  review.verdicts = verdicts
  review.fields = fields
  if (!same) tell("verdicts")
}

/**
 * Verdicts by label, with what has changed since; null takes one away. Pure.
 * @param {Record<string, VerdictEntry>} whole @param {VerdictsSince["changed"]} changed
 * @returns {Record<string, VerdictEntry>}
 */
export function withChanges(whole, changed) {
  return Object.fromEntries(Object.entries({ ...whole, ...changed }).flatMap(([label, entry]) => (entry ? [[label, entry]] : [])))
}

/** What is not saved yet. @param {Map<string, string>} waiting */
export function setWaiting(waiting) {
  review.waiting = waiting
  tell("verdicts")
}

/** What to draw at a well: the verdict that holds, or that one is not saved yet. @param {string} label @returns {VerdictEntry | null} */
export function verdictAt(label) {
  const waits = review.waiting.get(label)
  return waits === undefined ? review.verdicts[label] ?? null : [WAITING, false, "", waits, "", 0]
}

/** Who else is on the plate. @param {typeof review.others} others */
export function setOthers(others) {
  review.others = others
  tell("others")
}

/** What tells the fields of a well apart. @param {{name: string, acquisition: number | null}} field */
export const fieldKey = ({ name, acquisition }) => `${acquisition}/${name}`

/** @param {typeof review.pictures} pictures */
export function setPictures(pictures) {
  const { plate, well, digest, field, drawn } = review.pictures
  if (plate === pictures.plate && well === pictures.well && digest === pictures.digest && field === pictures.field && drawn === pictures.drawn) return
  review.pictures = pictures
  tell("pictures")
}

/** @type {Map<string, string>} */
const colours = new Map()

/** The colour of a verdict, or of "stale": a token, the same in either theme. @param {string} word */
export function verdictColour(word) {
  const colour = colours.get(word) ?? token(`verdict-${word}`) // asked for each well
  colours.set(word, colour)
  return colour
}

/** A verdict in words, for cells and tooltips. @param {VerdictEntry | null} entry */
export function verdictText(entry) {
  if (!entry) return ""
  const [verdict, stale, basis, reason, , failed] = entry
  const parts = []
  if (verdict === WAITING) return `${reason}: not saved yet`
  if (verdict) parts.push(reason ? `${verdict}, ${reason}` : verdict)
  if (verdict && basis === "unseen") parts.push("not looked at")
  if (verdict && stale) parts.push("stale: it has changed since")
  if (failed) parts.push(failed === 1 ? "1 field failed" : `${failed} fields failed`)
  return parts.join(", ")
}

/** A verdict that holds, as elements: what, by whom, when, on what. @param {HeldVerdict} verdict @returns {HTMLElement[]} */
export function verdictParts(verdict) {
  return [
    h("span", { class: `word ${verdict.verdict}` }, verdict.reason ? `${verdict.verdict}, ${verdict.reason}` : verdict.verdict),
    h("span", { class: "soft", title: verdict.at }, ` ${verdict.who}, ${moment(verdict.at)}, ${verdict.basis}`),
    verdict.stale ? h("span", { class: "tag warn", title: "The pictures have changed since; judge again" }, "stale") : null,
    verdict.note ? h("span", { class: "note" }, ` “${verdict.note}”`) : null,
    verdict.amended ? h("span", { class: "soft" }, ` amended by ${verdict.amended}`) : null,
  ].filter((part) => part !== null)
}

/** Outline and mark of each sign, in a square of 16. @type {Record<string, [string, string]>} */
const SHAPES = {
  pass: ["M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13", "M5 8.2l2 2.2L11 6"],
  flag: ["M8 1 15.2 14.5H.8z", "M8 6v4M8 12.2v.1"],
  fail: ["M2 2h12v12H2z", "M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"],
}

/** @type {Map<string, Path2D[]>} */
const paths = new Map()

/** @param {string} word */
function pathsOf(word) {
  const known = paths.get(word) ?? SHAPES[word].map((d) => new Path2D(d)) // drawn for each well
  paths.set(word, known)
  return known
}

/** @param {string} word @param {boolean} stale */
const inkOn = (word, stale) => (word === "flag" && !stale ? "#000000" : "#ffffff")

/**
 * Draw a verdict's sign into a box: filled where somebody looked, only outlined where
 * nobody did, grey where something else is there now.
 * @param {Pen} pen @param {number} x @param {number} y @param {number} side @param {VerdictEntry} entry @param {string} surface
 */
export function drawVerdict(pen, x, y, side, [verdict, stale, basis, , , failed], surface) {
  const word = verdict || (failed ? "fail" : "")
  if (!word) return
  if (word === WAITING) return drawWaiting(pen, x, y, side, surface)
  const colour = verdictColour(stale ? "stale" : word)
  const hollow = basis === "unseen" || !verdict
  const scale = side / 13 // the shapes are 13 of 16 wide
  const [shape, mark] = pathsOf(word)
  pen.save()
  pen.translate(x - 1.5 * scale, y - 1.5 * scale)
  pen.scale(scale, scale)
  pen.fillStyle = hollow ? surface : colour
  pen.fill(shape)
  pen.strokeStyle = hollow ? colour : surface
  pen.lineWidth = (hollow ? 1.5 : 1) / scale
  pen.stroke(shape)
  pen.strokeStyle = hollow ? colour : inkOn(word, stale)
  pen.lineWidth = Math.max(1.2 / scale, 2)
  pen.lineCap = "round"
  if (side >= 7) pen.stroke(mark)
  pen.restore()
}

/** Three dots: something is under way. @param {Pen} pen @param {number} x @param {number} y @param {number} side @param {string} surface */
function drawWaiting(pen, x, y, side, surface) {
  pen.save()
  pen.fillStyle = surface
  pen.fillRect(x, y, side, side)
  pen.fillStyle = verdictColour("stale")
  for (const part of [0.2, 0.5, 0.8]) {
    pen.beginPath()
    pen.arc(x + side * part, y + side / 2, Math.max(1, side * 0.11), 0, 7)
    pen.fill()
  }
  pen.restore()
}

/** The verdict on a field of the open well: or null. @param {string} well @param {{name: string, acquisition: number | null} | null} field */
export function fieldVerdict(well, field) {
  if (!field || review.fields.well !== well) return null
  return review.fields.list.find((verdict) => verdict.field === field.name && verdict.acquisition === field.acquisition) ?? null
}

/** A verdict's sign as an element, the same that the plate's canvas has. @param {HeldVerdict} verdict */
export function signElement({ verdict, stale }) {
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, SHAPES[verdict].map((d, i) => svg("path", i
    ? { d, fill: "none", stroke: inkOn(verdict, stale), "stroke-width": 1.8, "stroke-linecap": "round" }
    : { d, fill: verdictColour(stale ? "stale" : verdict), stroke: "#fff", "stroke-width": 1 })))
}
