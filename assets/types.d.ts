// The types of the page's scripts, which all of them know. First the JSON of the texts that
// Python sends to the parts of the page: `tests/integration/test_texts.py` has the compiler
// hold what Python sends against it. What the scripts alone have comes after `Texts`.

type Verdict = keyof typeof import("./core/verdict_table.js").VERDICTS

/** Number of the answer, and why something was refused; "" where it was not. */
type Refusal = [number, string]

/** Why messages of these kinds may not be sent by who looks; who may, is not listed. */
type Barred = Record<string, string>

/** Value or id, and the text that people read. */
type Choice = [string, string]

/** A part that has nothing to show. */
interface Hidden { shown: false }

/** What the plate map gets of a metric, or of a column of the plate map. */
type Scale = "deviation" | "sequential" | "diverging" | "ordinal" | "categorical"

interface MetricValues {
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
  counted?: Record<string, [number, number]>
  /** Whether the logarithm is usual. */
  log?: boolean
  low: number | null
  high: number | null
  /** Limits of all plates of the project; [] where there are none, absent before it is known. */
  project?: number[]
  /** "sequential" where absent. */
  scale?: Scale
  /** Where all is well, of a deviation. */
  right?: number
  /** How far from there a value stands out, below 0 where less does; of a diverging one on either side of zero. */
  notable?: number | null
  categories?: string[]
  colours?: string[]
}

interface PlateText {
  key: string
  name: string
  rows: string[]
  columns: string[]
  labels: string[]
  states: number[]
  fields: (number | null)[]
  expected: (number | null)[]
  errors: Record<string, string>
  conditions: Choice[][]
  corrected: number[]
  /** By position, the letter of a control's role. */
  roles: Record<string, string>
  acquisitions: { id: number, name: string }[]
  banner: string
}

/** How one channel is drawn. */
interface ChannelLook {
  index: number
  name: string
  /** RRGGBB */
  color: string
  low: number
  high: number
  gamma: number
  active: boolean
  /** Where its controls end, where it has some. */
  maximum?: number
}

interface PlateCanvasText {
  key: string
  about: string
  rows: string[]
  columns: string[]
  labels: string[]
  states: number[]
  errors: Record<string, string>
  digest: string
  surveyed: boolean
  /** Pixels of a well in the picture of the plate. */
  cell: number
  /** Pixels of a field in the sprite of a well. */
  sprite_cell: number
  sprite: string
  wells: string
  previews: string
  barred: Barred
  channels: string
  settings: ChannelLook[]
  acquisition: number | null
  z: number | null
  t: number | null
  projection: string
}

/** A field in the viewer or in the comparison. */
interface FieldPicture {
  name: string
  label: string
  version: string
  acquisition: string
  width: number
  height: number
  dtype: string
  channels: number
  /** Width and height of each level, the finest first. */
  levels: [number, number][]
  pixel: [number, number]
  start: [number, number]
  unit: string
  sizes: { z: number, t: number }
  corrected: boolean
  settling: boolean
  error: string
  plane?: string
  picture?: string
  png?: string
  tiff?: string
}

interface StagedPicture extends FieldPicture {
  id: string
  z: number
  t: number
}

/** A well as a labelled picture. */
interface Sample {
  well: string
  digest: string
  field: string
  label: string
  note: string
  value: number | null
  thumb: string
}

/** What the plate keeps of a verdict, with its words. */
interface HeldVerdict {
  verdict: string
  reason: string
  note: string
  who: string
  at: string
  basis: string
  stale: boolean
  batch: string
  code: string
  amended: string
}

/** What a note or a reason to a verdict needs to know of it. */
type SavedVerdict = Pick<HeldVerdict, "batch" | "verdict" | "note" | "code">

/** Verdict, stale, basis, reason, who, failed fields. */
type VerdictEntry = [string, boolean, string, string, string, number]

interface ReviewCounts extends Record<Verdict, number> {
  wells: number
  unjudged: number
  stale: number
  field: number
  thumbnails: number
  montage: number
  unseen: number
  /** Absent in what was signed before looks were counted. */
  looked?: number
}

interface Said { who: string, verdict: string, reason: string, note: string }

interface Roles {
  columns: string[]
  choices: { name: string, values: [string, number, string][] }[]
  all: string[]
  role: string
  values: Record<string, string>
  compound: string
  dose: string
  kept: boolean
  counts: Record<string, number>
}

interface Positions {
  basis: string
  n: number
  refusal: string
  effects: [string, string, string, boolean][]
  offered: Positions | null
}

interface ListedPlate {
  key: string
  name: string
  location: string
  folder: string
  error: string
  state: "reading" | "unreadable" | "to do" | "in work" | "judged" | "signed"
  /** Since when it cannot be reached, "" where it can. */
  absent_since: string
  barcode?: string
  rows?: number
  columns?: number
  /** One sign a well: a verdict's letter, a digit of suspicion, or a state. */
  map?: string
  completeness?: string
  /** How many fields there are and should be; null until the wells were read. */
  fields?: [number, number] | null
  corrected?: number | null
  total?: number
  reviewed?: number
  stale?: number
  verdicts?: Record<Verdict, number>
  unseen?: number
  suspects?: number | null
  signed?: string
  signed_at?: string
  finished?: boolean
  changed?: number
  assay?: { metric: string, title: string, z: number | null, note: string }
}

/** What one project could name as its assay metric. */
interface AssayOffer { plate: string, project: string, metric: string, metrics: Choice[] }

/** What can be taken back, or done again. */
interface TurnOffer { batch: string, text: string }

