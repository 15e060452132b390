// What the server says of the fields of wells: where they stand, how large they are. Asked
// for the wells in view, and again when the plate or how it is looked at has changed.

import { STATE } from "../states.js"

const MOST_WELLS = 48 // of one request; with more in view nobody needs them
const AGAIN_MILLISECONDS = 3000

/**
 * The wells to ask about. Pure.
 * @param {{states: number[], digest: string}} plate @param {number[]} inView
 * @param {Map<number, {of: string}>} known
 */
export function unknownWells(plate, inView, known) {
  return inView.filter((index) => plate.states[index] === STATE.present && known.get(index)?.of !== plate.digest).slice(0, MOST_WELLS)
}

/** `onChange` hears when more is known. @param {() => void} onChange */
export function makeDetails(onChange) {
  /** @type {Map<number, PlacedWell>} */
  let wells = new Map() // index -> {fields, sprite, error, of}
  let asking = false
  /** @type {PlateCanvasText | null} */
  let plate = null

  return {
    /** @param {number} index */
    get: (index) => wells.get(index),
    get busy() { return asking },
    /** Another plate, or the same looked at otherwise: what is known stands until it is renewed. @param {PlateCanvasText} next @param {{other: boolean, same: boolean}} change */
    show(next, { other, same }) {
      plate = next
      if (other) wells = new Map()
      else if (!same) wells.forEach((well) => { well.of = "" })
    },
    /** What could not be read may be there now. */
    renewFailed() {
      wells.forEach((well) => { if (well.error || well.fields?.some((field) => field.error)) well.of = "" })
    },
    /** @param {number[]} inView */
    async ask(inView) {
      if (!plate) return
      const missing = unknownWells(plate, inView, wells)
      if (!missing.length || asking) return
      const requested = plate
      const query = missing.map((index) => `well=${encodeURIComponent(requested.labels[index])}`)
      if (plate.acquisition !== null) query.push(`acquisition=${plate.acquisition}`)
      asking = true
      try {
        const answer = await fetch(`${plate.wells}?${query.join("&")}`)
        if (!answer.ok) throw new Error(String(answer.status))
        const answers = await answer.json()
        if (requested.key === plate?.key && requested.acquisition === plate.acquisition) {
          for (const [label, well] of Object.entries(answers)) wells.set(requested.labels.indexOf(label), { ...well, of: requested.digest })
        }
      } catch { // the top of the page says that a server is away; the overview stays
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS))
      } finally {
        asking = false
        onChange()
      }
    },
  }
}
