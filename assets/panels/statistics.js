// The statistics of the chosen metric, each number with what it means, and what the
// wells are for: the two belong together, as no control means no number.

import { openSetup } from "../core/bus.js"
import { fill, h, icon, set } from "../core/dom.js"
import { count, number } from "../core/text.js"
import { island } from "../core/island.js"
import { rolesForm } from "./roles_form.js"

export function render(context) {
  return island(context, { sheets: ["panels/statistics.css"], build })
}

function build({ el, send, hide }) {
  const about = h("p", { class: "about small" })
  const assay = h("button", { type: "button", class: "small", hidden: true })
  const body = h("div", { class: "body" })
  const roles = rolesForm(send)
  el.append(h("section", { class: "panel statistics hcs-statistics", "aria-label": "Statistics" },
    h("header", {}, h("h2", { class: "grow" }, "Statistics"), assay), body))
  let shown = null
  assay.addEventListener("click", () => send("assay", { metric: assay.getAttribute("aria-pressed") === "true" ? "" : shown }))

  function controls(found) {
    const two = found.left_out.length > 0
    const note = [...new Set(found.controls.map((one) => one.note).filter(Boolean))]
    const text = (value, one) => (value === null ? "–" : `${number(Number(value.toPrecision(3)))}${one.percent ? " %" : ""}`)
    return [
      h("table", { class: "numbers" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Controls"), h("th", { scope: "col" }, two ? "all" : ""), two ? h("th", { scope: "col", title: "Without the wells that were failed" }, "not failed") : null, h("th", { scope: "col", title: "Wells: positives + negatives" }, "n"))),
        h("tbody", {}, found.controls.map((one) => h("tr", { dataset: { statistic: one.id, value: one.value === null ? "" : one.value } },
          h("th", { scope: "row", title: one.meaning }, h("span", { class: "term" }, one.title)),
          h("td", { title: one.note }, h("b", {}, text(one.value, one))), two ? h("td", {}, text(one.kept, one)) : null, h("td", { class: "soft" }, one.n))))),
      note.map((each) => h("p", { class: "small warn-text" }, each, " ", each.startsWith("needs ") ? toSetup("map", "Say which wells are controls") : null)),
      two ? h("p", { class: "small soft" }, `Left out as failed: ${found.left_out.map(([role, n]) => `${n} ${role}`).join(", ")}`) : null,
      h("p", { class: "small soft" }, meaningOf(found.controls[0])),
    ].flat()
  }

  const toSetup = (part, text) => (part ? h("button", { type: "button", class: "small hcs-to-setup", on: { click: () => openSetup(part) } }, text) : null)

  function noControls(next) {
    return h("p", { class: "small" },
      next.roles ? "No column tells positive from negative controls; choose one below. " : "This plate has no plate map, so there are no controls to compare. ",
      next.roles ? null : toSetup("map", "Read a map, or type where controls are"))
  }

  const noValues = (found) => h("p", { class: "small hcs-no-values" }, `No well has a value: ${found.missing}. `, toSetup(found.place, found.place === "channels" ? "Set it under Channels" : "Look at imported measurements"))

  const meaningOf = (one) => (one ? `${one.title}: ${one.meaning}` : "")

  function positions(found, level = 0) {
    const rows = found.effects.filter(([, text]) => !/not enough wells|^needs /.test(text))
    const left = found.effects.length - rows.length
    return [
      h("h3", {}, level ? `Position, on ${found.basis} (n ${found.n})` : found.refusal ? "Position" : `Position (${found.basis}, n ${found.n})`),
      found.refusal ? h("p", { class: "refusal" }, found.refusal) : null,
      rows.length ? h("ul", { class: "effects" }, rows.map(([title, text, meaning, material]) =>
        h("li", { class: material ? "material" : "", title: meaning }, material ? icon("warn") : null, h("span", {}, h("b", {}, title), ` ${text}`)))) : null,
      left && !found.refusal ? h("p", { class: "small soft" }, `${count(left, "test")} without enough wells`) : null,
      ...(found.offered ? positions(found.offered, level + 1) : []),
    ]
  }

  function doses(found) {
    if (!found.doses.length) return null
    const named = found.doses.some(([compound]) => compound)
    const head = [named ? "Compound" : null, `Dose${found.dose_unit ? ` (${found.dose_unit})` : ""}`, "mean", "SD", "n"].filter(Boolean)
    return h("details", { class: "doses" }, h("summary", {}, `Doses (${found.doses.length})`),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Doses" }, h("table", { class: "numbers" }, h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, found.doses.map(([compound, dose, n, mean, sd]) => h("tr", {}, named ? h("th", { scope: "row" }, compound) : null,
          h("td", {}, number(dose)), h("td", {}, number(Number(mean.toPrecision(3)))), h("td", { class: "soft" }, sd === null ? "–" : number(Number(sd.toPrecision(2)))), h("td", { class: "soft" }, String(n))))))))
  }

  return {
    content(next) {
      hide(!next.shown)
      if (!next.shown) return
      const found = next.found
      shown = found?.metric ?? null
      const is = found && found.assay === found.metric
      set(assay, { "aria-pressed": String(Boolean(is)), title: "Statistics of the metric that this project's assays measure are not exploratory" })
      assay.hidden = !found || !next.writable
      assay.textContent = is ? "Assay metric" : "Make assay metric"
      const controlsKnown = next.roles && (next.roles.counts.positive || next.roles.counts.negative)
      if (found) {
        fill(about, h("b", {}, found.title), ` over ${count(found.wells, "well")}. `,
          next.running ? h("span", { class: "tag" }, "still measuring") : null,
          found.exploratory ? h("span", { class: "tag exploratory", title: found.assay ? "The project's assay metric is another one" : "This project has not named its assay metric; many metrics were looked at, so a good number may be luck" }, "exploratory") : null)
      }
      roles.show(next.roles, next.writable, next.refused[0])
      fill(body,
        next.refused[1] ? h("div", { class: "notice bad", role: "alert" }, icon("warn"), h("span", {}, next.refused[1])) : null,
        next.problem ? h("div", { class: "notice bad", role: "alert" }, icon("warn"), h("span", {}, next.problem)) : null,
        next.hint ? h("p", { class: "small soft" }, next.hint) : null,
        !next.hint && !found && !next.problem ? h("p", { class: "small soft" }, "Computing…") : null,
        found ? about : null,
        // Without values nothing waits for controls or for more wells.
        found?.missing ? noValues(found) : null,
        found && !found.missing && controlsKnown ? controls(found) : null,
        found && !found.missing && !controlsKnown ? noControls(next) : null,
        found && !found.missing ? positions(found.positions) : null,
        found?.assumed && !found.missing ? h("p", { class: "small soft" }, `Positions are those on a ${found.assumed}, which is assumed: the plate's document lists fewer rows or columns.`) : null,
        found?.b_note && !found.missing ? h("p", { class: "small soft" }, `B-score: ${found.b_note}`) : null,
        found ? doses(found) : null,
        next.roles ? roles.element : null)
    },
  }
}
