// Raw planes by HTTP, kept while there is room. Their addresses hold a version id, so
// what an address has once answered it will always answer.

const MAX_BYTES = 384 * 2 ** 20

const ARRAYS = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array, bool: Uint8Array,
}

const SENT_AS_ANOTHER = ["float16", "int64", "uint64"] // see the server's `little_endian`

/** Whether planes of this dtype can be drawn and read here. */
export function drawable(dtype) {
  return dtype in ARRAYS || SENT_AS_ANOTHER.includes(dtype)
}

const kept = new Map()
let nbytes = 0

/** Return a promise of `{data, width, height, dtype}`. */
export function plane(url) {
  const found = kept.get(url)
  if (found) {
    kept.delete(url)
    kept.set(url, found)
    return found.promise
  }
  const entry = { promise: null, nbytes: 0 }
  entry.promise = load(url).then(
    (result) => {
      entry.nbytes = result.data.byteLength
      nbytes += entry.nbytes
      shrink()
      return result
    },
    (error) => {
      kept.delete(url)
      throw error
    },
  )
  kept.set(url, entry)
  return entry.promise
}

function shrink() {
  for (const [url, entry] of kept) {
    if (nbytes <= MAX_BYTES || kept.size <= 1) return
    if (!entry.nbytes) continue
    nbytes -= entry.nbytes
    kept.delete(url)
  }
}

async function load(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(await reason(answer))
  const dtype = answer.headers.get("X-Dtype")
  const [height, width] = answer.headers.get("X-Shape").split(",").map(Number)
  const buffer = await answer.arrayBuffer()
  const made = new ARRAYS[dtype](buffer)
  if (made.length !== width * height) throw new Error(`The server sent ${made.length} pixels of ${width * height}.`)
  return { data: made, width, height, dtype }
}

/** The server's sentence, where it gave one. */
export async function reason(answer) {
  const text = (await answer.text().catch(() => "")).trim()
  try {
    return JSON.parse(text).error || `The server answered ${answer.status}.`
  } catch {
    return text && text.length < 500 && !text.startsWith("<") ? text : `The server answered ${answer.status}.`
  }
}

/** The address of a plane, from that of any plane of the same field. */
export function planeUrl(template, { level, channel, z, t, projection }) {
  const url = new URL(template, document.baseURI)
  const query = { level, channel, z: projection ? null : z, t, projection: projection || null }
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url.href
}

/** The address of a picture that the server draws, with these channels. */
export function pictureUrl(template, { level, channels, z, t, projection }) {
  const url = new URL(planeUrl(template, { level, channel: null, z, t, projection }))
  url.searchParams.set("channels", spelled(channels))
  return url.href
}

/** The channels that are on, as addresses have them. */
export function spelled(channels) {
  return channels.filter((one) => one.active)
    .map((one) => [one.index, one.color, plainNumber(one.low), plainNumber(one.high), plainNumber(one.gamma)].join(":"))
    .join(";")
}

const plainNumber = (value) => String(Number(Number(value).toPrecision(8)))

/** The values below which `low` and `high` (0 to 1) of the pixels lie, from a sample. */
export function percentiles(data, low, high) {
  const step = Math.max(1, Math.floor(data.length / 65536))
  const sample = []
  for (let at = 0; at < data.length; at += step) if (Number.isFinite(data[at])) sample.push(data[at])
  sample.sort((one, other) => one - other)
  if (!sample.length) return [0, 1]
  const pick = (part) => sample[Math.min(sample.length - 1, Math.max(0, Math.round(part * (sample.length - 1))))]
  const [from, to] = [pick(low), pick(high)]
  return to > from ? [from, to] : [from, from + 1]
}
