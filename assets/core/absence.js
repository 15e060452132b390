// Whether the plate that is open can be reached, for all parts of a page: while it cannot,
// they show it as it was last seen.

import { listen, tell } from "./bus.js"
import { h, say } from "./dom.js"
import { moment } from "./text.js"

/** Since when, "" while the plate is there. */
export const absence = { since: "" }

/** @param {string} since */
export function setAbsence(since) {
  if (absence.since === since) return
  absence.since = since
  tell("absence", since)
}

/** Call `again` when the plate is there again. @param {() => void} again */
export const onReturn = (again) => listen("absence", (since) => { if (!since) again() })

/** What has happened, why, and what to do. @param {AbsenceText} text @param {(time: string) => string} format */
export function absenceText({ since, reason, moved_to: key }, format = moment) {
  const toDo = key
    ? `The same plate is served as ${key}: open that one.`
    : "Check that its network share is mounted and that its folder has not been renamed."
  return `The plate cannot be reached since ${format(since)}: ${reason} ${toDo} You see its last known state; what you typed is kept. `
    + "The page goes on by itself when the plate is there again."
}

/** A tag for what was read of the plate before: there while the plate is not. */
export function lastSeen() {
  const tag = h("span", { class: "tag warn last-seen", hidden: true })
  const show = () => {
    say(tag, "as last seen")
    tag.title = absence.since ? `As last seen, ${moment(absence.since)}` : ""
    tag.hidden = !absence.since
  }
  listen("absence", show)
  show()
  return tag
}
