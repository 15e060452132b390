// The JSON of the texts that Python sends to the parts. `tests/unit/test_texts.py` holds
// what Python really sends against this file.

/** What the plate map is told of a metric, or of a column of the plate map. */
export interface MetricValues {
  metric: string
  title: string
  unit: string
  definition: string
  /** One a position of the grid; null without a value. Of a column: numbers of categories. */
  values: (number | null)[]
  /** By position, why there is no value, or what a number does not say. */
  reasons: Record<string, string>
  /** By position, the field that a well's value is of. */
  from: Record<string, string>
  /** By position, of how many fields of how many a value is. */
  rests?: Record<string, [number, number]>
  /** Whether the logarithm is usual. */
  log?: boolean
  low: number | null
  high: number | null
  /** Limits of all plates of the project; [] where there are none, absent before it is known. */
  project?: number[]
  diverging?: boolean
  categories?: string[]
  colours?: string[]
}

export interface PlateText {
  key: string
  name: string
  rows: string[]
  columns: string[]
  labels: string[]
  states: number[]
  fields: (number | null)[]
  expected: (number | null)[]
  errors: Record<string, string>
  conditions: [string, string][][]
  corrected: number[]
  roles: Record<string, string>
  acquisitions: { id: number, name: string }[]
  banner: string
}
