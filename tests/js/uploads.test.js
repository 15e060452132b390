import assert from "node:assert/strict"
import { test } from "node:test"
import { droppedFiles, wellBelow } from "../../assets/core/drops.js"
import { digestOf, metadataOf, pauseAfter, Refusal, Sending } from "../../assets/core/tus.js"
import { cancel, isSame, sendFiles, setServer, uploads } from "../../assets/core/uploads.js"
import { leftText, part, stateText, summary } from "../../assets/panels/upload_text.js"

/** A server of uploads in memory, as far as a client sees it, with faults to come. */
class Server {
  constructor() {
    this.files = new Map()
    this.asked = []
    this.faults = [] // one for each request to come: "cut", "fail", or null
  }

  answer({ method, url, headers, body }) {
    this.asked.push(method)
    const fault = this.faults.shift()
    if (fault === "fail") return { status: 503, headers: {}, text: "" }
    if (body?.length > this.most) return { status: 413, headers: {}, text: "<html>413 Request Entity Too Large</html>" }
    if (method === "POST") {
      const location = `/uploads/${this.files.size}`
      this.files.set(location, { size: Number(headers["Upload-Length"]), bytes: new Uint8Array() })
      return fault === "cut" ? null : { status: 201, headers: { Location: location }, text: "" }
    }
    const file = this.files.get(url)
    if (!file) return { status: 404, headers: {}, text: '{"error": "gone"}' }
    if (method === "HEAD") return fault === "cut" ? null : { status: 200, headers: { "Upload-Offset": String(file.bytes.length) }, text: "" }
    if (Number(headers["Upload-Offset"]) !== file.bytes.length) return { status: 409, headers: {}, text: '{"error": "elsewhere"}' }
    if (this.full) return { status: 507, headers: {}, text: '{"error": "The disk is full."}' }
    const came = fault === "cut" ? body.slice(0, body.length >> 1) : body
    const bytes = new Uint8Array(file.bytes.length + came.length)
    bytes.set(file.bytes)
    bytes.set(came, file.bytes.length)
    file.bytes = bytes
    return fault === "cut" ? null : { status: 204, headers: { "Upload-Offset": String(file.bytes.length) }, text: "" }
  }
}

function serve(server) {
  globalThis.XMLHttpRequest = class {
    constructor() {
      this.upload = { addEventListener() {} }
      this.headers = {}
      this.heard = {}
    }
    open(method, url) { Object.assign(this, { method, url }) }
    setRequestHeader(name, value) { this.headers[name] = value }
    addEventListener(name, listener) { this.heard[name] = listener }
    getResponseHeader(name) { return this.answer.headers[name] ?? null }
    abort() { this.heard.abort?.() }
    async send(body) {
      const sent = body ? new Uint8Array(await body.arrayBuffer()) : new Uint8Array()
      this.answer = server.answer({ method: this.method, url: this.url, headers: this.headers, body: sent })
      if (!this.answer) return this.heard.error()
      Object.assign(this, { status: this.answer.status, responseText: this.answer.text })
      return this.heard.load()
    }
  }
}

const DATA = Uint8Array.from({ length: 3000 }, (_, i) => i % 251)

/** Send a file; every pause is over at once. */
function sending(server, more = {}) {
  serve(server)
  const offsets = []
  const broken = []
  const made = new Sending({
    address: "/uploads", file: new File([DATA], "a.tif"), metadata: { filename: "a.tif" }, headers: {},
    onOffset: (offset) => offsets.push(offset), onBroken: (text) => broken.push(text), onPlace: () => {}, ...more,
  })
  made.pause = async () => {}
  return { made, offsets, broken }
}

test("a file is sent by what the server says that it has", async () => {
  const server = new Server()
  const { made, broken } = sending(server)
  const location = await made.run()
  assert.deepEqual(server.files.get(location).bytes, DATA)
  assert.deepEqual(server.asked, ["POST", "PATCH"])
  assert.deepEqual(broken, [])
})

