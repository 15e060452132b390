// What a person says of a new plate: its pattern, channels, plate map, name and place.

import { tell } from "../core/bus.js"
import { fill, h, say } from "../core/dom.js"
import { fileBox, novelty, offer, onEnter, options, problemList, renew, signButton } from "../core/parts.js"
import { count } from "../core/text.js"
import { renamed } from "./add_plate_text.js"
import { TABLES, tablesOf } from "./table_files.js"

const EXAMPLE = "{plate}_{well}_s{field}_{channel}.tif"
const FORMATS = ["6", "12", "24", "48", "96", "384", "1536"]
const PAGES = [["", "As the files suggest"], ["channels", "Channels"], ["z", "Focal planes"], ["t", "Time points"]]
const MOST_SHOWN = 12

/** @param {Send} send */
export function plateForm(send) {
  /** @type {AddFormText} */
  let now
  /** @type {string | null} */
  let source = null
  let last = 0 // number of the message that said last what is entered here
  const ask = () => { last = send("ask", answers()) }

  const plate = h("select", { change: ask })
  const plateRow = line("Plate", plate)
  const pattern = h("input", { type: "text", class: "mono hcs-add-pattern", placeholder: EXAMPLE, maxlength: "1000", spellcheck: "false", autocomplete: "off", "aria-label": "Pattern of file names", keydown: onEnter(ask) })
  const use = h("button", { class: "small", click: ask }, "Use this pattern")
  const patternHelp = h("p", { class: "soft small" }, "{plate}, {well} or {row} and {column}, {field}, {channel}, {z}, {t}, and {*} for the rest; or a regular expression with groups of these names. Empty: as the microscope names its files.")
  const proposals = h("ul", { class: "proposals" })
  const patternBox = h("div", { class: "box", role: "group", "aria-label": "Names of the files" }, h("h3", "Names of the files"), h("div", { class: "row" }, pattern, use), patternHelp, proposals)
  const format = h("select", { change: ask }, h("option", { value: "" }, "As found"), FORMATS.map((wells) => h("option", { value: wells }, `${wells} wells`)))
  const pages = h("select", { change: ask }, options(PAGES))
  const pagesRow = line("Pages of a file", pages)
  const channels = h("div", { class: "channels", role: "group", "aria-label": "Channels" })
  const file = fileBox({ accept: TABLES, class: "hcs-add-map" }, (files) => give([...(files ?? [])]))
  const tables = h("span", { class: "cut grow" })
  const drop = signButton("close", "Without this plate map", () => send("no-tables"))
  const sheet = h("select", { change: ask })
  const sheetRow = line("Sheet", sheet)
  const mapSaid = h("div", { class: "map-said" })
  const mapBox = h("div", { class: "box", role: "group", "aria-label": "Plate map" }, h("h3", "Plate map"),
    h("div", { class: "row" }, h("label", { class: "button small" }, "Choose tables", file), tables, drop), sheetRow, mapSaid)
  const name = h("input", { type: "text", class: "hcs-add-name", maxlength: "150", spellcheck: "false", autocomplete: "off", input: rename })
  const target = h("select", { change: rename })
  const targetRow = line("Into", target)
  const wrong = h("p", { class: "wrong small", role: "alert" })
  const place = h("div", { class: "box", role: "group", "aria-label": "Name and place" }, h("h3", "Name and place"), line("Name", name), targetRow, wrong)
  const element = h("div", { class: "form" }, plateRow, patternBox,
    h("div", { class: "box", role: "group", "aria-label": "Plate and channels" }, h("h3", "Plate and channels"), line("Format", format), pagesRow, channels),
    mapBox,
    place)

  /** @param {string} words @param {HTMLElement} control */
  function line(words, control) {
    return h("label", { class: "row" }, h("span", { title: words }, words), control)
  }

  function answers() {
    const fields = /** @type {HTMLInputElement[]} */ ([...channels.querySelectorAll("input")])
    return {
      plate: plate.value || now.asked.plate, pattern: pattern.value, format: format.value, pages: pages.value, sheet: sheet.value,
      channels: renamed(fields.map((input) => [input.dataset.name ?? "", input.value])),
    }
  }

  function rename() {
    last = send("name", { name: name.value, target: target.value })
  }

  /** @param {File[]} files */
  async function give(files) {
    if (!files.length) return
    await tablesOf(files, now.most).then((tables) => send("tables", { files: tables }), (error) => tell("hint", error.message))
  }

  /** @param {AddSource["trial"]["proposals"][number]} each */
  function proposal(each) {
    const about = [each.gives, each.maker ? `as ${each.maker} is said to name its files` : "", each.problem,
      each.unmatched ? `${count(each.unmatched, "image")} do not match` : "", each.doubled ? `${count(each.doubled, "image")} of a plane that another is of` : ""].filter(Boolean).join("; ")
    return h("li", h("button", { class: "small mono", "aria-label": `Use ${each.pattern}`, click: () => { pattern.value = each.pattern; ask() } }, each.pattern), h("span", about),
      each.examples.length ? h("span", { class: "soft small cut", title: each.examples.map(([file, words]) => `${file}: ${words}`).join("\n") }, `${each.examples[0][0]}: ${each.examples[0][1]}`) : null)
  }

  const isNewChannels = novelty()
  /** @param {AddOutcome | null} outcome @param {boolean} echo */
  function showChannels(outcome, echo) {
    channels.hidden = !outcome
    if (!outcome) return
    const others = isNewChannels(outcome.channels.map(([name]) => name))
    if (others) {
      fill(channels, outcome.channels.map(([name]) => line(/^channel/i.test(name) ? name : `Channel ${name}`, h("input", { type: "text", maxlength: "100", spellcheck: "false", dataset: { name }, "aria-label": `Name of channel ${name}`, change: ask }))))
    }
    const fields = /** @type {HTMLInputElement[]} */ ([...channels.querySelectorAll("input")])
    if (others || !echo) fields.forEach((input, at) => renew(input, now.asked.channels[input.dataset.name ?? ""] ?? outcome.channels[at][1]))
  }

  /** @param {AddOutcome | null} outcome @param {boolean} echo */
  function showMap(outcome, echo) {
    const asked = now.asked.tables
    say(tables, asked.join(", "))
    tables.title = asked.join(", ")
    drop.hidden = !asked.length
    sheetRow.hidden = now.trial.sheets.length < 2
    offer(sheet, [["", "The first that names wells"], ...now.trial.sheets.map((each) => [each, each])], echo ? sheet.value : now.asked.sheet)
    const map = outcome?.map
    const some = (/** @type {[number, string]} */ [wells, labels]) => `${count(wells, "well")}: ${labels}${wells > MOST_SHOWN ? ` and ${wells - MOST_SHOWN} more` : ""}`
    fill(mapSaid, map ? [
      h("p", h("b", map.name), `: ${count(map.wells, "well")}, ${map.columns.join(", ") || "no columns"}`),
      map.without_images[0] ? h("p", { class: "soft" }, `Without images: ${some(map.without_images)}`) : null,
      map.not_listed[0] ? h("p", { class: "soft" }, `Imaged and not in the map: ${some(map.not_listed)}`) : null,
      map.problem_count ? problemList(map.problems, map.problem_count - map.problems.length) : null,
    ] : h("p", { class: "soft" }, "None: conditions can be given later, too. CSV, TSV, XLSX …; further tables describe what a column of the first names."))
  }

  return {
    element,
    /** @param {AddFormText} next */
    show(next) {
      const { outcome, trial, asked } = next
      const fresh = source !== next.key
      source = next.key
      now = next
      // What was entered since an answer was given stays: the next one is of that.
      const echo = !fresh && next.ack < last
      if (fresh) { pattern.value = asked.pattern; name.value = next.name_of_plate }
      plateRow.hidden = !(outcome && outcome.plate_count > 1)
      offer(plate, (outcome?.plates ?? []).map(([each, images]) => [each, `${each} (${count(images, "image")})`]), echo ? plate.value : asked.plate)
      fill(proposals, trial.proposals.filter((/** @type {AddSource["trial"]["proposals"][number]} */ each) => each.pattern !== asked.pattern).map(proposal))
      if (!echo) {
        renew(pattern, asked.pattern)
        format.value = asked.format
        pages.value = asked.pages
        renew(name, next.name_of_plate)
      }
      pagesRow.hidden = !(outcome?.pages || asked.pages)
      showChannels(outcome, echo)
      showMap(outcome, echo)
      place.hidden = !outcome
      offer(target, next.targets, echo ? target.value : next.target)
      targetRow.hidden = next.targets.length < 2
      say(wrong, outcome ? next.wrong_name : "")
    },
  }
}
