// Keeps the address of the page equal to what it shows. A place (plate, well, field) is
// a step that "back" undoes; contrast, z and t only rewrite the present step.

const PLACES = ["plate", "well", "field", "acquisition"]

/** @param {string} search */
const place = (search) => {
  const query = new URLSearchParams(search)
  return PLACES.map((name) => query.get(name) ?? "").join("\n")
}

export class Address {
  /** `onBack` gets the query after the person went back or forward. @param {(search: string) => void} onBack */
  constructor(onBack) {
    window.addEventListener("popstate", () => onBack(location.search))
    this.started = false
  }

  /** @param {string} query */
  show(query) {
    const search = query ? `?${query}` : ""
    if (search !== location.search) {
      const step = this.started && place(search) !== place(location.search)
      history[step ? "pushState" : "replaceState"]({}, "", location.pathname + search + location.hash)
    }
    this.started = true
  }
}
