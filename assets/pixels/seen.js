// Pictures of wells among others that somebody has seen: drawn, on the screen, and large
// enough to show something. Seen is no verdict; the record says what was seen before one.

import { tell } from "../core/bus.js"

export const LEAST_SIDE = 96 // pixels on the screen; on smaller ones nobody sees a blur

/** Whether a picture is one that counts. @param {{complete: boolean, naturalWidth: number, clientWidth: number, clientHeight: number}} image */
export const counts = ({ complete, naturalWidth, clientWidth, clientHeight }) => complete && naturalWidth > 0 && Math.min(clientWidth, clientHeight) >= LEAST_SIDE

/** Tell of the wells whose pictures are seen. */
export function watchSeen() {
  /** @type {WeakMap<Element, Events["glimpsed"]>} */
  const items = new WeakMap()
  const onScreen = new WeakSet()
  const look = (/** @type {HTMLImageElement} */ image) => {
    if (!onScreen.has(image) || !counts(image)) return
    tell("glimpsed", items.get(image))
    observer.unobserve(image)
  }
  const observer = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
    if (!isIntersecting) return onScreen.delete(target)
    onScreen.add(target)
    return look(/** @type {HTMLImageElement} */ (target))
  }), { threshold: 0.5 })
  return {
    /** @param {HTMLImageElement} image @param {Events["glimpsed"]} item */
    watch(image, item) {
      items.set(image, item)
      observer.observe(image)
      image.addEventListener("load", () => look(image))
    },
  }
}
