// The look of the page: light or dark, and the tokens of either.

/** The value of a token of the present theme, that of the page unless an element has its own.
 *  @param {string} name @param {Element} [element] */
export function token(name, element = document.documentElement) {
  return getComputedStyle(element).getPropertyValue(`--hcs-${name}`).trim()
}

// Looked up when it is first needed: without a window there is no theme, and no wish.
const darkWish = () => matchMedia("(prefers-color-scheme: dark)")

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === "dark" : darkWish().matches
}

/** Call `redraw` after the theme changed. @param {() => void} redraw */
export function onTheme(redraw) {
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] })
  darkWish().addEventListener("change", redraw)
}
