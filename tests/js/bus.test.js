import assert from "node:assert/strict"
import test from "node:test"

import { ask, listen, ready, whenUnanswered } from "../../assets/core/bus.js"

const nextTurn = () => new Promise((done) => { setTimeout(done) })

test("what is asked of a part that is not drawn yet is done once it is, and once", async () => {
  const done = []
  ask("choose-file", "early")
  listen("choose-file", (what) => { done.push(what) })
  await nextTurn()
  assert.deepEqual(done, ["early"])
  ready("choose-file")
  assert.deepEqual(done, ["early"])
})

test("a part that cannot do it yet says so, and does it when it can", () => {
  const done = []
  let drawn = false
  listen("show-history", () => (drawn ? done.push("shown") : false))
  ask("show-history")
  drawn = true
  ready("choose-file")
  assert.deepEqual(done, [])
  ready("show-history")
  assert.deepEqual(done, ["shown"])
})

test("who asks for something else does not wait any more", () => {
  const done = []
  let drawn = false
  listen("filter", () => (drawn ? done.push("filter") : false))
  listen("metric", () => { done.push("metric") })
  ask("filter")
  ask("metric")
  drawn = true
  ready("filter")
  assert.deepEqual(done, ["metric"])
})

test("what no part does has the parts drawn that nobody has seen, and is done by them", async () => {
  const done = []
  whenUnanswered(() => listen("palette", () => { done.push("palette") }))
  ask("palette")
  await nextTurn()
  assert.deepEqual(done, ["palette"])
  ask("palette")
  assert.deepEqual(done, ["palette", "palette"])
})
