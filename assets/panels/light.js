// How light lies over a channel's fields: their mean with its profiles, and a field
// before and after dividing by it. A preview: no pixel that is stored changes.

import { fill, h, penOf, say, svg } from "../core/dom.js"
import { number } from "../core/text.js"

const WIDTH = 120 // of a profile, in units of its own
const HEIGHT = 60

/** What is black and what is white of some grids: one hot cell must not darken the rest. @param {LightGrid[]} grids */
function span(grids) {
  const values = grids.flatMap((grid) => grid.cells).sort((a, b) => a - b)
  const beyond = Math.floor(values.length / 100)
  return { low: values[beyond], high: values[values.length - 1 - beyond] }
}

/** A grid as a grey picture, black at `low` and white at `high`.
 *  @param {LightGrid} grid @param {{low: number, high: number}} span @param {string} label */
function picture(grid, { low, high }, label) {
  const canvas = h("canvas", { width: grid.side, height: grid.side, role: "img", "aria-label": label, title: label })
  const pen = penOf(canvas)
  const image = pen.createImageData(grid.side, grid.side)
  const scale = high > low ? 255 / (high - low) : 0
  grid.cells.forEach((value, place) => {
    const grey = (value - low) * scale
    image.data.set([grey, grey, grey, 255], 4 * place)
  })
  pen.putImageData(image, 0, 0)
  return canvas
}

/** Profiles as lines over one another, in percent of their own mean.
 *  @param {string} title @param {[string, number[]][]} lines */
function profile(title, lines) {
  /** @type {[string, number[]][]} */
  const shares = lines.map(([name, values]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return [name, values.map((value) => (100 * value) / mean)]
  })
  const all = shares.flatMap(([, values]) => values)
  const [low, high] = [Math.min(...all, 95), Math.max(...all, 105)]
  const ranges = shares.map(([name, values]) => `${name} ${number(Math.min(...values))} to ${number(Math.max(...values))} %`).join(", ")
  const height = (/** @type {number} */ value) => HEIGHT - (HEIGHT * (value - low)) / (high - low)
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "profile", role: "img", preserveAspectRatio: "none", "aria-label": `${title}: ${ranges} of the mean` },
    svg("polyline", { class: "level", points: `0,${height(100)} ${WIDTH},${height(100)}` }),
    shares.map(([name, values]) => svg("polyline", { class: name, points: values.map((value, place) => `${(WIDTH * place) / (values.length - 1)},${height(value)}`).join(" ") })))
  return h("figure", h("figcaption", { class: "small soft" }, title), picture,
    h("p", { class: "small soft" }, shares.map(([name, values]) => h("span", { class: `key ${name}` }, `${name}: ${number(Math.min(...values))} to ${number(Math.max(...values))} %`))))
}

/** @param {[string, LightGrid][]} lines */
const profiles = (lines) => h("div", { class: "profiles" },
  profile("Left to right", lines.map(([name, grid]) => [name, grid.columns])),
  profile("Top to bottom", lines.map(([name, grid]) => [name, grid.rows])))

/** @param {string} caption @param {HTMLElement} canvas */
const shown = (caption, canvas) => h("figure", h("figcaption", { class: "small soft" }, caption), canvas)

/** The mean of all fields, beside it what the microscope says of its own light. @param {Shown<"light">} light */
function all({ mean, own, own_note: note }) {
  const measured = mean ? picture(mean, span([mean]), "Mean of all fields") : null
  if (!own.length) return mean ? [measured, profiles([["mean", mean]])] : null
  /** @type {[string, LightGrid][]} */
  const lines = own.map(({ name, grid }) => [name, grid])
  if (mean) lines.unshift(["mean", mean])
  const pictures = own.map(({ name, grid }) => shown(`Microscope, ${name}`, picture(grid, span([grid]), `Profile of the ${name}`)))
  return [
    h("p", { class: "small soft" }, note),
    h("div", { class: "row" }, measured ? shown("Measured", measured) : null, pictures),
    profiles(lines),
  ]
}

/** A field before and after. @param {NonNullable<Shown<"light">["field"]>} field */
function divided({ name, before, after }) {
  const both = span([before, after])
  return [
    h("h3", `${name}, divided by the mean of the others`),
    h("p", { class: "small soft" }, "A preview in 32 × 32 parts; stored pixels are never changed."),
    h("div", { class: "row" }, shown("Before", picture(before, both, `${name} before`)), shown("After", picture(after, both, `${name} after`))),
    profiles([["before", before], ["after", after]]),
  ]
}

/** @param {PartContext} context @returns {Part<"light">} */
export function build({ el }) {
  const title = h("h2", { class: "grow cut" })
  const note = h("p", { class: "small" })
  const mean = h("div", { class: "mean" })
  const field = h("div", { class: "field" })
  el.append(h("section", { class: "panel light hcs-light", "aria-label": "Light" },
    h("header", title), h("div", { class: "body" }, note, mean, field)))

  return {
    content(next) {
      say(title, next.title)
      say(note, next.note)
      fill(mean, all(next))
      fill(field, next.field ? divided(next.field) : null)
    },
  }
}
