// How two pictures of one field are held against each other. Pure.

/** Modes in the order of their buttons: id, name, what it does.
 *  @type {[CompareMode, string, string][]} */
export const MODES = [
  ["side", "Side by side", "Old and new side by side"],
  ["swipe", "Swipe", "New over old, up to a line that you drag"],
  ["blink", "Blink", "Old and new in turns at one place"],
  ["difference", "Difference", "New minus old: brighter and darker pixels"],
]

/** Milliseconds that each picture is shown: far from the three flashes a second that may harm. */
export const BLINK_MILLISECONDS = 800

/** The mode after this one, the first after the last. @param {CompareMode} mode */
export function nextMode(mode) {
  const at = MODES.findIndex(([name]) => name === mode)
  return MODES[(at + 1) % MODES.length][0]
}

/** What the key of a mode leads to: that mode, and from there back to side by side.
 *  @param {CompareMode} mode @param {CompareMode} asked @returns {CompareMode} */
export const modeByKey = (mode, asked) => (mode === asked ? "side" : asked)

/** Which part of the box is left of x, 0 to 1. @param {number} x @param {{left: number, width: number}} box */
export function swipePart(x, { left, width }) {
  return width > 0 ? Math.min(1, Math.max(0, (x - left) / width)) : 0.5
}

/** @type {Record<string, (part: number) => number>} */
const STEPS = {
  ArrowLeft: (part) => part - 0.02,
  ArrowRight: (part) => part + 0.02,
  PageDown: (part) => part - 0.2,
  PageUp: (part) => part + 0.2,
  Home: () => 0,
  End: () => 1,
}

/** Where a key moves the line of a swipe, null where it means something else.
 *  @param {string} key @param {number} part */
export function swipeStep(key, part) {
  const step = STEPS[key]
  return step ? Math.min(1, Math.max(0, step(part))) : null
}