interface VerdictText {
  shown: true
  /** How many answers the page had got when this was drawn. */
  answered: number
  plate: string
  id: string
  workspace: string
  stage: string
  well: string
  field: { name: string, label: string, acquisition: number | null } | null
  loaded: boolean
  barred: Barred
  /** Why a signed plate may not be reopened. */
  reopen: string
  locked: string
  /** Why nothing is decided for a while, "" where it is. */
  away: string
  signed: boolean
  /** Whether this person judges without seeing the other's verdicts. */
  blind: boolean
  standing: HeldVerdict | null
  fields: FieldVerdict[]
  plate_standing: HeldVerdict | null
  suggested: string
  sample: { seed: number, items: Sample[] } | null
  why: string
  undo: TurnOffer | null
  redo: TurnOffer | null
}

/** What came of an act that was asked for. */
interface VerdictAnswer { n: number, type: string, batch: string, error?: string, text?: string, left?: string[], more?: number, [more: string]: unknown }

/** What all pages of a plate show alike: the order of judging, and what comes of it. */
interface VerdictQueue {
  reasons: Choice[]
  demands_reason: boolean
  queue: string[]
  places: string[]
  controls: string[]
  suspects: string[]
  wells_csv: string
  fields_csv: string
  suspects_csv: string
  load_data: string
  report: string
  parquet: { wells: string, fields: string }
}

/** What was decided since `verdicts` was sent, and how far the review is. */
interface VerdictsSince {
  /** By label; null where nothing holds any more. */
  changed: Record<string, VerdictEntry | null>
  total: number
  reviewed: number
  stale: number
  counts: Record<Verdict, number>
  bases: Record<string, number>
  rest: number
}

interface SetupText {
  shown: true
  plate: string
  barred: Barred
  channels: { index: number, name: string, level: number | null, source: string }[]
  limits: { metric: string, kind: string, unit: string, most: number | null, limit: number, kept: number | null, why: string }[]
  nuclear: number | null
  nuclear_kept: boolean
  typed: Record<string, string>
  columns: string[]
  source: Record<string, string>
  map: {
    name: string, shape: string, barcodes: string[], barcode: string, wells: number, columns: string[], rows: string[][], roles: Roles
    /** How many there are, and the first of them. */
    unmatched: [number, string], missing: [number, string]
    problems: string[], more: number
  } | null
  /** Column, file and day. */
  imported: [string, string, string][]
  inside: string[]
  sheets: string[]
  sheet: string
  import: {
    name: string, columns: OfferedColumn[], most: number, wells: number, field: string, problems: string[], left_out: string[]
    unmatched: [number, string], missing: number
    /** How fields are matched; ours by theirs, and those that are none of ours, with wells. */
    rule: "label" | "from 1" | "from 0" | "none", sites: [string, string, number][], strange: [string, number][], more: [number, number]
  } | null
  problem: [string, string]
  most: number
  export: [number, string]
  name: string
}

/** That the plate cannot be reached: since when, why, and where it may be by now. */
interface AbsenceText { since: string, reason: string, moved_to: string }

interface KnownPlate { key: string, name: string, location: string, error: boolean }

interface HeaderTexts {
  known: { plates: KnownPlate[], labels: string[], list: boolean }
  content: {
    plate: string
    where: { plate: string, well: string, field: string, plane: string, acquisition: string, acquisitions: Choice[], chosen: string }
    title: string
    progress: { done: number, total: number, running: boolean, message: string }
    notice: string
    unknown: string[]
    absence: AbsenceText | null
    visitor: { asks_name: boolean, name: string, role: string, may: string, sign_out: string, admin: string }
    stage: string
    ack: number
    query: string
  }
  /** Whether every part shows what is chosen. */
  rest: { at_rest: boolean }
  ended: { text: string }
  ending: { restarting: boolean }
  check: { number: number }
}

interface PlateMapTexts {
  plate: PlateText
  choices: { metrics: { id: string, title: string, name: string, about: string, group: string, channel: number | null }[], channels: [number, string][] }
  values: { metric: string, score: string, way: string, acquisition: number | null, ways: { plain: Choice[], fields: Choice[] }, values: MetricValues | null }
  look: { well: string, view: string, views: Choice[], ack: number }
}

/** How the list of plates is sorted and grouped, and whether it has the unfinished ones alone. */
interface ListOrder { sort: string, down: boolean, group: string, open: boolean }

type TrendText = { asked: number, metrics: Choice[], problem: string } | {
  /** How often medians were asked for: no two answers are equal. */
  asked: number
  metrics: Choice[]
  metric: string
  title: string
  unit: string
  plates: { key: string, name: string, when: number, median: number, n: number, apart: boolean }[]
  change: [number, number, number] | null
  drift: number | null
  needed: number
  p: number | null
}

type FiltersText = Hidden | {
  shown: true
  plate: string
  conditions: [string, string[]][]
  wells: { label: string, conditions: Choice[] }[]
}

interface GalleryText {
  plate: string
  well: string
  loading: boolean
  digest: string
  error: string
  strip: boolean
  summary: string
  conditions: Choice[]
  fields: {
    name: string
    label: string
    acquisition: number | null
    acquisition_name: string
    version: string
    thumb: string
    cell: [number, number, number, number] | null
    error: string
    corrected: boolean
    selected: boolean
    value: number | null
    metric: string
  }[]
  /** Row and column of each field on the stage; [] where not known. */
  places: [number, number][]
  order: string
  /** Why they stand so. */
  basis: "stage" | "acquired" | "worst"
  /** Length of a field's longer side, 0 where not known. */
  across: number
  unit: string
  empty: string
  hint: string
}

interface ChannelsText {
  plate: string
  channels: (ChannelLook & {
    minimum: number, maximum: number, curve: number, whole: boolean
    /** Colour of the plate, and one that is told apart from the others'. */
    plain: string, distinct: string
    /** How wide a window made of pixels is at least. */
    least: number
    empty: boolean
  })[]
  /** Names of channels whose colours are taken for each other. */
  close: [string, string][]
  source: string
  ends: [number, number]
  where: string
  stored: boolean
  canAuto: boolean
  changed: boolean
  inField: boolean
  ack: number
}

