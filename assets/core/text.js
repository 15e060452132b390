// Numbers, moments and counts as people read them. Pure.

const formats = new Map()

/** Making a format costs a hundred times as much as using it. @param {number} digits */
function formatOf(digits) {
  if (!formats.has(digits)) formats.set(digits, new Intl.NumberFormat("en-US", { maximumSignificantDigits: digits }))
  return formats.get(digits)
}

/** A number for people: four significant digits, grouped, no trailing noise. @param {number | null | undefined} value */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return value.toExponential(2).replace("e+", "e")
  return formatOf(Math.max(4, Math.ceil(Math.log10(size + 1)))).format(value)
}

const whole = new Intl.NumberFormat("en-US")

/** A pixel's value as it is: integers in full, others to the digits of 32 bits. @param {number} value */
export function exact(value) {
  if (Number.isInteger(value)) return whole.format(value)
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : String(value)
}

/** A moment in the reader's zone, its month in letters; what is no time stays as it is. @param {string | number | null | undefined} text */
export function moment(text) {
  const time = new Date(text ?? "")
  return !text || Number.isNaN(time.getTime()) ? String(text || "") : time.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })
}

/** Bytes for people. @param {number} value */
export function bytes(value) {
  for (const [unit, size] of /** @type {[string, number][]} */ ([["GB", 1e9], ["MB", 1e6], ["kB", 1e3]])) {
    if (value >= size) return `${(value / size).toLocaleString("en-US", { maximumSignificantDigits: 3 })} ${unit}`
  }
  return `${value} B`
}

/** "1 field", "2 fields". @param {number} value @param {string} noun */
export function count(value, noun) {
  return `${whole.format(value)} ${noun}${value === 1 ? "" : "s"}`
}
