// Numbers of a project that are set one by one: by channel, or by metric.

import { barredBy, fill, h, say, set } from "../core/dom.js"
import { novelty, renew } from "../core/parts.js"

/** @typedef {{id: string, name: string, title: string, label: string, value: number | null, least: number, most: number | null, step: string, placeholder: string, about: string}} Level */

/** Lines of a name, a box and a word on where its number comes from. An empty box is null.
 *  @param {HTMLElement} element  that holds them @param {string} title @param {(plate: string, id: string, value: number | null) => void} keep */
export function levels(element, title, keep) {
  /** @type {Map<string, {input: HTMLInputElement, about: HTMLElement}>} */
  const lines = new Map()
  const isNew = novelty()

  /** @param {string} plate @param {Level} level */
  function line(plate, { id, name, title, label, least, most, step, placeholder }) {
    const input = h("input", { type: "number", min: least, max: most, step, placeholder, "aria-label": label, change: () => keep(plate, id, input.value === "" ? null : Number(input.value)) })
    const about = h("span", { class: "soft" })
    lines.set(id, { input, about })
    return h("div", { class: "clip", dataset: { level: id } }, h("span", { class: "cut", title }, name), input, about)
  }

  return {
    /** Boxes stay while they are of the same: somebody may be typing in one. @param {string} plate @param {Level[]} all @param {string | undefined} barred */
    show(plate, all, barred) {
      if (isNew(plate, all.map(({ id, name, placeholder }) => [id, name, placeholder]))) fill(element, h("div", title), all.map((level) => line(plate, level)))
      for (const { id, value, about: text } of all) {
        const { input, about } = /** @type {{input: HTMLInputElement, about: HTMLElement}} */ (lines.get(id))
        renew(input, value)
        set(input, barredBy(barred))
        say(about, text)
        set(about, { title: text })
      }
    },
  }
}