interface ViewerText {
  well: string
  field: FieldPicture | null
  z: number
  t: number
  projection: string
  outlines: { labels: string[], chosen: string, mask: string }
  /** The same field of a control, null where none was asked for. */
  control: { well: string, controls: Choice[], field: FieldPicture | null, note: string } | null
  ack: number
}

type CompareText = { staged: null } | {
  staged: StagedPicture
  old: StagedPicture | null
  /** Well and field, as the viewer heads them. */
  place: string
  title: string
  old_text: string
  new_text: string
  pixel: [number, number]
  unit: string
  hint: string
  /** Which of the corrections of the table it is; null where it is of none. */
  table: { key: string, number: number, total: number, differences: Difference[], barred: string } | null
}

type CompareShown = Extract<CompareText, { title: string }>

/** What a correction changes; the verdict is what the rules say, "" where nothing. */
type CompareValuesText = {
  staged: string
  busy: boolean
  error: string
  rows?: { title: string, channel: string, unit: string, old: number | null, new: number | null, verdict: string, text: string }[]
  histograms?: { channel: number, name: string, low: number, high: number, old: number[], new: number[] }[]
}

type SideWellsText = { kind: "" } | {
  kind: string
  title: string
  loading: boolean
  empty: string
  items: Sample[]
  metric: string
}

/** What a plate's results are good for, see `dashboard.projects.use_rules`. */
type Use = "use" | "care" | "none"

type UsabilityText = {
  use: Use
  word: string
  /** Who has judged the whole plate, "" where the rules propose it. */
  decided: string
  reasons: string[]
  rules: { id: string, title: string, meaning: string, value: string, note: string, unit: string, side: "above" | "below", care: number | null, refuse: number | null, outcome: Use }[]
}

type SignoffText = Hidden | {
  shown: boolean
  plate: string
  name: string
  whole: boolean
  barred: Barred
  me: string
  /** The name is typed on the page, and nothing signs in. */
  typed: boolean
  signed: { who: string, authenticated: boolean, at: string, note: string, counts: ReviewCounts, use: string, changes: string[] } | null
  counts: ReviewCounts
  /** Null until it is worked out. */
  usability: UsabilityText | null
  demands_reason: boolean
  blind: { open: boolean, reviewers: string[], mine: boolean, done: boolean, hides: boolean, by: string }
  agreement: { reviewers: string[], n: number, table: number[][], verdicts: string[], raw: number | null, kappa: number | null, left_out: number } | null
  differences: { well: string, what: string, verdicts: Said[], settled: Said | null }[]
  /** Of what was asked for, by its kind. */
  results: { n: number, type: string, error?: string, [more: string]: unknown }[]
}

type CorrectionText = Hidden | {
  shown: true
  /** Number of the last message that the server has seen. */
  ack: number
  /** Ends of the names of files that an upload takes, as inputs want them. */
  accept: string
  title: string
  plate: string
  well: string
  /** Files may be given now. */
  open: boolean
  refused: string
  barred: Barred
  targets: { id: string, text: string }[]
  chosen: string
  channels: string[]
  uploads: { id: string, name: string, text: string, single: boolean, pages: string, all: string, channel: string }[]
  staged: { id: string, action: string, differences: Difference[] } | null
  elsewhere: string
  missing: string
  busy: boolean
  busy_text: string
  error: string
  done: string
}

type PendingText = Hidden | {
  shown: true
  /** Address of all of them as a file. */
  export: string
  barred: Barred
  refused: Refusal
  more: number
  list: {
    id: string, well: string, field: string, action: string, who: string, when: string, why: string, source: string
    picture: string, present: string, outdated: boolean
  }[]
}

/** What tells a correction from what is there. */
interface Difference { kind: string, message: string, blocking: boolean, confirmed: boolean, confirmable: boolean }

/** A file, or a stack of files, and what it is for. */
interface MatchRow {
  id: string
  name: string
  /** Size and type of its pixels. */
  text: string
  facts: string[]
  picture: string
  /** Address of what is there now; "" where its field is not known. */
  present: string
  well: string
  field: string
  /** Of its field among the corrections; "" where it is not known. */
  key: string
  /** Number of a channel, "all" for those of the file in their order, "" where not known. */
  channel: string
  single: boolean
  pages: string
  series: number | null
  all_series: string[]
  certainty: "sure" | "guessed" | ""
  reasons: string[]
  doubts: string[]
  problem: string
  help: string
  needs: string[]
  chosen: string[]
  excluded: boolean
  ready: boolean
}

/** What was prepared for a field, could not be, or was not committed. */
interface CorrectionEntry {
  key: string
  state: "staged" | "refused" | "failed"
  text: string
  action: string
  ready: boolean
  differences: Difference[]
}

type CorrectionTableText = Hidden | {
  shown: true
  /** Whether it stands in the middle of the page. */
  open: boolean
  plate: string
  well: string
  key: string
  accept: string
  refused: string
  /** The plate cannot be written: corrections are kept as pending. */
  pending: boolean
  barred: Barred
  channels: string[]
  /** Batches of this plate, newest first. */
  earlier: { id: string, who: string, when: string, why: string, committed: number, total: number, undoable: boolean, undone: boolean }[]
  elsewhere: string
  summary: string
  leftovers: { name: string, reason: string, help: string }[]
  /** How many fields the rows that are ready are for. */
  fields: number
  busy: string
  done: number
  total: number
  error: string
  kept: number
  batch: {
    id: string
    committed: number
    failed: { field: string, reason: string }[]
    waiting: number
    why: string
    undoable: boolean
    undone: { reverted: number, left: { field: string, reason: string }[] } | null
  } | null
}

