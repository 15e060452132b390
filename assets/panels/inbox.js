// The exports that wait, are imported or failed, and what can be done with each.

import { barredBy, fill, h, icon, say, set } from "../core/dom.js"
import { bar, facts, fillBar, novelty, onEnter, sayIf } from "../core/parts.js"
import { count, moment } from "../core/text.js"

/** @type {Record<string, [string, string, string]>} */
const ACTS = {
  again: ["Try again", "again", "Resume where it stopped"],
  add: ["Add what is new", "again", "Give fields of other files a new version; the one before is kept"],
  stop: ["Stop", "stop", "Stop at the next field; what is written stays"],
  ignore: ["Ignore", "ignore", "Never import this export"],
}
const EXAMPLE = "{plate}_{well}_s{field}_{channel}.tif"

/** @param {PartContext} context @returns {Part<"inbox">} */
export function build({ el, send, hide }) {
  /** @type {Shown<"inbox">} */
  let content
  const title = h("h2", { class: "grow cut" }, "Imports")
  const watched = h("p", { class: "soft small" })
  const refusal = h("p", { class: "notice bad", role: "alert", hidden: true })
  const arrivals = h("ul", { class: "arrivals" })
  const list = h("ul", { class: "jobs" })
  const more = h("p", { class: "soft small", hidden: true })
  el.append(h("section", { class: "panel hcs-inbox", "aria-label": "Imports" },
    h("header", title), h("div", { class: "body" }, watched, refusal, arrivals, list, more)))

  hide(true)
  const rows = new Map() // a row stays the same element, so that what is typed in it stays

  /** @param {Shown<"inbox">["arrivals"][number]} entry */
  function arrival(entry) {
    return h("li", { class: "row wrap" }, entry.problem ? icon("warn") : null, h("b", { class: "cut name", title: entry.name }, entry.name), h("span", { class: "small soft" }, entry.text))
  }

  /** @param {string} id */
  function row(id) {
    const name = h("b", { class: "cut name" })
    const plate = h("button", { class: "small open", click: () => send("plate", { plate: plate.dataset.plate }) }, "Open the plate")
    const text = h("span", { class: "text small" })
    const when = h("span", { class: "soft small" })
    const written = bar("Fields written")
    const reason = h("p", { class: "reason small" })
    const bad = h("ul", { class: "bad small" })
    const acts = h("span", { class: "row wrap acts" })
    const pattern = h("input", { type: "text", class: "mono grow", "aria-label": "Pattern of file names", placeholder: EXAMPLE, maxlength: "1000", spellcheck: "false", keydown: onEnter(() => usePattern()) })
    const use = h("button", { class: "small", click: () => usePattern() }, "Use this pattern")
    const form = h("div", { class: "row pattern" }, pattern, use)
    const proposals = h("ul", { class: "proposals small" })
    const about = h("details", { class: "small" })
    const element = h("li", { dataset: { job: id } },
      h("div", { class: "row wrap line" }, name, text, h("span", { class: "grow" }), when, plate, acts), written, reason, bad, proposals, form, about)
    const isNew = novelty()
    function usePattern() {
      if (pattern.value.trim() && !use.disabled) send("pattern", { id, pattern: pattern.value })
    }
    return {
      element,
      /** @param {Shown<"inbox">["jobs"][number]} job @param {Barred} barred */
      show(job, barred) {
        if (!isNew(job, barred)) return
        set(element, { dataset: { job: id, state: job.state } })
        say(name, job.name)
        set(name, { title: job.source || job.name })
        say(text, job.text)
        say(when, job.state === "running" ? "" : String(moment(job.changed)))
        plate.hidden = !job.plate
        plate.dataset.plate = job.plate
        set(plate, { "aria-label": `Open the plate of ${job.name}` })
        written.hidden = !job.total
        fillBar(written, job.done, job.total)
        sayIf(reason, job.reason)
        fill(bad, job.bad.map((/** @type {string} */ line) => h("li", icon("warn"), ` ${line}`)))
        fill(acts, job.acts.filter((/** @type {string} */ act) => act in ACTS).map((/** @type {string} */ act) => {
          const [label, kind, hint] = ACTS[act]
          return h("button", { class: `small ${act}`, "aria-label": `${label}: ${job.name}`, ...barredBy(barred[kind], hint), click: () => send(kind, { id }) }, label)
        }))
        form.hidden = !job.acts.includes("pattern")
        set(use, barredBy(barred.pattern, "Read the files' names by this pattern"))
        fill(proposals, form.hidden ? [] : job.proposals.map(([words, gives]) => h("li", { class: "row wrap" },
          h("button", { class: "small", ...barredBy(barred.pattern), click: () => { pattern.value = words; pattern.focus() } }, h("span", { class: "mono" }, words)), h("span", { class: "soft" }, gives))))
        about.hidden = !(job.found || job.details.length)
        const open = about.open
        fill(about, h("summary", job.found || "What is known of it"), facts(job.details))
        about.open = open
      },
    }
  }

  return {
    content(next) {
      content = next
      const running = content.jobs.filter((job) => job.state === "running" || job.state === "waiting").length
      say(title, running ? `Imports: ${count(running, "export")} to do` : "Imports")
      say(watched, content.inboxes.map(([folder, into]) => `${folder} is watched; its plates go to ${into}.`).join(" "))
      watched.hidden = !content.inboxes.length
      sayIf(refusal, content.refused[1])
      fill(arrivals, content.arrivals.map(arrival))
      for (const id of [...rows.keys()]) if (!content.jobs.some((job) => job.id === id)) rows.delete(id)
      const elements = content.jobs.map((job) => {
        if (!rows.has(job.id)) rows.set(job.id, row(job.id))
        rows.get(job.id).show(job, content.barred)
        return rows.get(job.id).element
      })
      // Only where the order is another: an element that is put anew loses the focus.
      if (elements.some((element, at) => list.children[at] !== element) || list.children.length !== elements.length) fill(list, elements)
      more.hidden = !content.more
      say(more, `and ${count(content.more, "other")}`)
    },
  }
}
