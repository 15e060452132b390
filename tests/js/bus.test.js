import assert from "node:assert/strict"
import test from "node:test"

import { ask, askAgain, listen, overhear, whenUnanswered } from "../../assets/core/bus.js"

const nextTurn = () => new Promise((done) => { setTimeout(done) })

test("what is asked of a part that is not drawn yet is done once it is, and once", async () => {
  const done = []
  ask("choose-file", "early")
  listen("choose-file", (what) => { done.push(what) })
  await nextTurn()
  assert.deepEqual(done, ["early"])
  askAgain()
  assert.deepEqual(done, ["early"])
})

test("a part that cannot do it yet says so, and does it when it can", () => {
  const done = []
  let drawn = false
  listen("show-history", () => (drawn ? done.push("shown") : false))
  ask("show-history")
  askAgain()
  assert.deepEqual(done, [])
  drawn = true
  askAgain()
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
  askAgain()
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

test("who presses another key does not wait any more, who holds one down does", async () => {
  const page = new EventTarget()
  globalThis.addEventListener = page.addEventListener.bind(page)
  const { ask, askAgain, listen } = await import("../../assets/core/bus.js?page")
  const done = []
  let drawn = false
  listen("choose-file", () => (drawn ? done.push("chosen") : false))
  const press = (key, repeat = false) => page.dispatchEvent(Object.assign(new Event("keydown"), { key, repeat }))
  const wanted = (...keys) => {
    drawn = false
    ask("choose-file")
    for (const [key, repeat] of keys) press(key, repeat)
    drawn = true
    askAgain()
    return done.splice(0)
  }
  assert.deepEqual(wanted(), ["chosen"])
  assert.deepEqual(wanted(["e", true], ["Shift", false]), ["chosen"])
  assert.deepEqual(wanted(["Enter", false]), [])
})

test("an act that needs another waits for who does that one", () => {
  const done = []
  let drawn = false
  listen("queue", () => ask("choose", "A1"))
  listen("choose", (label) => (drawn ? done.push(label) : false))
  ask("queue", 1)
  assert.deepEqual(done, [])
  drawn = true
  askAgain()
  assert.deepEqual(done, ["A1"])
})

test("who overhears an act has not done it", () => {
  const heard = []
  overhear("verdict-note", () => { heard.push("heard") })
  ask("verdict-note")
  listen("verdict-note", () => { heard.push("done") })
  askAgain()
  assert.deepEqual(heard, ["heard", "heard", "done"])
})
