// Where a new plate comes from: a zip that is uploaded, or a folder of the server.

import { tell } from "../core/bus.js"
import { barredBy, fill, h, icon, say } from "../core/dom.js"
import { bar, fileBox, novelty, signButton } from "../core/parts.js"
import { chosenFiles } from "../core/drops.js"
import { withWords } from "../core/search.js"
import { bytes, count } from "../core/text.js"
import { cancel, sendFiles, underWay, uploads } from "../core/uploads.js"
import { refusedFiles } from "./add_plate_text.js"
import { stateText } from "./upload_text.js"

const ICONS = /** @type {Record<string, Sign>} */ ({ folder: "folder", export: "folder", zip: "file", plate: "check", link: "link" })

/** Send zips, or say why they are none. @param {GivenFile[]} files */
export function uploadZips(files) {
  const refused = refusedFiles(files)
  if (refused) return tell("hint", refused)
  sendFiles(files, { purpose: "plate" }).catch((error) => tell("hint", error.message))
  return undefined
}

/** @param {Send} send */
export function sourceChooser(send) {
  /** @type {AddPlateShown} */
  let now
  const input = fileBox({ multiple: false, accept: ".zip,application/zip", class: "hcs-add-zip" }, (files) => uploadZips(chosenFiles(files)))
  const choose = h("label", { class: "button" }, icon("upload"), "Choose a zip", input)
  const sent = h("ul", { class: "sent" })
  const crumbs = h("nav", { class: "row wrap crumbs", "aria-label": "Folder" })
  const find = h("input", { type: "text", "aria-label": "Find in this folder", placeholder: "Find", spellcheck: "false", input: () => showEntries() })
  const use = h("button", { class: "small", click: () => send("pick", { id: now.listing?.path.at(-1)?.[0] }) }, "Take this folder")
  const entries = h("ul", { class: "entries", "aria-label": "Folders and zips" })
  const more = h("p", { class: "soft small" })
  const none = h("p", { class: "soft" }, "This server offers no folder to pick from. It is started with --add-from FOLDER for that.")
  const browser = h("div", { class: "browser" }, h("div", { class: "row" }, crumbs, h("span", { class: "grow" }), find, use), entries, more)
  const element = h("div", { class: "sources" },
    h("section", { "aria-label": "Upload a zip" }, h("h3", "Upload a zip"),
      h("p", { class: "soft" }, "A zip of the export folder of the microscope. Drop it here, or choose it; an interrupted upload resumes where it stopped."), choose, sent),
    h("section", { "aria-label": "Pick a folder of the server" }, h("h3", "Or pick a folder of the server"), none, browser))

  function showUploads() {
    fill(sent, uploads.filter((entry) => entry.purpose === "plate").map((entry) => {
      const whole = ["received", "unused", "reading"].includes(entry.state)
      return h("li", { dataset: { upload: entry.id, state: entry.state } },
        h("div", { class: "row" }, icon("file"), h("b", { class: "cut grow", title: entry.name }, entry.name), h("span", { class: "small soft cut", role: "status" }, `${bytes(entry.size)}, ${stateText(entry)}`),
          whole ? h("button", { class: "small primary", "aria-label": `Look at it: ${entry.name}`, click: () => send("upload", { id: entry.id }) }, "Look at it") : null,
          signButton("close", `${underWay(entry) ? "Cancel" : "Discard"} ${entry.name}`, () => cancel(entry))),
        underWay(entry) ? bar("", entry.offset, entry.size) : null)
    }))
  }

  /** @param {{id: string, name: string, kind: string, note: string}} entry */
  function row(entry) {
    const opens = entry.kind === "folder" || entry.kind === "export"
    const name = opens
      ? h("button", { class: "plain name cut", title: entry.name, "aria-label": `Open ${entry.name}`, click: () => send("list", { id: entry.id }) }, icon(ICONS[entry.kind]), h("span", { class: "cut" }, entry.name), icon("forward"))
      : h("span", { class: "row name cut" }, icon(ICONS[entry.kind]), h("span", { class: "cut", title: entry.name }, entry.name))
    return h("li", { class: "row", dataset: { kind: entry.kind } }, name, h("span", { class: "grow" }),
      entry.note ? h("span", { class: entry.kind === "export" ? "tag accent" : "tag" }, entry.note) : null,
      entry.id ? h("button", { class: entry.kind === "folder" ? "small" : "small primary", "aria-label": `Look at it: ${entry.name}`, ...barredBy(now.barred.pick), click: () => send("pick", { id: entry.id }) }, "Look at it") : null)
  }

  function showEntries() {
    const listing = now.listing
    if (!listing) return
    const shown = withWords(listing.entries, find.value, ({ name }) => name)
    fill(entries, shown.length ? shown.map(row) : h("li", { class: "soft" }, listing.entries.length ? "No match." : "There is no folder and no zip here."))
    say(more, listing.more ? `and ${count(listing.more, "other")} that ${listing.more === 1 ? "is" : "are"} not listed: open a folder further down.` : "")
  }

  const isNew = novelty()
  function showFolders() {
    const { roots, listing } = now
    none.hidden = roots.length > 0
    browser.hidden = !roots.length
    if (!isNew(roots, listing, now.barred)) return
    const focused = /** @type {ShadowRoot | Document} */ (element.getRootNode()).activeElement
    const inside = focused !== null && (entries.contains(focused) || crumbs.contains(focused))
    /** @param {string} id @param {string} name @param {boolean} last */
    const crumb = (id, name, last) => h("button", { class: "plain small", "aria-current": last ? "location" : null, click: () => send("list", { id }) }, name)
    const path = listing ? listing.path : []
    const others = roots.filter(([id]) => id !== path[0]?.[0])
    fill(crumbs, path.flatMap(([id, name], at) => [at ? h("span", { class: "soft", "aria-hidden": "true" }, "/") : null, crumb(id, name, at === path.length - 1)]))
    find.hidden = !listing
    use.hidden = !listing
    find.value = ""
    if (listing) showEntries()
    else fill(entries)
    // What was opened is gone from the list: the keys go on at the first thing in it.
    const next = /** @type {HTMLElement | null} */ (entries.querySelector("button") ?? crumbs.lastElementChild)
    if (inside) next?.focus()
    entries.append(...(path.length < 2 ? others.map(([id, name]) => row({ id, name, kind: "folder", note: listing ? "another folder" : "" })) : []))
  }

  return {
    element,
    focus: () => input.focus(),
    showUploads,
    /** @param {AddPlateShown} next */
    show(next) {
      now = next
      showFolders()
      showUploads()
    },
  }
}
