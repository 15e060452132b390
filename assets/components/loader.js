// Script and styles that came as texts become a module and sheets: a notebook's browser
// can fetch nothing from us. This module is the head of what Python sends, see
// `dashboard/components/script.py`; it imports nothing.

/** @param {string} text */
const blobOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }))

/** @param {string} text */
function sheetOf(text) {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  return sheet
}

/** @type {Map<string, Promise<{mount: Function, sheets: CSSStyleSheet[]}>>} */
const loaded = /** @type {any} */ (globalThis).hcsComponents ??= new Map() // each once a page

/**
 * Show a component: its module's `mount` gets `{model, root, host}`.
 * @param {{version: string, script: string, sheets: string[]}} sent
 * @param {{model: Model, el: HTMLElement}} context
 */
export async function show({ version, script, sheets }, { model, el }) {
  if (!loaded.has(version)) {
    loaded.set(version, import(blobOf(script)).then(({ mount }) => ({ mount, sheets: sheets.map(sheetOf) })))
  }
  const part = /** @type {{mount: Function, sheets: CSSStyleSheet[]}} */ (await loaded.get(version))
  const host = document.createElement("div")
  const root = host.attachShadow({ mode: "open" })
  root.adoptedStyleSheets = part.sheets
  el.replaceChildren(host)
  const dispose = part.mount({ model, root, host })
  model.on("remove", dispose)
}
