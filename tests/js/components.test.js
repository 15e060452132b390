import assert from "node:assert/strict"
import test from "node:test"

import { planesOf } from "../../assets/components/field_view.js"
import { linked, resolved } from "../../assets/components/loader.js"
import { lightOf } from "../../assets/components/surroundings.js"

test("a module's imports are found below its own folder and above", () => {
  assert.equal(resolved("plate/map.js", "./tip.js"), "plate/tip.js")
  assert.equal(resolved("plate/canvas/a.js", "../../core/dom.js"), "core/dom.js")
})

test("modules are linked from the last to the first, each made once", () => {
  const files = {
    "a/top.js": 'import { x } from "./left.js"\nimport {\n  y,\n} from "../right.js"\nexport const z = x + y',
    "a/left.js": 'export { x } from "../base.js"',
    "right.js": 'import { x } from "./base.js"\nexport const y = x',
    "base.js": 'export const x = 1 // from "nowhere"',
  }
  const made = []
  const address = linked(files, "a/top.js", (text) => `blob:${made.push(text)}`)
  assert.equal(address, "blob:4")
  assert.equal(made[0], files["base.js"])
  assert.equal(made[1], 'export { x } from "blob:1"')
  assert.match(made[3], /from "blob:2"\nimport \{\n {2}y,\n\} from "blob:3"/)
})

test("a background is light or dark, or lets through what is behind", () => {
  assert.ok(lightOf("rgb(255, 255, 255)") > 0.99)
  assert.equal(lightOf("rgba(0, 0, 0, 0)"), null)
  assert.ok(lightOf("rgb(17, 17, 17)") < 0.1)
  assert.equal(lightOf("transparent"), null)
})

test("planes are cut out of one message, and never out of another picture's", () => {
  const picture = { count: 2, width: 3, height: 1, dtype: "uint16" }
  const bytes = new Uint8Array(new Uint16Array([1, 2, 3, 400, 500, 600]).buffer)
  const [first, second] = planesOf(picture, bytes)
  assert.deepEqual([...first.data], [1, 2, 3])
  assert.deepEqual([...second.data], [400, 500, 600])
  assert.deepEqual([...planesOf(picture, bytes.buffer)[1].data], [400, 500, 600])
  assert.equal(planesOf({ ...picture, width: 4 }, bytes), null)
})
