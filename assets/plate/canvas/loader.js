// Pictures and pixels for the plate canvas: only what is in view is asked for, a few at a
// time; what has left the view is abandoned, and what is kept has a bound in bytes.

import { messageOf } from "../../core/dom.js"
import { ByteCache } from "../../core/byte_cache.js"
import { bitmapOf } from "../../pixels/answers.js"
import { loadedPlane, plane, planeBytes } from "../../pixels/planes.js"
import { nextToFetch } from "./queue.js"

const RETRY_MILLISECONDS = 5000
const MAX_BYTES = 256 * 2 ** 20 // of pictures; planes are kept with those of the viewer

/**
 * Make a loader that calls `changed` when something has come.
 *
 * What is wanted is `{key, url, kind}`: an "image" becomes an ImageBitmap, a "plane"
 * `{data, width, height, dtype}`. Earlier ones are fetched first.
 * @param {() => void} changed
 */
export function makeLoader(changed) {
  /** @type {ByteCache<ImageBitmap>} */
  const bitmaps = new ByteCache(MAX_BYTES, (bitmap) => bitmap.close?.())
  /** @type {Map<string, AbortController>} */
  const flying = new Map() // key -> AbortController
  /** @type {Map<string, {text: string, until: number}>} */
  const failed = new Map() // key -> {text, until}
  /** @type {PictureRequest[]} */
  let queue = []
  let requests = 0

  /** @param {string} key */
  const isHere = (key) => bitmaps.has(key) || loadedPlane(key) !== undefined

  /** @param {string} key @param {ImageBitmap} bitmap @param {number} nbytes */
  function put(key, bitmap, nbytes) {
    // What is in view goes last: fetched again at once, it would push out the next.
    const needed = new Set(queue.map((part) => part.key))
    bitmaps.put(key, bitmap, nbytes, (old) => needed.has(old))
  }

  /** @param {PictureRequest} part @param {AbortSignal} signal */
  async function load({ key, url, kind }, signal) {
    if (kind === "plane") return plane(url, signal)
    const { bitmap } = await bitmapOf(url, signal)
    put(key, bitmap, bitmap.width * bitmap.height * 4)
  }

  /** @param {PictureRequest} part */
  async function fetchPart(part) {
    const abort = new AbortController()
    flying.set(part.key, abort)
    requests += 1
    try {
      await load(part, abort.signal)
      failed.delete(part.key)
    } catch (error) {
      if (!abort.signal.aborted) failed.set(part.key, { text: messageOf(error), until: performance.now() + RETRY_MILLISECONDS })
    } finally {
      // Abandoned, it may have been asked for again meanwhile.
      if (flying.get(part.key) === abort) flying.delete(part.key)
      start()
      changed()
    }
  }

  function start() {
    /** @param {string} key */
    const waits = (key) => (failed.get(key)?.until ?? 0) > performance.now()
    for (const part of nextToFetch(queue, new Set(flying.keys()), (key) => isHere(key) || waits(key))) fetchPart(part)
  }

  return {
    /** What the view needs now, most important first; the rest is not waited for. @param {PictureRequest[]} parts */
    want(parts) {
      queue = parts
      const keys = new Set(parts.map(({ key }) => key))
      for (const [key, abort] of flying) {
        if (keys.has(key)) continue
        flying.delete(key)
        abort.abort()
      }
      start()
    },
    /** The picture or plane itself, undefined where it is not here. @param {string} key @returns {any} */
    get: (key) => bitmaps.get(key) ?? loadedPlane(key),
    /** Keep a picture that was made of planes here. */
    put,
    /** What failed may be there now. */
    renewFailed: () => failed.clear(),
    /** Why it cannot be had, "" where it can. @param {string} key */
    error: (key) => failed.get(key)?.text ?? "",
    get busy() { return flying.size + queue.filter(({ key }) => !isHere(key) && !failed.has(key)).length },
    get nbytes() { return bitmaps.nbytes + planeBytes() },
    get requests() { return requests },
  }
}
