// Addresses of planes and pictures, spelled as the server spells them
// (`dashboard/addresses.py`; a test holds both against each other): the same picture has
// one address, so that it is fetched and drawn once. Pure.

/** Keys of a query in the order in which they stand. */
const ORDER = ["size", "level", "channel", "v", "channels", "z", "t", "projection", "acquisition", "region", "label", "field", "soon"]

/** The address of a plane, from that of any plane of the same field.
 * @param {string} template @param {Depth & {level: number, channel: number, region?: string | null}} plane */
export function planeUrl(template, { level, channel, region = null, ...depth }) {
  return changed(template, { level, channel, region, ...spelledDepth(depth) })
}

/** The address of a picture that the server draws, with these channels, from any of the same field.
 * @param {string} template @param {Depth & {level?: number | null, channels: string, region?: string | null}} picture */
export function pictureUrl(template, { level = null, channels, region = null, ...depth }) {
  return changed(template, { level, channels, region, ...spelledDepth(depth) })
}

/** The address of a well's sprite. @param {string} template @param {Depth & {channels: string}} sprite */
export function spriteUrl(template, { channels, ...depth }) {
  return changed(template, { channels, ...spelledDepth(depth) })
}

/** A projection is over all z, so no z is named beside it. @param {Depth} depth @returns {Query} */
const spelledDepth = ({ z, t, projection }) => ({ z: projection ? null : z, t, projection: projection || null })

/** The channels that are on, as addresses have them. @param {Look[]} channels */
export function spelled(channels) {
  return channels.filter(({ active }) => active ?? true)
    .map(({ index, color, low, high, gamma = 1 }) => [index, color.toUpperCase(), general(low, 10), general(high, 10), general(gamma, 4)].join(":"))
    .join(";")
}

/**
 * A number with so many significant digits, as C's `%g` writes it: without trailing
 * zeros, with an exponent below 1e-4 and where it has more digits before the point.
 * @param {number} value @param {number} digits
 */
export function general(value, digits) {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0"
  const [mantissa, power] = value.toExponential(digits - 1).split("e")
  const exponent = Number(power)
  if (exponent >= -4 && exponent < digits) return String(Number(value.toPrecision(digits)))
  return `${Number(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`
}

/** An address with other values in its query; null takes a key away. @param {string} address @param {Query} changes */
export function changed(address, changes) {
  const [path, query = ""] = address.split("?")
  /** @type {[string, string][]} */
  const pairs = [...new URLSearchParams(query)].filter(([name]) => !(name in changes))
  for (const [name, value] of Object.entries(changes)) {
    if (value !== null && value !== undefined) pairs.push([name, String(value)])
  }
  const place = (/** @type {string} */ name) => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1)
  pairs.sort(([a], [b]) => place(a) - place(b))
  return pairs.length ? `${path}?${pairs.map(([name, value]) => `${quoted(name)}=${quoted(value)}`).join("&")}` : path
}

/** As Python's `quote_plus(..., safe=":;,")`. @param {string} text */
function quoted(text) {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, "+").replace(/%3A/g, ":").replace(/%3B/g, ";").replace(/%2C/g, ",")
}