test("broken connections and a failing server cost no byte and send none twice", async () => {
  const server = new Server()
  server.faults = [null, "cut", "fail", "cut", null, "cut", "fail", null]
  const { made, broken } = sending(server)
  const location = await made.run()
  assert.deepEqual(server.files.get(location).bytes, DATA)
  assert.equal(broken.at(-1), "")
  assert.ok(broken.length > 2)
})

test("an upload goes on from where an earlier page stopped", async () => {
  const server = new Server()
  server.files.set("/uploads/7", { size: 3000, bytes: DATA.slice(0, 1234) })
  const { made, offsets } = sending(server, { location: "/uploads/7" })
  assert.equal(await made.run(), "/uploads/7")
  assert.deepEqual(server.files.get("/uploads/7").bytes, DATA)
  assert.equal(offsets[0], 1234)
  assert.deepEqual(server.asked, ["HEAD", "PATCH"])
})

test("an upload that the server has not any more is begun anew", async () => {
  const server = new Server()
  const { made } = sending(server, { location: "/uploads/gone" })
  const location = await made.run()
  assert.notEqual(location, "/uploads/gone")
  assert.deepEqual(server.files.get(location).bytes, DATA)
})

test("a refusal ends it with the server's words", async () => {
  const server = new Server()
  server.full = true
  await assert.rejects(sending(server).made.run(), (error) => error instanceof Refusal && error.message === "The disk is full.")
})

test("a proxy that takes no large bodies gets small ones, and is named where it takes none", async () => {
  const data = new Uint8Array(9 << 20).fill(7)
  const file = new File([data], "large.tif")
  const server = new Server()
  server.most = 1 << 20 // as nginx has it unless it is told otherwise
  const { made } = sending(server, { file })
  const location = await made.run()
  assert.equal(server.files.get(location).bytes.length, data.length)
  assert.equal(server.asked.length, 2 + 9)
  server.most = 10_000
  await assert.rejects(sending(server, { file }).made.run(), ({ status, message }) => status === 413 && message.includes("client_max_body_size"))
})

test("a stopped upload asks for nothing more", async () => {
  const server = new Server()
  const { made } = sending(server)
  made.stop()
  await assert.rejects(made.run(), (error) => error === null)
  assert.deepEqual(server.asked, [])
})

test("pauses grow and have an end", () => {
  const pauses = [1, 2, 3, 20, 2000].map(pauseAfter)
  assert.deepEqual(pauses, [...pauses].sort((a, b) => a - b))
  assert.equal(pauses.at(-1), pauses.at(-2))
})

test("metadata is spelled in base64 of UTF-8, without what is empty", () => {
  const text = metadataOf({ filename: "B02 ü.tif", plate: "", well: "B02" })
  const pairs = text.split(",").map((pair) => pair.split(" "))
  assert.deepEqual(pairs.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]), [["filename", "B02 ü.tif"], ["well", "B02"]])
})

test("the same file is found by name, size, date and first bytes", async () => {
  const facts = async (data, name = "a.tif") => ({ name, size: data.length, modified: 5, digest: await digestOf(new Blob([data])) })
  const other = Uint8Array.from(DATA, (value) => value ^ 1)
  assert.ok(isSame(await facts(DATA), await facts(DATA)))
  assert.ok(!isSame(await facts(DATA), await facts(other)))
  assert.ok(!isSame(await facts(DATA), await facts(DATA, "b.tif")))
  assert.ok(!isSame(await facts(DATA), { ...await facts(DATA), modified: 6 }))
})

test("dropped folders are read to their end, and files know where they lay", async () => {
  const file = (name) => ({ isFile: true, name, file: (done) => done(new File(["x"], name)) })
  const folder = (name, ...pages) => ({
    isFile: false, name,
    createReader: () => ({ readEntries: (done) => done(pages.shift() ?? []) }),
  })
  const item = (entry) => ({ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null })
  const run = folder("run 2", [file("1.tif"), folder("deep", [file("2.tif")])], [file("3.tif")])
  const files = await droppedFiles({ items: [item(run), item(file("4.tif")), { kind: "string" }] })
  assert.deepEqual(files.map((each) => [each.folder, each.file.name]), [["run 2", "1.tif"], ["run 2/deep", "2.tif"], ["run 2", "3.tif"], ["", "4.tif"]])
})

