// What a verdict would be about: wells or a field, and the verdict that holds on it. Pure.

import { count } from "../core/text.js"
import { notDrawn } from "./drawn.js"
import { fieldKey } from "./verdicts.js"

/** The well that is looked at, "" where none is. @param {VerdictSight} sight */
export const wellOf = ({ selected, now }) => selected || now.well

/** The field that alone is judged; null where its whole well is. @param {VerdictSight} sight */
const fieldAlone = (sight) => (wellOf(sight) && !sight.whole && sight.now.field ? sight.now.field : null)

/**
 * What is open, as drafts are kept by it, and the verdict that holds on it.
 * @param {VerdictSight} sight
 * @returns {{subject: string, well: string, field: VerdictNow["field"], held: HeldVerdict | null | undefined}}  undefined where it is not known yet
 */
export function subjectOf(sight) {
  const { now, chosen } = sight
  if (chosen.length > 1) return { subject: JSON.stringify(chosen), well: "", field: null, held: null }
  const well = wellOf(sight)
  const field = fieldAlone(sight)
  const subject = JSON.stringify(field ? [well, field.name, field.acquisition] : [well])
  if (well && now.well !== well) return { subject, well, field, held: undefined }
  const held = field ? now.fields.find((verdict) => verdict.field === field.name && verdict.acquisition === field.acquisition) : well ? now.standing : now.plate_standing
  return { subject, well, field, held: held ?? null }
}

/** Why a well cannot be judged by its pictures yet, "" where it can. @param {VerdictSight} sight @param {DrawnPictures} pictures @param {string} open  the key that opens a well */
export const undrawn = ({ now }, pictures, open) => (/** @type {string} */ well) => notDrawn(well, { well: now.well, stage: now.stage, field: now.field ? fieldKey(now.field) : "" }, pictures, open)

/**
 * The wells or the field that a verdict would be about now, or why there are none.
 * @param {VerdictSight & {shown: boolean}} sight @param {DrawnPictures} pictures @param {{open: string, click: boolean}} act  a click may mean the plate
 * @returns {{refusal?: string, wells: string[], field?: string, acquisition?: number | null, digest?: string}}
 */
export function targetOf(sight, pictures, { open, click }) {
  if (!sight.shown) return { refusal: "No plate is open.", wells: [] }
  const { now, chosen } = sight
  const barred = barredOf(now)
  if (barred) return { refusal: barred, wells: [] }
  if (chosen.length > 1) return { wells: chosen }
  const well = wellOf(sight)
  if (!well) return click ? { wells: [] } : { refusal: "No well is open: J goes to the next suspect.", wells: [] }
  const refusal = undrawn(sight, pictures, open)(well)
  if (refusal) return { refusal, wells: [] }
  return { wells: [well], digest: pictures.digest, ...placeOf(fieldAlone(sight)) }
}

/** A field as messages name it. @param {VerdictNow["field"]} field */
export const placeOf = (field) => (field ? { field: field.name, acquisition: field.acquisition } : {})

/** Why nobody may decide about the plate now, "" where people may. @param {VerdictNow} now */
export const barredOf = ({ locked, away }) => locked || away

/** What is judged, in words. @param {VerdictSight} sight */
export function subjectText(sight) {
  if (sight.chosen.length > 1) return count(sight.chosen.length, "well")
  const field = fieldAlone(sight)
  return [wellOf(sight) || "Plate", ...(field ? [field.label] : [])].join(" ")
}
