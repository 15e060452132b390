import assert from "node:assert/strict"
import test from "node:test"

import { MODES, modeByKey, nextMode, swipePart, swipeStep } from "../../assets/pixels/comparing.js"
import { difference, differingText, notComparable } from "../../assets/pixels/difference.js"

const plane = (values, width = values.length) => ({ data: Uint16Array.from(values), width, height: values.length / width, dtype: "uint16" })
const look = (index, low = 0, high = 100) => ({ index, low, high })

test("one key goes through all ways to compare and begins anew", () => {
  const order = MODES.map(([name]) => name)
  assert.deepEqual(order.map(nextMode), [...order.slice(1), order[0]])
})

test("the key of a way leads there, and from there back to side by side", () => {
  assert.equal(modeByKey("side", "blink"), "blink")
  assert.equal(modeByKey("swipe", "blink"), "blink")
  assert.equal(modeByKey("blink", "blink"), "side")
})

test("the line of a swipe stays inside the picture", () => {
  const box = { left: 100, width: 200 }
  assert.equal(swipePart(150, box), 0.25)
  assert.equal(swipePart(50, box), 0)
  assert.equal(swipePart(900, box), 1)
  assert.equal(swipePart(900, { left: 0, width: 0 }), 0.5)
  assert.equal(swipeStep("ArrowLeft", 0.01), 0)
  assert.equal(swipeStep("End", 0.3), 1)
  assert.equal(swipeStep("a", 0.3), null)
})

test("what has become brighter and what darker have different colours, what is equal none", () => {
  const { data, differing } = difference(new Map([[0, plane([50, 50, 50])]]), new Map([[0, plane([50, 90, 10])]]), [look(0)])
  const pixel = (at) => [...data.slice(4 * at, 4 * at + 4)]
  assert.deepEqual(pixel(0), [0, 0, 0, 255])
  assert.ok(pixel(1)[0] > pixel(1)[2], "orange")
  assert.ok(pixel(2)[2] > pixel(2)[0], "blue")
  assert.equal(differing, 2 / 3)
})

test("a difference is as strong as the contrast shows it", () => {
  const planes = [new Map([[0, plane([0])]]), new Map([[0, plane([50])]])]
  const faint = difference(...planes, [look(0, 0, 1000)]).data[0]
  const strong = difference(...planes, [look(0, 0, 100)]).data[0]
  assert.equal(strong, Math.round(0.5 * 255))
  assert.ok(faint < strong / 5)
})

test("opposite differences of two channels are counted, though they cancel in the picture", () => {
  const old = new Map([[0, plane([10])], [1, plane([10])]])
  const { data, differing } = difference(old, new Map([[0, plane([20])], [1, plane([0])]]), [look(0), look(1)])
  assert.deepEqual([...data], [0, 0, 0, 255])
  assert.equal(differing, 1)
})

test("values that are no number leave the picture whole", () => {
  const odd = { data: Float32Array.from([NaN, 1]), width: 2, height: 1, dtype: "float32" }
  assert.equal(difference(new Map([[0, odd]]), new Map([[0, odd]]), [look(0)]).differing, 0)
  const { data, differing } = difference(new Map([[0, plane([0, 0])]]), new Map([[0, odd]]), [look(0, 0, 1)])
  assert.deepEqual([...data.slice(0, 4)], [0, 0, 0, 255])
  assert.equal(data[4], 255)
  assert.equal(differing, 1)
})

test("channels of which one picture has none are left out", () => {
  const both = [new Map([[0, plane([1])]]), new Map([[0, plane([1])], [1, plane([9])]])]
  assert.equal(difference(...both, [look(0), look(1)]).differing, 0)
  assert.equal(difference(...both, [look(1)]), null)
  assert.equal(difference(new Map([[0, plane([1, 2])]]), both[1], [look(0)]), null)
})

test("what cannot be subtracted is said with both sizes", () => {
  assert.equal(notComparable({ width: 4, height: 4 }, { width: 4, height: 4 }), "")
  assert.match(notComparable({ width: 4, height: 4 }, { width: 8, height: 4 }), /4 × 4 .* 8 × 4/)
  assert.match(notComparable(null, { width: 8, height: 4 }), /no such field/)
})

test("little that differs is not called nothing, nor nearly all called all", () => {
  assert.equal(differingText(0), "no pixel differs")
  assert.equal(differingText(1e-6), "under 0.1 % of the pixels differ")
  assert.equal(differingText(0.9999), "over 99.9 % of the pixels differ")
  assert.equal(differingText(1), "100 % of the pixels differ")
  assert.equal(differingText(0.123), "12 % of the pixels differ")
})