test("a drop beside any well is for none", () => {
  globalThis.HTMLElement ??= class {}
  assert.equal(wellBelow({ composedPath: () => [{}, {}] }), "")
})

const PAGE = { address: "/uploads", page: "page", plate: "a", most: 2, refused: "" }

/** The list of uploads of each request for it, or null where it fails. */
function list(...lists) {
  const requests = []
  globalThis.fetch = async (url, { method }) => {
    requests.push(method)
    const uploads = method === "GET" ? lists.shift() ?? null : []
    return { ok: Boolean(uploads), status: 503, json: async () => ({ uploads }) }
  }
  return requests
}

test("where unfinished uploads could not be listed, they are before a file is sent", async () => {
  serve(new Server())
  const file = new File([DATA], "a.tif", { lastModified: 5 })
  const left = { id: "7", name: "a.tif", folder: "", size: DATA.length, offset: 1234, modified: 5, digest: await digestOf(file), purpose: "correction", plate: "a", well: "", state: "receiving", error: "" }
  list(null, [left])
  setServer(PAGE)
  await new Promise((done) => { setTimeout(done) })
  const [sent] = await sendFiles([{ file }])
  assert.deepEqual([sent.id, sent.plate], ["7", "a"])
  cancel(sent)
})

test("a file is for the plate and the number of channels that were open when it was given", async () => {
  serve(new Server())
  list([])
  setServer(PAGE)
  const given = sendFiles([{ file: new File([DATA], "a.tif") }, { file: new File([DATA], "b.tif") }], { well: "B02" })
  setServer({ ...PAGE, plate: "b", most: 1 })
  const sent = await given
  assert.deepEqual(sent.map(({ plate, well }) => [plate, well]), [["a", "B02"], ["a", "B02"]])
  sent.forEach(cancel)
})

test("an upload is given up on the server also where its page is closed at once", () => {
  const requests = []
  globalThis.fetch = async (url, asked) => { requests.push([asked.method, asked.keepalive]) }
  const given = entry("left", { id: "7" })
  uploads.push(given)
  cancel(given)
  assert.deepEqual(requests, [["DELETE", true]])
  assert.ok(!uploads.includes(given))
})

const entry = (state, more = {}) => ({ state, size: 1000, offset: 0, error: "", ...more })

test("uploads are counted by what is done with them", () => {
  assert.equal(summary([entry("sending", { offset: 500 }), entry("waiting"), entry("reading"), entry("ready"), entry("refused")]),
    "Uploading 2 files · 1 file is being read · 1 file uploaded · 1 file cannot be used")
  assert.equal(summary([entry("broken", { offset: 10 })]), "Uploading 1 file · 1 waits for the connection")
  assert.equal(summary(Array.from({ length: 40 }, () => entry("sending"))), "Uploading 40 files")
})

test("progress counts bytes, and what waits for a person is no part of it", () => {
  assert.equal(part([entry("sending", { offset: 500 }), entry("ready"), entry("left", { offset: 900 })]), 0.75)
  assert.equal(part([entry("sending", { size: 0 })]), 1)
  assert.equal(part([]), 0)
})

test("a person is told what to do about what was left", () => {
  assert.match(leftText([entry("left")]), /1 upload of yours is unfinished.*choose it again/)
  assert.match(leftText([entry("left"), entry("left")]), /2 uploads of yours are unfinished.*choose them again/)
  assert.match(stateText(entry("left", { offset: 500 })), /500 B of it are here/)
  assert.equal(stateText(entry("failed", { error: "No space." })), "No space.")
})
