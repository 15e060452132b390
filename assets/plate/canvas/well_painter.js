// Paints wells with their pictures, coarse ones below finer ones, and says what finer ones
// it could not paint. What is painted where is the scene's to say.

import { penOf } from "../../core/dom.js"
import { spriteUrl } from "../../pixels/addresses.js"
import { composite, lookOf } from "../../pixels/composite.js"
import { shown as map } from "../map_values.js"
import { STATE } from "../states.js"
import { fieldBox, frame, name, sign, verdict } from "./painter.js"
import { layerOf, needs } from "./scene.js"

const SIGNED_SIDE = 14 // CSS pixels that a well needs for a verdict's sign
const NAMED_SIDE = 56 // and for its name
/** As the triangles of the map. @type {Record<string, string>} */
const SIGNS = { 1: "▲", [-1]: "▼" }
const NAMED_FIELD = [90, 40] // pixels that a field needs for its own

/** Paints with what `loader` has. @param {ReturnType<typeof import("./loader.js").makeLoader>} loader */
export function makeWellPainter(loader) {
  /** A well whose square is `[x, y, side]`. @param {CanvasView} view @param {number} index @param {[number, number, number]} square */
  function paintWell(view, index, square) {
    const { brush, plate, ratio } = view
    const [x, y, side] = square
    /** @type {Box} */
    const whole = [x, y, side, side]
    const state = plate.states[index]
    if (state !== STATE.present) return sign(brush, whole, state, ratio, plate.errors[index] ?? "")
    const well = view.fine ? view.details(index) : null
    if (well?.error) return sign(brush, whole, STATE.unreadable, ratio, well.error)
    const url = well?.fields.length ? spriteUrl(well.sprite, plate) : ""
    const mosaic = url ? loader.get(url) : null
    const layers = well ? layersInView(view, well, square) : []
    const bare = layers.some(({ field, layer }) => !isHere(view, field, layer))
    if (!mosaic || bare) paintOverview(view, index, square, well, Boolean(mosaic))
    if (well && mosaic) paintMosaic(view, well, mosaic, square)
    if (url && !mosaic && bare) want(view, whole, [{ key: url, url, kind: "image" }])
    for (const { field, layer, place } of layers) paintField(view, field, layer, place)
    const failure = url && !mosaic ? loader.error(url) : ""
    if (failure) sign(brush, whole, STATE.unreadable, ratio, failure)
  }

  /** @param {CanvasView} view @param {Box} box @param {PictureRequest[]} parts */
  function want({ size, missing }, [x, y, width, height], parts) {
    missing.push({ far: Math.hypot(x + width / 2 - size[0] / 2, y + height / 2 - size[1] / 2), parts })
  }

  /** @param {CanvasView} view @param {PlacedWell} well @param {[number, number, number]} square */
  function layersInView({ size, plate }, well, square) {
    const [x, y, side] = square
    /** @type {Box} */
    const view = [-x / side, -y / side, (size[0] - x) / side, (size[1] - y) / side]
    return well.fields.flatMap((field) => {
      const [left, top, width, height] = field.box
      if (left > view[2] || top > view[3] || left + width < view[0] || top + height < view[1]) return []
      return [{ field, layer: layerOf(field, side, view, plate.sprite_cell), place: fieldBox(square, field.box) }]
    })
  }

  /** @param {CanvasView} view @param {PlacedField} field @param {Layer} layer */
  function isHere({ plate, channels }, field, layer) {
    if (layer.kind === "sprite") return false
    return needs(plate, field, layer, channels).every(({ parts }) => parts.every(({ key }) => loader.get(key)))
  }

  /** @param {CanvasView} view @param {PlacedField} field @param {Layer} layer @param {Box} place */
  function paintField(view, field, layer, place) {
    const { brush, ratio, plate, channels } = view
    if (field.error) return sign(brush, place, STATE.unreadable, ratio, field.error)
    const [x, y, width, height] = place
    const size = field.levels?.[layer.kind === "sprite" ? 0 : layer.level] ?? [1, 1]
    for (const { tile, parts } of needs(plate, field, layer, channels)) {
      const [left, top, across, down] = tile ?? [0, 0, ...size]
      /** @type {Box} */
      const spot = [x + (left / size[0]) * width, y + (top / size[1]) * height, (across / size[0]) * width, (down / size[1]) * height]
      const bitmap = layer.kind === "picture" ? loader.get(parts[0].key) : composed(parts, channels, field)
      if (bitmap) {
        // Enlarged pixels keep their edges: they are what was measured.
        brush.imageSmoothingEnabled = spot[2] < across * 1.5
        brush.drawImage(bitmap, ...spot)
        continue
      }
      const failure = parts.map(({ key }) => loader.error(key)).find(Boolean)
      if (failure) sign(brush, spot, STATE.unreadable, ratio, failure)
      want(view, spot, parts)
    }
  }

  /** Planes in the page's contrast; with no channel on, black. @param {PictureRequest[]} parts @param {ChannelLook[]} channels @param {PlacedField} field */
  function composed(parts, channels, field) {
    const used = channels.filter(({ index }) => index < field.channels)
    const planes = parts.map(({ key }) => loader.get(key))
    if (!planes.length || planes.some((plane) => !plane)) return null
    const key = `${parts.map((part) => part.key).join(" ")} ${lookOf(used)}`
    const stored = loader.get(key)
    if (stored) return stored
    const picture = composite(planes, used)
    const canvas = new OffscreenCanvas(picture.width, picture.height)
    penOf(canvas).putImageData(picture, 0, 0)
    const bitmap = canvas.transferToImageBitmap()
    loader.put(key, bitmap, picture.width * picture.height * 4)
    return bitmap
  }

  return { paintWell }
}

