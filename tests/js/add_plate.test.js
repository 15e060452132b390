// What is said of a plate that is to be added, and what its form answers.

import assert from "node:assert/strict"
import { test } from "node:test"

import { isZip, notYet, refusedFiles, renamed, shortfalls } from "../../assets/panels/add_plate_text.js"

const file = (name) => ({ file: { name } })

test("a plate is added from zips, whatever their case, and from nothing else", () => {
  assert.ok(isZip("Run 7.ZIP"))
  assert.equal(refusedFiles([file("a.zip"), file("b.Zip")]), "")
  assert.match(refusedFiles([file("a.zip"), file("b.tif")]), /b\.tif is none/)
  assert.match(refusedFiles([file("a.tif"), file("b.tif"), file("c.tif")]), /a\.tif and 2 more are none/)
  assert.match(refusedFiles([]), /No file/)
})

test("only channels with another name are renamed", () => {
  assert.deepEqual(renamed([["w1", " DNA "], ["w2", "w2"], ["w3", "  "]]), { w1: "DNA" })
})

test("what would be missing is said in numbers, and nothing where all is there", () => {
  const outcome = /** @type {any} */ ({ gap_count: 1, skipped_count: 2 })
  assert.deepEqual(shortfalls(outcome).map((line) => line.slice(0, 7)), ["1 gap: ", "2 files"])
  assert.deepEqual(shortfalls({ ...outcome, gap_count: 0, skipped_count: 0 }), [])
})

test("an import waits for the dry run, then for the name", () => {
  const ready = { phase: "done", fresh: true, already: "", wrong_name: "", barred: "" }
  assert.equal(notYet(ready), "")
  assert.match(notYet({ ...ready, phase: "running", fresh: false }), /Wait/)
  assert.match(notYet({ ...ready, phase: "failed", fresh: false }), /found no plate/)
  assert.equal(notYet({ ...ready, wrong_name: "taken" }), "taken")
  assert.equal(notYet({ ...ready, already: "imported", wrong_name: "taken" }), "imported")
  assert.equal(notYet({ ...ready, barred: "You look as viewer" }), "You look as viewer")
})
