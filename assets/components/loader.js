// Scripts and styles that came as texts become modules and sheets: a notebook's browser
// can fetch nothing from us. This module is the head of what Python sends, see
// `dashboard/components/script.py`; it imports nothing.

const IMPORT = /\b(from|import) "(\.{1,2}\/[^"]+)"/g

/** The path that a module means by what it imports. @param {string} from @param {string} to */
export const resolved = (from, to) => new URL(to, `script://assets/${from}`).pathname.slice(1)

/**
 * A module whose imports lead to modules that were made before it.
 * @param {Record<string, string>} files text by path
 * @param {string} path
 * @param {(text: string) => string} addressOf makes a module of its text
 * @param {Map<string, string>} [made] address by path
 */
export function linked(files, path, addressOf, made = new Map()) {
  const known = made.get(path)
  if (known !== undefined) return known
  const text = files[path].replace(IMPORT, (_, word, to) => `${word} "${linked(files, resolved(path, to), addressOf, made)}"`)
  const address = addressOf(text)
  made.set(path, address)
  return address
}

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
 * @param {{version: string, files: Record<string, string>, sheets: string[]}} sent
 * @param {string} path @param {{model: Model, el: HTMLElement}} context
 */
export async function show({ version, files, sheets }, path, { model, el }) {
  const key = `${version} ${path}`
  if (!loaded.has(key)) {
    loaded.set(key, import(linked(files, path, blobOf)).then(({ mount }) => ({ mount, sheets: sheets.map(sheetOf) })))
  }
  const part = /** @type {{mount: Function, sheets: CSSStyleSheet[]}} */ (await loaded.get(key))
  const host = document.createElement("div")
  const root = host.attachShadow({ mode: "open" })
  root.adoptedStyleSheets = part.sheets
  el.replaceChildren(host)
  const dispose = part.mount({ model, root, host })
  model.on("remove", dispose)
}
