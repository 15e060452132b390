import assert from "node:assert/strict"
import test from "node:test"

import { ACTIONS } from "../../assets/core/keys.js"
import { missing, ranked, withUsed, withWords, wordsOf } from "../../assets/core/search.js"

const entry = (name, more = {}) => ({ id: name, name, group: "Page", ...more })
const names = (entries, query, recent) => ranked(entries, query, recent).map(({ name }) => name)

test("beginnings of words come before parts of words, and these before letters in order", () => {
  const all = ["Unfail the rest", "Report as file, in full", "The fail list", "Fail", "Failed fields"].map((name) => entry(name))
  assert.deepEqual(names(all, "fail"), ["Fail", "Failed fields", "The fail list", "Unfail the rest"])
  assert.deepEqual(names(all, "rafi"), ["Report as file, in full"])
})

test("all typed words are in what is shown, in any order, without case and accents", () => {
  const all = [entry("Robust z-score", { about: "Colour of the plate" }), entry("Café au lait"), entry("Zoom in")]
  assert.deepEqual(names(all, "SCORE rob"), ["Robust z-score"])
  assert.deepEqual(names(all, "cafe"), ["Café au lait"])
  assert.deepEqual(names(all, "z colour"), ["Robust z-score"])
  assert.deepEqual(names(all, "qq"), [])
})

test("a text is searched for each word, in any order, without case and accents", () => {
  const plates = ["Café 12/a", "BR 12 café", "Other"]
  const matching = (query) => withWords(plates, query, (name) => name)
  assert.deepEqual(matching("CAFE 12"), ["Café 12/a", "BR 12 café"])
  assert.deepEqual(matching("12 br"), ["BR 12 café"])
  assert.deepEqual(matching(" "), plates)
  assert.deepEqual(missing(wordsOf("mean DNA"), "Mean intensity"), ["dna"])
})

test("nothing typed shows what was used last, then what can be done, then the rest", () => {
  const all = [entry("Pass", { barred: "Open a well first." }), entry("Zoom in"), entry("Fit"), entry("Undo")]
  assert.deepEqual(names(all, "", ["Undo", "Fit"]), ["Undo", "Fit", "Zoom in", "Pass"])
})

test("of equals an act comes before a box that is set", () => {
  const all = [entry("Sign", { sets: true }), entry("Signed by", { sets: true }), entry("Sign off…")]
  assert.deepEqual(names(all, "sig"), ["Sign off…", "Sign", "Signed by"])
})

test("what was used last is kept once, the last first, and eight of them", () => {
  let recent = []
  for (const id of ["a", "b", "c", "d", "e", "f", "g", "h", "i", "b"]) recent = withUsed(recent, id, 8)
  assert.deepEqual(recent, ["b", "i", "h", "g", "f", "e", "d", "c"])
})

test("each act has a name of its own for the palette, and so has its other half with Shift", () => {
  const all = ACTIONS.flatMap((action) => [action.name || action.text, ...(action.shifted ? [action.shiftedName] : [])])
  assert.ok(all.every((name) => name?.length > 2), String(all))
  assert.equal(new Set(all).size, all.length)
})

test("a pattern of letters that cannot match takes no time", () => {
  const all = Array.from({ length: 3000 }, (_, i) => entry(`${"a ".repeat(60)}${i}`))
  assert.deepEqual(names(all, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaz"), [])
})
