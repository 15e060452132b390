// The files of a plate's review: links to download them, and a button that writes tables
// into the plate.

import { barredBy, h, set } from "../core/dom.js"
import { download } from "./download.js"

const TABLES = "Write tables/qc into the plate, as AnnData and ngio keep tables"

/** The links; `onTable` writes the tables into the plate, `onRefused(text, again)` hears
 *  why there is no file, and how to take what there is of it. */
/** @param {{onTable: () => void, onRefused: (text: string, partial?: () => void) => void}} its */
export function exportFiles({ onTable, onRefused }) {
  /** @param {string} name @param {string} words */
  const file = (name, words, title = "") =>
    h("a", { class: `button small ${name}`, download: "", title: title || null, click: (event) => download(event, onRefused) }, words)
  const csv = file("hcs-export-csv", "Wells CSV", "Wells with verdicts and metrics as CSV")
  const fieldsCsv = file("hcs-export-fields", "Fields CSV", "Fields with verdicts and metrics as CSV")
  const report = file("hcs-report", "Report", "One file that opens without this server")
  const suspects = file("", "Suspects CSV", "Each reason to look at a well, in words")
  const loadData = file("", "LoadData.csv", "The images that were not failed, for CellProfiler's LoadData")
  const parquet = { wells: file("", "Wells Parquet"), fields: file("", "Fields Parquet") }
  const tables = h("button", { class: "small hcs-table-beside", title: TABLES, click: onTable }, "Tables into the plate")
  const more = h("details", { class: "more" }, h("summary", { class: "small" }, "More files"), h("div", { class: "row line" }, suspects, loadData, parquet.wells, parquet.fields, tables))

  return {
    elements: [csv, fieldsCsv, report, more],
    /** Show where the files of this plate are. @param {VerdictNow} now */
    show(now) {
      set(csv, { href: now.wells_csv })
      set(fieldsCsv, { href: now.fields_csv })
      set(suspects, { href: now.suspects_csv })
      set(loadData, { href: now.load_data })
      set(report, { href: now.report })
      for (const [name, link] of Object.entries(parquet)) {
        link.hidden = !now.parquet
        set(link, { href: now.parquet?.[/** @type {"wells" | "fields"} */ (name)] ?? "" })
      }
      set(tables, barredBy(now.barred.table, TABLES))
    },
  }
}
