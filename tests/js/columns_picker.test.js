import assert from "node:assert/strict"
import { test } from "node:test"

import { matching } from "../../assets/panels/columns_picker.js"
import { tooLarge } from "../../assets/panels/table_files.js"

/** @type {import("../../assets/panels/columns_picker.js").Column[]} */
const COLUMNS = [["Nuclei_AreaShape_Area", 2, 0, 1, 0], ["Cells_AreaShape_Area", 2, 0, 1, 0], ["Cells_count", 2, 0, 1, 0]]

test("columns are found by all words that were typed, in any order and case", () => {
  const names = (/** @type {string} */ text) => matching(COLUMNS, text).map(([name]) => name)
  assert.deepEqual(names("area NUCLEI"), ["Nuclei_AreaShape_Area"])
  assert.equal(names("").length, 3)
  assert.deepEqual(names("area cytoplasm"), [])
})

test("files are too large together, which is said before they are sent", () => {
  const file = (/** @type {number} */ size) => ({ name: "Cells.csv", size })
  assert.equal(tooLarge([file(4), file(4)], 8), "")
  assert.match(tooLarge([file(9 << 20)], 8 << 20), /^Cells.csv is larger than 8 MiB/)
  assert.match(tooLarge([file(5 << 20), file(5 << 20)], 8 << 20), /^2 files are together larger/)
})
