// Others at the same well: two verdicts at once are no harm, but may be a surprise.

import { h, say } from "../core/dom.js"
import { review } from "./verdicts.js"

export function makeNearby() {
  const element = h("p", { class: "small others", role: "status", hidden: true })

  return {
    element,
    /** Say who else is at a well. @param {string | undefined} well */
    show(well) {
      const people = well ? review.others.filter((person) => person.well === well) : []
      element.hidden = !people.length
      const deciding = people.filter((person) => person.deciding)
      const names = (deciding.length ? deciding : people).map((person) => person.who || "somebody").join(", ")
      say(element, people.length ? `${names} ${deciding.length ? "is about to judge" : "is looking at"} ${well} too` : "")
      element.classList.toggle("deciding", deciding.length > 0)
    },
  }
}
