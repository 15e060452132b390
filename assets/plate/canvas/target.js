// What a key, a click or the line below the canvas is about: a well, and a field in it. Pure.

import { INSET, fieldAt, wellAt } from "./scene.js"

const OPENED_FIELD = 60 // CSS pixels from which on a click may mean a field and not its well
const OPENED_WELL = 0.5 // of the view: from here on a well's only field may be meant

/** @typedef {NonNullable<ReturnType<typeof wellAt>>} Target  x and y inside the well's picture, -1 outside of it */
/** @typedef {{fitted: boolean, scale: number, across: [number, number], at: (x: number, y: number) => [number, number]}} View */

/** The well with a label, null where none has it. @param {Pick<PlateCanvasText, "labels" | "columns">} plate @param {string} label @returns {Target | null} */
export function targetOfWell({ labels, columns }, label) {
  const index = labels.indexOf(label)
  return index < 0 ? null : { index, row: Math.floor(index / columns.length), column: index % columns.length, x: -1, y: -1 }
}

/**
 * Under the pointer, else in the middle, else the well that is looked at.
 * @param {PlateCanvasText} plate @param {View} view @param {{pointer: [number, number] | null, well: string}} place  pointer null where keys lead
 */
export function targetOf(plate, view, { pointer, well }) {
  if (pointer) return wellAt(plate, ...view.at(...pointer))
  const [width, height] = view.across
  return view.fitted ? targetOfWell(plate, well) : wellAt(plate, ...view.at(width / 2, height / 2))
}

/**
 * What is opened: a field where single fields can be told apart, else the well.
 * @param {Target} target @param {PlacedWell | undefined} well  as far as it is known @param {View} view
 */
export function openedAt({ x, y }, well, { scale, across }) {
  const hit = fieldAt(well, x, y)
  const fields = well?.fields.length ?? 0
  const large = hit && scale * hit.field.box[2] > OPENED_FIELD && fields > 1
  const only = hit && fields === 1 && scale > OPENED_WELL * Math.min(...across)
  return { field: large || only ? hit.field.name : "", acquisition: hit?.field.acquisition ?? null }
}

/** The scale at which a pixel of a field is one of the screen; null where its size is not known. @param {PlacedField | null | undefined} field @param {number} ratio  device pixels a CSS pixel */
export const pixelScale = (field, ratio) => (field?.levels ? field.levels[0][0] / field.box[2] / (1 - 2 * INSET) / ratio : null)
