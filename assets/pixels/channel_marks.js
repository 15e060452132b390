// Which channels a picture shows, and in which contrast: signs in its corner, and a line
// below many of them.

import { display, listen, tell } from "../core/bus.js"
import { fill, h, set } from "../core/dom.js"
import { number } from "../core/text.js"

const STEP = 9 // pixels from dot to dot

/** Where the limits come from, in words. */
const SOURCES = { stored: "Contrast: stored", plate: "Contrast: whole plate", dtype: "Contrast: range of the data type", hand: "Contrast: by hand" }

/** Channels of which only one is on; all where it was so before, or without a place.
 *  @template {{active: boolean}} Channel @param {Channel[]} channels @param {number | null} place */
export function only(channels, place) {
  const all = place === null || channels.every(({ active }, at) => active === (at === place))
  return channels.map((channel, at) => ({ ...channel, active: all || at === place }))
}

/** Dots for the corner of each picture on the page, as custom properties of its root: a
 *  disc for a channel that is on, a ring for one that is off. @param {ChannelLook[]} channels */
export function channelMarks(channels) {
  const dots = channels.slice(0, 9).map(({ color, active }, at) =>
    `radial-gradient(circle at ${at * STEP + 4}px 4px,${active ? `#${color} 2.5px,#000 3px 4px` : "#000 1.5px,#bbb 2px 3px"},transparent ${active ? 4 : 3.5}px)`)
  return { "--hcs-channels": dots.join(",") || "none", "--hcs-channels-width": `${dots.length * STEP}px` }
}

/** Where the contrast comes from. @param {string} source @param {string} origin */
export const sourceText = (source, origin) => (source === "field" ? `Contrast: ${origin || "this field"} only` : SOURCES[/** @type {keyof typeof SOURCES} */ (source)] ?? "")

/** The channels with their limits, each a switch, and where these come from; nothing while `ready` says
 *  that there is no picture they are of. */
export function legend(ready = () => true) {
  const element = h("div", { class: "legend", role: "group", "aria-label": "Channels of the picture" })
  const show = () => fill(element, ...(!ready() ? [] : [display.channels.map(({ name, color, low, high, gamma, active }, at) =>
    h("button", {
      class: "plain", "aria-pressed": active, title: `${name}: black at ${number(low)}, full at ${number(high)}${gamma === 1 ? "" : `, gamma ${number(gamma)}`}. Click or key ${at + 1}: on or off; with Shift: only this one`,
      click: (event) => tell(event.shiftKey ? "only-channel" : "channel", at),
    }, set(h("i", { class: "dot" }), { style: { background: active ? `#${color}` : "none" } }), h("b", name), active ? ` ${number(low)}–${number(high)}` : " off")),
  h("span", { class: `contrast-mark${display.source === "field" ? " own" : ""}` }, sourceText(display.source, display.origin))]))
  show()
  listen("display", show)
  return { element, show }
}
