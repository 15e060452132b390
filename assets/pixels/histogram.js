// Two histograms over each other: paths of an SVG. Pure.

/** How high a share stands: logarithmic, for most pixels of cells are background.
 *  @param {number} share @param {number} least the smallest share that is drawn */
export function heightOf(share, least) {
  if (share < least) return 0
  return 1 + Math.log(share) / -Math.log(least / 2)
}

/**
 * The outline of shares as a path in a box, from the lower left to the lower right.
 * @param {number[]} shares @param {number} width @param {number} height @param {number} [least]
 */
export function outline(shares, width, height, least = 1e-5) {
  if (!shares.length) return ""
  const step = width / shares.length
  const y = (/** @type {number} */ share) => round(height * (1 - Math.max(0, heightOf(share, least))))
  let path = `M0 ${height}`
  let before = NaN
  shares.forEach((share, i) => {
    const at = y(share)
    if (at === before) return
    path += `H${round(i * step)}V${at}`
    before = at
  })
  return `${path}H${width}V${height}`
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10