type HistoryText = { field: "" } | {
  field: string
  plate: string
  well: string
  label: string
  loading: boolean
  busy: boolean
  error: string
  barred: Barred
  versions: { id: string, action: string, who: string, known: string, when: string, why: string, source: string, digest: string, thumb: string, live: boolean, available: boolean }[]
}

type DetailsText = Hidden | {
  shown: true
  title: string
  error: string
  banner: string
  odd: [string, string, Choice[], number][]
  facts: Choice[]
  values: { id: string, title: string, unit: string, definition: string, value: number | null, reason: string, median: number | null, chosen: boolean }[]
  hint: string
}

type MeasuringText = Hidden | {
  shown: true
  plate: string
  status: string
  done: number
  total: number
  running: boolean
  act: string
  barred: Barred
  failures: { well: string, field: string, why: string }[]
  plugins: string[]
  failed: number
  refused: Refusal
}

type InboxText = Hidden | {
  shown: true
  /** Folder, and where its plates go; none for who may not act. */
  inboxes: [string, string][]
  jobs: {
    id: string, name: string, state: string, text: string, plate: string
    done: number, total: number, changed: string, bad: string[], reason: string
    acts: string[], source: string, found: string, details: [string, string][]
    /** Pattern, and what it would give. */
    proposals: [string, string][]
  }[]
  more: number
  arrivals: { name: string, text: string, problem: boolean }[]
  barred: Barred
  refused: Refusal
}

/** What an import would give, as a dry run found it. */
interface AddOutcome {
  /** Name, and number of images. */
  plates: [string, number][]
  plate_count: number
  plate: string
  facts: [string, string][]
  gaps: string[]
  gap_count: number
  /** Number of files, and which and why. */
  skipped: [number, string][]
  skipped_count: number
  notes: string[]
  /** What it was called, and its name. */
  channels: [string, string][]
  pages: boolean
  map: {
    name: string, columns: string[], wells: number, problems: string[], problem_count: number
    without_images: [number, string], not_listed: [number, string]
  } | null
}

interface AddSource {
  name: string
  upload: string
  trial: {
    phase: string, text: string, done: number, total: number, sheets: string[]
    proposals: { pattern: string, gives: string, maker: string, problem: string, examples: [string, string][], unmatched: number, doubled: number }[]
  }
  outcome: AddOutcome | null
  /** Whether the outcome is of what was asked last. */
  fresh: boolean
  asked: { plate: string, pattern: string, format: string, pages: string, sheet: string, tables: string[], channels: Record<string, string> }
  name_of_plate: string
  target: string
  wrong_name: string
  already: string
  room: string
}

type AddPlateText = Hidden | { shown: true, refused: Refusal, barred: Barred, against: string } | {
  shown: true
  /** Number of the last message that the server has seen. */
  ack: number
  against: string
  barred: Barred
  refused: Refusal
  /** Id, and path. */
  roots: [string, string][]
  listing: { path: [string, string][], entries: { id: string, name: string, kind: string, note: string }[], more: number } | null
  most: number
  targets: [string, string][]
  begun: [number, string]
  source: AddSource | null
}

type SuspectsText = Hidden | {
  shown: boolean
  plate: string
  title: string
  pending: string
  /** Measuring waits for a person: a button starts it. */
  held: boolean
  banner: string[]
  moved: boolean
  barred: Barred
  refused: Refusal
  few: string
  clean: string
  checks: Choice[]
  more: number
  list: { well: string, kind: string, text: string, brief: string, score: number, more: number }[]
  reasons: { text: string, kind: string, metric: string }[]
  unusual: { well: string, text: string, brief: string }[]
}

type StatisticsText = Hidden | {
  shown: true
  plate: string
  problem: string
  hint: string
  running: boolean
  barred: Barred
  refused: Refusal
  roles: Roles | null
  found: {
    metric: string
    title: string
    unit: string
    wells: number
    exploratory: boolean
    assay: string
    missing: string
    place: string
    controls: { id: string, title: string, meaning: string, value: number | null, kept: number | null, n: string, note: string, percent: boolean }[]
    left_out: [string, number][]
    positions: Positions
    assumed: string
    doses: [string, number, number, number | null, number | null][]
    dose_unit: string
    b_note: string
  } | null
}

type PlotsText = Hidden | {
  shown: true
  plate: string
  /** Of the figure that is to be shown; it may still be on its way. */
  serial: number
  tab: string
  tabs: Choice[]
  plotted: boolean
  empty: string
  place: string
  title: string
  unit: string
  metric: string
  rule: boolean
  low: number | null
  high: number | null
  side: string
  kept: boolean
  refused: Refusal
  barred: Barred
  others: string[]
  ready: boolean
  way: string
  other: string
  choices: [string, string, string][]
  fields: boolean
  along: string
  note: string
  failure: string
  chosen: [number, string[]]
}

/** Cells of a square grid row by row, in counts, and its profiles. */
interface LightGrid { cells: number[], side: number, rows: number[], columns: number[] }

type LightText = Hidden | {
  shown: true
  title: string
  note: string
  mean: LightGrid | null
  /** The microscope's own profiles, "foreground" and "background". */
  own: { name: string, grid: LightGrid }[]
  own_note: string
  field: { name: string, before: LightGrid, after: LightGrid } | null
}

/** A file that this page sends, or that its person has here; see `core/uploads.js`. */
interface UploadEntry {
  key: number
  /** The server's, "" until it knows of the file. */
  id: string
  name: string
  /** Where the file lay among those that were given with it, "run 2/images". */
  folder: string
  size: number
  /** Bytes that have gone. */
  offset: number
  modified: number
  digest: string
  purpose: string
  plate: string
  well: string
  state: "waiting" | "sending" | "broken" | "reading" | "ready" | "received" | "refused" | "failed" | "left" | "unused"
  error: string
  /** Files that were given at once have the same. */
  batch: number
  file: File | null
  sending: { stop: () => void, hurry: () => void } | null
}

