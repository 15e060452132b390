// What the page puts on `window`, and what Bokeh does.

export {}

declare global {
  interface Window {
    /** A module of ours, for those that are none: callbacks of plots, tests. */
    hcsPart: (name: string) => Promise<any>
    Bokeh?: {
      documents: PlotDocument[]
      /** A module of Bokeh's own; throws where there is none of that name. */
      require: (name: "core/ui_gestures") => { UIGestures: { press_threshold: number } }
      embed: { embed_item: (item: object, place: HTMLElement) => Promise<PlotViews> }
    }
  }

  /** The document of a figure of Bokeh; by name what we have put into it. */
  interface PlotDocument {
    get_model_by_name: <Name extends keyof PlotModels>(name: Name) => PlotModels[Name] | null
    on_event?: (name: string, act: () => void) => void
  }

  interface PlotViews { roots: { model: { id: string, document: PlotDocument } }[], clear: () => void }

  interface PlotModels {
    "hcs-plot-wells": PlotSource<{ well: Column<string> }>
    "hcs-plot-bins": PlotSource<Bins>
    "hcs-plot-chosen": { data: Bins & { top: number[] } }
    "hcs-plot-well": PlotLine
    "hcs-cut-low": PlotLine
    "hcs-cut-high": PlotLine
    "hcs-plot-density": { on_event: (name: string, act: (event: { geometry: { type: string, x0: number, x1: number, y0: number, y1: number } }) => void) => void }
  }

  /** Edges of the bins of a histogram. */
  interface Bins { left: Column<number>, right: Column<number> }

  type Column<Value> = ArrayLike<Value> & Iterable<Value>

  interface PlotSource<Columns> {
    data: Columns
    selected: { indices: number[], properties: { indices: object }, on_change: (property: object, act: () => void) => void }
    /** What was selected by us, and by no person. */
    hcsMarked?: string
  }

  interface PlotLine { visible: boolean, location: number, properties: { location: object }, on_change: (property: object, act: () => void) => void }
}
