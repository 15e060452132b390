// The files of a plate's review: links to download them, and a button that writes tables
// into the plate.

import { h, set } from "../core/dom.js"

/** The links; `onTable` writes the tables into the plate. */
export function exportFiles({ onTable }) {
  const csv = h("a", { class: "button small hcs-export-csv", download: "", title: "Wells with verdicts and metrics as CSV" }, "Wells CSV")
  const fieldsCsv = h("a", { class: "button small hcs-export-fields", download: "", title: "Fields with verdicts and metrics as CSV" }, "Fields CSV")
  const report = h("a", { class: "button small hcs-report", download: "", title: "One file that opens without this server" }, "Report")
  const file = (words) => h("a", { class: "button small", download: "" }, words)
  const parquet = { wells: file("Wells Parquet"), fields: file("Fields Parquet") }
  const tables = h("button", { type: "button", class: "small hcs-table-beside", title: "Write tables/qc into the plate, as AnnData and ngio keep tables", on: { click: onTable } }, "Tables into the plate")
  const more = h("details", { class: "more" }, h("summary", { class: "small" }, "More files"), h("div", { class: "row line" }, parquet.wells, parquet.fields, tables))

  return {
    elements: [csv, fieldsCsv, report, more],
    /** Show where the files of this plate are. */
    show(now) {
      set(csv, { href: now.wells_csv })
      set(fieldsCsv, { href: now.fields_csv })
      set(report, { href: now.report })
      for (const [name, link] of Object.entries(parquet)) {
        link.hidden = !now.parquet
        set(link, { href: now.parquet?.[name] ?? "" })
      }
      tables.hidden = now.read_only
      more.hidden = now.read_only && !now.parquet
    },
  }
}