interface UploadsText {
  address: string
  page: string
  plate: string
  /** That is looked at, "" without. */
  well: string
  /** Files that one field can take, one a channel: of more, their names say the wells. */
  most: number
  /** Why no file can be given, "" where it can. */
  refused: string
}

/** By part, then by text. */
interface Texts {
  header: HeaderTexts
  plate_map: PlateMapTexts
  plate_canvas: { content: PlateCanvasText, look: { well: string, shown: boolean } }
  plates: {
    content: Hidden | { shown: true, problem: string, add: string, awaited: boolean, refused: Refusal, barred: Barred, plates: ListedPlate[] }
    trend: TrendText
    matches: { words: string, places: Record<string, string> }
    offers: AssayOffer[]
  }
  filters: { content: FiltersText, values: { metric: string, values: (number | null)[] | null } }
  montage: { content: { kind: string, seed: number, items: Sample[], across: number, unit: string, empty: string, error: string } }
  gallery: { content: GalleryText }
  channels: { content: ChannelsText }
  field_viewer: { content: ViewerText }
  compare: { content: CompareText, values: CompareValuesText }
  beside: { content: SideWellsText }
  presence: { content: { others: { who: string, well: string, deciding: boolean }[], leave: string, page: string, well?: string, more?: number } }
  verdict: {
    content: Hidden | VerdictText
    queue: VerdictQueue
    verdicts: Record<string, VerdictEntry>
    since: VerdictsSince
    unseen: { seen: number, unopened: number, glimpsed: number }
    answers: VerdictAnswer[]
  }
  signoff: { content: SignoffText }
  correction: { content: CorrectionText }
  uploads: { content: UploadsText }
  pending: { content: PendingText }
  correct_many: { content: Hidden | { shown: true, accept: string, refused: string, waiting: string } }
  corrections: { content: CorrectionTableText, rows: MatchRow[], corrections: CorrectionEntry[] }
  history: { content: HistoryText }
  details: { content: DetailsText }
  light: { content: LightText }
  measuring: { content: MeasuringText }
  inbox: { content: InboxText }
  add_plate: { content: AddPlateText }
  suspects: { content: SuspectsText }
  statistics: { content: StatisticsText }
  /** `item` is Bokeh's own JSON of a figure. */
  distribution: { content: PlotsText, figure: { serial: number, plate: string, metric: string, item: { root_id: string, doc: object, version: string } | null } }
  setup: { content: Hidden | SetupText | { shown: true, problem: [string, string] } }
}

/** What parts tell each other by `core/bus.js`, and with what: a name that is not here is an error. */
interface Events {
  /** Since when the plate cannot be reached, "" where it can. */
  absence: string
  /** A key is about to do something to the well that is looked at. */
  acting: undefined
  "add-plate": { open: boolean }
  /** What is to be done again once there is a name. */
  "ask-name": (() => unknown) | undefined
  axis: ["z" | "t", number]
  beside: undefined
  channel: number
  /** Label of a well. */
  choose: string
  "choose-file": undefined
  "choose-metric": string
  /** "" for the next way, see `pixels/comparing.js`. */
  "compare-mode": CompareMode | "flip" | ""
  "confirm-difference": { fields: string[], kind: string, confirmed: boolean }
  control: undefined
  "correct-many": GivenFile[] | undefined
  "cut-moved": { side: Side, value: number }
  deciding: boolean
  display: ChannelLook[]
  extent: undefined
  /** Of which field, and its planes by index of the channel. */
  "field-planes": { of: string, planes: [number, Plane][] }
  filter: undefined
  filtered: undefined
  glimpsed: { well: string, digest: string }
  help: undefined
  hint: string
  "in-list": ["find" | "sort" | "group"] | ["row", number]
  keys: undefined
  limits: Limits
  "measure-field": undefined
  "measured-metric": undefined
  metric: number
  montage: undefined
  /** Rows and columns. */
  move: [number, number]
  "next-plate": number
  /** Null: all of them. */
  "only-channel": number | null
  "open-panel": string
  "open-setup": string
  /** Keys of the plates. */
  "order-plates": string[]
  others: undefined
  overlays: boolean
  palette: undefined
  pictures: undefined
  "pictures-of-plate": undefined
  "plate-files": GivenFile[]
  "plot-box": { x0: number, x1: number, y0: number, y1: number }
  projection: undefined
  queue: number
  redo: undefined
  reopen: undefined
  reviewer: string
  score: number
  selection: typeof import("./core/selection.js").selection
  "show-history": undefined
  step: number
  "toggle-theme": undefined
  undo: undefined
  uploaded: { entry: UploadEntry, more: boolean }
  uploads: undefined
  values: typeof import("./plate/map_values.js").shown
  verdict: Verdict
  "verdict-note": undefined
  "verdict-reason": undefined
  "verdict-scope": undefined
  verdicts: undefined
  view: string
  views: undefined
  /** Null: the whole picture. */
  zoom: number | null
}

type EventName = keyof Events

/** Side of a cut-off. */
type Side = "low" | "high"

/** A file that somebody gives, and the folder that it lies in. */
interface GivenFile { file: File, folder: string }

/** What a part is built with, see `core/island.js`. */
interface PartContext {
  el: HTMLElement
  root: ShadowRoot
  /** Say something to the server; returns the message's number. */
  send: Send
  hide: (hidden: boolean) => void
}

type Send = (type: string, content?: object) => number

/** The same where nobody needs the number. */
type Say = (type: string, content?: object) => unknown

/** What is known of a part beside its texts. */
interface PartFacts {
  /** Those that are shown at the start. */
  pictures?: Promise<unknown>
  /** Whether it wants to hear that it is not to be shown. */
  hears?: boolean
}

