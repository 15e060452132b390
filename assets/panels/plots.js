// The heads of the plots: which one, of what, and the cut-offs with their live count.

import { ask, listen, openSetup } from "../core/bus.js"
import { barredBy, fill, h, messageOf, say, set } from "../core/dom.js"
import { labelled, novelty, options, sayIf } from "../core/parts.js"
import { count } from "../core/text.js"
import { plotFigure } from "./plot_figure.js"
import { selectWells } from "../core/selection.js"
import { shown as map } from "../plate/map_values.js"

const REST_MILLISECONDS = 120 // a dragged cut-off is counted at once, announced at rest

/** @param {PartContext} context @returns {Part<"distribution">} */
export function build({ el, root, send }) {
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Plots" })
  const whyEmpty = h("span")
  const toSetup = h("button", { class: "small", click: () => (now.place === "metric" ? ask("measured-metric") : openSetup(now.place)) })
  const empty = h("p", { class: "soft small empty-plot" }, whyEmpty, " ", toSetup)
  const refusal = h("p", { class: "notice bad small", role: "alert", hidden: true })
  const note = h("p", { class: "soft small", role: "status" })
  const otherMetric = h("select", { "aria-label": "Vertical axis", class: "hcs-other-metric", change: () => send("other", { other: otherMetric.value }) })
  const fields = h("input", { type: "checkbox", change: () => send("fields", { fields: fields.checked }) })
  const along = h("select", { "aria-label": "Along", change: () => send("along", { along: along.value }) },
    options([["column", "by column"], ["row", "by row"]]))
  const scatter = h("div", { class: "row wrap controls" }, h("label", { class: "row grow" }, h("span", { class: "soft" }, "against"), otherMetric), h("label", { class: "row" }, fields, "fields"))
  const profile = h("div", { class: "row controls" }, along)
  const place = h("div", { class: "figure hcs-figure" })
  const figure = plotFigure(place, ({ plate, metric }) => plate === now.plate && metric === now.metric)
  const coming = h("p", { class: "soft small empty-plot", role: "status" }, "The plot is being drawn…")
  const why = h("span")
  const failure = h("p", { class: "notice bad small hcs-plot-failure", role: "alert", hidden: true }, why, " ",
    h("button", { class: "small", click: () => send("again") }, "Try again"))
  const cuts = cutControls(send, figure)
  el.append(h("div", { class: "plots hcs-plots" }, tabs, cuts.element, refusal, scatter, profile, note, empty, failure), place)
  /** @type {Shown<"distribution">} */
  let now
  const isNew = novelty()
  let answered = 0
  let drawn = 0 // serial of the figure that is there
  const showBusy = () => set(place, { "aria-busy": now?.serial > drawn })

  /** @type {Record<string, string>} */
  const ABOUT = { scatter: "Two metrics", profile: "By rows and columns", statistics: "Assay window, positions, doses" }
  const isAside = () => document.documentElement.dataset.plots === "statistics"

  /** Statistics are a panel of their own, which takes the plot's place where there is no room for both. @param {string} id */
  function choose(id) {
    document.documentElement.dataset.plots = id === "statistics" && tabs.lastElementChild?.checkVisibility() ? id : ""
    showTabs()
    if (id !== "statistics" && id !== now.tab) send("tab", { tab: id })
  }

  function showTabs() {
    const focused = tabs.contains(root.activeElement)
    el.classList.toggle("aside", isAside())
    fill(tabs, [...now.tabs, ["statistics", "Statistics"]].map(tab))
    if (focused) /** @type {HTMLElement | null} */ (tabs.querySelector('[aria-selected="true"]'))?.focus()
  }

  /** @param {string[]} tab @param {number} at @param {string[][]} all */
  function tab([id, title], at, all) {
    const selected = id === (isAside() ? "statistics" : now.tab)
    return h("button", {
      role: "tab", class: "tab", title: ABOUT[id] ?? title, "aria-selected": selected, tabindex: selected ? 0 : -1, dataset: { tab: id },
      click: () => choose(id),
      keydown: (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
        if (!step) return
        event.preventDefault()
        event.stopPropagation()
        const next = all[(at + step + all.length) % all.length][0]
        choose(next)
        ;/** @type {HTMLElement | null} */ (tabs.querySelector(`[data-tab="${next}"]`))?.focus()
      },
    }, title)
  }

  let broken = "" // why the browser could not draw what it got
  function fail() {
    say(why, now?.failure || broken)
    failure.hidden = !why.textContent
  }

  let pending = 0
  const soon = () => { clearTimeout(pending); pending = setTimeout(figure.mark, REST_MILLISECONDS) }
  listen("selection", figure.mark)
  listen("values", () => { cuts.recount(); soon() })
  listen("cut-moved", ({ side, value }) => cuts.moved(side, value))
  listen("open-panel", (id) => { if (now && (id === "statistics" || id === "distribution")) choose(id === "statistics" ? id : now.tab) })
  listen("plot-box", (box) => send("box", { plate: now.plate, ...box }))

  return {
    content(next) {
      now = next
      showTabs()
      showBusy()
      say(whyEmpty, next.empty)
      toSetup.hidden = !next.place
      say(toSetup, next.place === "metric" ? "Pick a metric" : "Set it")
      empty.hidden = next.plotted
      if (next.plotted && !next.failure && !broken && !place.firstChild) place.append(coming)
      say(note, next.tab === "histogram" || !next.plotted ? "" : next.tab === "scatter" && !next.other ? "Choose what to plot it against." : next.note)
      note.hidden = !note.textContent
      sayIf(refusal, next.refused[1])
      scatter.hidden = next.tab !== "scatter" || !next.plotted
      profile.hidden = next.tab !== "profile" || !next.plotted
      if (isNew(next.choices)) {
        const groups = new Map()
        for (const [id, title, group] of next.choices) groups.set(group, [...(groups.get(group) ?? []), h("option", { value: id }, title)])
        fill(otherMetric, h("option", { value: "" }, "–"), [...groups].map(([name, options]) => h("optgroup", { label: name }, options)))
      }
      otherMetric.value = next.other
      fields.checked = next.fields
      along.value = next.along
      cuts.show(next)
      fail()
      const [serial, wells] = next.chosen
      if (serial !== answered) {
        answered = serial
        selectWells(wells)
      }
      soon()
    },
    async figure({ serial, item, ...of }) {
      broken = ""
      try {
        await figure.show(item, of)
        cuts.draw()
      } catch (error) {
        console.warn(error)
        figure.dispose()
        broken = `This plot could not be drawn: ${messageOf(error)}`
      }
      fail()
      drawn = Math.max(drawn, serial)
      showBusy()
    },
  }
}

