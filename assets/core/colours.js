// Colours of data. Viridis (CC0, by Smith and van der Walt): equal steps look equal,
// also in grey and to colour-blind eyes.

const VIRIDIS =
  "440154 460c5f 47186a 482273 472c7b 453681 424085 3e4989 3a528b 365a8c 32628d 2f6a8d " +
  "2c728e 287a8e 26818e 23898d 20908c 1e978a 1e9e88 21a685 27ad80 30b47a 3dbb74 4bc26c " +
  "5bc862 6dce58 81d34c 95d73f aadb32 bfdf24 d4e11a e9e419 fde724"

const STOPS = VIRIDIS.split(" ").map((text) => [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16)))

// Blue over white to orange: for what has a zero, such as scores.
const DIVERGING = "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fee0b6 fdb863 e08214 b35806 7f3b08"
const DIVERGING_STOPS = DIVERGING.split(" ").map((text) => [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16)))

/** The CSS colour at `part`, 0 to 1; beyond it the end's colour.
 *  @param {number} part */
export function ramp(part, diverging = false) {
  const stops = diverging ? DIVERGING_STOPS : STOPS
  const place = Math.min(1, Math.max(0, part)) * (stops.length - 1)
  const below = Math.min(stops.length - 2, Math.floor(place))
  const mixed = stops[below].map((shade, i) => Math.round(shade + (stops[below + 1][i] - shade) * (place - below)))
  return `rgb(${mixed.join(",")})`
}

/** The whole ramp as a CSS gradient from left to right. */
export function gradient() {
  return `linear-gradient(90deg,${STOPS.map((stop) => `rgb(${stop.join(",")})`).join(",")})`
}

/** The diverging ramp as a CSS gradient. */
export function divergingGradient() {
  return `linear-gradient(90deg,${DIVERGING_STOPS.map((stop) => `rgb(${stop.join(",")})`).join(",")})`
}

/** Red, green and blue, 0 to 1, of "RRGGBB". @param {string} color */
export function parts(color) {
  return [0, 2, 4].map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
}