/** A method for each text of a part, those that say not to show it left out. */
type Part<Name extends keyof Texts> = { [Text in keyof Texts[Name]]?: (text: Exclude<Texts[Name][Text], Hidden>) => unknown } & PartFacts

/** The same of a part that hears of these, too. */
type HearingPart<Name extends keyof Texts> = { [Text in keyof Texts[Name]]?: (text: Texts[Name][Text]) => unknown } & PartFacts

/** A text of a part that is shown. */
type Shown<Name extends keyof Texts> = Texts[Name] extends { content: infer Content } ? Exclude<Content, Hidden> : never

/** A module that draws a part. */
interface PartModule {
  build: (context: PartContext) => any
  /** Paths of the sheets that it wears; if not given, the one of its own name. */
  sheets?: string[]
}

/** What a part is made of, once it is here. */
interface FetchedPart {
  build: PartModule["build"]
  worn: CSSStyleSheet[]
}

/** Attributes, properties and listeners of an element, see `h` in `core/dom.js`. */
interface Attributes<Made = HTMLElement> {
  click?: (event: MouseEvent) => void
  keydown?: (event: KeyboardEvent) => void
  change?: (event: Event & { target: Made }) => void
  input?: (event: Event & { target: Made }) => void
  toggle?: (event: Event & { target: Made }) => void
  submit?: (event: SubmitEvent) => void
  dataset?: Record<string, any>
  style?: Record<string, string>
  [name: string]: any
}

/** Name of a line icon. */
type Sign = Parameters<typeof import("./core/dom.js").icon>[0]

/** What an element may hold. */
type Child = Node | string | number | null | undefined | Child[]

// What stands on the plate map ----------------------------------------------------------

/** Where the plate map's colours end: at most wells, at all, or where those of the project's plates do. */
type Limits = "robust" | "full" | "project"

/** From a metric's values to colours, see `plate/colouring.js`. */
interface Colouring {
  /** Where the colours begin; null where there are no values. */
  low: number | null
  /** Where they end, of a deviation also below `low`. */
  high: number | null
  /** By the logarithm or not; null where that is impossible. */
  log: boolean | null
  scale: Scale
  /** Of the ramp. */
  stops: number[][]
  /** How many values lie below `low`. */
  below: number
  above: number
  /** Part of the ramp from which a deviation stands out. */
  notch: number | null
  /** Place on the colour bar for each well, 0 to 1 and beyond it for values outside the
   *  limits; of a column the number of the category. */
  parts: (number | null)[]
  /** 1 for a well that stands out upwards, -1 downwards, else 0; of a column the letter
   *  of the category. */
  signs: (number | string)[]
  /** The CSS colour of a part. */
  colour: (part: number) => string
}

/** First row and column, rows and columns. */
type PlatePart = [number, number, number, number]

/** Sizes of the plate map in CSS pixels. */
interface Geometry {
  /** Rows that are shown. */
  rows: number
  columns: number
  /** The first one that is shown, 0 if not given. */
  row?: number
  column?: number
  /** Columns of the whole plate, as many as are shown if not given. */
  across?: number
  /** Side of a well's square. */
  cell: number
  /** Width of the letters. */
  rowHead: number
  /** Height of the numbers. */
  columnHead: number
  width: number
  height: number
}

/** What may be done with wells on the plate's table; an index is -1 where there is none. */
interface GridActs {
  look: (index: number) => void
  move: (step: [number, number]) => void
  lookAtEnd: (end: "first" | "last") => void
  open: () => void
  /** Choose the rectangle between two wells. */
  drag: (from: number, to: number) => void
  extendTo: (index: number) => void
  extend: (step: [number, number]) => void
  toggle: (index: number) => void
  /** Choose a row or a column; -1 is that of the well that is looked at. */
  line: (line: { row?: number, column?: number }, add: boolean) => void
  all: () => void
  /** Returns whether there was anything to clear. */
  clear: () => boolean
  hover: (index: number, event?: PointerEvent) => void
  hoverMoved: (event: PointerEvent) => void
}

/** What pointer and keys on the plate canvas do. */
interface CanvasActs {
  /** Whether there is a plate. */
  ready: () => boolean
  /** Whether the whole plate is in view. */
  fitted: () => boolean
  /** Whether the pointer is over the canvas and leads. */
  pointed: () => boolean
  /** Null: the whole plate. */
  zoom: (factor: number | null) => void
  /** By parts of the view. */
  pan: (parts: number[]) => void
  open: () => void
  select: () => void
  /** Whether keys or the pointer say where one is. */
  keysLead: (leads: boolean) => void
  /** Say to a screen reader where one is. */
  speak: () => void
}

/** Left, top, width, height. */
type Box = [number, number, number, number]

/** A field as the plate canvas knows it: its place in its well's picture, and what draws it. */
interface PlacedField {
  box: Box
  /** In the well's sprite. */
  cell: Box
  levels?: [number, number][]
  error?: string
  channels: number
  plane: string
  picture: string
  name: string
  label: string
  acquisition?: number | null
}

/** What the server says of a well's fields. */
interface PlacedWell {
  fields: PlacedField[]
  sprite: string
  error?: string
  /** Digest of the plate that it was asked of. */
  of: string
}

/** What draws a field; null is the whole level. */
type Layer = { kind: "sprite" } | { kind: "picture" | "planes", level: number, tiles: (Box | null)[] }

interface PictureRequest { key: string, url: string, kind: string }

/** The picture of the plate. */
interface PlatePicture {
  bitmap: ImageBitmap
  url: string
  /** Wells that are not on it yet. */
  waiting: Set<number>
  cell: number
}

