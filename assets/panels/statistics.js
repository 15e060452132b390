// The statistics of the chosen metric, each number with what it means, and what the
// wells are for: the two belong together, as no control means no number.

import { lastSeen } from "../core/absence.js"
import { ask, openSetup } from "../core/bus.js"
import { barredBy, fill, h, icon, set } from "../core/dom.js"
import { notice, tableHead } from "../core/parts.js"
import { count, number } from "../core/text.js"
import { rolesForm } from "./roles_form.js"

/** @param {number | null} value @param {number} digits */
const rounded = (value, digits) => (value === null ? "–" : number(Number(value.toPrecision(digits))))

/** @param {PartContext} context @returns {Part<"statistics">} */
export function build({ el, send }) {
  const about = h("p", { class: "about small" })
  const assay = h("button", { class: "small", hidden: true })
  const body = h("div", { class: "body" })
  let plate = ""
  const roles = rolesForm((kind, content) => send(kind, { plate, ...content }))
  el.append(h("section", { class: "panel statistics hcs-statistics", "aria-label": "Statistics" },
    h("header", h("h2", { class: "grow" }, "Statistics"), lastSeen(), assay), body))
  /** @type {string | null} */
  let shown = null
  assay.addEventListener("click", () => send("assay", { plate, metric: assay.getAttribute("aria-pressed") === "true" ? "" : shown }))

  /** @param {MetricStatistics} statistics */
  function controls(statistics) {
    const two = statistics.left_out.length > 0
    const note = [...new Set(statistics.controls.map((line) => line.note).filter(Boolean))]
    /** @param {number | null} value @param {{percent: boolean}} line */
    const text = (value, line) => `${rounded(value, 3)}${line.percent && value !== null ? " %" : ""}`
    return [
      h("table", { class: "numbers" },
        h("thead", h("tr", h("th", { scope: "col" }, "Controls"), h("th", { scope: "col" }, two ? "all" : ""), two ? h("th", { scope: "col", title: "Without the wells that were failed" }, "not failed") : null, h("th", { scope: "col", title: "Wells: positives + negatives" }, "n"))),
        h("tbody", statistics.controls.map((line) => h("tr", { dataset: { statistic: line.id, value: line.value === null ? "" : line.value } },
          h("th", { scope: "row", title: line.meaning }, h("span", { class: "term" }, line.title)),
          h("td", { title: line.note }, h("b", text(line.value, line))), two ? h("td", text(line.kept, line)) : null, h("td", { class: "soft" }, line.n))))),
      note.map((each) => h("p", { class: "small warn-text" }, each, " ", each.startsWith("needs ") ? toSetup("map", "Say which wells are controls") : null)),
      two ? h("p", { class: "small soft" }, `Left out as failed: ${statistics.left_out.map(([role, n]) => `${n} ${role}`).join(", ")}`) : null,
      h("p", { class: "small soft" }, meaningOf(statistics.controls[0])),
    ].flat()
  }

  /** @param {string} part @param {string} text */
  const toSetup = (part, text) => (part ? h("button", { class: "small hcs-to-setup", click: () => openSetup(part) }, text) : null)

  /** @param {Shown<"statistics">} next */
  function noControls(next) {
    return h("p", { class: "small" },
      next.roles ? "No column tells positive from negative controls; choose one below. " : "This plate has no plate map, so there are no controls to compare. ",
      next.roles ? null : toSetup("map", "Import a plate map, or enter the control wells"))
  }

  /** @param {MetricStatistics} statistics */
  const noValues = (statistics) => h("p", { class: "small hcs-no-values" }, `No well has a value: ${statistics.missing}. `, toSetup(statistics.place, statistics.place === "channels" ? "Set it under Channels" : "Open the imported measurements"))

  /** @param {MetricStatistics["controls"][number] | undefined} line */
  const meaningOf = (line) => (line ? `${line.title}: ${line.meaning}` : "")

  /** @param {Positions} tests @returns {Child[]} */
  function positions(tests, level = 0) {
    const rows = tests.effects.filter(([, text]) => !/not enough wells|^needs /.test(text))
    const left = tests.effects.length - rows.length
    return [
      h("h3", level ? `Position, on ${tests.basis} (n ${tests.n})` : tests.refusal ? "Position" : `Position (${tests.basis}, n ${tests.n})`),
      tests.refusal ? h("p", { class: "refusal" }, tests.refusal) : null,
      rows.length ? h("ul", { class: "effects" }, rows.map(([title, text, meaning, material]) =>
        h("li", { class: material ? "material" : "", title: meaning }, material ? icon("warn") : null, h("span", h("b", title), ` ${text}`)))) : null,
      left && !tests.refusal ? h("p", { class: "small soft" }, `${count(left, "test")} without enough wells`) : null,
      ...(tests.offered ? positions(tests.offered, level + 1) : []),
    ]
  }

  /** @param {MetricStatistics} statistics */
  function doses(statistics) {
    if (!statistics.doses.length) return null
    const named = statistics.doses.some(([compound]) => compound)
    const head = [named ? "Compound" : null, `Dose${statistics.dose_unit ? ` (${statistics.dose_unit})` : ""}`, "mean", "SD", "n"].filter((text) => text !== null)
    return h("details", { class: "doses" }, h("summary", `Doses (${statistics.doses.length})`),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Doses" }, h("table", { class: "numbers" }, tableHead(head),
        h("tbody", statistics.doses.map(([compound, dose, n, mean, sd]) => h("tr", named ? h("th", { scope: "row" }, compound) : null,
          h("td", number(dose)), h("td", rounded(mean, 3)), h("td", { class: "soft" }, rounded(sd, 2)), h("td", { class: "soft" }, String(n))))))))
  }

  return {
    content(next) {
      const statistics = next.found
      plate = next.plate
      shown = statistics?.metric ?? null
      const is = statistics && statistics.assay === statistics.metric
      set(assay, { "aria-pressed": Boolean(is), ...barredBy(next.barred.assay, "Statistics of the assay metric are not exploratory") })
      assay.hidden = !statistics
      assay.textContent = is ? "Assay metric" : "Use as assay metric"
      const controlsKnown = next.roles && (next.roles.counts.positive || next.roles.counts.negative)
      if (statistics) {
        fill(about, h("b", statistics.title), ` over ${count(statistics.wells, "well")}. `,
          next.running ? h("span", { class: "tag" }, "still measuring") : null,
          statistics.exploratory ? h("span", { class: "tag exploratory", title: statistics.assay ? "The project's assay metric is another metric" : "This project has no assay metric yet: among many metrics a good value can be chance" }, "exploratory") : null)
      }
      roles.show(next.roles, next.barred.roles, [plate, next.refused[0]])
      fill(body,
        next.refused[1] ? notice("bad", next.refused[1]) : null,
        next.problem ? notice("bad", next.problem) : null,
        next.hint ? h("p", { class: "small soft" }, next.hint, " ", h("button", { class: "small", click: () => ask("measured-metric") }, "Pick a metric")) : null,
        !next.hint && !statistics && !next.problem ? h("p", { class: "small soft" }, "Computing…") : null,
        statistics ? about : null,
        // Without values nothing waits for controls or for more wells.
        ...!statistics ? [] : statistics.missing ? [noValues(statistics)] : [
          controlsKnown ? controls(statistics) : noControls(next),
          positions(statistics.positions),
          statistics.assumed ? h("p", { class: "small soft" }, `Positions are those on a ${statistics.assumed}, which is assumed: the plate's document lists fewer rows or columns.`) : null,
          statistics.b_note ? h("p", { class: "small soft" }, `B-score: ${statistics.b_note}`) : null,
        ],
        statistics ? doses(statistics) : null,
        next.roles ? roles.element : null)
    },
  }
}
