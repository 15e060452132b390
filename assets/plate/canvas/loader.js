// Pictures and pixels for the plate canvas: only what is in view is asked for, a few at a
// time; what has left the view is abandoned, and what is kept has a bound in bytes.

import { reason } from "../../pixels/planes.js"

const AT_ONCE = 4
const RETRY_MILLISECONDS = 5000
export const MAX_BYTES = 256 * 2 ** 20

const ARRAYS = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, bool: Uint8Array,
}

/**
 * Make a store that calls `changed` when something has come.
 *
 * A wanted thing is `{key, url, kind}`: an "image" becomes an ImageBitmap, a "plane"
 * `{data, width, height, dtype}`, "json" what it holds. Earlier ones are fetched first.
 */
export function makeStore(changed) {
  const kept = new Map() // key -> {value, nbytes}, least recently used first
  const flying = new Map() // key -> AbortController
  const failed = new Map() // key -> {text, until}
  let wanted = []
  let nbytes = 0
  let stopped = false
  let requests = 0

  function keep(key, value, size) {
    drop(key)
    kept.set(key, { value, nbytes: size })
    nbytes += size
    const needed = new Set(wanted.map((one) => one.key))
    for (const [old] of kept) {
      if (nbytes <= MAX_BYTES) break
      if (old !== key && !needed.has(old)) drop(old)
    }
    for (const [old] of kept) { // even what is in view, if it is too much
      if (nbytes <= MAX_BYTES || old === key) break
      drop(old)
    }
  }

  function drop(key) {
    const found = kept.get(key)
    if (!found) return
    kept.delete(key)
    nbytes -= found.nbytes
    found.value?.close?.()
  }

  async function fetchOne({ key, url, kind }) {
    const abort = new AbortController()
    flying.set(key, abort)
    requests += 1
    try {
      const answer = await fetch(url, { signal: abort.signal })
      if (!answer.ok) throw new Error(decodeURIComponent(answer.headers.get("X-Error") ?? "") || await reason(answer))
      if (kind === "json") keep(key, await answer.json(), 2048)
      else if (kind === "image") {
        const bitmap = await createImageBitmap(await answer.blob())
        keep(key, bitmap, bitmap.width * bitmap.height * 4)
      } else {
        const [height, width] = answer.headers.get("X-Shape").split(",").map(Number)
        const dtype = answer.headers.get("X-Dtype")
        const data = new ARRAYS[dtype](await answer.arrayBuffer())
        keep(key, { data, width, height, dtype }, data.byteLength)
      }
      failed.delete(key)
    } catch (error) {
      if (error.name !== "AbortError") failed.set(key, { text: String(error.message || error), until: performance.now() + RETRY_MILLISECONDS })
    } finally {
      if (flying.get(key) === abort) flying.delete(key)
      if (!stopped) {
        start()
        changed()
      }
    }
  }

  function start() {
    for (const one of wanted) {
      if (flying.size >= AT_ONCE) return
      if (kept.has(one.key) || flying.has(one.key)) continue
      if ((failed.get(one.key)?.until ?? 0) > performance.now()) continue
      fetchOne(one)
    }
  }

  return {
    /** What the view needs now, most important first; the rest is not waited for. */
    want(list) {
      wanted = list
      const keys = new Set(list.map((one) => one.key))
      for (const [key, abort] of flying) {
        if (keys.has(key)) continue
        flying.delete(key)
        abort.abort()
      }
      start()
    },
    /** The thing itself, undefined where it is not here. */
    get(key) {
      const found = kept.get(key)
      if (!found) return undefined
      kept.delete(key) // to the end: used last
      kept.set(key, found)
      return found.value
    },
    /** Keep what was made of other things here. */
    put: keep,
    /** Why it cannot be had, "" where it can. */
    error: (key) => failed.get(key)?.text ?? "",
    get busy() { return flying.size + wanted.filter((one) => !kept.has(one.key) && !failed.has(one.key)).length },
    get nbytes() { return nbytes },
    get requests() { return requests },
    dispose() {
      stopped = true
      for (const abort of flying.values()) abort.abort()
      for (const key of [...kept.keys()]) drop(key)
    },
  }
}
