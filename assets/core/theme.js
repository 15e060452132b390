// The look of the page: light or dark, and the tokens of either.

/** The value of a token of the present theme. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--hcs-${name}`).trim()
}

const darkWish = matchMedia("(prefers-color-scheme: dark)")

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === "dark" : darkWish.matches
}

/** Call `redraw` after the theme changed; returns the way to stop. */
export function onTheme(redraw) {
  const watcher = new MutationObserver(redraw)
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] })
  darkWish.addEventListener("change", redraw)
  return () => {
    watcher.disconnect()
    darkWish.removeEventListener("change", redraw)
  }
}
