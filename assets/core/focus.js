// Focus is never lost: when what had it is drawn anew, goes or is hidden, it passes to what
// stands for the same, else to the next control, else to the plate or the list of plates.

import { isBox, toPlate } from "./boxes.js"

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]"

const usable = (/** @type {Element} */ element) => element.checkVisibility({ visibilityProperty: true }) && !(/** @type {any} */ (element).disabled)

/** What two drawings of one control have in common. @param {HTMLElement} element */
const nameOf = (element) => JSON.stringify([element.localName, element.classList[0], Object.values(element.dataset), element.getAttribute("aria-label") ?? element.textContent?.slice(0, 80)])

/** Controls in their order. @param {ParentNode} root */
const controls = (root) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(FOCUSABLE)])

/**
 * Draw a part, whose root may have the focus.
 * @param {ShadowRoot} root @param {() => void} draw
 */
export function keepingFocus(root, draw) {
  const had = /** @type {HTMLElement | null} */ (root.activeElement)
  const place = had ? controls(root).indexOf(had) : -1
  draw()
  if (!had || (root.activeElement === had ? usable(had) : focused() !== document.body)) return
  const now = controls(root)
  const name = nameOf(had)
  const same = now.find((element) => nameOf(element) === name && usable(element))
  // Not a box, for who never went there would find that the key of a verdict writes.
  const near = (/** @type {HTMLElement} */ element) => usable(element) && !isBox(element)
  const next = same ?? now.slice(Math.max(place, 0)).find(near) ?? now.findLast(near)
  if (next) next.focus({ preventScroll: true })
  else toPlace()
}

/**
 * Give the focus back when a dialog closes whose opener was drawn anew meanwhile: browsers know
 * the element that had it, and that has gone.
 * @param {HTMLDialogElement} dialog
 */
export function returningFocus(dialog) {
  /** @type {HTMLElement | null} */
  let opener = null
  let name = ""
  dialog.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return
    opener = /** @type {HTMLElement | null} */ (focused())
    name = opener ? nameOf(opener) : ""
  })
  dialog.addEventListener("close", () => {
    if (!opener || opener === document.body || focused()?.checkVisibility() && focused() !== document.body) return
    const same = controls(/** @type {ShadowRoot} */ (dialog.getRootNode())).find((element) => nameOf(element) === name && usable(element))
    if (same) same.focus({ preventScroll: true })
    else toPlace()
  })
}

/** What has the focus, in whatever part it stands. */
function focused() {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

/** The list of plates where it is shown, else the plate. */
function toPlace() {
  if (document.documentElement.dataset.stage !== "plates") return toPlate()
  const list = document.querySelector('[data-part="plates"] > *')?.shadowRoot
  const first = list && (controls(list).find((element) => element.closest("[data-plate]") && usable(element)) ?? controls(list).find(usable))
  first?.focus({ preventScroll: true })
}

/** Watch for stages that hide what has the focus; a page that nobody is at keeps none. */
export function watchFocus() {
  let had = false
  document.addEventListener("focusin", () => { had = true })
  const look = () => {
    const element = focused()
    if (had && (!element || element === document.body || !element.checkVisibility())) toPlace()
  }
  new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(look)))
    .observe(document.documentElement, { attributeFilter: ["data-stage", "data-adding"] })
}
