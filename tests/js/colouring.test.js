import assert from "node:assert/strict"
import test from "node:test"

import { css, gradient, mixed, stopsOf } from "../../assets/core/colours.js"
import { colouring, frameOf, standsOut } from "../../assets/plate/colouring.js"

const NAMED = { metric: "mean.0", title: "mean", unit: "", definition: "", reasons: {}, from: {} }
const metric = (values, more = {}) => ({ ...NAMED, values, low: null, high: null, ...more })
const SUSPICION = { scale: "deviation", right: 0, notable: 1, low: 0, high: 3 }
const COMPLETE = { scale: "deviation", right: 100, notable: -5, low: 100, high: 85 }
const SCORES = { scale: "diverging", notable: 3, low: -4, high: 4, project: [-6, 6] }

test("colours span the robust limits, and say how many values lie beyond them", () => {
  const { low, high, below, above, parts } = colouring(metric([0, 10, 20, 30, null], { low: 10, high: 20 }))
  assert.deepEqual([low, high, below, above], [10, 20, 1, 1])
  assert.deepEqual(parts, [-1, 0, 1, 2, null])
})

test("the full range ends at the least and the greatest value", () => {
  const { low, high, parts } = colouring(metric([0, 10, 40], { low: 10, high: 20 }), { limits: "full" })
  assert.deepEqual([low, high], [0, 40])
  assert.deepEqual(parts, [0, 0.25, 1])
})

test("the limits of the project are used as soon as they are known", () => {
  const values = metric([0, 10], { low: 0, high: 10 })
  assert.deepEqual(colouring(values, { limits: "project" }).parts, [0, 1])
  assert.deepEqual(colouring({ ...values, project: [] }, { limits: "project" }).parts, [0, 1])
  assert.deepEqual(colouring({ ...values, project: [0, 100] }, { limits: "project" }).parts, [0, 0.1])
})

test("a metric whose logarithm is usual goes by it unless a person wants otherwise", () => {
  const values = metric([1, 10, 100], { low: 1, high: 100, log: true })
  assert.deepEqual(colouring(values).parts, [0, 0.5, 1])
  assert.equal(colouring(values, { log: false }).log, false)
  assert.deepEqual(colouring({ ...values, log: false }, { log: true }).parts, [0, 0.5, 1])
})

test("zero has no logarithm and stands with the least that has one", () => {
  assert.deepEqual(colouring(metric([0, 1, 100], { low: 0, high: 100, log: true })).parts, [0, 0, 1])
})

test("values below zero have no logarithm, and so has none of them", () => {
  for (const values of [[-1, 1, 2], [0, 0, 0], []]) assert.equal(colouring(metric(values, { log: true })).log, null)
  assert.equal(colouring(metric([1, 2], { low: -3, high: 3, scale: "diverging", log: true })).log, null)
})

test("zero is in the middle of what diverges, whichever limits are shown", () => {
  const values = metric([-1, 0, 4], SCORES)
  for (const limits of ["robust", "full", "project"]) assert.equal(colouring(values, { limits }).parts[1], 0.5)
  const full = colouring(values, { limits: "full" })
  assert.deepEqual([full.low, full.high], [-4, 4])
})

test("a deviation begins where all is well, upwards or downwards, and stands out from its notch on", () => {
  const odd = colouring(metric([0, 1, 3, 9, null], SUSPICION))
  assert.deepEqual([odd.parts, odd.signs, odd.above], [[0, 1 / 3, 1, 3, null], [0, 1, 1, 1, 0], 1])
  assert.equal(odd.notch, 1 / 3)
  const complete = colouring(metric([100, 95, 50], COMPLETE))
  assert.deepEqual([complete.parts[0], complete.signs], [0, [0, -1, -1]])
  assert.ok(complete.parts[2] > 1)
})

test("the full range of a deviation keeps its neutral end and reaches the farthest value", () => {
  const { low, high } = colouring(metric([100, 90, 20], COMPLETE), { limits: "full" })
  assert.deepEqual([low, high], [100, 20])
})

test("a plate where all is well is neutral all over, whatever its limits", () => {
  for (const limits of ["robust", "full", "project"]) {
    assert.deepEqual(colouring(metric([0, 0], SUSPICION), { limits }).parts, [0, 0])
    assert.deepEqual(colouring(metric([100, 100], COMPLETE), { limits }).parts, [0, 0])
  }
})

test("scores stand out on either side, what is sequential on none", () => {
  assert.deepEqual([-3, -1, 0, 3].map((value) => standsOut(metric([], SCORES), value)), [-1, 0, 0, 1])
  assert.deepEqual(colouring(metric([1, 99], { low: 1, high: 99 })).signs, [0, 0])
})

test("around pictures only what is not well has a frame", () => {
  const odd = colouring(metric([0, 2, null], SUSPICION))
  assert.deepEqual([0, 1, 2].map((index) => frameOf(odd, index) === null), [true, false, true])
  const scores = colouring(metric([0, -3.9], SCORES))
  assert.deepEqual([0, 1].map((index) => frameOf(scores, index) === null), [true, false])
})

test("values that are all alike have the middle colour", () => {
  assert.deepEqual(colouring(metric([5, 5], { low: 5, high: 5 })).parts, [0.5, 0.5])
})

test("a column has the colours of its categories", () => {
  const { parts, colour, low } = colouring(metric([1, null, 0], { categories: ["DMSO", "X"], colours: ["#111111", "#222222"] }))
  assert.deepEqual(parts.map((part) => part === null ? null : colour(part)), ["#222222", null, "#111111"])
  assert.equal(low, null)
})

test("without a metric or without values there are no limits", () => {
  assert.deepEqual(colouring(null).parts, [])
  const { low, high, parts } = colouring(metric([null, null]))
  assert.deepEqual([low, high, parts], [null, null, [null, null]])
})

test("a ramp is mixed between its stops, and ends with them", () => {
  const stops = stopsOf("#000000 #204060")
  assert.deepEqual([-1, 0.5, 2].map((part) => css(mixed(stops, part))), ["rgb(0,0,0)", "rgb(16,32,48)", "rgb(32,64,96)"])
  assert.equal(gradient(stops), "linear-gradient(90deg,rgb(0,0,0),rgb(32,64,96))")
  assert.equal(colouring(metric([0, 1], { low: 0, high: 1 }), { stops }).colour(1), "rgb(32,64,96)")
})

test("each category has a letter, for colour alone says nothing to some", () => {
  const values = metric([0, 2, null], { categories: ["DMSO", "none", "taxol"], colours: ["#000000", "#ffffff", "#ff0000"], scale: "categorical" })
  const { signs, parts, colour } = colouring(values)
  assert.deepEqual([signs, parts, colour(2)], [["A", "C", 0], [0, 2, null], "#ff0000"])
})
