import assert from "node:assert/strict"
import test from "node:test"

import { makeRequests } from "../../assets/core/requests.js"

/** A server that hears one message after the other. */
function served() {
  const heard = []
  const ask = (what) => () => heard.push(what())
  return { heard, ask, until: async (count) => { while (heard.length < count) await new Promise((done) => { setTimeout(done) }) } }
}

test("an echo of an older message does not pull a slider back, however fast it is moved", async () => {
  const { heard, ask, until } = served()
  const requests = makeRequests()
  assert.equal(requests.outruns(0), false, "what the page comes with is taken")
  let z = 0
  const step = () => { z += 1; requests.soon(ask(() => z)) }
  for (let times = 0; times < 3; times += 1) step()
  assert.ok(requests.outruns(0), "the last one is not asked for yet")
  await until(1)
  assert.deepEqual(heard, [3], "what holds by then is asked for, once")
  step()
  assert.ok(requests.outruns(1), "the echo of plane 3 comes while 4 is chosen")
  await until(2)
  assert.deepEqual([heard, requests.outruns(1), requests.outruns(2)], [[3, 4], true, false])
})

test("what is asked for at once takes the place of what waited", async () => {
  const { heard, ask, until } = served()
  const requests = makeRequests()
  requests.settled(ask(() => "typed"), 1)
  requests.now(ask(() => "stored"))
  assert.equal(requests.outruns(1), false)
  requests.settled(ask(() => "dropped"), 1)
  requests.drop()
  assert.equal(requests.outruns(1), false)
  requests.settled(ask(() => "later"), 3)
  await until(2)
  assert.deepEqual(heard, ["stored", "later"])
})
