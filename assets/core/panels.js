// The panels of the page by their ids: whoever wants one asks for it by name. Those that
// are seldom needed are folded away behind a row of names, one of them open at a time.

import { listen, overhear } from "./bus.js"

/** @param {string} id */
const panelOf = (id) => document.getElementById(`panel-${id}`)

const isEmpty = (/** @type {Element} */ panel) => !panel.querySelector(":scope > .part > :not([hidden])")

/** Begin: names for the folded panels, and an ear for wishes. */
export function startPanels() {
  const names = document.getElementById("more-names")
  const folded = [...document.querySelectorAll(".folded")]
  const buttons = folded.map((panel) => {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = /** @type {HTMLElement} */ (panel).dataset.name ?? ""
    button.setAttribute("aria-controls", panel.id)
    button.addEventListener("click", () => unfold(panel.classList.contains("open") ? null : panel))
    names?.append(button)
    return button
  })

  /** @param {Element | null} chosen */
  function unfold(chosen) {
    folded.forEach((panel, at) => {
      panel.classList.toggle("open", panel === chosen)
      buttons[at].setAttribute("aria-expanded", String(panel === chosen))
    })
    chosen?.scrollIntoView({ block: "nearest" })
  }

  /** What has nothing to say now has no name either. */
  function offer() {
    folded.forEach((panel, at) => { buttons[at].hidden = isEmpty(panel) })
    const more = document.getElementById("more") // gone where the page has ended
    if (more) more.hidden = buttons.every((button) => button.hidden)
  }

  unfold(null)
  offer()
  const watcher = new MutationObserver(offer)
  for (const panel of folded) watcher.observe(panel.querySelector(".part") ?? panel, { subtree: true, childList: true, attributeFilter: ["hidden"] })
  overhear("open-setup", () => unfold(panelOf("setup")))
  listen("open-panel", (id) => {
    const panel = panelOf(id)
    if (!panel) return
    if (folded.includes(panel)) unfold(panel)
    panel.tabIndex = -1
    panel.focus({ preventScroll: true })
    panel.scrollIntoView({ block: "nearest" })
  })
}
