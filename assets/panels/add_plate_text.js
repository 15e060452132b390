// What is said of a plate that is to be added, and what its form answers. Pure.

import { count } from "../core/text.js"

/** What counts as a zip by its name. @param {string} name */
export const isZip = (name) => name.toLowerCase().endsWith(".zip")

/** Why given files cannot become a plate, "" where they can. @param {{file: {name: string}}[]} files */
export function refusedFiles(files) {
  const others = files.filter(({ file }) => !isZip(file.name))
  if (!files.length) return "No file came."
  if (!others.length) return ""
  return `A plate is added from a zip of its export; ${others[0].file.name}${others.length > 1 ? ` and ${others.length - 1} more are` : " is"} none. Put the folder into a zip, or pick it from a folder of the server.`
}

/** New names of channels, by what they were called. @param {[string, string][]} fields what was found, what stands there now */
export function renamed(fields) {
  return Object.fromEntries(fields.map(([channel, name]) => [channel, name.trim()]).filter(([channel, name]) => name && name !== channel))
}

/** What would be missing or left out, in one line each. @param {AddOutcome} outcome */
export function shortfalls(outcome) {
  const lines = []
  if (outcome.gap_count) lines.push(`${count(outcome.gap_count, "gap")}: images that are expected and not there`)
  if (outcome.skipped_count) lines.push(`${count(outcome.skipped_count, "file")} left out`)
  return lines
}

/** Why a plate cannot be imported at this moment, "" where it can.
 *  @param {{phase: string, fresh: boolean, already: string, wrong_name: string, barred: string}} now */
export function notYet({ phase, fresh, already, wrong_name, barred }) {
  if (barred) return barred
  if (phase === "running" || phase === "waiting") return "Wait until the dry run is done."
  if (!fresh) return "Correct what is wrong first: the dry run found no plate."
  return already || wrong_name
}
