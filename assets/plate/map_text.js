// The words of the plate map: a line below it, and a text in each cell for who cannot see it.

import { h, say } from "../core/dom.js"
import { verdictAt, verdictText } from "../review/verdicts.js"
import { isHidden } from "./filtering.js"
import { bareText, chosenText, wellText } from "./well_text.js"

/** @param {MapNow} now @param {ReturnType<typeof import("./grid.js").makeGrid>} grid */
export function makeMapText(now, grid) {
  const element = h("p", { class: "summary soft cut", role: "status", "aria-live": "polite" })
  let waiting = 0 // what will write the cells' texts; 0 where they are right

  const textOf = (/** @type {number} */ index) => wellText(now.plate, now.values, index, {
    ...now.scene.wells[index],
    hidden: isHidden(now.plate.key, now.plate.labels[index]),
    verdict: verdictText(verdictAt(now.plate.labels[index])),
  })

  function summary() {
    const { plate, values, scene } = now
    if (scene.chosen.size > 1) return chosenText(values, scene.chosen)
    if (scene.selected < 0) return plate.banner || " "
    return [textOf(scene.selected), ...(plate.conditions[scene.selected] ?? []).map(([name, value]) => `${name} ${value}`)].join(" · ")
  }

  return {
    element,
    /** Of one line; what does not fit is in its title. */
    summarise() {
      if (!now.plate) return
      const text = summary()
      say(element, text)
      element.title = text
    },
    /** The wells are painted first: what a screen reader reads out takes longer to write. */
    describe() {
      if (waiting) return
      waiting = requestAnimationFrame(() => {
        waiting = setTimeout(() => {
          waiting = 0
          if (now.plate) grid.describe(textOf, (index) => bareText(now.values, now.values?.values[index]))
        })
      })
    },
  }
}
