// The files that this page sends, and those of its person that were left unfinished. One
// list for the whole page; whoever shows them listens:
//
// - "uploads": the list or something in it has changed.
// - "uploaded": an entry is "ready" (a picture for a correction that was read), "received"
//   (whole, and for something else), "refused" or "failed"; `{entry, more}`, where `more`
//   says that others of its batch are on their way.
//
// An entry: `{key, id, name, folder, size, offset, modified, digest, purpose, plate, well,
// state, error, batch}`. Its states, in order: "waiting", "sending", "broken" (goes
// on by itself), "reading", then one of the four ends. "left" is what an earlier page did
// not finish: its file must be chosen again. `id` is the server's, for messages and
// addresses.

import { tell } from "./bus.js"
import { isHeard } from "./connection.js"
import { everyFrame } from "./dom.js"
import { whenLetGo } from "./pressing.js"
import { digestOf, Refusal, Sending } from "./tus.js"

const AT_ONCE = 2 // a browser has six connections to a server, and pictures need them
const WAIT_SECONDS = 20
const AGAIN_MILLISECONDS = 2000
const BETWEEN_MILLISECONDS = 250

/** @type {{address: string, page: string, plate: string, most: number, refused: string}} */
const server = { address: "", page: "", plate: "", most: 1, refused: "" }

/** @type {UploadEntry[]} */
export const uploads = []

let keys = 0
let asking = false
/** @type {Promise<void> | null} */
let listed = null

const tellOfThem = () => tell("uploads")
const changed = typeof requestAnimationFrame === "function" ? everyFrame(() => whenLetGo(tellOfThem)) : tellOfThem

const UNDER_WAY = new Set(["waiting", "sending", "broken", "reading"])

/** Whether an entry is on its way and nobody need do anything. @param {UploadEntry} entry */
export const underWay = (entry) => UNDER_WAY.has(entry.state)

/** Why files cannot be given now; "" where they can. */
export const uploadsRefused = () => server.refused

/** Know where to send. @param {typeof server} where */
export function setServer(where) {
  Object.assign(server, where)
  if (!where.refused) listed ??= findLeft()
}

/**
 * Send files. What an earlier page began goes on where it stopped, where it is the same
 * file by name, size, date and first bytes.
 * @param {{file: File, folder?: string}[]} files
 * @param {{plate?: string, most?: number, well?: string, purpose?: string}} [target]  the plate that is open now, where no other is said, and how many files a field of it takes at most
 * @returns {Promise<UploadEntry[]>}
 */
export async function sendFiles(files, { plate = server.plate, most = server.most, well: target = "", purpose = "correction" } = {}) {
  // More than one field can take are of several: what each is for is asked in the table.
  const well = files.length > most ? "" : target
  await (listed ??= findLeft())
  keys += 1
  const batch = keys
  const entries = await Promise.all(files.map(async ({ file, folder = "" }) => {
    const facts = { name: file.name, folder, size: file.size, modified: file.lastModified, digest: await digestOf(file).catch(() => "") }
    const left = uploads.find((entry) => entry.state === "left" && isSame(entry, facts))
    const entry = left ?? made({ ...facts, purpose, plate, well })
    Object.assign(entry, { file, batch, state: "waiting", error: "", ...well && { plate, well } })
    return entry
  }))
  // In the order in which they were given, though some were read sooner.
  for (const entry of entries) if (!uploads.includes(entry)) uploads.push(entry)
  changed()
  next()
  return entries
}

/** Give an upload up, here and on the server. @param {UploadEntry} entry */
export function cancel(entry) {
  entry.sending?.stop()
  const at = uploads.indexOf(entry)
  if (at >= 0) uploads.splice(at, 1)
  if (entry.id) request("DELETE", entry.id).catch(() => {})
  changed()
  next()
}

/** Show an upload no more: it has become something else. @param {string} id */
export function forget(id) {
  const at = uploads.findIndex((entry) => entry.id === id)
  if (at >= 0) uploads.splice(at, 1)
  changed()
}

/** Try again at once. @param {UploadEntry} entry */
export function again(entry) {
  if (entry.state === "broken") return entry.sending?.hurry()
  if (entry.state !== "failed" || !entry.file) return undefined
  Object.assign(entry, { state: "waiting", error: "" })
  changed()
  return next()
}

/** Work with what an earlier page has sent. @param {UploadEntry} entry */
export function takeUp(entry) {
  keys += 1
  Object.assign(entry, { state: "reading", batch: keys })
  changed()
  // Asked for by its id, a file is read that no page has worked with since the start.
  request("GET", entry.id).then(() => watch(), () => watch())
}

