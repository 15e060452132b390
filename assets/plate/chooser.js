// The chooser of the metric: an editable combobox (ARIA APG) over the metrics by question,
// a switch of the channel, and a select without looks that automation and forms can use.

import { toPlate } from "../core/boxes.js"
import { combobox } from "../core/combobox.js"
import { fill, h, icon, say, set } from "../core/dom.js"
import { novelty, offer } from "../core/parts.js"
import { withUsed } from "../core/search.js"
import { preference, setPreference } from "../core/storage.js"
import { entryOf, families, keyOf, listed } from "./choosing.js"

const REMEMBERED = 4 // metrics that were used last

/** `choose` gets the id of a metric. @param {(id: string) => void} choose */
export function makeChooser(choose) {
  /** @type {MetricChoice[]} */
  let metrics = []
  /** @type {MetricFamily[]} */
  let all = []
  /** @type {ChannelName[]} */
  let channels = []
  /** @type {MetricChoice | undefined} */
  let present // that the server has, whatever is being chosen
  /** @type {number | null} */
  let channelOf = null // the channel of what was last shown, for metrics to come
  let wanted = ""
  const isNew = novelty()

  const native = h("select", { class: "sr", tabindex: "-1", "aria-hidden": "true", change: () => choose(native.value), focus: () => box.focus() })
  const { input: box, list, foot: about, open: openList } = combobox({
    id: "metric", label: "Metric", listLabel: "Metrics", placeholder: "Metric", find, look, take, key,
    attributes: { "aria-expanded": "false", dataset: { keeps: "" }, pointerdown: () => setTimeout(open), focus: () => box.select(), blur: close, input: () => open(box.value) },
  })
  const popup = h("div", { class: "choices", popover: "manual", pointerdown: (/** @type {Event} */ event) => event.preventDefault() }, list, about)
  const channel = h("select", { "aria-label": "Channel", title: "Channel of the metric", class: "hcs-metric-channel", hidden: true, change: () => switchChannel(Number(channel.value)) })
  const element = h("div", { class: "chooser" },
    h("label", { class: "hcs-metric-select" }, native, h("span", { class: "soft" }, "Colour")), h("span", { class: "box" }, box, h("span", { class: "down", "aria-hidden": "true" }, icon("forward"))), channel, popup)

  /** @returns {boolean} */
  const isOpen = () => box.getAttribute("aria-expanded") === "true"
  const recent = () => preference("metrics").split(" ").filter(Boolean)
  const shownKey = () => (present ? keyOf(present) : "")

  function open(text = "") {
    if (isOpen() || !metrics.length) return
    set(box, { "aria-expanded": "true" })
    openList(popup, box, text)
  }

  function close() {
    box.value = present?.name ?? ""
    if (!isOpen()) return
    set(box, { "aria-expanded": "false", "aria-activedescendant": null })
    popup.hidePopover()
    say(about, present?.about ?? "")
  }

  /** @param {string} text */
  function find(text) {
    const groups = listed(all, text, { channels, channel: channelOf, recent: recent().filter((used) => used !== shownKey()) })
    const now = text ? 0 : groups.flatMap(({ entries }) => entries).findLastIndex(({ family }) => family.key === shownKey())
    return { groups, first: Math.max(0, now), note: groups.length ? "" : "No metric has these words." }
  }

  /** @param {MetricEntry} entry */
  function look({ family, channel: of }) {
    const name = of !== channelOf && of !== null ? channels.find(([each]) => each === of)?.[1] : ""
    return {
      line: [h("span", { class: "name" }, family.name, name ? h("span", { class: "soft" }, `, ${name}`) : null)],
      about: family.about, now: family.key === shownKey(), attributes: { title: family.about },
    }
  }

  /** @param {MetricEntry} entry */
  function take(entry) {
    close()
    ask(entry)
    box.blur()
    toPlate()
  }

  /** @param {MetricEntry} entry */
  function ask({ family, id }) {
    setPreference("metrics", withUsed(recent(), family.key, REMEMBERED).join(" "))
    choose(id)
  }

  /** @param {number} index */
  function switchChannel(index) {
    channelOf = index
    const family = all.find(({ key }) => key === shownKey())
    if (family) choose(entryOf(family, index).id)
  }

  /** Arrows and Enter open a closed list, Escape and Alt+Up close it. @param {KeyboardEvent} event @returns {boolean} */
  function key({ key: name, altKey }) {
    const opens = !isOpen() && (name === "Enter" || /^(Arrow|Page)(Up|Down)$/.test(name))
    const closes = isOpen() && (name === "Escape" || (altKey && name === "ArrowUp"))
    if (opens) open()
    if (closes) close()
    if (closes && name === "Escape") box.select()
    return opens || closes
  }

  return {
    element,
    get metric() { return native.value },
    /** @param {MetricChoice[]} next @param {ChannelName[]} named */
    offer(next, named) {
      if (!isNew(next, named)) return
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
      const family = /** @type {MetricFamily} */ (all.find(({ key }) => key === shownKey()))
      const own = channels.filter(([index]) => family.ids.has(index))
      channel.hidden = present.channel === null || channels.length < 2
      offer(channel, own, present.channel === null ? undefined : String(present.channel))
      set(box, { title: `${present.title}: ${present.about}` })
      if (isOpen()) return
      box.value = present.name
      say(about, present.about)
    },
    /** The next metric in the order of the list, of the same channel. @param {number} step */
    step(step) {
      const at = all.findIndex(({ key }) => key === shownKey())
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
