// What a plate's numbers rest on: channels, the plate map, measurements from elsewhere.
// Nothing that comes from a file is taken before a person has seen what it would say.

import { listen } from "../core/bus.js"
import { barredBy, fill, h, icon, set } from "../core/dom.js"
import { complain, complaint, labelled, novelty, offer, onEnter, options, problemList, tableHead } from "../core/parts.js"
import { count } from "../core/text.js"
import { levels } from "./levels.js"
import { rolesForm } from "./roles_form.js"
import { columnsPicker } from "./columns_picker.js"
import { TABLES, tablesOf } from "./table_files.js"

const ROLES = ["positive", "negative", "untreated", "empty"]

/** @param {PartContext} context @returns {Part<"setup">} */
export function build({ el, send }) {
  /** @type {SetupText} */
  let now
  let exported = 0
  const channels = section("Channels")
  const limits = section("Limits")
  const map = section("Plate map")
  const imported = section("Imported measurements")
  /** @type {Record<string, ReturnType<typeof section>>} */
  const parts = { channels, limits, map, import: imported }
  const body = h("div", { class: "body" }, channels.element, limits.element, map.element, imported.element)
  el.append(h("section", { class: "panel setup hcs-setup", "aria-label": "Assay setup" },
    h("header", h("h2", { class: "grow" }, "Assay setup")), body))

  /** Of the plate that is shown. @type {Say} */
  const post = (type, message = {}) => send(type, { plate: now.plate, ...message })

  listen("open-setup", (part) => {
    const { element } = parts[part] ?? {}
    if (!element) return
    element.open = true
    element.scrollIntoView({ block: "center" })
    element.querySelector("summary")?.focus()
  })

  const nuclear = h("select", { class: "hcs-nuclear", change: () => post("nuclear", { channel: nuclear.value === "" ? null : Number(nuclear.value) }) })
  const ofChannels = h("div", { class: "inside" })
  fill(channels.body, labelled("Nuclei in", nuclear), ofChannels)
  const clips = levels(ofChannels, "Counts at which the camera saturates", (plate, channel, level) => send("clip", { plate, channel: Number(channel), level }))
  const kinds = levels(limits.body, "Suspect on any plate, from these values on", (plate, metric, limit) => send("limit", { plate, metric, limit }))

  const typed = Object.fromEntries(ROLES.map((role) => [role, h("input", { type: "text", maxlength: "20000", placeholder: role === "positive" ? "A-D:12, E-H:1" : role === "negative" ? "col:2 or A01-A09" : "" })]))
  let asked = false // to keep what is typed
  const typedKeep = h("button", { class: "small hcs-typed-keep", disabled: true, click: () => {
    typedKeep.disabled = asked = true
    post("typed", { patterns: Object.fromEntries(ROLES.map((role) => [role, typed[role].value])) })
  } }, "Use for this project")
  for (const input of Object.values(typed)) {
    input.addEventListener("input", () => { typedKeep.disabled = false })
    input.addEventListener("keydown", onEnter(() => typedKeep.click()))
  }
  const source = h("p", { class: "soft" })
  const preview = h("div", { class: "inside" })
  const form = rolesForm(() => {}, { preview: true })
  const others = h("input", { type: "checkbox" })
  const buttons = h("div", { class: "row wrap" })
  const mapFile = file("map", "Read a table (CSV, XLSX)…")
  fill(map.body, source, h("div", { class: "row wrap" }, mapFile, buttons), preview,
    h("h3", "Or enter the control wells"), ROLES.map((role) => labelled(role, typed[role])), h("div", { class: "row" }, typedKeep))

  const importFile = file("import", "Read tables (CSV, XLSX, Parquet, SQLite)…")
  const taken = h("ul", { class: "kept" })
  const columns = h("div", { class: "inside" })
  const inside = h("div", { class: "row line" })
  fill(imported.body, taken, h("div", { class: "row" }, importFile), inside, columns)
  const isNewMap = novelty()
  const isNewImport = novelty()

  /** @param {string} kind @param {string} text */
  function file(kind, text) {
    const input = h("input", { type: "file", accept: TABLES, multiple: true, class: `hcs-file-${kind}`, change: () => read(kind, input) })
    return h("label", { class: "button" }, icon("file"), text, input)
  }

  /** Let a file be chosen, or say why not. @param {HTMLLabelElement} label */
  function offerFile(label) {
    const reason = now.barred.file
    label.classList.toggle("off", Boolean(reason))
    set(label, { title: reason ?? null })
    set(label.control, barredBy(reason))
  }

  /** @param {string} kind @param {HTMLInputElement} input */
  async function read(kind, input) {
    const chosen = [...(input.files ?? [])]
    if (!chosen.length) return
    const { plate } = now // another may be open when the files are read
    await tablesOf(chosen, now.most).then((files) => send("file", { plate, kind, files }), (error) => problem(kind, error.message))
    input.value = "" // the same file may be chosen again, mended
  }

  /** @param {string} part @param {string} text */
  function problem(part, text) {
    for (const [name, section] of Object.entries(parts)) section.problem(name === part || (part === "typed" && name === "map") ? text : "")
  }

  function showChannels() {
    const named = now.channels.find((channel) => channel.index === now.nuclear)
    channels.say(named ? `nuclei in ${named.name}${now.nuclear_kept ? "" : ", by its name"}` : "nuclei: choose a channel")
    const proposal = now.nuclear_kept ? "back to proposal" : named ? `${named.name} (proposed from its name)` : "choose…"
    offer(nuclear, [["", proposal], ...now.channels.map(({ index, name }) => [index, name])], now.nuclear_kept ? String(now.nuclear) : "")
    set(nuclear, barredBy(now.barred.nuclear))
    clips.show(now.plate, now.channels.map(({ index, name, level, source }) => ({
      id: String(index), name, title: name, label: `Clip level of ${name}`, value: level, least: 1, most: null, step: "1", placeholder: "unknown", about: source,
    })), now.barred.clip)
  }

  function showLimits() {
    const setHere = now.limits.filter((limit) => limit.kept !== null).length
    limits.say(setHere ? `${setHere} set for this project` : "defaults")
    kinds.show(now.plate, now.limits.map(({ metric, kind, why, unit, most, limit, kept: value }) => ({
      id: metric, name: kind, title: why, label: `Limit of ${kind}`, value, least: 0, most, step: "any", placeholder: String(limit),
      about: `${unit}, ${value === null ? "default" : `set for this project; default ${limit}`}`,
    })), now.barred.limit)
  }

  function showMap() {
    const from = now.source.name ? `${now.source.name}, given${now.source.who ? ` by ${now.source.who}` : ""}` : now.columns.length ? "came with the plate" : "none"
    map.say(now.columns.length ? `${count(now.columns.length, "column")}` : "none")
    source.textContent = now.columns.length ? `${now.columns.join(", ")} (${from})` : "This plate has no plate map."
    fill(buttons,
      now.columns.length ? h("button", { class: "small hcs-map-export", click: () => post("export") }, "Export CSV") : null,
      now.source.name ? h("button", { class: "small", ...barredBy(now.barred["forget-map"]), click: () => post("forget-map") }, "Remove") : null)
    offerFile(mapFile)
    if (asked && now.problem[0] === "typed") typedKeep.disabled = asked = false // what is refused stays, to be mended
    for (const role of ROLES) {
      if (typedKeep.disabled) typed[role].value = now.typed[role] ?? ""
      set(typed[role], barredBy(now.barred.typed))
    }
    set(typedKeep, { title: now.barred.typed ?? null })
    if (!isNewMap(now.map, now.sheet)) return undefined
    if (!now.map) return fill(preview)
    const table = now.map
    const barcode = h("select", { "aria-label": "Rows of plate", change: () => post("barcode", { barcode: barcode.value }) }, options(table.barcodes.map((name) => [name, name])))
    barcode.value = table.barcode
    form.show(table.roles)
    others.checked = false
    fill(preview,
      h("p", h("b", table.name), `: ${count(table.wells, "well")} of this plate, ${table.shape === "plate" ? "in the shape of the plate" : "a row a well"}`),
      sheets(),
      table.barcodes.length > 1 ? labelled("Rows of", barcode) : null,
      listing("Not on this plate", table.unmatched), listing("Not in the map", table.missing),
      table.problems.length ? problemList(table.problems, table.more) : null,
      h("div", { class: "scroll" }, h("table", tableHead(["well", ...table.columns]),
        h("tbody", table.rows.map((row) => h("tr", row.map((cell) => h("td", cell))))))),
      table.roles ? form.element : null,
      h("label", { class: "row" }, others, table.barcodes.length > 1 ? "Give its rows to the project's other plates by barcode, too" : "Give it to the project's other plates, too"),
      h("div", { class: "row" },
        h("button", { class: "small primary hcs-map-keep", disabled: !table.wells, click: () => post("map", { ...form.answer(), others: others.checked }) }, "Use this map"),
        h("button", { class: "small", click: () => post("cancel") }, "Cancel")))
    map.open()
  }

  /** Which sheet of a workbook is meant, where several name wells. */
  function sheets() {
    if (now.sheets.length < 2) return null
    const select = h("select", { class: "hcs-sheet", "aria-label": "Sheet", change: () => post("sheet", { sheet: select.value }) }, options(now.sheets.map((name) => [name, name])))
    select.value = now.sheet
    return labelled("Sheet", select)
  }

  /** @param {string} text @param {[number, string]} wells  how many, and the first of them */
  const listing = (text, [n, labels]) => (n ? h("p", { class: "soft" }, `${text}: ${labels}${n > 12 ? ` and ${n - 12} more` : ""}`) : null)

  /** @type {Record<OfferedImport["rule"], string>} */
  const RULES = {
    label: "Fields are matched by label",
    "from 1": "Fields are matched by number, counted from 1",
    "from 0": "Fields are matched by number, counted from 0",
    none: "Fields cannot be matched: they are neither numbers nor labels of this plate",
  }

  /** Which field of ours each field of the table is, before anybody relies on it. @param {OfferedImport} table */
  function sites(table) {
    if (!table.sites.length && !table.strange.length) return null
    const more = (/** @type {number} */ n) => (n ? `, and ${n} more` : "")
    const list = table.sites.map(([site, label, wells]) => `${site} is ${label} (${count(wells, "well")})`).join(", ")
    const strange = table.strange.map(([site, wells]) => `${site} (${count(wells, "well")})`).join(", ")
    return h("div", { class: "hcs-import-sites" },
      h("p", `${RULES[table.rule]}${list ? `: ${list}${more(table.more[0])}` : ""}.`),
      strange ? problemList([`No field of ours, kept for the well without one: ${strange}${more(table.more[1])}`]) : null)
  }

  function showImport() {
    imported.say(now.imported.length ? count(now.imported.length, "metric") : "none")
    fill(taken, now.imported.map(([column, from, when]) => h("li", h("span", { class: "grow cut", title: `${from}, ${when}` }, column),
      h("button", { class: "plain small", "aria-label": `Remove ${column}`, ...barredBy(now.barred["remove-import"]), click: () => post("remove-import", { column }) }, icon("close")))))
    offerFile(importFile)
    /** @param {string} words @param {string} name */
    const offered = (words, name) => h("button", { class: "small hcs-import-inside", ...barredBy(now.barred.inside), click: () => post("inside", { name }) }, words)
    fill(inside, now.inside.length ? now.inside.map((name) => offered(`Take ${name}`, name)) : offered("Tables inside the plate…", ""))
    if (!isNewImport(now.import, now.sheet)) return undefined
    if (!now.import) return fill(columns)
    const table = now.import
    const picker = columnsPicker(table.columns, table.most)
    fill(columns,
      sheets(),
      h("p", h("b", table.name), `: ${count(table.wells, "well")} of this plate${table.field ? `, by field (${table.field})` : ""}`),
      listing("Not on this plate", table.unmatched), table.missing ? h("p", { class: "soft" }, `${count(table.missing, "well")} without a row`) : null,
      sites(table),
      table.left_out.length ? h("p", { class: "soft" }, `No numbers: ${table.left_out.join(", ")}`) : null,
      table.problems.length ? problemList(table.problems) : null,
      picker.element,
      h("div", { class: "row" },
        h("button", { class: "small primary hcs-import-keep", click: () => post("import", { columns: picker.chosen() }) }, "Import as metrics"),
        h("button", { class: "small", click: () => post("cancel") }, "Cancel")))
    imported.open()
  }

  return {
    content(next) {
      if (!("channels" in next)) return
      if (now?.plate !== next.plate) {
        asked = false
        typedKeep.disabled = true // what is typed is for the plate before
      }
      now = next
      showChannels()
      showLimits()
      showMap()
      showImport()
      problem(...next.problem)
      const [serial, text] = next.export
      if (serial !== exported) {
        exported = serial
        save(`${next.name || "plate"}-map.csv`, text)
      }
    },
  }
}

/** @param {string} title */
function section(title) {
  const summary = h("span", { class: "soft" })
  const body = h("div", { class: "inside" })
  const wrong = complaint()
  const element = h("details", h("summary", `${title} `, summary), wrong, body)
  return {
    element,
    body,
    /** @param {string} text */
    say: (text) => { summary.textContent = text ? `· ${text}` : "" },
    open: () => { element.open = true },
    /** @param {string} text */
    problem: (text) => {
      complain(wrong, text)
      if (text) element.open = true
    },
  }
}

/** Hand a text to the browser as a file. @param {string} name @param {string} text */
function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }))
  const link = h("a", { href: address, download: name })
  link.click()
  URL.revokeObjectURL(address)
}
