// Raw planes by HTTP: one decoder and one cache for all that draw or read pixels. Their
// addresses hold a version id, so what an address has once answered it will always answer.

import { ByteCache } from "../core/byte_cache.js"
import { reason } from "./answers.js"

const MAX_BYTES = 384 * 2 ** 20

const ARRAYS = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array, bool: Uint8Array,
}

const SENT_AS_ANOTHER = ["float16", "int64", "uint64"] // see the server's `little_endian`

/** Whether planes of this dtype can be drawn and read here. @param {string} dtype */
export function drawable(dtype) {
  return dtype in ARRAYS || SENT_AS_ANOTHER.includes(dtype)
}

/** @type {ByteCache<Plane>} */
const planes = new ByteCache(MAX_BYTES)

/** @type {Map<string, Flight>} */
const flying = new Map()

/** A plane that is here already, else undefined. @param {string} url */
export const loadedPlane = (url) => planes.get(url)

/** The finest plane of each channel, null where one of those wanted is not here: what is measured must be of all.
 *  @param {Map<number, Map<number, Plane>>} loaded  by channel and level @param {number[]} wanted  channels
 *  @returns {[number, Plane][] | null} */
export function finestPlanes(loaded, wanted) {
  if (!wanted.length || wanted.some((channel) => !loaded.has(channel))) return null
  return [...loaded].map(([channel, levels]) => [channel, /** @type {Plane} */ (levels.get(Math.min(...levels.keys())))])
}

/** Bytes of all planes that are here. */
export const planeBytes = () => planes.nbytes

/**
 * Fetch a plane, once for all who want it meanwhile. It is abandoned when each of them
 * has given it up by its `signal`.
 *
 * @param {string} url @param {AbortSignal} [signal] @returns {Promise<Plane>}
 */
export function plane(url, signal) {
  const stored = planes.get(url)
  if (stored) return Promise.resolve(stored)
  const flight = flying.get(url) ?? start(url)
  flight.waiting += 1
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      flight.waiting -= 1
      if (!flight.waiting) {
        flight.abort.abort()
        if (flying.get(url) === flight) flying.delete(url)
      }
      reject(signal?.reason)
    }
    signal?.addEventListener("abort", giveUp, { once: true })
    flight.promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", giveUp))
  })
}

/** @param {string} url @returns {Flight} */
function start(url) {
  const abort = new AbortController()
  const flight = { promise: load(url, abort.signal), abort, waiting: 0 }
  flying.set(url, flight)
  const landed = () => { if (flying.get(url) === flight) flying.delete(url) }
  flight.promise.then((pixels) => {
    landed()
    planes.put(url, pixels, pixels.data.byteLength)
  }, landed)
  return flight
}

/** @param {string} url @param {AbortSignal} signal */
async function load(url, signal) {
  const answer = await fetch(url, { signal })
  if (!answer.ok) throw new Error(await reason(answer))
  return decoded(answer.headers, await answer.arrayBuffer())
}

/**
 * A plane of what the server has sent: little-endian rows, as the headers say.
 * @param {Headers} headers @param {ArrayBuffer} buffer @returns {Plane}
 */
export function decoded(headers, buffer) {
  const dtype = headers.get("X-Dtype") ?? ""
  const [height, width] = (headers.get("X-Shape") ?? "").split(",").map(Number)
  if (!(dtype in ARRAYS)) throw new Error(`The server sent pixels of the type ${dtype || "(none)"}, which cannot be drawn.`)
  const data = new ARRAYS[/** @type {keyof typeof ARRAYS} */ (dtype)](buffer)
  if (data.length !== width * height) throw new Error(`The server sent ${data.length} pixels of ${width * height}.`)
  return { data, width, height, dtype }
}
