"""HTTP handlers for what leaves the dashboard as a file: tables and reports."""

from __future__ import annotations

import contextlib
import re
from functools import partial
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
)
"""What can be asked for, as a pattern."""

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_PIECE = 1 << 20
"""Bytes of a large file that are sent at once."""

_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class ExportHandler(Handler):
    """Sends a plate's tables or its report as a file, complete or not at all.

    With ``?partial=yes`` what is known at this moment is enough.
    """

    asks = Act.EXPORT
    slow = True

    async def get(self, key: str, what: str) -> None:
        """Answer with a table or a report, made in a thread."""
        unfinished = self.get_query_argument("partial", "") == "yes"
        tells_place = self.service.access.tells_place(self.visitor, key)
        file = await self.made(
            lambda: self._make(key, what, partial=unfinished, tells_place=tells_place)
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


class PendingExportHandler(Handler):
    """Sends the corrections that wait for a plate as a zip."""

    asks = Act.EXPORT
    slow = True

    async def get(self, key: str) -> None:
        """Answer with a zip that `hcs correct` takes, in pieces."""
        waiting = await self.made(lambda: self.service.pending.of_plate(key))
        if waiting is None:
            return
        if not waiting:
            self.answer_error(404, "No correction waits for this plate.")
            return
        with contextlib.ExitStack() as block:
            path = await self.made(
                lambda: block.enter_context(self.service.pending.exported(key))
            )
            if path is None:
                return
            plate = self.service.plates.overview(key).name or key
            name = file_name(plate, PENDING)
            self.set_header("Content-Type", "application/zip")
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')
            self.set_header("Content-Length", str(path.stat().st_size))
            self.set_header("Cache-Control", "no-store")
            with path.open("rb") as file:
                while piece := await self.in_thread(partial(file.read, _PIECE)):
                    self.write(piece)
                    await self.flush()
            await self.finish()


def file_name(plate: str, what: str) -> str:
    """Return a name that every file system takes.

    >>> file_name("../plate 7", "wells.csv")
    'plate_7-wells.csv'
    """
    stem = _NAME.sub("_", plate).strip("._-") or "plate"
    return f"{stem[:80]}-{what}"
