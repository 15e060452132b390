// A row of the list of plates: a small map, the plate's name, and what is known of it.

import { fill, h, icon, penOf } from "../core/dom.js"
import { bar, novelty } from "../core/parts.js"
import { css, mixed, rampOf } from "../core/colours.js"
import { token } from "../core/theme.js"
import { count, moment } from "../core/text.js"
import { usedPart } from "../plate/geometry.js"
import { contrasting, triangle } from "../plate/painter.js"
import { drawVerdict, verdictColour } from "../review/verdicts.js"
import { COLUMNS, STATES, assayText, day, verdictText } from "./plate_list.js"
import { VERDICTS, VERDICT_NAMES } from "../core/verdict_table.js"

const LETTERS = Object.fromEntries(VERDICT_NAMES.map((verdict) => [VERDICTS[verdict].letter, verdict]))
const SMALL = [72, 48] // of a map, in CSS pixels
const SUSPECT = 3 // the digit from which a well is one
const SIGNED_SIDE = 5 // CSS pixels that a sign needs

/** Draw the wells of a plate: verdicts, else how suspect they are, else nothing but a dot.
 *  @param {HTMLCanvasElement} canvas @param {Required<ListedPlate>} plate  one that was read */
function drawSmallMap(canvas, plate) {
  const ratio = window.devicePixelRatio || 1
  const [top, left, rows, columns] = usedPart([...plate.map].map((letter) => letter !== " "), plate.rows, plate.columns)
  const cell = Math.max(1, Math.floor(Math.min(SMALL[0] / columns, SMALL[1] / rows) * ratio))
  canvas.width = cell * columns
  canvas.height = cell * rows
  canvas.style.width = `${canvas.width / ratio}px`
  canvas.style.height = `${canvas.height / ratio}px`
  const pen = penOf(canvas)
  const side = cell > 3 ? cell - 1 : cell
  const third = Math.max(1, Math.floor(side / 3))
  const signed = side >= SIGNED_SIDE * ratio
  const [line, bad, surface, calm] = [token("line"), token("bad"), token("surface"), rampOf("deviation")]
  for (let i = 0; i < plate.map.length; i += 1) {
    const letter = plate.map[i]
    const [row, column] = [Math.floor(i / plate.columns) - top, (i % plate.columns) - left]
    if (letter === " " || row < 0 || column < 0 || row >= rows || column >= columns) continue
    const [x, y] = [column * cell, row * cell]
    const verdict = LETTERS[letter]
    if (verdict && signed) {
      drawVerdict(pen, x + 0.5, y + 0.5, side - 1, [verdict, false, "field", "", "", 0], surface)
      continue
    }
    pen.fillStyle = verdict ? verdictColour(verdict) : letter === "!" ? bad : letter >= "0" && letter <= "9" ? css(mixed(calm, Number(letter) / 9)) : line
    if (letter === "!") { // a cross and not only a colour
      pen.fillRect(x, y + Math.floor(side / 2), side, 1)
      pen.fillRect(x + Math.floor(side / 2), y, 1, side)
    } else if (letter === "." || letter === "~") pen.fillRect(x + third, y + third, third, third)
    else if (verdict || Number(letter) >= SUSPECT) {
      pen.fillRect(x, y, side, side)
      if (!verdict && signed) triangle(pen, x + side / 2, y + side / 2, side * 0.28, 1, contrasting(pen.fillStyle))
    } else pen.fillRect(x, y, side - (signed || side < 3 ? 0 : 1), side - (signed || side < 3 ? 0 : 1)) // suspects are larger
  }
}

const UNCOUNTED = "Its wells are not read yet; opening the plate reads them"

/** @param {string} text */
const soft = (text, title = "") => h("span", { class: "soft", title: title || null }, text)
/** @param {string} title */
const dash = (title) => soft("–", title)

/** The cells of a plate's row; `place` says where its plate map has what is looked for.
 *  @param {ListedPlate} plate @param {string} place @param {() => void} open */
