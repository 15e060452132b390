// The line of the verdict bar that leads from well to well, and says how far the review is.

import { ask, listen } from "../core/bus.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { keyed } from "../core/keyed.js"
import { bar, fillBar, options } from "../core/parts.js"
import { preference, setPreference } from "../core/storage.js"
import { count } from "../core/text.js"
import { VERDICT_NAMES } from "../core/verdict_table.js"
import { filtering, isHidden } from "../plate/filtering.js"
import { ORDERS, arrange, nextWell, wellBefore } from "./queue.js"
import { review } from "./verdicts.js"

/** @param {{shown: () => VerdictNow | null, hint: (text: string) => void}} its  what the bar shows, null where no plate is */
export function queueLine({ shown, hint }) {
  /** @type {Set<string>} */
  const skipped = new Set() // judged here, and the server's answer is still to come
  const previous = keyed(h("button", { class: "small square", "aria-label": "Previous suspect", click: () => go(-1) }, icon("back")), "previous", "Previous suspect")
  const next = keyed(h("button", { class: "small hcs-queue", click: () => go(1) }), "next", "Next suspect or unreviewed well")
  const order = h("select", { class: "hcs-queue-order", "aria-label": "Order of the queue", title: "Order of the queue", change: () => setPreference("order", order.value) }, options(ORDERS))
  const progress = h("span", { class: "soft small cut" })
  const judgedBar = bar()
  order.value = ORDERS.some(([value]) => value === preference("order")) ? preference("order") : "suspicion"

  /** @param {VerdictNow} now */
  const judgedIn = (now) => (/** @type {string} */ label) => {
    const entry = now.verdicts[label]
    return skipped.has(label) || Boolean(entry?.[0] && !entry[1])
  }

  /** @param {VerdictNow} now */
  const leftOut = (now) => (/** @type {string} */ label) => filtering.skip && isHidden(now.plate, label)
  /** @param {VerdictNow} now @param {string} from */
  const following = (now, from) => nextWell(arrange(now, order.value), new Set(now.suspects), from, judgedIn(now), leftOut(now))

  /** @param {number} step */
  function go(step) {
    const now = shown()
    if (!now) return false
    const from = review.selected || now.well
    const label = step > 0 ? following(now, from) : wellBefore(arrange(now, order.value), from, leftOut(now))
    if (label) ask("choose", label)
    else hint(filtering.hidden.size && filtering.skip ? "Every well that the filter shows is judged." : "Every well of this plate is judged.")
    return true
  }

  listen("queue", go)

  return {
    element: h("div", { class: "row line queue" }, previous, next, order, h("span", { class: "progress grow" }, progress, judgedBar)),
    /** Go on from a well that was judged just now. @param {string} from  its label */
    advance(from) {
      const now = shown()
      if (!now) return
      skipped.add(from)
      const label = following(now, from)
      const suspects = new Set(now.suspects)
      // After the last suspect one stays: what follows is all the rest.
      if (!label || (suspects.has(from) && !suspects.has(label))) return
      ask("choose", label)
    },
    /** Verdicts on these wells were not saved. @param {string[]} labels */
    putBack: (labels) => labels.forEach((label) => skipped.delete(label)),
    /** Every verdict has its answer. */
    settle: () => skipped.clear(),
    /** @param {VerdictNow} now */
    show(now) {
      const judged = judgedIn(now)
      const open = now.suspects.filter((label) => !judged(label)).length
      fill(next, open ? `Next of ${count(open, "suspect")}` : now.reviewed < now.total ? "Next unreviewed" : "All judged", icon("forward"))
      const bases = now.bases.unseen ? `, ${now.bases.unseen} in bulk` : ""
      const stale = now.stale ? `, ${now.stale} stale` : ""
      say(progress, `${now.reviewed} of ${now.total} judged${bases}${stale}, ${now.seen ?? 0} seen`)
      set(progress, { title: `${VERDICT_NAMES.map((verdict) => `${now.counts[verdict]} ${verdict}`).join(", ")}. Seen by you since you opened the plate: a field opened, the well's thumbnails, or a field in a montage. Seen is not judged.` })
      fillBar(judgedBar, now.reviewed, now.total)
    },
  }
}
