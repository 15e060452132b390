// How far uploads are, in numbers and words. Pure.

import { bytes, count } from "../core/text.js"

const ARRIVED = new Set(["reading", "ready", "received", "refused", "unused"])
const MOVING = new Set(["waiting", "sending", "broken"])

/** Which part of all bytes is on the server, 0 to 1. @param {UploadEntry[]} entries */
export function part(entries) {
  const moving = entries.filter((entry) => entry.state !== "left" && entry.state !== "failed")
  const size = moving.reduce((sum, entry) => sum + entry.size, 0)
  const there = moving.reduce((sum, entry) => sum + (ARRIVED.has(entry.state) ? entry.size : entry.offset), 0)
  return size ? there / size : moving.length ? 1 : 0
}

/** All uploads in one sentence. @param {UploadEntry[]} entries */
export function summary(entries) {
  const of = (/** @type {(entry: UploadEntry) => boolean} */ test) => entries.filter(test).length
  const moving = entries.filter((entry) => MOVING.has(entry.state))
  const reading = of((entry) => entry.state === "reading")
  const broken = of((entry) => entry.state === "broken")
  const bad = of((entry) => entry.state === "refused" || entry.state === "failed")
  const here = of((entry) => entry.state === "ready" || entry.state === "received" || entry.state === "unused")
  const parts = []
  if (moving.length) parts.push(`Uploading ${count(moving.length, "file")}`)
  if (broken) parts.push(`${broken} ${broken === 1 ? "waits" : "wait"} for the connection`)
  if (reading) parts.push(`${count(reading, "file")} ${reading === 1 ? "is" : "are"} being read`)
  if (here) parts.push(`${count(here, "file")} uploaded${of((entry) => entry.state === "unused") ? ", not used yet" : ""}`)
  if (bad) parts.push(`${count(bad, "file")} cannot be used`)
  return parts.join(" · ")
}

/** What one upload is about at this moment. @param {UploadEntry} entry */
export function stateText(entry) {
  switch (entry.state) {
    case "waiting": return "waits for its turn"
    case "sending": return `${bytes(entry.offset)} sent`
    case "broken": return `${entry.error} It goes on from ${bytes(entry.offset)} as soon as it can.`
    case "reading": return "is being read"
    case "left": return `${bytes(entry.offset)} of it are here; choose the file again to go on`
    case "unused": return "was uploaded before and is not used yet"
    case "ready": return entry.plate ? "uploaded" : "uploaded; open the plate that it is for"
    case "received": return "uploaded"
    default: return entry.error
  }
}

/** What to do about uploads that an earlier page left. @param {UploadEntry[]} entries */
export function leftText(entries) {
  const single = entries.length === 1
  return `${count(entries.length, "upload")} of yours ${single ? "is" : "are"} unfinished. A browser forgets which ${single ? "file that was" : "files those were"} when its page is closed: `
    + `choose ${single ? "it" : "them"} again, or drop ${single ? "it" : "them"} here, to go on where ${single ? "it" : "they"} stopped. What is here is kept for a day.`
}
