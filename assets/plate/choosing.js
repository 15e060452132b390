// What the chooser of the metric lists: metrics that differ in the channel alone are one
// entry, in groups by question, found by typing. Pure.

import { missing, withWords, wordsOf } from "../core/search.js"

/** @param {MetricChoice} metric */
export const keyOf = ({ id, channel }) => (channel === null ? id : id.slice(0, id.lastIndexOf(".")))

/** @param {MetricChoice[]} metrics @returns {MetricFamily[]} in groups */
export function families(metrics) {
  /** @type {Map<string, MetricFamily>} */
  const byKey = new Map()
  for (const metric of metrics) {
    const key = keyOf(metric)
    const family = byKey.get(key) ?? { key, name: metric.name, about: metric.about, group: metric.group, ids: new Map() }
    family.ids.set(metric.channel, metric.id)
    byKey.set(key, family)
  }
  return [...Map.groupBy(byKey.values(), ({ group }) => group).values()].flat()
}

/** The metric of a family for a channel, of its first where it has none there.
 *  @param {MetricFamily} family @param {number | null} channel @returns {MetricEntry} */
export function entryOf(family, channel) {
  const [first, id] = [...family.ids][0]
  return family.ids.has(channel) ? { family, id: /** @type {string} */ (family.ids.get(channel)), channel } : { family, id, channel: first }
}

/**
 * What is listed for the words that are typed: those whose name, group and channel have
 * all words, else those whose explanation has them. A channel's name chooses the channel.
 *
 * @param {MetricFamily[]} all @param {string} text
 * @param {{channels: ChannelName[], channel: number | null, recent?: string[]}} choice
 * @returns {{label: string, entries: MetricEntry[]}[]}
 */
export function listed(all, text, { channels, channel, recent = [] }) {
  const words = wordsOf(text)
  if (!words.length) {
    const used = recent.flatMap((key) => all.find((family) => family.key === key) ?? [])
    return [...(used.length ? [{ label: "Recently used", entries: used.map((family) => entryOf(family, channel)) }] : []), ...grouped(all.map((family) => entryOf(family, channel)))]
  }
  const named = all.flatMap((family) => {
    const rest = missing(words, `${family.name} ${family.group}`)
    if (!rest.length) return [entryOf(family, channel)]
    const other = channels.find(([index, title]) => family.ids.has(index) && !missing(rest, title).length)
    return other ? [entryOf(family, other[0])] : []
  })
  if (named.length) return grouped(named)
  return grouped(withWords(all, text, ({ about }) => about).map((family) => entryOf(family, channel)))
}

/** @param {MetricEntry[]} entries */
const grouped = (entries) => [...Map.groupBy(entries, ({ family }) => family.group)].map(([label, members]) => ({ label, entries: members }))
