// One file to the server by the tus protocol 1.0, in pieces: what arrived stays there, so a
// broken connection costs a part of one piece. Knows no page and no element.

const VERSION = "1.0.0"
const PIECE_BYTES = 8 * 1024 * 1024
const LEAST_PIECE_BYTES = PIECE_BYTES / 64
const DIGEST_BYTES = 65536
const FIRST_PAUSE_MILLISECONDS = 500
const LONGEST_PAUSE_MILLISECONDS = 20000

/** The server said no, in words; trying the same again does not help. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** A proxy takes no body of this size: smaller pieces may pass. */
class TooLong extends Error {}

/** The connection broke, or the server failed: it may work in a moment. */
class Broken extends Error {}

/** What of the first bytes tells one file from another of the same name and size: FNV-1a,
 *  as browsers have no digest for pages of plain http. @param {Blob} file */
export async function digestOf(file) {
  let hash = 0x811c9dc5
  for (const value of new Uint8Array(await file.slice(0, DIGEST_BYTES).arrayBuffer())) hash = Math.imul(hash ^ value, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, "0")
}

/** Pairs as `Upload-Metadata` has them. @param {Record<string, string>} pairs */
export function metadataOf(pairs) {
  const base64 = (/** @type {string} */ text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  return Object.entries(pairs).filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`).join(",")
}

/** How long to wait after so many failures in a row. @param {number} failures */
export const pauseAfter = (failures) => Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** (failures - 1))

/** A file on its way. */
export class Sending {
  /**
   * @param {object} how
   * @param {string} how.address  that makes uploads
   * @param {File} how.file
   * @param {Record<string, string>} how.metadata
   * @param {Record<string, string>} how.headers  that each request bears
   * @param {string} [how.location]  of an upload that is there in part
   * @param {(offset: number) => void} how.onOffset  bytes that have gone
   * @param {(text: string) => void} how.onBroken  "" when it goes on
   * @param {(location: string) => void} how.onPlace
   */
  constructor(how) {
    this.how = how
    this.location = how.location ?? ""
    this.offset = -1 // not known
    this.pieceBytes = PIECE_BYTES
    this.stopped = false
    /** @type {XMLHttpRequest | null} */
    this.underWay = null
    this.wake = () => {}
  }

  /** Send until all is there; returns its address. Throws a `Refusal`, or null once stopped. */
  async run() {
    const { file, onBroken } = this.how
    let failures = 0
    while (this.offset < file.size) {
      if (this.stopped) throw null
      try {
        if (!this.location) await this.create()
        else if (this.offset < 0) await this.findOffset()
        else await this.sendPiece()
        if (failures) onBroken("")
        failures = 0
      } catch (error) {
        if (this.stopped) throw null
        if (!(error instanceof Broken)) throw error
        failures += 1
        this.offset = -1
        onBroken(error.message)
        await this.pause(pauseAfter(failures))
      }
    }
    return this.location
  }

  stop() {
    this.stopped = true
    this.underWay?.abort()
    this.wake()
  }

  /** Try at once what waits for a better moment. */
  hurry() {
    this.wake()
  }

  async create() {
    const { address, file, metadata } = this.how
    const answer = await this.request("POST", address, { "Upload-Length": String(file.size), "Upload-Metadata": metadataOf(metadata) })
    this.location = answer.getResponseHeader("Location") ?? ""
    this.offset = 0
    this.how.onPlace(this.location)
  }

  /** Ask where to go on. */
  async findOffset() {
    try {
      const answer = await this.request("HEAD", this.location)
      this.offset = Number(answer.getResponseHeader("Upload-Offset"))
      this.how.onOffset(this.offset)
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error
      this.location = "" // it was left for too long, or cancelled elsewhere
    }
  }

  async sendPiece() {
    const { file, onOffset } = this.how
    const piece = file.slice(this.offset, this.offset + this.pieceBytes)
    const headers = { "Upload-Offset": String(this.offset), "Content-Type": "application/offset+octet-stream" }
    try {
      const answer = await this.request("PATCH", this.location, headers, piece, (sent) => onOffset(this.offset + sent))
      this.offset = Number(answer.getResponseHeader("Upload-Offset"))
      onOffset(this.offset)
    } catch (error) {
      if (error instanceof TooLong) return this.shrink(piece.size)
      if (!(error instanceof Refusal) || ![404, 409].includes(error.status)) throw error
      this.offset = -1
    }
  }

  /** Go on with smaller pieces than one that a proxy refused. */
  shrink(/** @type {number} */ refused) {
    this.how.onOffset(this.offset)
    if (refused <= LEAST_PIECE_BYTES) {
      throw new Refusal(413, `A proxy in front of the server refuses even ${refused.toLocaleString("en")} bytes at once (413). `
        + "It must let uploads pass: in nginx, client_max_body_size 0.")
    }
    this.pieceBytes = Math.max(LEAST_PIECE_BYTES, refused >> 3)
  }

  // `fetch` does not tell how far a body has come.
  /** @param {string} method @param {string} url @param {Record<string, string>} headers @param {Blob | null} body @param {((bytes: number) => void) | null} onSent @returns {Promise<XMLHttpRequest>} */
  request(method, url, headers = {}, body = null, onSent = null) {
    const request = new XMLHttpRequest()
    this.underWay = request
    return new Promise((resolve, reject) => {
      request.open(method, url)
      for (const [name, value] of Object.entries({ "Tus-Resumable": VERSION, ...this.how.headers, ...headers })) request.setRequestHeader(name, value)
      if (onSent) request.upload.addEventListener("progress", (event) => onSent(event.loaded))
      request.addEventListener("load", () => {
        if (request.status < 300) resolve(request)
        else if (request.status >= 500 && request.status !== 507) reject(new Broken(`The server failed (${request.status}).`))
        else if (request.status === 413 && !fromServer(request)) reject(new TooLong())
        else reject(new Refusal(request.status, said(request)))
      })
      request.addEventListener("error", () => reject(new Broken("The connection is broken.")))
      request.addEventListener("abort", () => reject(new Broken("Stopped.")))
      request.send(body)
    })
  }

  /** Until some time has passed, the network is back, or somebody hurries. @param {number} milliseconds */
  pause(milliseconds) {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer)
        globalThis.removeEventListener?.("online", go)
        resolve(undefined)
      }
      const timer = setTimeout(go, milliseconds)
      globalThis.addEventListener?.("online", go)
      this.wake = go
    })
  }
}

/** Whether the server itself answered, and nothing in front of it. */
const fromServer = (/** @type {XMLHttpRequest} */ request) => request.getResponseHeader("Tus-Resumable") !== null

/** @param {XMLHttpRequest} request */
function said(request) {
  try {
    return JSON.parse(request.responseText).error
  } catch {
    const who = fromServer(request) ? "The server" : "A proxy in front of the server"
    return `${who} did not take the file (${request.status}).`
  }
}
