// Files that are dropped, chosen or pasted, with the folders that they lie in.

/** Files of a drop, those in folders with their path. Must be called during the event.
 *  @param {DataTransfer} transfer @returns {Promise<GivenFile[]>} */
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file")
  // Entries and files can only be asked for now; what is in folders comes later.
  const entries = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }))
  const files = await Promise.all(entries.map(({ entry, file }) => (entry ? filesOf(entry, "") : file ? [{ file, folder: "" }] : [])))
  return files.flat()
}

/** Files that were chosen by an `<input type="file">`, of a folder too. @param {FileList | null} list */
export function chosenFiles(list) {
  return [...(list ?? [])].map((file) => ({ file, folder: (file.webkitRelativePath ?? "").split("/").slice(0, -1).join("/") }))
}

/** @param {any} entry  a file's or a folder's @param {string} folder @returns {Promise<GivenFile[]>} */
async function filesOf(entry, folder) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject))
    return [{ file, folder }]
  }
  const reader = entry.createReader()
  const inside = folder ? `${folder}/${entry.name}` : entry.name
  const files = []
  // A folder is read by the hundred entries, until none is left.
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (!entries.length) return files
    for (const each of entries) files.push(...await filesOf(each, inside))
  }
}

/** The well that an event is over, by the elements that it went through; "" for none.
 *  @param {Event} event */
export function wellBelow(event) {
  const element = event.composedPath().find((each) => each instanceof HTMLElement && each.dataset.well)
  return element instanceof HTMLElement ? element.dataset.well ?? "" : ""
}

/**
 * Take what is dropped anywhere on the page.
 * @param {object} acts
 * @param {(event: DragEvent) => void} acts.over  files are above the page
 * @param {() => void} acts.away
 * @param {(files: Promise<GivenFile[]>, event: DragEvent) => void} acts.drop
 */
export function watchDrops({ over, away, drop }) {
  const holds = (/** @type {DragEvent} */ event) => Boolean(event.dataTransfer?.types.includes("Files"))
  const onOver = (/** @type {DragEvent} */ event) => {
    if (!holds(event)) return
    event.preventDefault()
    over(event)
  }
  const onLeave = (/** @type {DragEvent} */ event) => { if (!event.relatedTarget) away() }
  const onDrop = (/** @type {DragEvent} */ event) => {
    if (!holds(event) || !event.dataTransfer) return
    event.preventDefault()
    away()
    drop(droppedFiles(event.dataTransfer), event)
  }
  document.addEventListener("dragenter", onOver)
  document.addEventListener("dragover", onOver)
  document.addEventListener("dragleave", onLeave)
  document.addEventListener("drop", onDrop)
}
