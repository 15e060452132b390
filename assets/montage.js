// The whole plate as pictures: one sprite, cut into wells by the page.

import { tell } from "./bus.js"
import { everyFrame, fill, h, icon, set } from "./dom.js"
import { island } from "./island.js"

export function render(context) {
  return island(context, { sheets: ["montage.css"], build })
}

function build({ el, send }) {
  let content = null
  let hovered = -1
  const title = h("h2", { class: "cut" })
  const about = h("span", { class: "soft cut grow" })
  const image = h("img", { alt: "", draggable: "false" })
  const shade = h("div", { class: "hovered", hidden: true })
  const name = h("span")
  shade.append(name)
  const columns = h("div", { class: "columns", "aria-hidden": "true" })
  const rows = h("div", { class: "rows", "aria-hidden": "true" })
  const marks = h("div", { "aria-hidden": "true" })
  const picture = h("div", { class: "picture" }, image, marks, shade)
  const message = h("div", { class: "message", hidden: true })
  const sheet = h("div", { class: "sheet" }, h("span"), columns, rows, picture)
  sheet.hidden = true
  const stage = h("div", { class: "stage" }, sheet, message)
  const header = h("header", {}, title, about)
  el.append(h("section", { class: "panel montage", "aria-label": "The plate as pictures" }, header, stage))

  const arrange = everyFrame(() => {
    if (!content?.rows.length) return
    const [width, height] = [stage.clientWidth - 40, el.clientHeight - header.offsetHeight - 36]
    if (width < 20) return
    const cell = Math.max(3, Math.min(width / content.columns.length, height / content.rows.length))
    set(sheet, { style: { "--cell": `${cell}px` } })
    set(picture, { style: { width: `${cell * content.columns.length}px`, height: `${cell * content.rows.length}px` } })
    const every = Math.max(1, Math.ceil(16 / cell))
    fill(columns, content.columns.map((text, i) => h("span", {}, every === 1 || (i + 1) % every === 0 || i === 0 ? text : "")))
    fill(rows, content.rows.map((text, i) => h("span", {}, every === 1 || i % every === 0 ? text : "")))
  })
  const watcher = new ResizeObserver(arrange)
  watcher.observe(el)

  const indexAt = (event) => {
    const box = picture.getBoundingClientRect()
    const column = Math.floor(((event.clientX - box.left) / box.width) * content.columns.length)
    const row = Math.floor(((event.clientY - box.top) / box.height) * content.rows.length)
    return column >= 0 && row >= 0 && column < content.columns.length && row < content.rows.length ? row * content.columns.length + column : -1
  }
  picture.addEventListener("pointermove", (event) => {
    hovered = indexAt(event)
    shade.hidden = hovered < 0
    if (hovered < 0) return
    const [row, column] = [Math.floor(hovered / content.columns.length), hovered % content.columns.length]
    set(shade, { style: { left: `calc(var(--cell) * ${column})`, top: `calc(var(--cell) * ${row})` } })
    name.textContent = content.labels[hovered]
  })
  picture.addEventListener("pointerleave", () => { shade.hidden = true })
  picture.addEventListener("click", (event) => {
    const index = indexAt(event)
    if (index >= 0) tell("choose", content.labels[index])
  })
  image.addEventListener("load", () => {
    sheet.hidden = false
    message.hidden = true
  })
  image.addEventListener("error", () => {
    if (!image.getAttribute("src")) return
    sheet.hidden = true
    message.hidden = false
    fill(message, icon("warn"), h("span", {}, "The pictures of this plate could not be loaded."))
  })

  function choice(plate) {
    return h("li", {}, h("button", { type: "button", disabled: Boolean(plate.error), on: { click: () => send("plate", { plate: plate.key }) } },
      h("b", { class: "cut" }, plate.name), h("span", { class: "soft cut" }, plate.location), plate.error ? h("span", { class: "why" }, plate.error) : null))
  }

  return {
    content(next) {
      content = next
      stage.classList.toggle("list", !next.rows.length)
      fill(title, next.title)
      fill(about, next.about)
      fill(marks, next.gone.map(([index, kind]) => h("i", { class: `gone ${kind}`, style: {
        left: `calc(var(--cell) * ${index % next.columns.length})`, top: `calc(var(--cell) * ${Math.floor(index / next.columns.length)})` } })))
      arrange()
      if (next.sprite) {
        if (image.getAttribute("src") !== next.sprite) {
          if (!image.complete || !image.naturalWidth) {
            message.hidden = false
            fill(message, h("span", {}, "The plate's pictures are being made…"))
          }
          image.src = next.sprite
        }
      } else {
        image.removeAttribute("src")
        sheet.hidden = true
        message.hidden = false
        fill(message, next.error ? h("div", { class: "notice bad", role: "alert" }, icon("warn"), h("span", {}, next.error)) : next.empty ? h("span", {}, next.empty) : null,
          next.choices.length ? h("ul", { class: "choices" }, next.choices.map(choice)) : null)
      }
    },
    dispose() { watcher.disconnect() },
  }
}
