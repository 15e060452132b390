// Corrections that wait, because their plate cannot be written: beside what is there, and
// never part of it.

import { fill, h, say } from "../core/dom.js"
import { complain, complaint, notice } from "../core/parts.js"
import { moment } from "../core/text.js"

/** @param {PartContext} context @returns {Part<"pending">} */
export function build({ el, send }) {
  const list = h("ul", { class: "pending" })
  const title = h("h2", { class: "grow" })
  const save = h("a", { class: "button small hcs-pending-export", download: "" }, "Export as zip")
  const note = h("p", { class: "small soft" }, "This plate cannot be written: these are in the workspace, and in no value, statistic or report. The zip is taken where the plate is written, by: hcs correct PLATE PENDING.zip --reason …")
  const refused = complaint()
  el.append(h("section", { class: "panel hcs-pending", "aria-label": "Pending corrections" }, h("header", title, save), h("div", { class: "body" }, note, refused, list)))

  /** @param {string} address @param {string} name @param {string} text */
  const picture = (address, name, text) => h("figure", address ? h("img", { src: address, alt: name, loading: "lazy", width: "112", height: "112" }) : h("span", { class: "none" }, "nothing there"), h("figcaption", text))

  /** @param {Shown<"pending">["list"][number]} each @param {Barred} barred */
  function row(each, barred) {
    return h("li", { dataset: { well: each.well, field: each.field, pending: each.id } },
      h("div", { class: "row" }, h("b", { class: "grow cut", title: each.action }, each.action), h("span", { class: "tag warn" }, "pending")),
      h("div", { class: "pair" }, picture(each.present, "Present picture", "present"), picture(each.picture, "Pending correction", "pending")),
      h("div", { class: "small soft" }, `${each.who} · ${moment(each.when)}`),
      h("div", { class: "small why" }, `“${each.why}”`),
      h("div", { class: "small soft cut", title: each.source }, `from ${each.source}`),
      each.outdated ? notice("warn small", "The field has changed since.") : null,
      h("div", { class: "row" }, h("button", { class: "small", click: () => send("show", { well: each.well, field: each.field }) }, "Go there"),
        discarding(each.id, barred.discard)))
  }

  /** It is kept nowhere else: so the button asks once more. @param {string} id @param {string | undefined} reason */
  function discarding(id, reason) {
    let asked = false
    const button = h("button", { class: "small hcs-pending-discard", disabled: Boolean(reason), title: reason || "", click: () => {
      if (asked) return send("discard", { pending: id })
      asked = true
      return say(button, "Discard for good")
    },
    blur: () => { asked = false; say(button, "Discard") } }, "Discard")
    return button
  }

  return {
    content(next) {
      say(title, `Pending corrections: ${next.list.length + next.more}`)
      save.setAttribute("href", next.export)
      complain(refused, next.refused[1])
      fill(list, next.list.map((each) => row(each, next.barred)), next.more ? h("li", { class: "soft" }, `and ${next.more} more`) : null)
    },
  }
}
