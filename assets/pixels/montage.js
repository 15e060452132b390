// Fields from all over the plate at one look: random ones, or the controls.

import { viewSwitch } from "../plate/views.js"
import { everyFrame, fill, h, say, set } from "../core/dom.js"
import { notice, novelty } from "../core/parts.js"
import { legend } from "./channel_marks.js"
import { watchSeen } from "./seen.js"
import { thumbBar } from "./scale_bar.js"
import { wellThumb } from "./well_thumb.js"

/** @type {Record<string, string>} */
const ABOUT = { random: "Randomly chosen wells and fields.", controls: "Control wells, all in one contrast." }
/** @type {Record<string, string>} */
const ROLES = { negative: "negative control", positive: "positive control", untreated: "untreated" }

const SMALLEST = 120 // pixels of a picture's side that still tells something

export const sheets = ["pixels/gallery.css", "pixels/montage.css", "pixels/channel_marks.css"]

/** @param {PartContext} context @returns {Part<"montage">} */
export function build({ el, send }) {
  let content = { kind: "", seed: 0 }
  const about = h("span", { class: "soft cut" })
  const others = h("button", { class: "small hcs-montage-others", title: "Draw other wells and fields", click: () => choose("random", content.seed + 1) }, "Draw again")
  const views = viewSwitch()
  const message = h("div", { class: "message", hidden: true })
  const channels = legend()
  const bar = h("span", { class: "soft" })
  const seen = watchSeen()
  const groups = h("div", { class: "groups" })
  const isNew = novelty()
  const stage = h("div", { class: "stage" }, message, groups)
  const header = h("header", views.element, about, h("span", { class: "grow" }), others)
  el.append(h("section", { class: "panel montage hcs-montage", "aria-label": "Pictures of the plate" }, header, stage, h("footer", { class: "row small" }, channels.element, bar)))

  /** @param {string} kind */
  const choose = (kind, seed = content.seed) => send("montage", { kind, seed })

  /** @param {Sample} item */
  const thumb = (item) => wellThumb(item, "Go to this well", h("span", { class: "cut" }, item.label), seen)

  /** @param {string} name @param {Sample[]} items */
  function group(name, items) {
    return h("section", { "aria-label": name || "Pictures" }, name ? h("h3", `${name} (${items.length})`) : null,
      h("div", { class: "thumbs", role: "list" }, items.map(thumb)))
  }

  /** @param {Sample[]} items */
  function showItems(items) {
    if (!isNew(items)) return
    const byRole = new Map()
    for (const item of items) byRole.set(item.note, [...(byRole.get(item.note) ?? []), item])
    fill(groups, [...byRole].map(([role, some]) => group(ROLES[role] ?? role, some)))
  }

  /** As large as lets all be seen at once; else small, and it scrolls. */
  const arrange = everyFrame(() => {
    const grids = /** @type {HTMLElement[]} */ ([...groups.querySelectorAll(".thumbs")])
    const first = /** @type {HTMLElement | null} */ (groups.querySelector("[role=listitem]"))
    if (!first?.offsetWidth) return
    const gap = parseFloat(getComputedStyle(grids[0]).rowGap)
    const width = grids[0].clientWidth
    const heads = grids.reduce((rest, grid) => rest - grid.offsetHeight, groups.offsetHeight)
    const caption = first.offsetHeight - first.offsetWidth
    const room = stage.clientHeight - 2 * parseFloat(getComputedStyle(stage).paddingTop) - heads
    let across = "auto-fill"
    for (let columns = 1; (width + gap) / columns - gap >= SMALLEST; columns += 1) {
      const row = (width + gap) / columns + caption
      const rows = grids.reduce((sum, grid) => sum + Math.ceil(grid.children.length / columns), 0)
      if (rows * row - gap * grids.length > room) continue
      across = String(columns)
      break
    }
    set(groups, { style: { "--across": across } })
  })
  new ResizeObserver(arrange).observe(stage)

  /** @param {Texts["montage"]["content"]} next */
  function showMessage(next) {
    message.hidden = !(next.error || next.empty)
    fill(message, next.error ? notice("bad", next.error) : next.empty ? h("span", next.empty) : null)
  }

  return {
    content(next) {
      content = next
      say(about, ABOUT[next.kind] ?? "")
      set(about, { title: about.textContent })
      others.hidden = next.kind !== "random"
      stage.classList.toggle("choosing", !next.kind)
      showMessage(next)
      showItems(next.items)
      const [length, text] = thumbBar(next.across, next.unit)
      set(groups, { style: { "--bar": length } })
      say(bar, next.items.length ? text : "")
      arrange()
    },
  }
}
