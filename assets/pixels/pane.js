// One picture of a field in a box: raw planes through WebGL2 where possible, else a
// picture that the server has drawn. The viewer has one pane, the comparison two.

import { onReturn } from "../core/absence.js"
import { display } from "../core/bus.js"
import { everyFrame, h, messageOf, say } from "../core/dom.js"
import { Painter } from "./webgl.js"
import { pictureUrl, planeUrl, spelled } from "./addresses.js"
import { drawable, finestPlanes, plane } from "./planes.js"

const MAX_PLANE_BYTES = 256 * 2 ** 20 // beyond it a coarser level stands in
const REST_MILLISECONDS = 120 // after it a contrast is taken to be chosen
const LONG_MILLISECONDS = 30 // a picture that takes longer is drawn coarse until then

/** @type {Record<string, number>} */
const WIDTHS = { uint8: 1, int8: 1, bool: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float16: 4, float32: 4 } // bytes a pixel, else 8

/**
 * Make a pane that looks through `viewport`.
 *
 * `show(source)` takes `{plane, picture, width, height, dtype, levels: [[width, height]],
 * z, t, projection, error}`, the first two being addresses of any of its planes and pictures.
 * `onState` hears `{busy, error, unread, level, mode}`, and again when values have come that
 * `valuesAt` did not have; `unread` is why they cannot.
 * @param {Viewport} viewport @param {(state: PaneState) => void} onState
 */
