import assert from "node:assert/strict"
import { test } from "node:test"
import { Port, start, whenDrawn } from "../../assets/core/wire.js"

test("a part hears of texts that came together in its own order, and finds all of them", () => {
  const port = new Port("verdict", { content: "a", queue: "b", verdicts: "c" })
  const heard = []
  for (const kind of ["queue", "verdicts", "content"]) port.on(kind, () => heard.push([kind, { ...port.texts }]))
  port.take({ content: "A", verdicts: "c", queue: "B" })
  const texts = { content: "A", queue: "B", verdicts: "c" }
  assert.deepEqual(heard, [["queue", texts], ["content", texts]])
})

test("a text that is shown already says nothing new", () => {
  const port = new Port("verdict", { content: "a" })
  port.on("content", () => assert.fail("it has not changed"))
  port.take({ content: "a" })
})

test("a page that has not started is not at rest, for its keys wait", () => {
  const acts = []
  whenDrawn(() => acts.push("at rest"))
  assert.deepEqual(acts, [])
  start()
  whenDrawn(() => acts.push("later"))
  assert.deepEqual(acts, ["at rest", "later"])
})
