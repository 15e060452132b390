import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { beforeEach, test } from "node:test"

/** What a browser gives: an item is a property of its own. */
class Store {
  getItem(key) { return this[key] ?? null }
  setItem(key, value) { this[key] = value }
  removeItem(key) { delete this[key] }
}

const stores = { localStorage: new Store(), sessionStorage: new Store() }
for (const name of Object.keys(stores)) Object.defineProperty(globalThis, name, { get: () => stores[name], configurable: true })
stores.localStorage.setItem("hcs-note", "of whatever well")
const { PlateNotes, preference, rememberName, rememberedName, setPreference } = await import("../../assets/core/storage.js")

beforeEach(() => Object.assign(stores, { localStorage: new Store(), sessionStorage: new Store() }))

test("a draft belongs to workspace, plate, well and field", () => {
  const place = JSON.stringify(["A1"])
  new PlateNotes("w", "p").keepDraft(place, "a fibre")
  assert.equal(new PlateNotes("w", "p").draft(place), "a fibre")
  assert.equal(new PlateNotes("w", "p").draft(JSON.stringify(["A1", "0", null])), "")
  assert.equal(new PlateNotes("w", "q").draft(place), "")
  assert.equal(new PlateNotes("v", "p").draft(place), "")
})

test("a draft without a text is none, and hundreds of them lose the oldest", () => {
  const notes = new PlateNotes("w", "p")
  notes.keepDraft("A1", "x")
  notes.keepDraft("A1", "")
  assert.deepEqual(Object.keys(stores.localStorage), [])
  for (let n = 0; n < 230; n += 1) notes.keepDraft(`${n}`, "x")
  assert.equal(Object.keys(stores.localStorage).length, 200)
  assert.equal(notes.draft("229"), "x")
})

test("what is not confirmed is kept for its plate, each message by itself", () => {
  const notes = new PlateNotes("w", "p")
  notes.keepUnsaved({ batch: "a", note: "x" })
  notes.keepUnsaved({ batch: "b", note: "y" })
  new PlateNotes("w", "pp").keepUnsaved({ batch: "c" })
  notes.dropUnsaved("a")
  assert.deepEqual(notes.unsaved(), [{ batch: "b", note: "y" }])
})

test("what another program has left there is nothing", () => {
  const notes = new PlateNotes("w", "p")
  notes.keepDraft("A1", "x")
  notes.keepUnsaved({ batch: "a" })
  for (const key of Object.keys(stores.localStorage)) stores.localStorage.setItem(key, "{")
  assert.equal(notes.draft("A1"), "")
  assert.deepEqual(notes.unsaved(), [])
})

test("a name is of its tab, and a new tab begins with the last one", () => {
  rememberName("Ada")
  stores.sessionStorage = new Store() // another tab
  assert.equal(rememberedName(), "Ada")
  rememberName("Ben")
  stores.sessionStorage = new Store()
  stores.sessionStorage.setItem("hcs-reviewer", "Ada") // the first, loaded anew
  assert.equal(rememberedName(), "Ada")
})

test("a browser that keeps nothing keeps it as long as the page", () => {
  Object.assign(stores, { localStorage: undefined, sessionStorage: undefined })
  setPreference("theme", "dark")
  rememberName("Ada")
  const notes = new PlateNotes("w", "p")
  notes.keepDraft("A1", "x")
  notes.keepUnsaved({ batch: "a" })
  assert.deepEqual([preference("theme"), rememberedName(), notes.draft("A1"), notes.unsaved().length], ["dark", "Ada", "x", 1])
})

test("one script touches the browser's stores, and one line of the page its theme", () => {
  const folder = new URL("../../assets/", import.meta.url)
  const using = readdirSync(folder, { recursive: true })
    .filter((name) => /\.(js|html)$/.test(name))
    .map((name) => [name, readFileSync(new URL(name, folder), "utf8").match(/(local|session)Storage\b[^\n]*/g) ?? []])
    .filter(([, uses]) => uses.length)
  assert.deepEqual(using.map(([name]) => name).sort(), ["core/page.html", "core/storage.js"])
  const [, [line]] = using.find(([name]) => name.endsWith(".html"))
  setPreference("theme", "dark")
  const [key] = Object.keys(stores.localStorage)
  assert.ok(line.includes(`"${key}"`), line)
})