/** Numbers beside the dragged lines: the same cut-offs for the keyboard, and what they do. @param {Send} send @param {ReturnType<typeof plotFigure>} figure */
function cutControls(send, figure) {
  const low = h("input", { type: "number", step: "any", "aria-label": "Cut-off below", class: "hcs-cut-low" })
  const high = h("input", { type: "number", step: "any", "aria-label": "Cut-off above", class: "hcs-cut-high" })
  const tally = h("output", { class: "tally hcs-cut-count", "aria-live": "polite" })
  const keep = h("button", { class: "small primary hcs-cut-keep", click: () => { keep.disabled = true; send("cut", { plate: now.plate, metric: now.metric, low: value(low), high: value(high) }) } }, "Keep for project")
  const back = h("button", { class: "small", click: () => send("cut", { plate: now.plate, metric: now.metric, back: true }) }, "Back to default")
  const choose = h("button", { class: "small hcs-cut-choose", title: "Select the wells beyond the cut-offs", click: () => selectWells(beyond()) }, "Choose wells")
  const below = labelled("≤", low)
  const above = labelled("≥", high)
  const element = h("div", { class: "row wrap controls cuts" }, below, above, tally, choose, keep, back)
  /** @type {Shown<"distribution">} */
  let now
  const isNew = novelty()

  /** @param {HTMLInputElement} input */
  const value = (input) => (input.value === "" ? null : Number(input.value))
  /** @param {number | null | undefined} limit */
  const rounded = (limit) => (limit === null || limit === undefined ? "" : String(Number(Number(limit).toPrecision(5))))

  function beyond() {
    const [from, to] = [value(low), value(high)]
    return map.labels.filter((_, at) => {
      const number = map.values[at]
      return number !== null && number !== undefined && ((from !== null && number <= from) || (to !== null && number >= to))
    })
  }

  function recount() {
    if (!now) return
    const wells = beyond()
    const text = `${count(wells.length, "well")} beyond`
    if (!now.rule || !now.ready) say(tally, text)
    else say(tally, `${text}, ${count(new Set([...wells, ...now.others]).size, "suspect")} in all`)
    choose.disabled = !wells.length
  }

  function changed() {
    const same = rounded(value(low)) === rounded(now.low) && rounded(value(high)) === rounded(now.high)
    keep.disabled = same || Boolean(now.barred.cut)
    keep.classList.toggle("idle", same)
    recount()
  }

  for (const [side, input] of /** @type {[Side, HTMLInputElement][]} */ ([["low", low], ["high", high]])) {
    input.addEventListener("input", () => {
      figure.cut(side, value(input))
      changed()
    })
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) return keep.click()
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return
      event.preventDefault()
      const numbers = map.values.filter((number) => number !== null && number !== undefined)
      const range = numbers.length ? Math.max(...numbers) - Math.min(...numbers) : 1
      const step = (range / (event.shiftKey ? 20 : 100) || 1) * (event.key === "ArrowUp" ? 1 : -1)
      input.value = rounded((value(input) ?? (side === "low" ? Math.min(...numbers) : Math.max(...numbers))) + step)
      input.dispatchEvent(new Event("input"))
    })
  }

  return {
    element,
    recount,
    /** A new figure has the cut-offs that are kept; show those that are typed. */
    draw() {
      if (!now || keep.classList.contains("idle")) return
      figure.cut("low", value(low))
      figure.cut("high", value(high))
    },
    /** @param {string} side @param {number | null} at */
    moved(side, at) {
      const input = side === "low" ? low : high
      if (!now || value(input) === at || typeof at !== "number") return
      input.value = rounded(at)
      changed()
    },
    /** @param {Shown<"distribution">} next */
    show(next) {
      now = next
      element.hidden = next.tab !== "histogram" || !next.plotted || next.metric === "suspicion"
      if (isNew(next.plate, next.metric, next.low, next.high, next.refused[0])) {
        low.value = rounded(next.low)
        high.value = rounded(next.high)
      }
      const sides = next.rule ? next.side : "both"
      below.hidden = sides === "high"
      above.hidden = sides === "low"
      keep.hidden = !next.rule
      back.hidden = !next.rule || !next.kept
      set(keep, { title: next.barred.cut ?? (next.kept ? "Kept for this project" : "Fields beyond are suspect on all plates of this project") })
      set(back, barredBy(next.barred.cut, "Take back the cut-offs of this project"))
      changed()
    },
  }
}
