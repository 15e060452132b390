// New minus old as one picture. Pure.

// Blue and orange differ for colour-blind eyes, too; what is equal is dark.
const BRIGHTER = [255, 170, 64]
const DARKER = [72, 156, 255]

/** Why two fields cannot be subtracted, "" where they can.
 *  @param {{width: number, height: number} | null} old @param {{width: number, height: number}} corrected */
export function notComparable(old, corrected) {
  if (!old) return "There is no such field yet, so nothing to subtract."
  if (old.width === corrected.width && old.height === corrected.height) return ""
  return `Old is ${old.width} × ${old.height} pixels, new is ${corrected.width} × ${corrected.height}: they cannot be subtracted.`
}

/**
 * The difference of two fields: the mean of the channels, each in parts of its contrast,
 * so that a difference that can be seen side by side is seen here. `differing` is the part of the
 * pixels that are not equal in all channels; null where no channel is in both.
 *
 * @param {Map<number, Plane>} old @param {typeof old} corrected  planes of one size, by channel
 * @param {Pick<Look, "index" | "low" | "high">[]} channels  those that are on
 */
export function difference(old, corrected, channels) {
  const shared = channels.filter(({ index }) => old.has(index) && corrected.has(index))
  if (!shared.length) return null
  const pairs = shared.map(({ index, low, high }) => {
    const [before, after] = [/** @type {Plane} */ (old.get(index)), /** @type {Plane} */ (corrected.get(index))]
    return { before, after, share: 1 / (Math.max(high - low, Number.MIN_VALUE) * shared.length) }
  })
  const { width, height } = pairs[0].after
  if (pairs.some(({ before, after }) => [before, after].some((plane) => plane.width !== width || plane.height !== height))) return null
  const count = width * height
  const sums = new Float32Array(count)
  const unequal = new Uint8Array(count)
  for (const { before, after, share } of pairs) {
    for (let i = 0; i < count; i += 1) {
      const step = after.data[i] - before.data[i]
      if (step === 0 || (Number.isNaN(before.data[i]) && Number.isNaN(after.data[i]))) continue
      unequal[i] = 1
      sums[i] += step * share || 0 // of what is no number nothing can be drawn
    }
  }
  const data = new Uint8ClampedArray(4 * count)
  let differing = 0
  for (let i = 0, at = 0; i < count; i += 1, at += 4) {
    differing += unequal[i]
    const colour = sums[i] > 0 ? BRIGHTER : DARKER
    const strength = Math.min(1, Math.abs(sums[i]))
    for (let part = 0; part < 3; part += 1) data[at + part] = colour[part] * strength
    data[at + 3] = 255
  }
  return { width, height, data, differing: differing / count }
}

/** How much differs, in words: colours say where, not how much. @param {number} part */
export function differingText(part) {
  if (part === 0) return "no pixel differs"
  const percent = 100 * part
  return `${percent < 0.1 ? "under 0.1" : percent >= 99.95 && part < 1 ? "over 99.9" : percent.toFixed(percent < 10 ? 1 : 0)} % of the pixels differ`
}
