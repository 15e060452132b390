"""The first page where there are several plates: what each holds, how far each is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import param

from dashboard.access import Act
from dashboard.reviews.verdict_table import VERDICT_LOOKS
from dashboard.text import plain_text
from dashboard.views.add_plate import reason_against_adding
from dashboard.views.island import Island, Message, Part, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateEntry
    from dashboard.reviews.plate_list import PlateLine, WellMark
    from dashboard.reviews.plate_trends import MedianTrend
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_AGAIN_SECONDS = 3.0
"""How old the list may be while somebody looks at it."""

_MOST_SCORE = 3.0
"""Of a suspicion that has its full colour on the plate's own map, too."""

_STATES = {"not_acquired": " ", "missing": "!", "unreadable": "!", "pending": "~"}


class PlatesIsland(Island):
    """See ``assets/panels/plates.js``."""

    trend = param.String(default="", doc="Medians over time, as JSON.")

    module = "panels/plates.js"


class PlatesPage(Part):
    """Lists the plates, names first, what is known of each as soon as it is read."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, PlatesIsland())
        self._lines: tuple[PlateLine, ...] = ()
        self._read_at = 0.0
        self._busy = False
        self.component.on("plate", self._open, asks=Act.LOOK)
        self.component.on("trend", self._ask_trend, asks=Act.LOOK)
        session.each_poll(self._look)

    def _open(self, message: Message) -> None:
        key = text_of(message, "plate")
        if any(entry.key == key for entry in self._session.service.plates.entries()):
            self._session.state.update(plate=key)

    def draw(self, now: Snapshot) -> None:
        """Show the list where no plate is open."""
        self._now = now
        if now.stage != "plates":
            self.component.put({"shown": False})
            return
        lines = {line.entry.key: line for line in self._lines}
        order = [line.entry.key for line in self._lines]
        order += [plate.key for plate in now.plates if plate.key not in lines]
        entries = {plate.key: plate for plate in now.plates}
        self.component.put(
            {
                "shown": True,
                "problem": now.problem,
                "awaited": bool(self._session.service.inbox.folders),
                "add": reason_against_adding(self._session),
                "loading": not self._lines and bool(now.plates),
                "plates": [
                    _plate(entries[key], lines.get(key), self._session.place)
                    for key in order
                    if key in entries
                ],
            }
        )
        self._look()

    def _look(self) -> None:
        """Read the lines again, in a thread; the list is there meanwhile."""
        now = self._now
        if now is None or now.stage != "plates" or not now.plates or self._busy:
            return
        if time.monotonic() - self._read_at < _AGAIN_SECONDS:
            return
        self._busy = True
        self._session.run(
            self._session.service.plate_list.lines,
            self._take,
            failed=lambda _: self._done(),
        )

    def _take(self, lines: tuple[PlateLine, ...]) -> None:
        self._done()
        if lines != self._lines:
            self._lines = lines
            self._redraw()

    def _done(self) -> None:
        self._busy = False
        self._read_at = time.monotonic()

    # --- medians over time ------------------------------------------------------------

    def _ask_trend(self, message: Message) -> None:
        """Compute the medians of all plates, in a thread, from a row a plate."""
        metric = text_of(message, "metric", 200)
        service, lines = self._session.service, self._lines
        self._session.run(
            lambda: service.plate_trends.trend(lines, metric),
            self._show_trend,
            failed=lambda _: self.component.put({"metrics": []}, "trend"),
        )

    def _show_trend(self, trend: MedianTrend) -> None:
        metric, result = trend.metric, trend.trend
        change = result.change
        names = {line.entry.key: _name(line.entry) for line in self._lines}
        self.component.put(
            {
                "metrics": [
                    (offered["id"], plain_text(offered["title"], 80))
                    for offered in trend.metrics
                ],
                "metric": metric["id"],
                "title": plain_text(metric["title"], 80),
                "unit": plain_text(metric["unit"], 20),
                "plates": [
                    {
                        "key": plate.key,
                        "name": names.get(plate.key, plate.key),
                        "when": plate.when,
                        "median": plate.median,
                        "n": plate.n,
                        "apart": plate.key in result.apart,
                    }
                    for plate in result.medians
                ],
                "change": None
                if change is None
                else [change.size, change.low, change.high],
                "drift": result.drift,
                "needed": result.needed,
                "p": result.p,
            },
            "trend",
        )


def _plate(
    entry: PlateEntry, line: PlateLine | None, place: Callable[[str, str], str]
) -> dict[str, Any]:
    where = place(entry.location, entry.key)
    content: dict[str, Any] = {
        "key": entry.key,
        "name": _name(entry),
        "location": plain_text(where, 300),
        "error": _said(entry, where),
        "known": line is not None and not entry.error,
        "absent_since": entry.absent_since,
    }
    if line is None or line.entry.error is not None:
        if line is not None and line.entry.error:
            content["error"] = _said(line.entry, where)
            content["known"] = False
        return content
    tally, signed = line.tally, line.signed
    return {
        **content,
        "rows": line.rows,
        "columns": line.columns,
        "map": "".join(_mark(well) for well in line.wells),
        "completeness": plain_text(line.completeness, 300),
        "total": tally.total,
        "reviewed": tally.reviewed,
        "stale": tally.stale,
        "verdicts": dict(tally.verdicts),
        "unseen": tally.bases.get("unseen", 0),
        "suspects": line.suspects,
        "signed": plain_text(signed.who, 80) if signed else "",
        "finished": line.finished,
        "changed": line.changed,
    }


def _said(entry: PlateEntry, where: str) -> str:
    """Return why a plate cannot be opened, with no place that is not shown."""
    return plain_text((entry.error or "").replace(entry.location, where), 400)


def _mark(well: WellMark) -> str:
    """Return one letter a well, for hundreds of plates are sent at once.

    Its state where there is nothing to judge, else its verdict, else how suspect it
    is: a digit, or ``"."`` where that is not known.
    """
    if well.state in _STATES:
        return _STATES[well.state]
    if well.verdict:
        look = VERDICT_LOOKS.get(well.verdict)
        return look.letter if look else "."
    if well.score is None:
        return "."
    return str(min(9, max(0, int(9 * well.score / _MOST_SCORE))))


def _name(entry: PlateEntry) -> str:
    return plain_text(entry.name, 120) or entry.key
