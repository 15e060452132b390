import assert from "node:assert/strict"
import { after, test } from "node:test"

import { newBatch, watchUnsaved } from "../../assets/review/unsaved.js"

const pages = []
const page = (...batches) => {
  pages.push(watchUnsaved(() => batches))
  return pages.at(-1)
}
after(() => pages.forEach(({ stop }) => stop()))

test("what an open page waits for is not offered by another", async () => {
  page("a", "b")
  const messages = await page("c").abandoned(["a", "c", "d"].map((batch) => ({ batch })))
  assert.deepEqual(messages, [{ batch: "c" }, { batch: "d" }])
})

test("nothing is asked where nothing is left", async () => {
  assert.deepEqual(await page().abandoned([]), [])
})

test("batches are 32 hexadecimal digits and never the same", () => {
  const batches = Array.from({ length: 50 }, newBatch)
  assert.ok(batches.every((batch) => /^[0-9a-f]{32}$/.test(batch)))
  assert.equal(new Set(batches).size, 50)
})
