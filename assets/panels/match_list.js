// What the table of corrections says of all rows together: which are to be looked at, what
// can be committed, and why not. Pure.

import { count } from "../core/text.js"

/** Ways to narrow the list: id and name. @type {[MatchFilter, string][]} */
export const FILTERS = [["all", "All"], ["settle", "To settle"], ["guessed", "Guessed"], ["out", "Left out"]]

/** Whether a correction waits for a person: something blocks it, or it failed. @param {CorrectionEntry | undefined} entry */
export const waits = (entry) => Boolean(entry) && (entry?.state === "failed" || entry?.state === "refused" || (entry?.state === "staged" && !entry.ready))

/** Whether a row is listed. @param {MatchFilter} filter @param {MatchRow} row @param {CorrectionEntry} [entry] */
export function listed(filter, row, entry) {
  if (filter === "all") return true
  if (filter === "out") return row.excluded
  if (row.excluded) return false
  if (filter === "guessed") return row.certainty === "guessed" && !row.problem
  return Boolean(row.problem) || row.doubts.length > 0 || waits(entry)
}

/** How many rows each filter lists. @param {MatchRow[]} rows @param {Map<string, CorrectionEntry>} entries */
export function counts(rows, entries) {
  return new Map(FILTERS.map(([filter]) => [filter, rows.filter((row) => listed(filter, row, entries.get(row.key))).length]))
}

/** Fields that rows are for, each once. @param {MatchRow[]} rows @param {Iterable<string>} chosen ids of rows */
export function fieldsOf(rows, chosen) {
  const ids = new Set(chosen)
  return [...new Set(rows.filter((row) => ids.has(row.id) && row.key).map((row) => row.key))]
}

/** Those of the fields whose correction nothing blocks any more.
 *  @param {string[]} fields @param {Map<string, CorrectionEntry>} entries */
export const committable = (fields, entries) => fields.filter((field) => {
  const entry = entries.get(field)
  return entry?.state === "staged" && entry.ready
})

/**
 * Why nothing can be committed now, "" where it can.
 * @param {{ready: number, blocked: number, barred: string, busy: string, name: string, reason: string}} state
 */
export function obstacle({ ready, blocked, barred, busy, name, reason }) {
  if (barred) return barred
  if (busy) return busy
  if (!ready && blocked) return `Confirm or leave out what is marked first: ${blocked === 1 ? "1 correction waits" : `${blocked} corrections wait`} for it.`
  if (!ready) return "Nothing is prepared yet."
  if (!name) return "Enter your name at the top first."
  if (!reason) return "Give a reason first."
  return ""
}

/** What a row is sure or unsure of, in a word and a sign: colour is never the only one.
 *  @param {MatchRow} row @returns {["check" | "help" | "warn" | "close", string]} */
export function standing(row) {
  if (row.excluded) return ["close", "left out"]
  if (row.problem) return ["warn", row.needs.length ? `choose the ${row.needs.join(" and the ")}` : "cannot be used"]
  if (row.certainty === "guessed") return ["help", "guessed"]
  return ["check", "sure"]
}

/** Kinds of differences that are open on several corrections, and how many those are.
 *  @param {string[]} fields @param {Map<string, CorrectionEntry>} entries @returns {[string, number][]} */
export function openKinds(fields, entries) {
  const kinds = new Map()
  for (const field of fields) {
    for (const difference of entries.get(field)?.differences ?? []) {
      if (difference.blocking && difference.confirmable && !difference.confirmed) kinds.set(difference.kind, (kinds.get(difference.kind) ?? 0) + 1)
    }
  }
  return [...kinds].filter(([, number]) => number > 1)
}

/** Which rows are together the first of their fields: there the correction is spoken of.
 *  @param {MatchRow[]} rows */
export function firstOfFields(rows) {
  const seen = new Set()
  return new Set(rows.filter((row) => row.key && !row.excluded && !seen.has(row.key) && seen.add(row.key)).map((row) => row.id))
}

/** Why a file cannot be used and what would help, after its name and each thing once.
 *  @param {{name: string, reason: string, help: string}} file */
export function leftoverText({ name, reason, help }) {
  const why = reason.startsWith(`${name} `) ? reason.slice(name.length + 1) : `cannot be used: ${reason}`
  return reason.includes(help) ? why : `${why} ${help}`
}

/** @param {number} fields */
export const corrections = (fields) => count(fields, "correction")