/** One painting of the plate canvas. */
interface CanvasView {
  brush: CanvasRenderingContext2D
  /** Device pixels a CSS pixel. */
  ratio: number
  /** Of the canvas, in device pixels. */
  size: [number, number]
  plate: PlateCanvasText
  picture: PlatePicture | null
  /** What is known of a well's fields. */
  details: (index: number) => PlacedWell | undefined
  /** Whether single fields are worth painting. */
  fine: boolean
  /** Those that are on. */
  channels: ChannelLook[]
  /** Gets what could not be painted, with its distance from the middle. */
  missing: { far: number, parts: PictureRequest[] }[]
}

// Choosing and finding ------------------------------------------------------------------

/** What can be chosen by typing. */
interface Entry {
  id: string
  /** What people read. */
  name: string
  /** Its kind. */
  group: string
  /** More words that find it. */
  about?: string
  key?: string
  /** Why it cannot be had now. */
  barred?: string
  /** Whether it is a box to type or choose in. */
  sets?: boolean
  run: () => void
}

/** What can be pressed or set: a button, a link, a box, a list. */
interface Control extends HTMLElement {
  labels?: NodeListOf<HTMLLabelElement> | null
  placeholder?: string
  disabled?: boolean
  type?: string
}

/** What a combobox lists for a text. */
interface Finding<Listed> {
  /** Without a label there is no head. */
  groups: { label: string, entries: Listed[] }[]
  /** Which is marked first, -1: none. */
  first: number
  /** What the foot says where no entry has words. */
  note: string
}

/** How a combobox shows an entry. */
interface EntryLook {
  line: any[]
  /** Words for the foot. */
  about?: string
  /** Why it cannot be taken. */
  barred?: string
  /** Whether it is what the page shows now. */
  now?: boolean
  /** More of the option. */
  attributes?: Attributes
}

interface ComboboxParts<Listed> {
  /** Begins the ids of its parts. */
  id: string
  label: string
  listLabel: string
  placeholder: string
  find: (text: string) => Finding<Listed>
  look: (entry: Listed) => EntryLook
  /** Take an entry that is not barred. */
  take: (entry: Listed) => void
  /** What the surroundings do with a key first; whether that was all. */
  key?: (event: KeyboardEvent) => boolean
  /** Of the box. */
  attributes?: Attributes
}

type MetricChoice = PlateMapTexts["choices"]["metrics"][number]

/** Index and name. */
type ChannelName = [number, string]

/** Metrics that differ in the channel alone. */
interface MetricFamily {
  /** Alike for all its channels. */
  key: string
  name: string
  about: string
  group: string
  /** Of the metrics, by channel. */
  ids: Map<number | null, string>
}

interface MetricEntry { family: MetricFamily, id: string, channel: number | null }

interface FilteredWell { label: string, conditions: Choice[], value: number | null }

interface WellFilter { state: string, basis: string, reason: string, reviewer: string, column: string, condition: string, low: number | null, high: number | null }

// Pixels --------------------------------------------------------------------------------

/** How two pictures of one field are held against each other. */
type CompareMode = "side" | "swipe" | "blink" | "difference"

/** The picture that a component for notebooks shows; its planes come beside it. */
interface ComponentPicture { title: string, count: number, width: number, height: number, dtype: string, size: [number, number], level: number, step: number, pixel: number, unit: string, sizes: { z: number, t: number }, left_out: number }

interface ComponentChannel { name: string, color: string, low: number, high: number, active: boolean, minimum: number, maximum: number }

/** What looks at a picture, see `pixels/viewport.js`. */
type Viewport = import("./pixels/viewport.js").Viewport

/** Raw pixels of one channel of one plane. */
interface Plane {
  data: Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array
  width: number
  height: number
  dtype: string
}

/** One channel's colour and contrast. */
interface Look { index: number, color: string, low: number, high: number, gamma?: number, active?: boolean }

/** Focal plane and time point, or all planes as one. */
interface Depth { z?: number | null, t?: number | null, projection?: string | null }

/** A channel as the panel of the channels has it. */
type SetChannel = ChannelsText["channels"][number]

/** A verdict, a note, or what is taken back, as it is sent. */
interface Decision {
  batch: string
  plate?: string
  verdict?: string
  wells?: string[]
  field?: string
  acquisition?: number | null
  /** Of the pictures that it is about. */
  digest?: string
  reason?: string
  note?: string
  /** Batch of what it changes. */
  target?: string
  /** What it takes back, in words. */
  text?: string
}

/** With what the browser keeps about the plate that it is about. */
interface SentDecision { type: string, message: Decision, notes: PlateNotes }

/** As the browser keeps it until the server has confirmed it. */
type UnsavedDecision = Decision & { type: string }

/** What the verdict bar shows: what is its page's own, with all that pages share. */
type VerdictNow = Shown<"verdict"> & VerdictQueue & Omit<VerdictsSince, "changed"> & Texts["verdict"]["unseen"] & { verdicts: Record<string, VerdictEntry> }

/** What is looked at, of which a verdict may be. */
interface VerdictSight {
  now: VerdictNow
  /** Labels: of the well that is looked at, and of those that were chosen together. */
  readonly selected: string
  readonly chosen: string[]
  /** The well, and not the field that is open. */
  whole: boolean
}

/** What the verdict bar knows; nothing of a plate before one is shown. */
interface VerdictBar extends VerdictSight {
  shown: boolean
  /** What the browser keeps about this plate. */
  notes: PlateNotes
}

/** The pictures that are on the screen. */
interface DrawnPictures { well: string, digest: string, field: string, drawn: boolean }

/** What a dialog of the sign-off asks, and when what it asks for is there. */
interface SignoffQuestion {
  /** Of the message that confirms it. */
  kind: string
  name: string
  label: string
  content: () => Child[]
  fields?: Child[]
  wants?: boolean
  message: () => object
  seen: () => boolean
  again: () => void
}

