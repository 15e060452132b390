import assert from "node:assert/strict"
import test from "node:test"

import { USUAL, assayText, grouped, matching, orderOf, sorted, sortedBy, totalText, verdictText } from "../../assets/panels/plate_list.js"

const plate = (key, more = {}) => ({ key, name: key, location: `/data/${key}`, folder: "/data", error: "", state: "to do", absent_since: "", changed: 0, suspects: null, ...more })
const keys = (plates) => plates.map((each) => each.key)

test("plates come in the order of the work, the newest first", () => {
  const plates = [plate("signed", { state: "signed", changed: 9 }), plate("old", { changed: 1 }), plate("new", { changed: 2 }), plate("begun", { state: "in work" }), plate("broken", { state: "unreadable" })]
  assert.deepEqual(keys(sorted(plates, USUAL)), ["begun", "new", "old", "signed", "broken"])
})

test("a column that is chosen again turns round, and what is not known stays last", () => {
  const plates = [plate("P1", { suspects: 2 }), plate("P10", { suspects: null }), plate("P2", { suspects: 13 })]
  const most = sortedBy(USUAL, "suspects")
  assert.deepEqual(keys(sorted(plates, most)), ["P2", "P1", "P10"])
  assert.deepEqual(keys(sorted(plates, sortedBy(most, "suspects"))), ["P1", "P2", "P10"])
  assert.deepEqual(keys(sorted(plates, sortedBy(USUAL, "name"))), ["P1", "P2", "P10"])
})

test("words are looked for in name, place and barcode, and in plate maps by the server", () => {
  const plates = [plate("P1", { barcode: "BR00121482" }), plate("P2"), plate("P3")]
  assert.deepEqual(keys(matching(plates, " br0012 ", {})), ["P1"])
  assert.deepEqual(keys(matching(plates, "/DATA/p2", {})), ["P2"])
  assert.deepEqual(keys(matching(plates, "dmso", { P3: "compound: DMSO, 8 wells" })), ["P3"])
  assert.equal(matching(plates, "", {}).length, 3)
})

test("groups follow the work, the date or the folder, and keep the order of plates", () => {
  const plates = [plate("b", { folder: "/z", state: "signed", changed: 86400 }), plate("a", { folder: "/a", changed: 9e5 }), plate("c", { folder: "/z", changed: 86400 })]
  assert.deepEqual(grouped(plates, "folder").map(([title, listed]) => [title, keys(listed)]), [["/a", ["a"]], ["/z", ["b", "c"]]])
  assert.deepEqual(grouped(plates, "state").map(([title]) => title), ["To do", "Signed"])
  assert.deepEqual(grouped(plates, "day").map(([, listed]) => keys(listed)), [["a"], ["b", "c"]])
  assert.deepEqual(grouped([], ""), [])
})

test("what was remembered counts only where it means something", () => {
  const order = sortedBy({ ...USUAL, group: "state" }, "judged")
  assert.deepEqual(orderOf(JSON.stringify(order)), order)
  for (const text of ["", "null", "{", '{"sort":"colour","group":""}']) assert.deepEqual(orderOf(text), USUAL)
})

test("counts have their nouns, and an assay window its reason", () => {
  assert.deepEqual([totalText(0, 0), totalText(1, 1), totalText(2, 2), totalText(1, 2)], ["No plate", "1 plate", "2 plates", "1 of 2 plates"])
  assert.equal(verdictText(plate("a", { verdicts: { fail: 2, flag: 0, pass: 3 }, stale: 1, unseen: 0 })), "2 fail, 1 stale")
  assert.equal(assayText(plate("a", { assay: { metric: "m", title: "Mean", z: 0.614, note: "8 positive controls" } }))[0], "0.61")
  assert.match(assayText(plate("a", { assay: { metric: "m", title: "Mean", z: null, note: "not measured yet" } }))[1], /Mean: not measured yet/)
})
