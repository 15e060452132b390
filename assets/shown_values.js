// What the plate map shows now, for those who draw the same numbers another way.

import { tell } from "./bus.js"

export const shown = {
  labels: [], // of every position of the grid
  values: [], // a number each, null without
}

/** The map alone calls this. */
export function shareValues(labels, values) {
  shown.labels = labels
  shown.values = values ?? []
  tell("values", shown)
}
