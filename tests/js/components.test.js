import assert from "node:assert/strict"
import test from "node:test"

import { planesOf } from "../../assets/components/field_view.js"
import { lightOf } from "../../assets/components/surroundings.js"

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
