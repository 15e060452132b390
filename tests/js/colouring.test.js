import assert from "node:assert/strict"
import test from "node:test"

import { ramp } from "../../assets/core/colours.js"
import { colouring } from "../../assets/plate/colouring.js"

const NAMED = { metric: "mean.0", title: "mean", unit: "", definition: "", reasons: {}, from: {} }
const metric = (values, more = {}) => ({ ...NAMED, values, low: null, high: null, ...more })

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
  assert.equal(colouring(metric([1, 2], { low: -3, high: 3, diverging: true, log: true })).log, null)
})

test("zero is in the middle of what diverges, whichever limits are shown", () => {
  const values = metric([-1, 0, 4], { low: -3, high: 3, diverging: true })
  assert.equal(colouring(values).parts[1], 0.5)
  const full = colouring(values, { limits: "full" })
  assert.deepEqual([full.low, full.high, full.parts[1]], [-4, 4, 0.5])
  assert.equal(full.colour(0.5), ramp(0.5, true))
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
