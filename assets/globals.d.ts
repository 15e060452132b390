// What the page puts on `window`, and what Bokeh does.

export {}

declare global {
  interface Window {
    /** A module of ours, for those that are none: callbacks of plots, tests. */
    hcsPart: (name: string) => Promise<any>
    Bokeh?: {
      documents: any[]
      [name: string]: any
    }
  }
}
