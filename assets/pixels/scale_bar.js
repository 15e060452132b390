// A bar of a round length, at most a quarter of the picture's width.

import { h } from "../core/dom.js"

/** @type {Record<string, string>} */
const SHORT = { micrometer: "µm", millimeter: "mm", nanometer: "nm", meter: "m", centimeter: "cm", angstrom: "Å" }

/** "µm" for "micrometer"; a unit that is not known stays as it is. @param {string} unit */
export function shortUnit(unit) {
  return SHORT[unit] ?? unit ?? ""
}

/** The longest of 1, 2, 5, 10 ... that is at most `most`. @param {number} most */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most))
  for (const step of [5, 2, 1]) if (step * power <= most) return step * power
  return power
}

/** A length as people read it. @param {number} length @param {string} unit */
function spelled(length, unit) {
  return unit === "micrometer" && length < 1 ? `${Number((length * 1000).toPrecision(3))} nm` : `${Number(length.toPrecision(3))} ${shortUnit(unit)}`
}

/** The bar on thumbnails whose longer side is `across` long: its part of the side, and its length in words.
 *  @param {number} across @param {string} unit @returns {[string, string]} */
export function thumbBar(across, unit) {
  if (!(unit && across > 0)) return ["0", "pixel size unknown"]
  const length = roundLength(across / 4)
  return [`${(100 * length) / across}%`, `bar ${spelled(length, unit)}`]
}

export function scaleBar() {
  const bar = h("i")
  const text = h("span")
  const element = h("div", { class: "scale-bar", hidden: true }, text, bar)
  return {
    element,
    /** `size` is that of one pixel of level 0 in `unit`; without a unit it says so. @param {Viewport} viewport @param {number} size @param {string} unit */
    show(viewport, size, unit) {
      if (!viewport.box) return
      const hasUnit = unit && size > 0
      const perUnit = hasUnit ? viewport.scale / size : viewport.scale
      const length = roundLength((viewport.box[0] / 4) / perUnit)
      element.hidden = false
      bar.style.width = `${length * perUnit}px`
      text.textContent = hasUnit ? spelled(length, unit) : `${length} px, pixel size unknown`
    },
    hide() { element.hidden = true },
  }
}
