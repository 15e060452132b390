// A link's file, fetched before it is saved: a browser would save a refusal as the file.

const REFUSED = "The file could not be made: the server did not answer."

let shown = "" // the address of the last file; the browser may still read it

/**
 * Save what a link leads to, or say why not.
 * @param {MouseEvent} event a click on the link
 * @param {(text: string, partial?: () => void) => void} refused hears why, and of a table
 *   that is not complete yet how to save what there is
 */
export async function download(event, refused) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return // into another tab
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget)
  event.preventDefault()
  if (link.getAttribute("aria-busy")) return
  link.setAttribute("aria-busy", "true")
  await saveFile(link.href, refused)
  link.removeAttribute("aria-busy")
}

/**
 * Save what lies at an address, or say why not.
 * @param {string} address
 * @param {(text: string, partial?: () => void) => void} refused see `download`
 */
export async function saveFile(address, refused) {
  try {
    const answer = await fetch(address, { cache: "no-store" })
    if (!answer.ok) return refused(await reason(answer), later(answer) ? () => saveFile(`${address}?partial=yes`, refused) : undefined)
    keep(await answer.blob(), fileName(answer.headers.get("Content-Disposition") ?? ""))
  } catch {
    refused(REFUSED)
  }
}

/** Whether only measurements are missing. @param {Response} answer */
const later = (answer) => answer.status === 503 || answer.status === 409

/** @param {Response} answer */
const reason = (answer) => answer.json().then((refusal) => refusal.error, () => REFUSED)

/** The name that the server gives a file. @param {string} disposition */
export const fileName = (disposition) => /filename="([^"]*)"/.exec(disposition)?.[1] ?? ""

/** @param {Blob} blob @param {string} name */
function keep(blob, name) {
  if (shown) URL.revokeObjectURL(shown)
  shown = URL.createObjectURL(blob)
  const link = document.createElement("a")
  link.href = shown
  link.download = name
  link.click()
}
