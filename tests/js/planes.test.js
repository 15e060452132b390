import assert from "node:assert/strict"
import http from "node:http"
import test from "node:test"

import { ByteCache } from "../../assets/core/byte_cache.js"
import { percentiles } from "../../assets/pixels/percentiles.js"
import { decoded, drawable, finestPlanes, loadedPlane, plane } from "../../assets/pixels/planes.js"

const headers = (dtype, shape) => new Headers({ "X-Dtype": dtype, "X-Shape": shape })

test("every type that the server sends is read, 64-bit floats too", () => {
  const pixels = decoded(headers("float64", "1,2"), new Float64Array([1.5, -2]).buffer)
  assert.deepEqual([...pixels.data], [1.5, -2])
  assert.deepEqual([pixels.width, pixels.height, pixels.dtype], [2, 1, "float64"])
  for (const dtype of ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "bool", "float16", "int64", "uint64"]) assert.ok(drawable(dtype), dtype)
  assert.equal(drawable("complex64"), false)
})

test("an answer of another size or type is refused in words", () => {
  assert.throws(() => decoded(headers("uint8", "2,2"), new ArrayBuffer(3)), /3 pixels of 4/)
  assert.throws(() => decoded(headers("complex64", "1,1"), new ArrayBuffer(8)), /type complex64/)
})

/** A server that answers each address when `answer` is called for it. */
async function served(run) {
  const waiting = new Map()
  const abandoned = []
  const requests = []
  const server = http.createServer((request, response) => {
    requests.push(request.url)
    waiting.set(request.url, response)
    response.on("close", () => { if (!response.writableEnded) abandoned.push(request.url) })
  })
  await new Promise((done) => server.listen(0, "127.0.0.1", done))
  const base = `http://127.0.0.1:${server.address().port}`
  const until = async (test_) => { while (!test_()) await new Promise((done) => setImmediate(done)) }
  const answer = async (path, body, status = 200) => {
    await until(() => waiting.has(path))
    waiting.get(path).writeHead(status, { "X-Dtype": "uint8", "X-Shape": "1,2" }).end(body)
  }
  try {
    await run({ base, answer, requests, abandoned, until })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test("a plane is fetched once for all who want it", () => served(async ({ base, answer, requests }) => {
  const url = `${base}/once`
  const both = Promise.all([plane(url), plane(url)])
  await answer("/once", Buffer.from([1, 2]))
  const [first, second] = await both
  assert.equal(first, second)
  assert.equal(await plane(url), first)
  assert.equal(loadedPlane(url), first)
  assert.deepEqual(requests, ["/once"])
}))

test("who gives a plane up does not take it from others, the last one ends the request", () => served(async ({ base, answer, requests, abandoned, until }) => {
  const [first, second] = [new AbortController(), new AbortController()]
  const abandonedPlane = plane(`${base}/shared`, first.signal)
  const sharedPlane = plane(`${base}/shared`)
  await until(() => requests.length === 1)
  first.abort()
  await assert.rejects(abandonedPlane, { name: "AbortError" })
  await answer("/shared", Buffer.from([3, 4]))
  assert.deepEqual([...(await sharedPlane).data], [3, 4])

  const alone = plane(`${base}/alone`, second.signal)
  await until(() => requests.includes("/alone"))
  second.abort()
  await assert.rejects(alone, { name: "AbortError" })
  await until(() => abandoned.includes("/alone"))
}))

test("a plane that could not be had is asked for again, and says why in the server's words", () => served(async ({ base, answer, requests }) => {
  const refused = plane(`${base}/again`)
  await answer("/again", JSON.stringify({ error: "The chunk is damaged." }), 422)
  await assert.rejects(refused, /The chunk is damaged\./)
  const retried = plane(`${base}/again`)
  while (requests.length < 2) await new Promise((done) => setImmediate(done))
  await answer("/again", Buffer.from([5, 6]))
  assert.deepEqual([...(await retried).data], [5, 6])
}))

test("what was used last stays, what is needed stays longer, and what goes is told of", () => {
  const gone = []
  const cache = new ByteCache(10, (value) => gone.push(value))
  cache.put("a", "A", 4)
  cache.put("b", "B", 4)
  cache.get("a")
  cache.put("c", "C", 4)
  assert.deepEqual([gone, cache.nbytes], [["B"], 8])
  cache.put("d", "D", 4, (key) => key === "a")
  assert.deepEqual(gone, ["B", "C"])
  cache.put("e", "E", 20, () => true) // even what is needed, if it is too much
  assert.deepEqual([[...cache.entries.keys()], cache.nbytes], [["e"], 20])
  cache.clear()
  assert.equal(cache.nbytes, 0)
})

test("most pixels lie between the percentiles, and a plane of one value has room around it", () => {
  assert.deepEqual(percentiles(Float64Array.from({ length: 1001 }, (_, i) => i), 0.1, 0.9), [100, 900])
  assert.deepEqual(percentiles([7, 7, 7], 0.1, 0.9), [7, 8])
  assert.deepEqual(percentiles([NaN], 0.1, 0.9), [0, 1])
})

test("a field is measured once all channels that are on are here, by the finest plane of each", () => {
  const loaded = new Map([[0, new Map([[2, "coarse"], [0, "fine"]])], [1, new Map([[2, "second"]])]])
  assert.deepEqual(finestPlanes(loaded, [0, 1]), [[0, "fine"], [1, "second"]])
  assert.equal(finestPlanes(loaded, [0, 2]), null)
  assert.equal(finestPlanes(new Map(), [0]), null)
  assert.equal(finestPlanes(new Map(), []), null)
})
