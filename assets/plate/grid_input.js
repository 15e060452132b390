// Pointer and keys on the plate's table become acts: look at a well, choose some.

const AFTER_DRAG_MILLISECONDS = 50 // a click so soon after a drag is the drag's own, as the hand did it

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }
const FAR = 1e4 // rows or columns; more than any plate has
/** @type {Record<string, [number, number]>} */
const FAR_STEPS = { Home: [0, -FAR], End: [0, FAR], PageUp: [-FAR, 0], PageDown: [FAR, 0] }

/** @param {Event} event */
const indexOf = (event) => {
  const cell = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("td[data-well]")) : null
  return cell ? Number(cell.dataset.index) : -1
}

/** Bind the acts to the table; returns the way to stop. @param {HTMLTableElement} table @param {GridActs} acts */
export function bindGrid(table, acts) {
  const end = bindPointer(table, acts)
  table.addEventListener("keydown", (event) => {
    if (!key(event, acts)) return
    event.preventDefault()
    event.stopPropagation()
  })
  return end
}

/** @param {HTMLTableElement} table @param {GridActs} acts */
function bindPointer(table, acts) {
  let from = -1
  let dragged = false
  // Wherever the button is let go, the drag is over; the click that may follow it is
  // told apart by time, so that no later click is taken for it.
  let dragEnded = -Infinity
  /** @param {Event} event */
  const endDrag = ({ timeStamp }) => {
    if (dragged) dragEnded = timeStamp // and not when a busy page comes to it
    from = -1
    dragged = false
  }

  table.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    from = event.pointerType === "mouse" ? indexOf(event) : -1
    dragged = false
    dragEnded = -Infinity
  })
  table.addEventListener("pointerover", (event) => {
    const index = indexOf(event)
    if (from >= 0 && index >= 0 && event.buttons & 1 && (dragged || index !== from)) {
      dragged = true
      acts.drag(from, index)
    }
    acts.hover(index, event)
  })
  table.addEventListener("pointermove", (event) => acts.hoverMoved(event))
  table.addEventListener("pointerleave", () => acts.hover(-1))
  table.addEventListener("click", (event) => {
    const index = indexOf(event)
    endDrag(event)
    if (event.timeStamp - dragEnded < AFTER_DRAG_MILLISECONDS) return
    const add = event.ctrlKey || event.metaKey
    if (index < 0) return clickHead(event, add)
    if (add) acts.toggle(index)
    else if (event.shiftKey) acts.extendTo(index)
    else acts.look(index)
  })
  table.addEventListener("dblclick", (event) => { if (indexOf(event) >= 0) acts.open() })
  // Pressing a cell focuses it, too; that must not end the drag that begins with it.
  table.addEventListener("focusin", (event) => { if (from < 0) acts.look(indexOf(event)) })

  /** @param {MouseEvent} event @param {boolean} add */
  function clickHead(event, add) {
    const head = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("th")) : null
    if (!head) return
    const { row, column } = head.dataset
    acts.line(row !== undefined ? { row: Number(row) } : { column: Number(column) }, add)
  }

  window.addEventListener("pointerup", endDrag)
  window.addEventListener("pointercancel", endDrag)
  return () => {
    window.removeEventListener("pointerup", endDrag)
    window.removeEventListener("pointercancel", endDrag)
  }
}

/** Do what a key means; returns whether it means anything here. @param {KeyboardEvent} event @param {GridActs} acts */
function key(event, acts) {
  const [step, far] = [STEPS[event.key], FAR_STEPS[event.key]]
  if (event.shiftKey && step) acts.extend(step)
  else if (event.shiftKey && event.key === " ") acts.line({ row: -1 }, false)
  else if (event.ctrlKey && event.key === " ") acts.line({ column: -1 }, false)
  else if (event.ctrlKey && event.key === "a") acts.all()
  else if (event.key === "Escape") return acts.clear()
  else if (event.ctrlKey && (event.key === "Home" || event.key === "End")) acts.lookAtEnd(event.key === "Home" ? "first" : "last")
  else if (event.altKey || event.ctrlKey || event.metaKey) return false
  else if (step || far) acts.move(step ?? far)
  else if (event.key === "Enter" || event.key === " ") acts.open()
  else return false
  return true
}
