// What a component stands on, light or dark: a notebook, a template of Panel and a plain
// page each say it in their own way, but all of them have a background.

const DARK = 0.4 // of the light that white gives

/**
 * The share of white's light of a CSS colour, null where it lets through what is behind.
 * @param {string} colour as a computed style has it: "rgb(1, 2, 3)", "rgba(1, 2, 3, 0.5)"
 */
export function lightOf(colour) {
  const numbers = colour.match(/[\d.]+/g)?.map(Number)
  if (!colour.startsWith("rgb") || !numbers || (numbers[3] ?? 1) < 0.5) return null
  const [red, green, blue] = numbers
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
}

/** Whether what is behind an element is dark. @param {Element} element */
export function standsOnDark(element) {
  /** @type {Node | null} */
  let node = element
  while (node) {
    if (node instanceof Element) {
      const light = lightOf(getComputedStyle(node).backgroundColor)
      if (light !== null) return light < DARK
    }
    node = node.parentNode ?? (node instanceof ShadowRoot ? node.host : null)
  }
  // Nobody has painted anything: the browser does, by what the page says it can be.
  const scheme = getComputedStyle(document.documentElement).colorScheme
  return scheme.includes("dark") && (!scheme.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches)
}

/**
 * Keep the theme of a component that of what it stands on; returns the way to stop.
 * @param {HTMLElement} host @param {() => void} redraw
 */
export function followSurroundings(host, redraw) {
  const look = () => {
    const theme = standsOnDark(/** @type {Element} */ (host.parentElement ?? host)) ? "dark" : "light"
    if (host.dataset.theme === theme) return
    host.dataset.theme = theme
    redraw()
  }
  // Themes are switched by an attribute of one of these, and some fade in.
  const watcher = new MutationObserver(look)
  for (const element of [document.documentElement, document.body]) watcher.observe(element, { attributes: true })
  const wish = matchMedia("(prefers-color-scheme: dark)")
  wish.addEventListener("change", look)
  document.addEventListener("transitionend", look)
  look()
  return () => {
    watcher.disconnect()
    wish.removeEventListener("change", look)
    document.removeEventListener("transitionend", look)
  }
}
