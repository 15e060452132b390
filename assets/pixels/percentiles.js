// Where most pixels of a plane lie. Pure.

const SAMPLE = 65536 // pixels; more change the outcome by less than can be seen

/**
 * The values below which `low` and `high` (0 to 1) of the pixels lie, from a sample.
 * @param {ArrayLike<number>} data @param {number} low @param {number} high
 * @returns {[number, number]}
 */
export function percentiles(data, low, high) {
  const step = Math.max(1, Math.floor(data.length / SAMPLE))
  /** @type {number[]} */
  const sample = []
  for (let at = 0; at < data.length; at += step) if (Number.isFinite(data[at])) sample.push(data[at])
  sample.sort((a, b) => a - b)
  if (!sample.length) return [0, 1]
  const pick = (/** @type {number} */ part) => sample[Math.min(sample.length - 1, Math.max(0, Math.round(part * (sample.length - 1))))]
  const [from, to] = [pick(low), pick(high)]
  return to > from ? [from, to] : [from, from + 1]
}
