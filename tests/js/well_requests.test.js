import assert from "node:assert/strict"
import test from "node:test"

import { makeWellRequests } from "../../assets/plate/well_requests.js"

test("of the wells that a held key passes the first and the last are asked for", async () => {
  const asked = []
  let last
  const done = new Promise((resolve) => { last = resolve })
  const requests = makeWellRequests((well) => {
    asked.push(well)
    if (well === "A05") last()
    return asked.length
  })
  for (const well of ["A01", "A02", "A03", "A04", "A05"]) requests.ask(well)
  assert.ok(requests.outruns(1), "the last one is not asked for yet")
  await done
  assert.deepEqual(asked, ["A01", "A05"])
  assert.deepEqual([requests.outruns(1), requests.outruns(2)], [true, false])
})

test("a well that waits is asked for before what is said of it next, and once", async () => {
  const said = []
  const requests = makeWellRequests((well) => said.push(well))
  for (const well of ["A01", "A02"]) requests.ask(well)
  requests.settle()
  said.push("open")
  requests.settle() // nothing waits
  await new Promise((done) => setTimeout(done, 150)) // longer than a well waits
  assert.deepEqual(said, ["A01", "A02", "open"])
  assert.equal(requests.outruns(2), false)
})