type AddPlateShown = Extract<AddPlateText, { most: number }>

/** What the form for a new plate shows. */
type AddFormText = AddSource & { ack: number, targets: Choice[], most: number, key: string }

/** A field, or a staged one, as a pane shows it. */
type PaneSource = FieldPicture & Depth & { id: string }

/** A well as the map paints it. */
interface PaintedWell {
  state: number
  partial: boolean
  corrected: boolean
  /** Letter of a control's role, "" without. */
  role: string
  verdict?: VerdictEntry | null
  dimmed?: boolean
}

/** What the map paints. */
interface MapScene {
  geometry: Geometry | null
  wells: PaintedWell[]
  colouring: Pick<Colouring, "parts" | "signs" | "colour"> & Partial<Colouring>
  /** -1 where there is none. */
  selected: number
  chosen: Set<number>
  hovered: number
  /** Without signs. */
  plain: boolean
  /** Whose tokens it takes, the page if not given. */
  host?: HTMLElement
  /** Without the plate's body. */
  bare?: boolean
}

/** What the plate canvas shows; no plate before one has come. */
interface CanvasNow {
  plate: PlateCanvasText
  look: { well: string, shown: boolean }
  /** Where the pointer is, on the canvas. */
  hovered: [number, number] | null
  /** Keys say where one is, not the pointer. */
  byKeys: boolean
  /** Where the pointer is, null where keys lead. */
  readonly pointer: [number, number] | null
  /** Those that are on. */
  readonly channels: ChannelLook[]
  /** Whether wells have frames in the colours of the metric. */
  overlaid: boolean
}

/** What the map shows; no plate before one has come. */
interface MapNow {
  plate: PlateText
  values: MetricValues | null
  scene: MapScene
}

/** A verdict on a field, as the open well has it. */
type FieldVerdict = HeldVerdict & { field: string, acquisition: number | null, name: string }

/** What fills the memory of the server, or its disk. */
interface Cache { name: string, entries: number, nbytes: number, max_bytes: number | null }

/** The statistics of a metric. */
type MetricStatistics = NonNullable<Shown<"statistics">["found"]>

/** What may be done in a row of the table of corrections, by the row's id or its field. */
interface RowActs {
  change: (id: string, what: string, value: string) => void
  click: (id: string, event: MouseEvent) => void
  compare: (field: string) => void
  confirm: (field: string, kind: string, confirmed: boolean) => void
  /** The focus goes to the row. */
  enter: (id: string) => void
}

/** Which rows of the table of corrections are listed. */
type MatchFilter = "all" | "settle" | "guessed" | "out"

/** Ids of chosen rows: `anchor` is where a range begins, `at` the row that the keys stand at; "" before there is any. */
interface RowSelection { rows: ReadonlySet<string>, anchor: string, at: string }

/** What the foot of the table of corrections speaks of. */
interface BatchState { content: Shown<"corrections"> | null, rows: MatchRow[], entries: Map<string, CorrectionEntry> }

type SuspectsShown = Shown<"suspects">

/** Panel's model of a part, of the page or of a notebook's cell: values by name, and who hears of them. */
interface Model {
  on: (name: string, act: () => void) => void
}

/** That of the whole page: its texts by `part__text`. */
interface PageModel extends Model {
  send_msg: (message: object) => void
  [text: string]: any
}

interface PlateMapModel extends Model { plate_text: string, values_text: string, selected: string[] }

interface FieldModel extends Model { picture_text: string, planes: ArrayBuffer | Uint8Array, channels: ComponentChannel[], sent: number, received: number, z: number, t: number }

/** A plate map, or imported measurements, that is shown before it is taken. */
type OfferedMap = NonNullable<SetupText["map"]>
type OfferedImport = NonNullable<SetupText["import"]>

/** Medians of the plates over time. */
type Trend = Extract<Texts["plates"]["trend"], { plates: unknown }>

/** How far a pane is. */
interface PaneState { busy?: boolean, error?: string, unread?: string, empty?: string, level?: number, mode?: string }

type FieldHistory = Extract<HistoryText, { well: string }>

type FieldVersion = FieldHistory["versions"][number]

/** Name, wells with a number, the least, the largest, and wells without. */
type OfferedColumn = [string, number, number, number, number]

type Port = import("./core/wire.js").Port

/** What the browser keeps about a plate. */
type PlateNotes = import("./core/storage.js").PlateNotes

/** An act of the page, its key, and what people read. */
type Action = { id: string, key: string, text: string, run: (send: Say, event: KeyboardEvent) => void } & ActionMore

/** What must be open for an act. */
type Need = "plate" | "well" | "field" | "compare" | "hold"

interface ActionMore {
  /** Never repeats while the key is held. */
  once?: boolean
  /** The key stays as it is. */
  fixed?: boolean
  needs?: Need
  /** Index of the channel that it is about. */
  channel?: number
  /** What the palette calls it, where `text` is for several. */
  name?: string
  shiftedName?: string
  shifted?: (send: Say, event: KeyboardEvent) => void
  released?: () => void
  /** What it does where the list of plates is shown, and its name there. */
  inList?: () => void
  listName?: string
}

/** Of an address; null takes a key away. */
type Query = Record<string, string | number | null | undefined>

/** What a message of the parts to the server bears. */
interface Sent { part: string, message?: object, fault?: string }

/** Red, green and blue of a colour, 0 to 255 each. */
type Rgb = number[]

/** What draws on a canvas. */
type Pen = CanvasRenderingContext2D

/** A plane that is on its way, and how many wait for it. */
interface Flight { promise: Promise<Plane>, abort: AbortController, waiting: number }

/** How far the previews of a plate are. */
interface PreviewProgress { done: number, total: number, running: boolean, failed: number, message: string, stopped: boolean, caches: Cache[] }