/** @param {Pick<UploadEntry, "name" | "size" | "modified" | "digest">} entry @param {typeof entry} other */
export const isSame = (entry, other) => entry.name === other.name && entry.size === other.size && entry.modified === other.modified && entry.digest === other.digest

/** @param {Partial<UploadEntry> & Pick<UploadEntry, "name" | "folder" | "size" | "modified" | "digest" | "purpose" | "plate" | "well">} facts @returns {UploadEntry} */
function made(facts) {
  keys += 1
  return { key: keys, id: "", offset: 0, state: "waiting", error: "", batch: 0, file: null, sending: null, ...facts }
}

/** @param {string} method @param {string} id @param {Record<string, string>} headers */
function request(method, id, headers = {}) {
  const url = id ? `${server.address}/${id}` : server.address
  // Who discards an upload may close the page at once.
  return fetch(url, { method, cache: "no-store", keepalive: method === "DELETE", headers: { "Tus-Resumable": "1.0.0", ...headers } })
}

/** @returns {Promise<(Omit<UploadEntry, "state"> & {state: UploadEntry["state"] | "receiving"})[]>} */
async function listOf(headers = {}) {
  const answer = await request("GET", "", headers)
  if (!answer.ok) throw new Error(`The uploads could not be listed (${answer.status}).`)
  return (await answer.json()).uploads
}

/** What this person has left here, in this or another page. */
async function findLeft() {
  const known = await listOf().catch(() => null)
  if (!known) {
    listed = null // it is asked for again
    return
  }
  for (const facts of known) {
    if (uploads.some((entry) => entry.id === facts.id)) continue
    uploads.push(made({ ...facts, state: facts.state === "receiving" ? "left" : "unused" }))
  }
  if (known.length) changed()
}

// Sending --

function next() {
  const busy = uploads.filter((entry) => entry.state === "sending" || entry.state === "broken").length
  for (const entry of uploads.filter((each) => each.state === "waiting").slice(0, Math.max(0, AT_ONCE - busy))) send(entry)
}

/** @param {UploadEntry} entry */
async function send(entry) {
  const { file } = entry
  if (!file) return
  const { name, folder, modified, digest, purpose, plate, well } = entry
  entry.state = "sending"
  const sending = new Sending({
    address: server.address,
    file,
    location: entry.id ? `${server.address}/${entry.id}` : "",
    headers: { "X-Hcs-Page": server.page },
    metadata: { filename: name, folder, modified: String(modified), digest, purpose, plate, well },
    onPlace: (location) => { entry.id = location.split("/").at(-1) ?? "" },
    onOffset: (offset) => { entry.offset = offset; changed() },
    onBroken: (text) => { Object.assign(entry, { state: text ? "broken" : "sending", error: text }); changed() },
  })
  entry.sending = sending
  changed()
  try {
    await sending.run()
    Object.assign(entry, { offset: entry.size, error: "", state: "reading" })
    if (entry.purpose === "correction") watch()
    else end(entry, "received")
  } catch (error) {
    if (error !== null) end(entry, "failed", error instanceof Refusal ? error.message : String(error))
  }
  changed()
  next()
}

/** @param {UploadEntry} entry @param {UploadEntry["state"]} state */
function end(entry, state, error = "") {
  Object.assign(entry, { state, error, sending: null })
  if (state !== "failed") entry.file = null // a page may be open for days
  const more = uploads.some((other) => other.batch === entry.batch && underWay(other))
  // A page that has lost its server is loaded again, and finds the file there.
  if (isHeard()) tell("uploaded", { entry, more })
  changed()
}

/** Hear of what is being read, by one request for all. */
async function watch() {
  if (asking) return
  asking = true
  for (;;) {
    // What begins to be read while the list is made need not stand in it.
    const reading = uploads.filter((entry) => entry.state === "reading")
    if (!reading.length) break
    try {
      const states = new Map((await listOf({ Prefer: `wait=${WAIT_SECONDS}` })).map((facts) => [facts.id, facts]))
      for (const entry of reading.filter((each) => each.state === "reading")) {
        const facts = states.get(entry.id)
        if (!facts) end(entry, "failed", "It was discarded meanwhile.")
        else if (facts.state === "ready") end(entry, "ready")
        else if (facts.state === "refused") end(entry, "refused", facts.error)
        else if (facts.state === "received") await request("GET", entry.id)
      }
      // Each list names all files: what is read meanwhile stands in the next one.
      await new Promise((done) => setTimeout(done, BETWEEN_MILLISECONDS))
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN_MILLISECONDS))
    }
  }
  asking = false
}
