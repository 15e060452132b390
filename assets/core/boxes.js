// Boxes that are typed into or chosen from, alike all over the page: Enter confirms,
// Escape leaves, and both bring the keys back to the plate.

const enteredWith = new WeakMap() // what stood in a box when it was entered

/** Whether a key is typed into a box, and not meant for the page. @param {Event} event */
export const typing = (event) => isBox(event.composedPath()[0])

/** Whether the keys stop at an element. @param {EventTarget | null} element @returns {element is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} */
export function isBox(element) {
  if (element instanceof HTMLInputElement) return !["checkbox", "radio", "button", "range", "file", "color"].includes(element.type)
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement
}

export function toPlate() {
  document.getElementById("plate")?.focus({ preventScroll: true })
}

/** Give back what stood there: Escape confirms nothing. Notes stay, they are no settings. @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} box */
function restore(box) {
  const value = enteredWith.get(box)
  if (box.tagName !== "INPUT" || "keeps" in box.dataset || value === undefined || value === box.value) return
  box.value = value
  box.dispatchEvent(new Event("input", { bubbles: true }))
}

/** A key press that is meant for a box; returns whether it left the box. @param {KeyboardEvent} event */
export function leaveBox(event) {
  const box = event.composedPath()[0]
  if (!isBox(box) || (event.key !== "Enter" && event.key !== "Escape")) return false
  const dialog = box.closest("dialog")
  if (dialog) {
    // A dialog has its own Escape, and a form in it its own Enter but for long texts.
    if (event.key === "Enter" && box.tagName === "TEXTAREA" && !event.shiftKey) {
      event.preventDefault()
      box.form?.requestSubmit()
    }
    return false
  }
  if (event.key === "Enter" && event.shiftKey && box.tagName === "TEXTAREA") return false
  event.preventDefault()
  if (event.key === "Escape") restore(box)
  box.blur() // tells of the change where there is one
  toPlate()
  return true
}

/** Watch the boxes of a part; nobody outside hears of a focus that moves within it. @param {ShadowRoot} root */
export function watchBoxes(root) {
  root.addEventListener("focusin", (event) => {
    const { target } = event
    if (isBox(target)) enteredWith.set(target, target.value)
  })
}
