import assert from "node:assert/strict"
import test from "node:test"

import { Viewport } from "../../assets/pixels/viewport.js"

const close = (actual, expected) => actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${actual} is not ${expected}`))

function viewport(size = [200, 100], box = [400, 400]) {
  const viewport = new Viewport()
  viewport.fit(...box, size)
  return viewport
}

test("a fitted picture is whole and in the middle of its box", () => {
  const view = viewport()
  assert.equal(view.scale, 2)
  close(view.origin(), [0, 100])
  close(view.at(400, 300), [200, 100])
})

test("zooming keeps what is under the pointer", () => {
  const view = viewport()
  const before = view.at(150, 180)
  view.zoom(3, 150 - 200, 180 - 200)
  close(view.at(150, 180), before)
})

test("zooming ends at the largest scale", () => {
  const view = viewport()
  view.largest = 10
  view.zoom(1000)
  assert.equal(view.scale, 10)
})

test("panning never loses the picture", () => {
  const view = viewport()
  view.pan(1e6, -1e6)
  assert.deepEqual([view.x, view.y], [0, 100])
})

test("a fitted view stays fitted when its box changes, another keeps its centre", () => {
  const view = viewport()
  view.resize(200, 200)
  assert.equal(view.scale, 1)
  view.zoom(4, 10, 10)
  const [x, y, scale] = [view.x, view.y, view.scale]
  view.resize(300, 300)
  assert.deepEqual([view.x, view.y, view.scale], [x, y, scale])
})

test("another picture of the same size is looked at in the same place", () => {
  const view = viewport()
  view.zoom(4, 10, 10)
  view.picture([200, 100])
  assert.equal(view.fitted, false)
  view.picture([50, 50])
  assert.equal(view.fitted, true)
})
