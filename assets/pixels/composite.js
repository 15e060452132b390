// Planes become one picture in the browser, pixel for pixel as the server draws it.

import { parts } from "../core/colours.js"

/** @type {Record<string, number>} */
const BITS = { uint8: 8, bool: 8, uint16: 16 }

/** What decides a composite: settings of the channels that are on. @param {Look[]} channels */
export function lookOf(channels) {
  return channels.map((channel) => [channel.index, channel.color, channel.low, channel.high, channel.gamma ?? 1].join(":")).join(";")
}

/** @param {number} value @param {Look} look */
function grey(value, { low, high, gamma = 1 }) {
  const span = high - low
  if (!(span > 0)) return value > low ? 255 : 0
  const part = Math.min(1, Math.max(0, (value - low) / span))
  return Math.floor((gamma === 1 ? part : part ** gamma) * 255 + 0.5) || 0
}

const tables = new Map()

/** For each pixel value what a channel adds to red, green and blue. @param {number} bits @param {Look} channel */
function table(bits, channel) {
  const key = `${bits}:${lookOf([channel])}`
  const stored = tables.get(key)
  if (stored) return stored
  const weights = parts(channel.color).map((part) => Math.round(part * 255))
  const columns = weights.map(() => new Uint8Array(1 << bits))
  for (let value = 0; value < 1 << bits; value += 1) {
    const shade = grey(value, channel)
    weights.forEach((weight, i) => { columns[i][value] = Math.floor((shade * weight) / 255) })
  }
  if (tables.size > 48) tables.clear()
  tables.set(key, columns)
  return columns
}

/** An ImageData of planes of one size, each with its channel's colour and contrast.
 *  @param {Plane[]} planes @param {Look[]} channels */
export function composite(planes, channels) {
  const [{ width, height }] = planes
  const picture = new ImageData(width, height)
  const out = picture.data
  const count = width * height
  planes.forEach(({ data, dtype }, index) => {
    const channel = channels[index]
    const bits = BITS[dtype]
    if (bits) {
      const [red, green, blue] = table(bits, channel)
      for (let i = 0, at = 0; i < count; i += 1, at += 4) { // a clamped array ends at 255
        const value = data[i]
        out[at] += red[value]
        out[at + 1] += green[value]
        out[at + 2] += blue[value]
      }
    } else {
      const [red, green, blue] = parts(channel.color)
      for (let i = 0, at = 0; i < count; i += 1, at += 4) {
        const shade = grey(data[i], channel)
        out[at] += Math.floor(shade * red)
        out[at + 1] += Math.floor(shade * green)
        out[at + 2] += Math.floor(shade * blue)
      }
    }
  })
  for (let at = 3; at < out.length; at += 4) out[at] = 255
  return picture
}
