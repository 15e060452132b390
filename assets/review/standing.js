// What the verdict bar says of what is open: which verdict holds, and why it is suspect.

import { fill, h, say, set } from "../core/dom.js"
import { subjectOf, subjectText, wellOf } from "./subject.js"
import { review, verdictParts } from "./verdicts.js"

const MANY = "one verdict for all of them; those that you did not open are recorded as not looked at"

const soft = (/** @type {string} */ text) => h("span", { class: "soft" }, text)

export function makeStanding() {
  const line = h("p", { class: "standing" }) // the map tells of the well, the toast of the verdict
  const why = h("p", { class: "why soft small cut" })

  return {
    element: h("div", { class: "about" }, line, why),
    /** @param {VerdictSight} sight */
    show(sight) {
      const { now, chosen } = sight
      fill(line, h("b", subjectText(sight)), " ", ...verdictLine(sight),
        now.blind ? h("span", { class: "tag accent", title: "You do not see the other's verdicts, and the other not yours." }, "blind review") : null)
      const text = chosen.length < 2 && now.well && now.well === wellOf(sight) ? now.why : ""
      say(why, text)
      set(why, { title: text })
      why.hidden = !text
    },
  }
}

/** @param {VerdictSight} sight @returns {Child[]} */
function verdictLine(sight) {
  const { now, chosen, whole } = sight
  if (chosen.length > 1) return [soft(MANY)]
  const well = wellOf(sight)
  const waits = well && whole ? review.waiting.get(well) : ""
  if (waits) return [h("span", { class: "word waits" }, waits), h("span", { class: "tag warn" }, "not saved yet")]
  if (well && now.well !== well) return []
  const { held } = subjectOf(sight)
  const parts = held ? verdictParts(held) : [soft("not judged")]
  const failed = whole && well ? now.fields.filter((verdict) => verdict.verdict !== "pass") : []
  return failed.length ? [...parts, soft(` · ${failed.map((verdict) => `${verdict.name} ${verdict.verdict}`).join(", ")}`)] : parts
}