export function makePane(viewport, onState) {
  const canvas = h("canvas", { class: "picture", "aria-hidden": "true" })
  const image = h("img", { class: "picture", alt: "", hidden: true, draggable: "false" })
  const note = h("p", { class: "note", hidden: true })
  const element = h("div", { class: "pane" }, canvas, image, note)
  /** @type {Painter | null} */
  let painter = null
  /** @type {PaneSource | null} */
  let source = null
  /** @type {Map<number, Map<number, Plane>>} */
  let loaded = new Map() // channel index -> Map(level -> plane)
  let turn = 0
  let loading = new AbortController() // of what is fetched for this source
  /** @type {PaneState} */
  let state = {}
  let contrast = "" // as it was drawn last
  let cost = 0 // milliseconds that a full picture of another contrast took
  let resting = 0 // timer, while the contrast is being changed

  try {
    painter = new Painter(canvas)
  } catch {
    painter = null
  }
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault()
    painter = null
    refresh()
  })

  /** @param {PaneState} change */
  const tellState = (change) => {
    state = { ...state, ...change }
    say(note, state.error || (state.empty ?? ""))
    note.hidden = !note.textContent
    onState?.(state)
  }

  const usesPlanes = () => painter !== null && source && drawable(source.dtype)

  /** @param {PaneSource} source */
  function wantedLevels(source) {
    const bytes = (/** @type {number} */ level) => source.levels[level][0] * source.levels[level][1] * (WIDTHS[source.dtype] ?? 8)
    const side = painter?.limit ?? 8192
    const possible = source.levels.map((_, level) => level)
      .filter((level) => bytes(level) <= MAX_PLANE_BYTES && Math.max(...source.levels[level]) <= side)
    const finest = possible[0] ?? source.levels.length - 1
    // A quick look first, where level 0 takes a while to arrive.
    const quick = possible.find((level) => bytes(level) <= 2 ** 20) ?? finest
    return bytes(finest) > 4 * 2 ** 20 && quick > finest ? [quick, finest] : [finest]
  }

  /** Channels of a source that are on. @param {PaneSource} now */
  const shown = (now) => display.channels.filter((channel) => channel.active && channel.index < now.channels)

  /** Give up what is on its way for a source that is not shown any more. */
  function leave() {
    turn += 1
    loading.abort()
    loading = new AbortController()
  }

  async function load() {
    const mine = ++turn
    const { signal } = loading
    const now = source
    if (!now || now.error) return
    if (!usesPlanes()) {
      showPicture(now)
      return loadValues(mine, signal)
    }
    image.hidden = true
    canvas.hidden = false
    tellState({ busy: true, error: "", mode: "planes" })
    try {
      for (const level of wantedLevels(now)) {
        await Promise.all(shown(now).map(async (channel) => { if (await loadPlane(now, level, channel.index, mine, signal)) paint() }))
        if (mine !== turn) return
        tellState({ level })
      }
      tellState({ busy: false })
    } catch (error) {
      if (mine === turn) tellState({ busy: false, error: messageOf(error) })
    }
    paint()
  }

  /** Read one plane; false where something else is wanted by then. @param {PaneSource} now @param {number} level @param {number} channel @param {number} mine @param {AbortSignal} signal */
  async function loadPlane(now, level, channel, mine, signal) {
    const pixels = await plane(planeUrl(now.plane ?? "", { level, channel, z: now.z, t: now.t, projection: now.projection }), signal)
    if (mine !== turn) return false
    if (!loaded.has(channel)) loaded.set(channel, new Map())
    loaded.get(channel)?.set(level, pixels)
    return true
  }

  /** Raw planes of what the server has drawn, for the values under the pointer. @param {number} mine @param {AbortSignal} signal */
  async function loadValues(mine, signal) {
    if (!source || !drawable(source.dtype)) return
    const now = source
    const [level] = wantedLevels(source).slice(-1)
    try {
      await Promise.all(shown(now).map((channel) => loadPlane(now, level, channel.index, mine, signal)))
      if (mine === turn) tellState({ unread: "" }) // a pointer may have waited for them
    } catch (error) {
      if (mine === turn) tellState({ unread: messageOf(error) }) // the picture is there; values are not
    }
  }

  /** @param {PaneSource} source */
  function showPicture(source) {
    canvas.hidden = true
    image.hidden = false
    const fine = source.levels.findIndex(([width]) => width <= 2048)
    const level = fine < 0 ? source.levels.length - 1 : fine
    const url = pictureUrl(source.picture ?? "", { level, channels: spelled(display.channels), z: source.z, t: source.t, projection: source.projection })
    if (image.getAttribute("src") !== url) {
      tellState({ busy: true, error: "", mode: "picture", level })
      image.src = url
    }
    paint()
  }
  image.addEventListener("load", () => {
    element.dataset.drawn = `${source?.id}@picture`
    tellState({ busy: false })
  })
  image.addEventListener("error", () => tellState({ busy: false, error: "The picture could not be loaded." }))

  /** A plane that is there. @param {number} channel @param {number | null} level */
  const planeOf = (channel, level) => /** @type {Plane} */ (loaded.get(channel)?.get(level ?? 0))

  /** The level that all active channels have, the finest one. @param {ChannelLook[]} active */
  function commonLevel(active) {
    const levels = active.map((channel) => [...(loaded.get(channel.index)?.keys() ?? [])])
    if (!levels.length || levels.some((each) => !each.length)) return null
    const common = levels[0].filter((level) => levels.every((each) => each.includes(level)))
    return common.length ? Math.min(...common) : null
  }

  const paint = everyFrame(() => {
    if (!source || !viewport.box) return
    if (!painter || !usesPlanes()) return placeImage()
    const active = shown(source)
    const level = commonLevel(active)
    if (active.length && level === null) return
    const layers = active.map((channel) => ({ ...channel, plane: planeOf(channel.index, level) }))
    const coarse = resting > 0
    const ratio = (window.devicePixelRatio || 1) / (coarse ? 2 : 1)
    const [width, height] = viewport.box.map((side) => Math.max(1, Math.round(side * ratio)))
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height]
    painter.keep([...loaded.values()].flatMap((each) => [...each.values()]))
    const start = performance.now()
    painter.draw(layers, viewport, [source.width, source.height], ratio, coarse)
    const previous = contrast
    contrast = spelled(display.channels)
    element.dataset.coarse = String(coarse)
    if (coarse) return
    // Only where it is of use, for waiting holds up what the browser does beside it.
    if (previous && previous !== contrast) {
      painter.finish()
      cost = performance.now() - start
    }
    element.dataset.drawn = `${source.id}@${level}`
  })

  /** Somebody moves a slider, maybe: be quick where that takes a coarser picture. */
  function hurry() {
    if (cost < LONG_MILLISECONDS || spelled(display.channels) === contrast) return
    clearTimeout(resting)
    resting = setTimeout(() => {
      resting = 0
      paint()
    }, REST_MILLISECONDS)
  }

  function placeImage() {
    if (!source) return
    const [left, top] = viewport.origin()
    image.style.transform = `translate(${left}px,${top}px)`
    image.style.width = `${source.width * viewport.scale}px`
    image.style.height = `${source.height * viewport.scale}px`
    image.style.imageRendering = viewport.scale > 1 ? "pixelated" : "auto"
  }

  function refresh() {
    if (!source) return
    const missing = shown(source).some((channel) => !loaded.has(channel.index))
    if (missing || !usesPlanes()) return load()
    hurry()
    paint()
  }

  const stops = [viewport.watch(paint), onReturn(() => {
    if (!(state.error || state.unread) || !source || source.error) return
    if (state.error) image.removeAttribute("src")
    load()
  })]
  const stop = () => stops.forEach((end) => end())

  return {
    element,
    get source() { return source },
    refresh,
    /** @param {PaneSource | null} next */
    show(next) {
      const same = source && next && source.id === next.id && source.z === next.z && source.t === next.t && source.projection === next.projection
      source = next
      if (same) return refresh()
      leave()
      delete element.dataset.drawn
      loaded = new Map()
      if (!next || next.error) {
        painter?.keep([])
        canvas.hidden = true
        image.hidden = true
        return tellState({ busy: false, error: next?.error ?? "", empty: next ? "" : state.empty })
      }
      tellState({ error: "", unread: "", empty: "" })
      load()
    },
    /** What stands here where there is nothing to show. @param {string} text */
    empty(text) {
      this.show(null)
      tellState({ empty: text })
    },
    /** `{level, values: [[channel index, value]]}` of pixel (x, y) of level 0. @param {number} x @param {number} y */
    valuesAt(x, y) {
      if (!source || x < 0 || y < 0 || x >= source.width || y >= source.height) return null
      const whole = [source.width, source.height]
      const active = shown(source)
      const level = commonLevel(active)
      if (level === null) return { level: null, values: [] }
      const values = active.map((channel) => {
        const { data, width, height } = planeOf(channel.index, level)
        const column = Math.min(width - 1, Math.floor((x * width) / whole[0]))
        const row = Math.min(height - 1, Math.floor((y * height) / whole[1]))
        return /** @type {[number, number]} */ ([channel.index, data[row * width + column]])
      })
      return { level, values }
    },
    /** The finest plane of each channel, null until all that are on are here. */
    planes: () => source && finestPlanes(loaded, shown(source).map(({ index }) => index)),
    /** Why there are none, "" where they are on their way. */
    get failure() { return state.error || state.unread || "" },
    dispose() {
      stop()
      source = null // or the context, which is lost below, would have it drawn by the server
      clearTimeout(resting)
      leave()
      painter?.dispose()
    },
  }
}
