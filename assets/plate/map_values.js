// What the plate map shows now, for those who draw the same numbers another way.

import { tell } from "../core/bus.js"

export const shown = {
  labels: [], // of every position of the grid
  values: [], // a number each, null without
  scored: false, // they are scores and not the metric as measured
}

/** The map alone calls this. */
export function shareValues(labels, values, scored) {
  shown.labels = labels
  shown.values = values ?? []
  shown.scored = scored
  tell("values", shown)
}
