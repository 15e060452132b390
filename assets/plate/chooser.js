// The chooser of the metric: an editable combobox (ARIA APG) over the metrics by question,
// a switch of the channel, and a select without looks that automation and forms can use.

import { toPlate } from "../core/boxes.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { preference, setPreference } from "../core/storage.js"
import { entryOf, families, keyOf, listed, usedNow } from "./choosing.js"

const GAP = 4 // pixels between the box and its list

/** `choose` gets the id of a metric. @param {(id: string) => void} choose */
export function makeChooser(choose) {
  /** @type {import("./choosing.js").Metric[]} */
  let metrics = []
  /** @type {import("./choosing.js").Family[]} */
  let all = []
  /** @type {import("./choosing.js").Channel[]} */
  let channels = []
  /** @type {import("./choosing.js").Entry[]} */
  let entries = []
  /** @type {import("./choosing.js").Metric | undefined} */
  let present // that the server has, whatever is being chosen
  /** @type {number | null} */
  let channelOf = null // the channel of what was last shown, for metrics to come
  let wanted = ""
  let active = -1
  let signature = ""

  const native = h("select", { class: "sr", tabindex: "-1", "aria-hidden": "true", on: { change: () => choose(native.value), focus: () => box.focus() } })
  const about = h("p", { class: "small soft about", id: "metric-about" })
  const list = h("div", { role: "listbox", id: "metric-list", "aria-label": "Metrics" })
  const popup = h("div", { class: "choices", popover: "manual", on: { pointerdown: (/** @type {Event} */ event) => event.preventDefault() } }, list, about)
  const box = h("input", {
    type: "text", role: "combobox", "aria-label": "Metric", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "metric-list",
    "aria-describedby": "metric-about", autocomplete: "off", spellcheck: "false", placeholder: "Metric", dataset: { keeps: "" },
    on: { pointerdown: () => setTimeout(open), focus: () => box.select(), blur: close, input: () => { open(); show(box.value) }, keydown },
  })
  const channel = h("select", { "aria-label": "Channel", title: "Channel of the metric", class: "hcs-metric-channel", hidden: true, on: { change: () => switchChannel(Number(channel.value)) } })
  const element = h("div", { class: "chooser" },
    h("label", { class: "hcs-metric-select" }, native, h("span", { class: "soft" }, "Colour")), h("span", { class: "box" }, box, h("span", { class: "down", "aria-hidden": "true" }, icon("forward"))), channel, popup)

  const isOpen = () => box.getAttribute("aria-expanded") === "true"
  const recent = () => preference("metrics").split(" ").filter(Boolean)

  function open() {
    if (isOpen() || !metrics.length) return
    set(box, { "aria-expanded": "true" })
    const { left, bottom, width } = box.getBoundingClientRect()
    for (const [name, size] of Object.entries({ left, top: bottom + GAP, "min-width": width, "max-height": Math.max(160, window.innerHeight - bottom - 3 * GAP) })) popup.style.setProperty(name, `${size}px`)
    popup.showPopover()
    show("")
  }

  function close() {
    box.value = present?.name ?? ""
    if (!isOpen()) return
    set(box, { "aria-expanded": "false", "aria-activedescendant": null })
    popup.hidePopover()
    say(about, present?.about ?? "")
  }

  /** @param {string} text */
  function show(text) {
    const key = present ? keyOf(present) : ""
    const groups = listed(all, text, { channels, channel: channelOf, recent: recent().filter((used) => used !== key) })
    entries = groups.flatMap((group) => group.entries)
    let at = 0
    fill(list, groups.map(({ label, entries: members }, i) => h("div", { role: "group", "aria-labelledby": `metric-group-${i}` },
      h("h3", { id: `metric-group-${i}`, role: "presentation" }, label),
      members.map((entry) => option(entry, at++, key)))), entries.length ? null : h("p", { class: "soft small" }, "No metric has these words."))
    const now = text ? 0 : entries.findLastIndex(({ family }) => family.key === key)
    activate(entries.length ? Math.max(0, now) : -1)
  }

  /** @param {import("./choosing.js").Entry} entry @param {number} index @param {string} key */
  function option({ family, channel: of }, index, key) {
    const name = of !== channelOf && of !== null ? channels.find(([each]) => each === of)?.[1] : ""
    return h("div", {
      role: "option", id: `metric-${index}`, title: family.about, "aria-selected": "false", class: family.key === key ? "now" : "",
      on: { click: () => take(index), pointermove: () => { if (active !== index) activate(index, false) } },
    }, family.name, name ? h("span", { class: "soft" }, `, ${name}`) : null)
  }

  /** @param {number} index @param {boolean} [scroll] */
  function activate(index, scroll = true) {
    const options = list.querySelectorAll("[role=option]")
    options[active]?.setAttribute("aria-selected", "false")
    active = index
    options[index]?.setAttribute("aria-selected", "true")
    set(box, { "aria-activedescendant": index < 0 ? null : `metric-${index}` })
    say(about, entries[index]?.family.about ?? "")
    if (scroll) options[index]?.scrollIntoView({ block: "nearest" })
  }

  /** @param {number} index */
  function take(index) {
    const entry = entries[index]
    close()
    if (!entry) return
    ask(entry)
    box.blur()
    toPlate()
  }

  /** @param {import("./choosing.js").Entry} entry */
  function ask({ family, id }) {
    setPreference("metrics", usedNow(recent(), family.key).join(" "))
    choose(id)
  }

  /** @param {number} index */
  function switchChannel(index) {
    channelOf = index
    const family = present && all.find(({ key }) => key === keyOf(/** @type {any} */ (present)))
    if (family) choose(entryOf(family, index).id)
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (step) {
      if (event.altKey && step < 0) close()
      else if (!isOpen()) open()
      else if (entries.length) activate(Math.abs(step) > 1 ? Math.min(entries.length - 1, Math.max(0, active + step)) : (active + step + entries.length) % entries.length)
    } else if (event.key === "Enter") {
      if (isOpen()) take(active)
      else open()
    } else if (event.key === "Escape" && isOpen()) {
      close()
      box.select()
    } else return
    event.preventDefault()
    event.stopPropagation() // Escape and Enter would leave the box
  }

  return {
    element,
    get metric() { return native.value },
    /** @param {import("./choosing.js").Metric[]} next @param {import("./choosing.js").Channel[]} named */
    offer(next, named) {
      const text = JSON.stringify([next, named])
      if (text === signature) return
      signature = text
      metrics = next
      channels = named
      all = families(next)
      channelOf ??= named[0]?.[0] ?? null
      // A list that is filled anew closes under whoever reads it.
      fill(native, [...Map.groupBy(next, ({ group }) => group)].map(([label, members]) => h("optgroup", { label }, members.map(({ id, title, about: text }) => h("option", { value: id, title: text }, title)))))
      this.show(wanted)
    },
    /** @param {string} id of the metric that the plate has */
    show(id) {
      wanted = id
      present = metrics.find((metric) => metric.id === id)
      if (!present) return
      native.value = id
      if (present.channel !== null) channelOf = present.channel
      const family = /** @type {import("./choosing.js").Family} */ (all.find(({ key }) => key === keyOf(/** @type {any} */ (present))))
      const own = channels.filter(([index]) => family.ids.has(index))
      channel.hidden = present.channel === null || channels.length < 2
      fill(channel, own.map(([index, name]) => h("option", { value: index }, name)))
      if (present.channel !== null) channel.value = String(present.channel)
      set(box, { title: `${present.title}: ${present.about}` })
      if (isOpen()) return
      box.value = present.name
      say(about, present.about)
    },
    /** The next metric in the order of the list, of the same channel. @param {number} step */
    step(step) {
      const at = all.findIndex(({ key }) => present && key === keyOf(present))
      if (all.length) choose(entryOf(all[(at + step + all.length) % all.length], channelOf).id)
    },
    /** One that was measured: the last that was used, or the first. */
    pick() {
      const measured = all.filter(({ ids }) => !ids.has(null))
      const used = recent().map((key) => measured.find((family) => family.key === key)).find(Boolean)
      const family = used ?? measured[0]
      if (family) ask(entryOf(family, channelOf))
    },
  }
}
