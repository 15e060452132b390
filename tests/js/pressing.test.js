import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { watchPressing, whenLetGo } from "../../assets/core/pressing.js"

class FakeElement {
  constructor(name, clickable = false) { this.localName = name; this.clickable = clickable }
  matches() { return this.clickable }
}
globalThis.Element = FakeElement
globalThis.window = globalThis

const page = new EventTarget()
watchPressing(page)
const hear = (name, values = {}, path = []) =>
  page.dispatchEvent(Object.assign(new Event(name), { button: 0, buttons: 1, clientX: 0, clientY: 0, pointerType: "mouse", composedPath: () => path, ...values }))
const BUTTON = [new FakeElement("button", true)]
const CANVAS = [new FakeElement("canvas")]
const turn = () => new Promise((done) => { setTimeout(done) })

let drawn = []
const draw = () => drawn.push("drawn")
beforeEach(() => { hear("blur"); drawn = [] })

test("without a press all is drawn at once", () => {
  whenLetGo(draw)
  assert.equal(drawn.length, 1)
})

test("what comes while a button is pressed is drawn once, after its click", async () => {
  hear("pointerdown", {}, BUTTON)
  hear("pointermove", { clientX: 40 })
  whenLetGo(draw)
  whenLetGo(draw)
  hear("pointerup")
  page.addEventListener("click", () => drawn.push("clicked"), { once: true })
  hear("click")
  await turn()
  assert.deepEqual(drawn, ["clicked", "drawn"])
})

test("what is dragged sees what comes of it", () => {
  hear("pointerdown", {}, CANVAS)
  hear("pointermove", { clientX: 3 })
  whenLetGo(draw)
  assert.equal(drawn.length, 0)
  hear("pointermove", { clientX: 5 })
  assert.equal(drawn.length, 1)
})

test("a tap's click, which comes later than the finger's leaving, is waited for", async () => {
  hear("pointerdown", {}, BUTTON)
  whenLetGo(draw)
  hear("pointerup", { pointerType: "touch" })
  await turn()
  assert.equal(drawn.length, 0)
  hear("click")
  await turn()
  assert.equal(drawn.length, 1)
})

test("a press that takes the focus from what had it is still a press", () => {
  hear("pointerdown", {}, BUTTON)
  whenLetGo(draw)
  page.dispatchEvent(new (class extends Event { get target() { return new FakeElement("td") } })("blur"))
  assert.equal(drawn.length, 0)
})

test("a button that is pressed by the space bar is clicked first", async () => {
  hear("keydown", { key: " " }, BUTTON)
  hear("pointermove", { buttons: 0 })
  whenLetGo(draw)
  assert.equal(drawn.length, 0)
  hear("keyup", { key: " " })
  await turn()
  assert.equal(drawn.length, 1)
  hear("keydown", { key: " " }, CANVAS)
  whenLetGo(draw)
  assert.equal(drawn.length, 2)
})

for (const [name, values] of [["pointercancel", {}], ["blur", {}], ["pointermove", { buttons: 0 }]]) {
  test(`a press of which nobody hears the end is over with ${name}`, () => {
    hear("pointerdown", {}, BUTTON)
    whenLetGo(draw)
    hear(name, values)
    assert.equal(drawn.length, 1)
  })
}

test("neither another button of the mouse nor the list of a select holds anything up", () => {
  hear("pointerdown", { button: 2 }, BUTTON)
  whenLetGo(draw)
  hear("pointerdown", {}, [new FakeElement("select")])
  whenLetGo(draw)
  assert.equal(drawn.length, 2)
})
