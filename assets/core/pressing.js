// What is pressed stays as it is until it is let go. A button that is drawn anew in between
// is not clicked, for a browser clicks what holds both ends of a press: what comes from the
// server, or of an upload, meanwhile is drawn after the click.

const CLICKED = "a[href], button, summary, label, input:not([type=range]), [role=button]"
const SLACK = 4 // pixels; what moves further drags, and wants to see what comes of it
const TAP_MILLISECONDS = 300 // at most, from a finger's leaving to the click that browsers make of it

/** @type {{x: number, y: number, clicks: boolean, key?: boolean} | null} */
let press = null
let end = 0
/** @type {Set<() => void>} */
const waiting = new Set()

/** Draw at once, or after the click that is being made; only once, however often that is asked for until then.
 *  @param {() => void} draw */
export function whenLetGo(draw) {
  if (press) waiting.add(draw)
  else draw()
}

function letGo() {
  clearTimeout(end)
  press = null
  const due = [...waiting]
  waiting.clear()
  due.forEach((draw) => draw())
}

/** The click comes first. @param {number} milliseconds */
function letGoSoon(milliseconds) {
  clearTimeout(end)
  end = window.setTimeout(letGo, milliseconds)
}

/** @param {PointerEvent} event */
function down(event) {
  const path = event.composedPath().filter((target) => target instanceof Element)
  // The list of a select hides from the page when it is let go.
  if (event.button !== 0 || path.some((element) => element.localName === "select")) return
  clearTimeout(end)
  press = { x: event.clientX, y: event.clientY, clicks: path.some((element) => element.matches(CLICKED)) }
}

/** The space bar clicks when it is let go. @param {KeyboardEvent} event */
function keyDown(event) {
  const [target] = event.composedPath()
  if (event.key === " " && target instanceof Element && target.matches(CLICKED)) press = { x: 0, y: 0, clicks: true, key: true }
}

/** @param {PointerEvent} event */
function move({ buttons, clientX, clientY }) {
  if (press && !press.key && (!buttons || (!press.clicks && Math.hypot(clientX - press.x, clientY - press.y) > SLACK))) letGo()
}

/** @param {Window} page */
export function watchPressing(page) {
  /** @type {[string, (event: any) => void][]} */
  const heard = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", ({ pointerType }) => { if (press) letGoSoon(pointerType === "mouse" ? 0 : TAP_MILLISECONDS) }],
    ["click", () => { if (press) letGoSoon(0) }],
    ["keydown", keyDown],
    ["keyup", () => { if (press?.key) letGoSoon(0) }],
    ["pointercancel", letGo],
    ["blur", ({ target }) => { if (target === page) letGo() }], // a press takes the focus from what had it, which is heard here, too
  ]
  for (const [name, listener] of heard) page.addEventListener(name, listener, true)
}
