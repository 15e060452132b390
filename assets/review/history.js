// The versions of a field, the live one marked; each of the others can be brought back,
// by whoever says why.

import { listen, reviewer, tell } from "../core/bus.js"
import { fill, h, icon, set } from "../core/dom.js"
import { complain, complaint } from "../core/parts.js"
import { moment } from "../core/text.js"
import { reasonDialog } from "../core/reason_dialog.js"

export const sheets = ["review/history.css", "review/signoff.css"]

/** @param {PartContext} context @returns {Part<"history">} */
export function build({ el, send, hide }) {
  /** @type {FieldHistory | undefined} */
  let content // of a field
  const list = h("ol", { class: "versions" })
  const note = complaint()
  const title = h("h2", { class: "grow cut" })
  const section = h("section", { class: "panel hcs-history", tabindex: "-1", "aria-label": "Versions of the field" }, h("header", title), h("div", { class: "body" }, note, list))

  const asking = reasonDialog({
    about: "The present version is kept, so that this can be undone in the same way. The reason stands in the history.", example: "the first was right", look: "revert", act: "Revert",
  }, (reason) => send("revert", { ...chosen, reason }))
  el.append(section, asking.dialog)
  /** @type {{version: string, field: string, well: string, plate: string} | null} */
  let chosen = null // what the dialog is about

  /** @param {FieldVersion} version @param {number} number @returns {unknown} */
  function ask(version, number) {
    if (!reviewer.name) return tell("ask-name", () => ask(version, number))
    if (!content) return undefined
    const { field, well, plate, label } = content
    chosen = { version: version.id, field, well, plate }
    return asking.ask(`Revert ${well} ${label} to v${number}`)
  }

  /** The start of a digest; a press copies all of it, or shows it where a browser does not copy. @param {string} text */
  function digest(text) {
    const button = h("button", { class: "plain soft digest", title: `Digest of its pixels: ${text}. Copy it`, click: () => {
      if (!navigator.clipboard) return fill(button, text)
      return navigator.clipboard.writeText(text).then(() => tell("hint", "The digest is copied."), () => fill(button, text))
    } }, text.replace(/(?<=[0-9a-f]{12})[0-9a-f]+$/, "…"))
    return button
  }

  /** @param {FieldVersion} version @param {number} number */
  function row(version, number) {
    const reason = content?.barred.revert
    const button = version.live ? null : h("button", {
      class: "small hcs-revert", disabled: Boolean(reason) || !version.available || Boolean(content?.busy),
      title: reason ? reason : version.available ? (reviewer.name ? "Make this the live version again; nothing is lost" : "Enter your name at the top first") : "Its pixels are no longer there",
      dataset: { version: version.id }, click: () => ask(version, number),
    }, icon("undo"), "Revert to this")
    return h("li", { class: version.live ? "live" : "", dataset: { version: version.id } }, thumb(version, number), h("div", { class: "event" },
      h("div", { class: "row" }, h("b", { class: "no" }, `v${number}`), h("span", { class: "grow cut" }, words(version)), version.live ? h("span", { class: "tag accent" }, "live") : null, button),
      h("div", { class: "small soft" }, [version.who && `${version.who}${KNOWN[version.known] ?? ""}`, moment(version.when)].filter(Boolean).join(" · ") || "not recorded"),
      version.why ? h("div", { class: "small why" }, `“${version.why}”`) : null,
      version.source ? h("div", { class: "small soft cut", title: version.source }, `from ${version.source}`) : null,
      version.digest ? digest(version.digest) : null))
  }

  /** @param {FieldVersion} version @param {number} number */
  function thumb(version, number) {
    if (!version.thumb) return h("span", { class: "thumb none" }, version.available ? "no picture" : "purged")
    const none = () => image.replaceWith(h("span", { class: "thumb none" }, "no picture"))
    const image = h("img", { src: version.thumb, alt: `Version ${number}`, loading: "lazy", width: "48", height: "48", class: "thumb", error: none })
    return image
  }

  function show() {
    hide(!content)
    if (!content) return
    const { versions } = content
    fill(title, `Versions of ${content.well} ${content.label}`)
    complain(note, content.error)
    const total = versions.length
    // What is below stays in its place until they have come.
    set(list, { style: { "min-height": content.loading ? `${list.offsetHeight}px` : "" } })
    fill(list, versions.map((version, i) => row(version, total - i)))
    if (!total && !content.error) fill(list, h("li", { class: "soft" }, content.loading ? "Loading…" : "This is the original image; it was never corrected."))
  }

  listen("reviewer", show)
  listen("show-history", () => {
    if (!content) return false
    section.scrollIntoView({ block: "nearest" })
    ;(/** @type {HTMLElement | null} */ (section.querySelector("button:not(:disabled)")) ?? section).focus()
    return true
  })
  return {
    content(next) {
      content = "well" in next ? next : undefined
      if (chosen?.field !== content?.field || chosen?.well !== content?.well || chosen?.plate !== content?.plate) asking.dialog.close()
      set(section, { "aria-busy": Boolean(content?.busy) })
      show()
    },
  }
}

/** How a name is known, where somebody must know: a login is of the computer that wrote. */
/** @type {Record<string, string>} */
const KNOWN = { typed: " (typed)", login: "", proxy: "", "sign-in": "" }

/** @type {Record<string, string>} */
const WORDS = { write: "Original", import: "Imported", replace: "Replaced", add: "Added", revert: "Reverted", first: "Original", correct: "Replaced", stage: "Replaced", commit: "Replaced" }

/** @param {FieldVersion} version */
function words(version) {
  return WORDS[version.action] ?? (version.action ? version.action[0].toUpperCase() + version.action.slice(1) : "Original")
}
