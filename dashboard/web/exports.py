"""HTTP handlers for what leaves the dashboard as a file: tables and reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.exports.load_data import load_data
from dashboard.exports.report import report_html
from dashboard.exports.tables import PlateTables
from dashboard.web.handler import Handler

if TYPE_CHECKING:
    from hcs.tables import ResultTable

LOAD_DATA = "LoadData.csv"
PENDING = "pending.zip"
"""Corrections of a plate that cannot be written, for `hcs correct`."""

FILES = (
    rf"(?:wells|fields|suspects)\.(?:csv|parquet)|report\.html|{re.escape(LOAD_DATA)}"
    rf"|{re.escape(PENDING)}"
)
"""What can be asked for, as a pattern."""

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class ExportHandler(Handler):
    """Sends a plate's tables or its report as a file, complete or not at all.

    With ``?partial=yes`` what is known at this moment is enough.
    """

    asks = Act.EXPORT
    slow = True

    async def get(self, key: str, what: str) -> None:
        """Answer with a table or a report, made in a thread."""
        partial = self.get_query_argument("partial", "") == "yes"
        tells_place = self.service.access.tells_place(self.visitor, key)
        file = await self.made(
            lambda: self._make(key, what, partial=partial, tells_place=tells_place)
        )
        if file is None:
            return
        name, data = file
        self.set_header("Content-Type", _KINDS[what.rpartition(".")[2]])
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Cache-Control", "no-store")
        await self.finish(data)

    def _make(
        self, key: str, what: str, *, partial: bool, tells_place: bool
    ) -> tuple[str, str | bytes]:
        name = file_name(self.service.plates.overview(key).name or key, what)
        if what == LOAD_DATA:
            return name, load_data(self.service, key).csv()
        if what == PENDING:
            with self.service.pending.exported(key) as path:
                return name, path.read_bytes()
        if not partial:
            self.service.quality.check_measured(key)
        if what == "report.html":
            return name, report_html(self.service, key, tells_place=tells_place)
        kind, _, form = what.partition(".")
        table: ResultTable = getattr(PlateTables(self.service, key), kind)()
        if form == "parquet":
            return name, table.parquet()
        # The mark makes spreadsheets take it for the UTF-8 that it is.
        return name, "\ufeff" + table.csv()


def file_name(plate: str, what: str) -> str:
    """Return a name that every file system takes.

    >>> file_name("../plate 7", "wells.csv")
    'plate_7-wells.csv'
    """
    stem = _NAME.sub("_", plate).strip("._-") or "plate"
    return f"{stem[:80]}-{what}"
