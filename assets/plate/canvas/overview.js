// The one picture of the plate, with the first field of every well: fetched again until
// all wells are on it.

import { messageOf } from "../../core/dom.js"
import { changed } from "../../pixels/addresses.js"
import { bitmapOf } from "../../pixels/answers.js"

const AGAIN_MILLISECONDS = 400 // between two looks at a plate whose pictures are being made
const FAILED_MILLISECONDS = 4000

/** The picture as far as it is done. @param {string} sprite */
export const soonUrl = (sprite) => changed(sprite, { soon: 1 })

/**
 * The wells that are not on the picture yet, by the header `X-Waiting`: a bit a well, four
 * to a hexadecimal digit, the first well in the highest.
 * @param {string} header
 */
export function waitingWells(header) {
  const wells = new Set()
  ;[...header].forEach((digit, at) => {
    for (let bit = 0; bit < 4; bit += 1) if (parseInt(digit, 16) & (8 >> bit)) wells.add(at * 4 + bit)
  })
  return wells
}

/** `onChange` hears when there is another picture, `onFailure` why there is none at all. */
/** @param {{onChange: () => void, onFailure: (reason: string) => void}} its */
export function makeOverview({ onChange, onFailure }) {
  /** @type {PlatePicture | null} */
  let picture = null // {bitmap, url, waiting, cell}
  /** @type {{sprite: string, cell: number} | null} */
  let target = null // {sprite, cell}, null while nobody looks
  /** @type {AbortController | null} */
  let asking = null
  let timer = 0

  /** @param {number} milliseconds */
  function askIn(milliseconds) {
    clearTimeout(timer)
    timer = setTimeout(ask, milliseconds)
  }

  async function ask() {
    clearTimeout(timer)
    timer = 0
    if (!target?.sprite || asking) return
    const { sprite, cell } = target
    const url = soonUrl(sprite)
    if (picture?.url === url && !picture.waiting.size) return
    const abort = new AbortController()
    asking = abort
    try {
      const { answer, bitmap } = await bitmapOf(url, abort.signal)
      if (asking !== abort) return bitmap.close() // it is no longer wanted
      picture?.bitmap.close()
      picture = { bitmap, url, waiting: waitingWells(answer.headers.get("X-Waiting") ?? ""), cell }
      onFailure("")
      if (picture.waiting.size) askIn(AGAIN_MILLISECONDS)
    } catch (error) {
      if (abort.signal.aborted) return
      if (!picture) onFailure(messageOf(error))
      askIn(FAILED_MILLISECONDS)
    } finally {
      if (asking === abort) {
        asking = null
        // The plate has moved on while it was drawn.
        if (target?.sprite && !timer && soonUrl(target.sprite) !== url) askIn(AGAIN_MILLISECONDS)
      }
      onChange()
    }
  }

  function abandon() {
    asking?.abort()
    asking = null
  }

  return {
    get picture() { return picture },
    get busy() { return Boolean(asking || timer) },
    /** Whether the wanted picture is here, perhaps without some wells. */
    get current() { return Boolean(target?.sprite && picture?.url === soonUrl(target.sprite)) },
    /** Fetch the picture of `plate`, `{sprite, cell}`; null: nobody looks. @param {{sprite: string, cell: number} | null} plate */
    want(plate) {
      if (plate?.sprite !== target?.sprite) abandon()
      target = plate
      ask()
    },
    /** It is another plate's. */
    forget() {
      abandon()
      picture?.bitmap.close()
      picture = null
    },
  }
}
