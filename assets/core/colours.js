// Colours of data: the ramps are tokens of the theme, here they are only mixed.

import { token } from "./theme.js"

/** The stops of a ramp, "#000000 #ffffff". @param {string} text */
export const stopsOf = (text) => text.split(" ").map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)))

/**
 * The ramp of a kind of scale, as the present theme has it; on the dark stage with `stage`.
 * @param {string} scale @param {Element | undefined} [host] whose tokens they are @param {boolean} [stage]
 */
export function rampOf(scale, host, stage = false) {
  const ramped = ["deviation", "diverging"].includes(scale) ? scale : "sequential"
  return stopsOf(token(`${stage ? "stage-" : ""}${ramped}`, host) || "#808080 #808080")
}

/** The colour at `part`, 0 to 1; beyond it the end's. @param {Rgb[]} stops @param {number} part */
export function mixed(stops, part) {
  const place = Math.min(1, Math.max(0, part)) * (stops.length - 1)
  const below = Math.min(stops.length - 2, Math.floor(place))
  return stops[below].map((shade, i) => Math.round(shade + (stops[below + 1][i] - shade) * (place - below)))
}

/** @param {Rgb} shades */
export const css = (shades) => `rgb(${shades.join(",")})`

/** A ramp as a CSS gradient from left to right. @param {Rgb[]} stops */
export const gradient = (stops) => `linear-gradient(90deg,${stops.map(css).join(",")})`

/** Red, green and blue, 0 to 1, of "RRGGBB". @param {string} color */
export function parts(color) {
  return [0, 2, 4].map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
}