/** The well on the picture of the plate: its first field. @param {CanvasView} view @param {number} index @param {[number, number, number]} square @param {PlacedWell | null | undefined} well @param {boolean} below */
function paintOverview({ brush, ratio, plate, picture }, index, [x, y, side], well, below) {
  if (!picture || picture.waiting.has(index)) {
    if (!below) sign(brush, [x, y, side, side], "loading", ratio)
    return
  }
  const columns = plate.columns.length
  const { bitmap, cell } = picture
  /** @type {Box} */
  const from = [(index % columns) * cell, Math.floor(index / columns) * cell, cell, cell]
  brush.imageSmoothingEnabled = true
  if (!well || well.fields.length < 2) return brush.drawImage(bitmap, ...from, x, y, side, side)
  // With several fields in the well, the first stands where it will stay.
  const [left, top, width, height] = fieldBox([x, y, side], well.fields[0].box)
  const longest = Math.max(width, height)
  brush.fillStyle = "#000"
  brush.fillRect(x, y, side, side)
  brush.drawImage(bitmap, ...from, left + (width - longest) / 2, top + (height - longest) / 2, longest, longest)
}

/** @param {CanvasView} view @param {PlacedWell} well @param {ImageBitmap} mosaic @param {[number, number, number]} square */
function paintMosaic({ brush, size }, well, mosaic, [x, y, side]) {
  brush.imageSmoothingEnabled = true
  brush.fillStyle = "#000"
  brush.fillRect(x, y, side, side)
  for (const field of well.fields) {
    const place = fieldBox([x, y, side], field.box)
    if (place[0] > size[0] || place[1] > size[1] || place[0] + place[2] < 0 || place[1] + place[3] < 0) continue
    brush.drawImage(mosaic, ...field.cell, ...place)
  }
}

/** What stands over a well's picture: its colour and verdict where they are wanted, names. @param {CanvasView} view @param {number} index @param {[number, number, number]} square @param {{overlaid: boolean, decided: VerdictEntry | null}} signs */
export function paintSigns({ brush, ratio, plate, details }, index, square, { overlaid, decided }) {
  const [x, y, side] = square
  const named = side >= NAMED_SIDE * ratio
  const words = named ? [plate.labels[index]] : []
  if (overlaid) {
    const colour = plate.states[index] === STATE.present ? map.frame(index) : null
    const sign = map.colouring.signs[index]
    if (colour) frame(brush, square, colour, ratio)
    if (colour && sign) words.push(SIGNS[sign] ?? sign) // a frame's colour alone says nothing to some
    if (decided && side >= SIGNED_SIDE * ratio) verdict(brush, square, decided, ratio)
  }
  if (!words.length) return
  // A well larger than the view keeps its name in sight.
  const [left, top] = [Math.max(x, 0), Math.max(y, 0)]
  /** @type {Box} */
  const inSight = [left, top, x + side - left, y + side - top]
  if (inSight[2] > 0 && inSight[3] > 0) name(brush, inSight, words.join(" "), ratio)
  if (!named) return
  const fields = details(index)?.fields ?? []
  if (fields.length > 1) for (const field of fields) nameField(brush, field, square, ratio)
}

/** @param {Pen} brush @param {PlacedField} field @param {[number, number, number]} square @param {number} ratio */
function nameField(brush, field, square, ratio) {
  const [x, y, width, height] = fieldBox(square, field.box)
  if (width <= NAMED_FIELD[0] * ratio || y + height <= NAMED_FIELD[1] * ratio) return
  const left = Math.max(x, 0)
  name(brush, [left, y + height - 18 * ratio, x + width - left, 60 * ratio], field.label, ratio, false)
}
