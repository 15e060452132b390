// Asks once for what a project's assay measures: the metric of its Z'.

import { barredBy, fill, h, set } from "../core/dom.js"
import { complain, complaint } from "../core/parts.js"
import { watchDialog } from "../core/keys.js"

/** A dialog that names the assay metric of a project. @param {Send} send */
export function assayChooser(send) {
  /** @type {AssayOffer[] | null} */
  let offers = null // until they were read; those that are the same later are not sent again
  const project = h("select", { change: () => showMetrics() })
  const metric = h("select", { class: "hcs-assay-metric" })
  const hint = h("p", { class: "soft small", role: "status" })
  const problem = complaint()
  const keep = h("button", { type: "submit", class: "primary" }, "Set")
  const close = h("button", { click: () => dialog.close() }, "Cancel")
  const projectLine = h("label", h("span", { class: "soft small" }, "Project"), project)
  const form = h("form", { submit: (event) => { event.preventDefault(); send("assay", { plate: project.value, metric: metric.value }) } },
    h("h2", "Assay metric"), h("p", { class: "small" }, "What the assay measures. The list shows Z′ of it for each plate of the project."),
    projectLine, h("label", h("span", { class: "soft small" }, "Metric"), metric), hint, problem, h("div", { class: "row" }, keep, close))
  const dialog = watchDialog(h("dialog", { class: "assay", "aria-label": "Assay metric" }, form))

  function showMetrics() {
    const offer = offers?.find(({ plate }) => plate === project.value)
    fill(metric, h("option", { value: "" }, "None"), (offer?.metrics ?? []).map(([id, title]) => h("option", { value: id }, title)))
    metric.value = offer?.metric ?? ""
    fill(hint, offer && !offer.metrics.length ? "No plate of this project is measured yet: open one and measure it." : "")
  }

  return {
    dialog,
    open() {
      complain(problem, "")
      if (offers) showMetrics()
      else fill(hint, "Reading the metrics…")
      send("metrics")
      dialog.showModal()
    },
    /** @param {AssayOffer[]} next */
    offer(next) {
      offers = next
      const chosen = project.value
      fill(project, next.map((offer) => h("option", { value: offer.plate }, offer.project || "Served folder")))
      const unset = next.find((offer) => !offer.metric) ?? next[0]
      project.value = next.some(({ plate }) => plate === chosen) ? chosen : unset?.plate ?? ""
      projectLine.hidden = next.length < 2
      showMetrics()
    },
    /** Close where it was kept, else say why it was not, or cannot be asked. @param {string} reason */
    answered(reason) {
      complain(problem, reason)
      if (!offers) fill(hint)
      if (!reason) dialog.close()
    },
    /** @param {string | undefined} reason */
    bar: (reason) => set(keep, barredBy(reason)),
  }
}