function cells(plate, place, open) {
  const [word, sign] = STATES[plate.state]
  const dead = plate.state === "unreadable"
  const link = h("a", { class: "title cut hcs-plate-link", title: plate.name, ...(dead ? { role: "link", "aria-disabled": "true" } : { href: `?plate=${encodeURIComponent(plate.key)}` }), tabindex: "-1",
    click: (event) => { if (!dead && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); open() } } }, plate.name)
  const about = place || (plate.barcode && !plate.location.includes(plate.barcode) ? `${plate.location} · ${plate.barcode}` : plate.location)
  const first = [
    h("td", { class: "map" }, plate.map && !dead ? h("canvas", { "aria-hidden": "true", width: "0", height: "0" }) : null),
    h("th", { scope: "row" }, link, h("span", { class: `about cut${place ? " place" : ""}`, title: about }, about)),
    h("td", { class: "state" }, h("span", { class: "row" }, icon(sign), word)),
  ]
  if (dead) {
    const why = plate.absent_since ? `Cannot be reached since ${moment(plate.absent_since)}: ${plate.error}` : plate.error
    return [...first, h("td", { class: "why", colspan: COLUMNS.length - 2 }, why)]
  }
  if (!plate.map) return [...first, h("td", { class: "soft", colspan: COLUMNS.length - 2 }, "Reading the plate…")]
  const { reviewed = 0, total = 0, signed_at: signedAt = "" } = plate
  const [assay, assayTitle] = assayText(plate)
  const verdicts = verdictText(plate)
  const [present, expected] = plate.fields ?? [0, 0]
  return [
    ...first,
    h("td", { class: "n" }, assay === "–" ? dash(assayTitle) : h("span", { title: assayTitle }, assay)),
    h("td", { class: "n" }, plate.fields ? h("span", { class: present < expected ? "lacks" : null, title: plate.completeness }, `${present.toLocaleString("en-US")}${present < expected ? ` of ${expected.toLocaleString("en-US")}` : ""}`) : dash(UNCOUNTED), plate.completeness ? h("span", { class: "about cut found", title: plate.completeness }, plate.completeness) : null),
    h("td", { class: "n" }, plate.suspects === null ? dash("The plate is not measured") : plate.suspects ? h("b", plate.suspects.toLocaleString("en-US")) : soft("0")),
    h("td", { class: "judged" }, h("span", { class: "row", title: `${reviewed} of ${count(total, "well")} judged${verdicts ? `: ${verdicts}` : ""}` },
      bar("", reviewed, total), `${reviewed} of ${total}`), verdicts ? h("span", { class: "about cut", title: verdicts }, verdicts) : null),
    h("td", { class: "n" }, plate.corrected === null ? dash(UNCOUNTED) : plate.corrected || soft("0")),
    h("td", { class: "signed" }, plate.signed ? [h("span", { class: "cut", title: plate.signed }, plate.signed), h("span", { class: "about cut", title: moment(signedAt) }, day(Date.parse(signedAt) / 1000))] : dash("")),
    h("td", { class: "day" }, plate.changed ? day(plate.changed) : dash("")),
  ]
}

/** A row that is kept while its plate is listed. @param {() => void} open */
export function plateRow(open) {
  const row = h("tr")
  row.addEventListener("click", (event) => {
    if (row.dataset.state !== "unreadable" && !(/** @type {HTMLElement} */ (event.target).closest("a"))) open()
  })
  const isNew = novelty()
  /** @type {ListedPlate} */
  let plate
  let drawn = false

  function draw() {
    const canvas = row.querySelector("canvas")
    if (drawn || !canvas) return
    drawSmallMap(canvas, /** @type {Required<ListedPlate>} */ (plate))
    drawn = true
  }

  return {
    row,
    /** The small map. */
    draw,
    redraw() {
      if (!drawn) return
      drawn = false
      draw()
    },
    link: () => /** @type {HTMLElement} */ (row.querySelector("a")),
    /** Returns whether anything has changed. @param {ListedPlate} next @param {string} place */
    show(next, place) {
      plate = next
      if (!isNew(plate, place)) return false
      drawn = false
      Object.assign(row.dataset, { plate: plate.key, state: plate.state })
      fill(row, cells(plate, place, open))
      return true
    },
  }
}
