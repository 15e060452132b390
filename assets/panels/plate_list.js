// The list of plates as data: which are listed, in which order and groups, and the one
// word that each plate's state has. Pure.

import { withWords } from "../core/search.js"
import { count, number } from "../core/text.js"
import { VERDICT_NAMES } from "../core/verdict_table.js"

/** Word and sign of each state, in the order of the work. @type {Record<ListedPlate["state"], [string, Sign]>} */
export const STATES = {
  "in work": ["In work", "half"], "to do": ["To do", "ring"], judged: ["To sign", "check"], signed: ["Signed", "lock"],
  reading: ["Reading…", "ring"], unreadable: ["Not readable", "warn"],
}
const RANK = Object.keys(STATES)

/** @param {number | undefined} seconds of the Unix clock */
export const day = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }) : "")

/**
 * Columns that are sorted by: id, head, what is compared (null comes last), and whether
 * the first click puts the largest first.
 * @type {{id: string, head: string, title: string, of: (plate: ListedPlate) => string | number | null, down: boolean}[]}
 */
export const COLUMNS = [
  { id: "name", head: "Plate", title: "Name and place", of: (plate) => plate.name, down: false },
  { id: "state", head: "State", title: "To do, in work, to sign, signed", of: (plate) => RANK.indexOf(plate.state), down: false },
  { id: "assay", head: "Z′", title: "Assay window: Z′ of the project's assay metric", of: (plate) => plate.assay?.z ?? null, down: false },
  { id: "fields", head: "Fields", title: "Fields that are there, of those that should be", of: (plate) => (plate.fields?.[1] ? plate.fields[0] / plate.fields[1] : null), down: false },
  { id: "suspects", head: "Suspects", title: "Wells that metrics make look wrong", of: (plate) => plate.suspects ?? null, down: true },
  { id: "judged", head: "Judged", title: "Wells with a verdict", of: (plate) => (plate.total ? (plate.reviewed ?? 0) / plate.total : null), down: false },
  { id: "corrected", head: "Corrected", title: "Fields that were replaced", of: (plate) => plate.corrected ?? null, down: true },
  { id: "signed", head: "Signed", title: "Who signed the plate off, and when", of: (plate) => plate.signed_at || null, down: true },
  { id: "changed", head: "Written", title: "When the plate was last written", of: (plate) => plate.changed || null, down: true },
]

/** Ways to group: id and name. @type {[string, string][]} */
export const GROUPS = [["", "No groups"], ["folder", "Project folder"], ["state", "State"], ["day", "Date"]]

/** @type {ListOrder} */
export const USUAL = { sort: "state", down: false, group: "", open: false }

/** What was remembered, where it means something. @param {string} text */
export function orderOf(text) {
  try {
    const { sort, down, group, open } = JSON.parse(text)
    const known = COLUMNS.some(({ id }) => id === sort) && GROUPS.some(([id]) => id === group)
    return known ? { sort, down: down === true, group, open: open === true } : USUAL
  } catch {
    return USUAL
  }
}

/** The order after a column was chosen: the other way round where it was the one. @param {ListOrder} order @param {string} id */
export function sortedBy(order, id) {
  const down = order.sort === id ? !order.down : Boolean(COLUMNS.find((column) => column.id === id)?.down)
  return { ...order, sort: id, down }
}

/** @param {ListedPlate[]} plates @param {ListOrder} order */
export function sorted(plates, { sort, down }) {
  const { of } = COLUMNS.find(({ id }) => id === sort) ?? COLUMNS[1]
  const names = new Intl.Collator("en", { numeric: true })
  const compare = (/** @type {ListedPlate} */ a, /** @type {ListedPlate} */ b) => {
    const [left, right] = [of(a), of(b)]
    if (left === null || right === null) return Number(left === null) - Number(right === null)
    const difference = typeof left === "string" || typeof right === "string" ? names.compare(String(left), String(right)) : left - right
    return down ? -difference : difference
  }
  // Where two are alike the newest is first.
  return [...plates].sort((a, b) => compare(a, b) || (b.changed ?? 0) - (a.changed ?? 0) || names.compare(a.name, b.name))
}

/** Plates with the words in name, place or barcode, or in their plate map.
 *  @param {ListedPlate[]} plates @param {string} words @param {Record<string, string>} places by key, where the plate map has them */
export function matching(plates, words, places) {
  const named = new Set(withWords(plates, words, ({ name, location, barcode }) => `${name}\n${location}\n${barcode ?? ""}`))
  return plates.filter((plate) => plate.key in places || named.has(plate))
}

/** Plates by group, each in its order. @param {ListedPlate[]} plates @param {string} group @returns {[string, ListedPlate[]][]} */
export function grouped(plates, group) {
  if (!group) return plates.length ? [["", plates]] : []
  /** @type {(plate: ListedPlate) => string} */
  const title = group === "folder" ? (plate) => plate.folder || "Served folder" : group === "state" ? (plate) => STATES[plate.state][0] : (plate) => day(plate.changed) || "No date"
  /** @type {Map<string, ListedPlate[]>} */
  const groups = new Map()
  for (const plate of plates) groups.set(title(plate), [...(groups.get(title(plate)) ?? []), plate])
  const first = (/** @type {ListedPlate[]} */ listed) => (group === "day" ? -(listed[0].changed ?? 0) : RANK.indexOf(listed[0].state))
  const byTitle = group === "folder"
  return [...groups].sort(([a, listed], [b, others]) => (byTitle ? a.localeCompare(b) : first(listed) - first(others)))
}

/** What of a plate's verdicts is worth a second line. @param {ListedPlate} plate */
export function verdictText(plate) {
  const parts = VERDICT_NAMES.slice(1).reverse().filter((word) => plate.verdicts?.[word]).map((word) => `${plate.verdicts?.[word]} ${word}`)
  if (plate.stale) parts.push(`${plate.stale} stale`)
  if (plate.unseen) parts.push(`${plate.unseen} in bulk`)
  return parts.join(", ")
}

/** Assay window in two digits and in words. @param {ListedPlate} plate @returns {[string, string]} */
export function assayText({ assay }) {
  if (!assay) return ["–", ""]
  if (!assay.metric) return ["–", "The project has no assay metric: set it in the head of this column"]
  return [assay.z === null ? "–" : assay.z.toFixed(2).replace("-", "−"), `Z′ of ${assay.title}${assay.z === null ? "" : ` is ${number(assay.z)}`}: ${assay.note}`]
}

/** "4 plates", or how many of them are listed. @param {number} listed @param {number} all */
export const totalText = (listed, all) => (!all ? "No plate" : listed === all ? count(all, "plate") : `${listed.toLocaleString("en-US")} of ${count(all, "plate")}`)
