// The plates to choose from: a table that is sorted, grouped and searched, a line a plate.

import { addPlate, listen, stage, tell } from "../core/bus.js"
import { colourBar, setLimits } from "../plate/colour_bar.js"
import { onTheme } from "../core/theme.js"
import { barredBy, fill, h, icon, say, set } from "../core/dom.js"
import { complaint, options } from "../core/parts.js"
import { keyName } from "../core/keys.js"
import { count } from "../core/text.js"
import { preference, setPreference } from "../core/storage.js"
import { assayChooser } from "./assay_chooser.js"
import { COLUMNS, GROUPS, grouped, matching, orderOf, sorted, sortedBy, totalText } from "./plate_list.js"
import { plateRow } from "./plate_row.js"
import { medians } from "./plate_trend.js"

const TYPING_MILLISECONDS = 150 // plate maps are asked when typing pauses

/** @param {PartContext} context @returns {Part<"plates">} */
export function build({ el, root, send, hide }) {
  /** @type {Shown<"plates">} */
  let content
  let order = orderOf(preference("plates"))
  /** @type {Texts["plates"]["matches"]} */
  let matches = { words: "", places: {} }
  let answered = 0
  /** @type {string[]} */
  let shownKeys = [] // in the order of the rows
  let current = "" // the row that Tab comes to: the first until somebody was at another
  let visited = false

  const title = h("h2")
  const find = h("input", { type: "search", class: "find", "aria-label": "Find a plate by name, path, barcode or condition", placeholder: "Name, barcode, condition", input: () => search(), keydown: (event) => { if (event.key === "ArrowDown" || event.key === "Enter") goTo(0, event) } })
  const group = h("select", { "aria-label": "Group the plates", change: () => reorder({ ...order, group: group.value }) }, options(GROUPS))
  const open = h("input", { type: "checkbox", change: () => reorder({ ...order, open: open.checked }) })
  const common = h("input", { type: "checkbox", checked: colourBar.limits === "project", change: () => setLimits(common.checked ? "project" : "robust") })
  const problem = complaint()
  const empty = h("div", { class: "empty" })
  const trend = medians(send)
  const chooser = assayChooser(send)
  const assay = h("button", { class: "plain assay cut hcs-set-assay", click: () => chooser.open() })
  const heads = COLUMNS.map(({ id, head, title: about }) => h("th", { scope: "col", class: id, dataset: { column: id } },
    h("button", { class: "plain head", title: `Sort by: ${about}`, click: () => reorder(sortedBy(order, id)) }, head, h("span", { class: "arrow", "aria-hidden": "true" })), id === "assay" ? assay : null))
  const headRow = h("thead", h("tr", h("td", { class: "map" }), heads))
  const table = h("table", { "aria-label": "Plates", keydown: (event) => moved(event) }, headRow)
  const add = h("button", { class: "small primary hcs-add", click: addPlate }, icon("plus"), "Add a plate")
  const scroller = h("div", { class: "body" }, problem, trend.box, empty, table)
  el.append(h("section", { class: "panel hcs-plate-list", "aria-label": "Plates" },
    h("header", title, find, h("label", { class: "row small" }, h("span", { class: "soft" }, "Group by"), group), h("label", { class: "row small" }, open, "Only unfinished"), h("span", { class: "grow" }),
      h("label", { class: "row small hcs-common-limits", title: "A plate that is opened is coloured by the 2nd to 98th percentile over all plates of its project" }, common, "Same colours on all"), trend.button, add),
    scroller), chooser.dialog)

  // Rows --

  /** @type {Map<string, ReturnType<typeof plateRow>>} */
  const rows = new Map()
  /** @type {Map<string, {body: HTMLElement, head: HTMLElement}>} */
  const groups = new Map()
  // Small maps are drawn when they are seen: there may be hundreds.
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) draw(/** @type {HTMLElement} */ (target).dataset.plate ?? "")
  }, { root: scroller, rootMargin: "200px" })

  const focusedPlate = () => /** @type {HTMLElement | null | undefined} */ (root.activeElement?.closest("tr[data-plate]"))?.dataset.plate

  /** @param {string} key */
  const linkOf = (key) => /** @type {HTMLElement} */ (rows.get(key)?.link())

  /** @param {string} key */
  const draw = (key) => rows.get(key)?.draw()

  /** @param {ListedPlate} plate */
  function lineOf(plate) {
    const line = rows.get(plate.key) ?? plateRow(() => send("plate", { plate: plate.key }))
    rows.set(plate.key, line)
    if (line.show(plate, matches.places[plate.key] ?? "")) {
      sight.unobserve(line.row) // what is in sight is announced again
      sight.observe(line.row)
    }
    return line
  }

  /** @param {string} name */
  function groupOf(name) {
    const known = groups.get(name) ?? { head: h("th", { scope: "rowgroup", colspan: COLUMNS.length + 1 }), body: h("tbody") }
    groups.set(name, known)
    return known
  }

  /** Put elements into a place in their order; what stands right is not moved.
   *  @param {Element} place @param {Element[]} wanted @param {Element | null} from */
  function arrange(place, wanted, from) {
    let next = from
    for (const element of wanted) {
      if (element === next) next = next.nextElementSibling
      else place.insertBefore(element, next)
    }
    while (next) {
      const gone = next
      next = next.nextElementSibling
      gone.remove()
    }
  }

  function show() {
    if (!content) return
    const words = find.value.trim()
    const places = matches.words === words ? matches.places : {}
    const listed = sorted(matching(content.plates, words, places).filter((plate) => !order.open || !plate.finished), order)
    const focused = focusedPlate()
    const top = scroller.scrollTop
    const parts = grouped(listed, order.group)
    const keys = parts.flatMap(([, plates]) => plates.map((plate) => plate.key))
    arrange(table, parts.map(([name, plates]) => {
      const { body, head } = groupOf(name)
      say(head, `${name} · ${count(plates.length, "plate")}`)
      const first = name ? [head.parentElement ?? h("tr", { class: "group" }, head)] : []
      arrange(body, [...first, ...plates.map((plate) => lineOf(plate).row)], body.firstElementChild)
      return body
    }), headRow.nextElementSibling)
    for (const key of rows.keys()) if (!content.plates.some((plate) => plate.key === key)) rows.delete(key)
    if (!visited || !keys.includes(current)) current = keys[0] ?? ""
    for (const key of keys) linkOf(key).tabIndex = key === current ? 0 : -1
    if (focused && focused !== focusedPlate()) rows.get(focused)?.link().focus({ preventScroll: true })
    if (scroller.scrollTop !== top) scroller.scrollTop = top
    if (keys.join("\n") !== shownKeys.join("\n")) tell("order-plates", keys)
    shownKeys = keys
    showFrame(listed.length)
  }

  /** @param {number} listed */
  function showFrame(listed) {
    const { plates } = content
    set(add, barredBy(content.add, `Add a plate from a zip or a folder (${keyName("file")})`))
    say(title, totalText(listed, plates.length))
    problem.hidden = !content.problem
    fill(problem, icon("warn"), h("span", h("b", "This plate cannot be opened. "), content.problem, " Choose another plate below, or open it again when this is mended."))
    // Nothing is found, grouped or compared where there is no plate.
    const choices = /** @type {HTMLElement} */ (title.parentElement)
    choices.classList.toggle("bare", !plates.length)
    table.hidden = !listed
    empty.hidden = listed > 0
    if (!listed) fill(empty, nothing(plates))
    group.value = order.group
    open.checked = order.open
    for (const head of heads) {
      const chosen = head.dataset.column === order.sort
      set(head, { "aria-sort": chosen ? (order.down ? "descending" : "ascending") : null })
      say(/** @type {Element} */ (head.querySelector(".arrow")), chosen ? (order.down ? "▼" : "▲") : "")
    }
    // What a plate calls a metric that it lacks is its id.
    const titles = new Map()
    for (const { assay: { metric, title: name } = { metric: "", title: "" } } of plates) if (metric && (!titles.has(metric) || name !== metric)) titles.set(metric, name)
    const named = [...titles.values()]
    const unset = plates.some((plate) => plate.assay && !plate.assay.metric)
    const offer = unset || !named.length ? "Set metric…" : named.length > 1 ? `${named.length} metrics` : named[0]
    say(assay, offer)
    assay.hidden = !plates.some((plate) => plate.assay)
    set(assay, { title: content.barred.assay || (unset ? "Say what the assay of the project measures" : `Z′ of ${named.join(", ")}. Change the assay metric`) })
    chooser.bar(content.barred.assay)
    const [answers, reason] = content.refused
    if (answers !== answered) chooser.answered(reason)
    answered = answers
  }

  /** What to do where nothing is listed. @param {ListedPlate[]} plates */
  function nothing(plates) {
    if (!plates.length && content.awaited) return [h("b", "No plate yet"), h("span", "Exports that come into the inbox are listed here while they are imported.")]
    if (!plates.length) return [h("b", "No plate is served"), h("span", content.add ? "Start the server with the path of a plate, or of a folder of plates." : "Add a plate from a zip or a folder, or start the server with the path of a folder of plates.")]
    const words = find.value.trim()
    const more = order.open ? " among the unfinished ones" : ""
    return [h("b", words ? `No plate with “${words}”${more}` : "Every plate is finished"), h("span", words ? "Names, paths, barcodes and values of plate maps were searched." : "Show the finished ones, too, to open them."),
      h("button", { click: () => { find.value = ""; reorder({ ...order, open: false }) } }, "Show all plates")]
  }

  // Order and search --

  /** @param {ListOrder} next */
  function reorder(next) {
    order = next
    setPreference("plates", JSON.stringify(order))
    show()
  }

  let waiting = 0
  function search() {
    clearTimeout(waiting)
    waiting = setTimeout(() => send("find", { words: find.value.trim() }), TYPING_MILLISECONDS)
    show()
  }

  // Keys --

  /** @param {number} at @param {Event} [event] */
  function goTo(at, event) {
    const key = shownKeys[Math.max(0, Math.min(shownKeys.length - 1, at))]
    if (!key) return
    event?.preventDefault()
    event?.stopPropagation()
    current = key
    visited = true
    for (const each of shownKeys) linkOf(each).tabIndex = each === key ? 0 : -1
    linkOf(key).focus()
  }

  /** @param {KeyboardEvent} event */
  function moved(event) {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("tr[data-plate]"))
    const at = shownKeys.indexOf(row?.dataset.plate ?? "")
    const to = /** @type {Record<string, number>} */ ({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shownKeys.length - 1 })[event.key]
    if (at >= 0 && to !== undefined) goTo(to, event)
  }

  /** @param {string[]} options @param {string} chosen */
  const next = (options, chosen) => options[(options.indexOf(chosen) + 1) % options.length]
  const acts = {
    find: () => find.focus(),
    sort: () => reorder(sortedBy(order, next(COLUMNS.map(({ id }) => id), order.sort))),
    group: () => reorder({ ...order, group: next(GROUPS.map(([id]) => id), order.group) }),
    row: (by = 0) => {
      const inside = root.activeElement?.closest?.("tr[data-plate]")
      goTo(inside ? shownKeys.indexOf(current) + by : shownKeys.indexOf(current))
    },
  }
  listen("limits", (mode) => { common.checked = mode === "project" })
  listen("add-plate", ({ open: wanted }) => { if (!wanted) add.focus() })
  listen("choose-file", () => (stage() === "plates" ? add.click() : false))
  listen("in-list", ([act, by]) => { if (stage() === "plates") acts[act](by) })
  onTheme(() => { for (const line of rows.values()) line.redraw() })

  hide(true)
  return {
    content(shown) {
      content = shown
      show()
    },
    trend: trend.show,
    matches(answer) {
      matches = answer
      show()
    },
    offers: chooser.offer,
  }
}
