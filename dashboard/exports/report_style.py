"""The looks of the report: one style sheet, for the screen and for paper."""

STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #14181d;
  font: 14px/1.45 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #858e99; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
dl { display: grid;
  grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: #565f6a; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid #dfe3e8; }
th { white-space: nowrap; }
td { overflow-wrap: anywhere; min-width: 3rem; }
.maps { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
.maps svg { width: 100%; height: auto; }
code { font: .8rem ui-monospace, monospace; white-space: nowrap; }
figure { margin: 0; }
figcaption { font-size: .8rem; color: #565f6a; }
.pictures { display: flex; flex-wrap: wrap; gap: .5rem; }
.pictures img { display: block; background: #000; max-width: 100%; }
.well { break-inside: avoid; border-top: 1px solid #dfe3e8; }
svg text { font: 9px system-ui, sans-serif; fill: #565f6a; }
tr, figure, svg { break-inside: avoid; }
thead { display: table-header-group; }
.halves { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.half { flex: 1 1 20rem; min-width: 0; }
.half svg { max-width: 100%; height: auto; }
.statement { display: flex; gap: 1rem; align-items: center; margin: 1rem 0;
  padding: .75rem 1rem;
  border: 2px solid currentColor; border-radius: 6px; }
.statement strong { font-size: 1.4rem; }
.statement p { margin: .15rem 0 0; color: #14181d; }
.statement .mark { font-size: 2rem; font-weight: 700; line-height: 1; }
.statement.use { color: #00674f; }
.statement.care { color: #8a4b00; }
.statement.none { color: #b3261e; }
.rules { width: 100%; } .rules thead th, .rules td { white-space: nowrap; }
.rules td:nth-child(2) { white-space: normal; }
.rules th { white-space: normal; font-weight: 400; }
.rules thead th, .rules tr:is(.care, .none) :is(th, td:last-child) { font-weight: 700; }
.rules tr.care td:last-child { color: #8a4b00; }
.rules tr.none td:last-child { color: #b3261e; }
small, .hint { color: #565f6a; }
.page .maps { grid-template-columns: repeat(2, minmax(0, 1fr)); }
details { border-bottom: 1px solid #dfe3e8; }
summary { cursor: pointer; padding: .4rem 0; }
summary h3 { display: inline; margin: 0; }
.changed { color: #a33b00; }
.open { color: #565f6a; }
@page { margin: 14mm; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 10pt;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .page { break-after: page; }
  .page h2 { margin-top: 1rem; }
  .details:not(:has(details[open])) { display: none; }
  details:not([open]) { display: none; }
}
"""
