import assert from "node:assert/strict"
import test from "node:test"

import { hintFor } from "../../assets/core/hints.js"

test("a hint comes where it is of use, one at a time, and never again once it is read", () => {
  assert.equal(hintFor("plate", []), "plate")
  assert.equal(hintFor("values", ["plate"]), "find")
  assert.equal(hintFor("well", ["plate"]), "verdict")
  assert.equal(hintFor("field", ["verdict", "find"]), null)
  assert.equal(hintFor("plates", []), "find")
  assert.equal(hintFor("correct", []), null)
})
