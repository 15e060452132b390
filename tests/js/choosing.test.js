import assert from "node:assert/strict"
import test from "node:test"

import { entryOf, families, keyOf, listed } from "../../assets/plate/choosing.js"

const CHANNELS = [[0, "DNA"], [1, "Tubulin"]]
const of = (id, name, group, channel, about = "") => ({ id, title: name, name, about, group, channel })
const METRICS = [
  of("suspicion", "Suspicion", "What stands out?", null),
  of("slope.0", "Focus (power slope)", "Is it sharp?", 0, "More negative means blurrier."),
  of("slope.1", "Focus (power slope)", "Is it sharp?", 1, "More negative means blurrier."),
  of("mean.0", "Mean intensity", "Is it bright?", 0),
  of("mean.1", "Mean intensity", "Is it bright?", 1),
  of("nuclei.0", "Nuclei", "How are the nuclei?", 0),
  of("imported:Mean.Area", "Mean.Area", "Imported", null),
]
const all = families(METRICS)
const listing = (text, more = {}) => listed(all, text, { channels: CHANNELS, channel: 1, ...more }).map(({ label, entries }) => [label, entries.map(({ id }) => id)])

test("a metric is listed once for all its channels, in the group of its question", () => {
  assert.deepEqual(listing(""), [
    ["What stands out?", ["suspicion"]], ["Is it sharp?", ["slope.1"]], ["Is it bright?", ["mean.1"]],
    ["How are the nuclei?", ["nuclei.0"]], ["Imported", ["imported:Mean.Area"]],
  ])
})

test("an id with a dot and no channel is its own family", () => {
  assert.equal(keyOf(METRICS.at(-1)), "imported:Mean.Area")
  assert.equal(keyOf(METRICS[1]), "slope")
})

test("a metric that the channel has not is listed for the channel that it has", () => {
  assert.deepEqual(entryOf(all.find(({ key }) => key === "nuclei"), 1).channel, 0)
})

test("all typed words are looked for in name and question, in any order and case", () => {
  assert.deepEqual(listing("INTENS mean"), [["Is it bright?", ["mean.1"]]])
  assert.deepEqual(listing("sharp"), [["Is it sharp?", ["slope.1"]]])
  assert.deepEqual(listing("zzz"), [])
})

test("the name of a channel chooses it", () => {
  assert.deepEqual(listing("mean dna"), [["Is it bright?", ["mean.0"]]])
})

test("explanations are searched only where no name has the words", () => {
  assert.deepEqual(listing("blur"), [["Is it sharp?", ["slope.1"]]])
})

test("what was used last comes first, until something is typed", () => {
  const recent = ["mean", "gone"]
  assert.deepEqual(listing("", { recent })[0], ["Recently used", ["mean.1"]])
  assert.equal(listing("n", { recent })[0][0], "What stands out?")
})
