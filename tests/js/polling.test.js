import assert from "node:assert/strict"
import http from "node:http"
import test from "node:test"

import { makePolling } from "../../assets/plate/canvas/polling.js"

const until = async (true_) => { while (!true_()) await new Promise((done) => { setTimeout(done) }) }

/** A server whose requests wait until they are answered. */
async function served(run) {
  const requests = []
  const server = http.createServer((request, response) => {
    requests.push({ path: request.url, answer: (state, status = 200) => response.writeHead(status).end(JSON.stringify(state)) })
  })
  await new Promise((done) => { server.listen(0, "127.0.0.1", done) })
  const heard = []
  const polling = makePolling({ take: (state) => { heard.push(state.done); return state.running }, fail: (why) => heard.push(why), milliseconds: 1 })
  try {
    await run({ base: `http://127.0.0.1:${server.address().port}`, requests, heard, polling })
  } finally {
    polling.follow("")
    server.closeAllConnections()
    server.close()
  }
}

test("a late answer about the plate before is not taken for the one that is followed", () => served(async ({ base, requests, heard, polling }) => {
  polling.follow(`${base}/a`)
  await until(() => requests.length === 1)
  polling.follow(`${base}/b`)
  await until(() => requests.length === 2)
  requests[1].answer({ done: "b", running: true })
  await until(() => requests.length === 3)
  requests[0].answer({ done: "a", running: false })
  requests[2].answer({ done: "b again", running: false })
  await until(() => heard.length === 2)
  assert.deepEqual(heard, ["b", "b again"])
  assert.deepEqual(requests.map(({ path }) => path), ["/a", "/b", "/b"])
}))

test("a refusal is said, and asking goes on", () => served(async ({ base, requests, heard, polling }) => {
  polling.follow(base)
  await until(() => requests.length === 1)
  requests[0].answer({ error: "The plate is away." }, 503)
  await until(() => requests.length === 2)
  requests[1].answer({ done: 3, running: false })
  await until(() => heard.length === 2)
  assert.deepEqual(heard, ["The plate is away.", 3])
}))
