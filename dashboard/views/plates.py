"""The first page where there are several plates: what each holds, how far each is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.add_plate import reason_against_adding
from dashboard.views.answers import Answers
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.plate_lines import plate_line, plate_name

if TYPE_CHECKING:
    from dashboard.reviews.assay_windows import MetricOffer
    from dashboard.reviews.plate_list import PlateLine
    from dashboard.reviews.plate_trends import MedianTrend
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_AGAIN_SECONDS = 3.0
"""How old the list may be while somebody looks at it."""


class PlatesIsland(Island):
    """See ``assets/panels/plates.js``."""

    names = ("content", "trend", "matches", "offers")
    """`trend`: medians over time; `matches`: plates by condition; `offers`: what could
    be assay metrics."""

    module = "panels/plates.js"


class PlatesPage(Part):
    """Lists the plates, names first, what is known of each as soon as it is read."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, PlatesIsland())
        self._lines: tuple[PlateLine, ...] = ()
        self._offers: dict[str, MetricOffer] = {}
        self._read_at = 0.0
        self._busy = False
        self._refused = (0, "")
        self._words = ""
        """What was looked for last."""

        self._trend_of = ""
        """The metric whose medians were asked for last."""

        self._asked = 0
        """How often; a page waits for each answer, and none is sent that is equal."""

        self._offering = Answers()
        self.component.on("plate", self._open, asks=Act.LOOK)
        self.component.on("trend", self._ask_trend, asks=Act.LOOK)
        self.component.on("find", self._find, asks=Act.LOOK)
        self.component.on("metrics", lambda _: self._offer(), asks=Act.LOOK)
        self.component.on("assay", self._keep_assay, asks=Act.ASSAY)
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
                "refused": self._refused,
                "barred": self.barred(),
                "plates": [
                    plate_line(entries[key], lines.get(key), self._session.place)
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

    # --- search -----------------------------------------------------------------------

    def _find(self, message: Message) -> None:
        """Say which plate maps speak of words, in a thread."""
        self._words = words = text_of(message, "words", 200).strip()
        plate_list = self._session.service.plate_list
        self._session.run(
            lambda: plate_list.with_condition(words) if words else {},
            lambda places: self.component.put(
                {
                    "words": words,
                    "places": {
                        key: plain_text(place, 120) for key, place in places.items()
                    },
                },
                "matches",
            ),
            failed=lambda _: None,
            of=lambda: self._words,
        )

    # --- assay metric -----------------------------------------------------------------

    def _offer(self) -> None:
        """Say what each project could name as its assay metric, in a thread."""
        service = self._session.service
        keys = [entry.key for entry in service.plates.entries() if not entry.error]
        self._session.run(
            lambda: service.assay_windows.offers(keys),
            self._offering.ask()(self._show_offers),
            failed=lambda error: self._refuse(failure(error, limit=600)),
        )

    def _show_offers(self, offers: tuple[MetricOffer, ...]) -> None:
        place = self._session.place
        self._offers = {offer.plate: offer for offer in offers}
        self.component.put(
            [
                {
                    "plate": offer.plate,
                    "project": plain_text(
                        place(offer.project, offer.plate.rpartition("/")[0]), 200
                    ),
                    "metric": offer.metric,
                    "metrics": [
                        (info["id"], plain_text(info["title"], 80))
                        for info in offer.metrics
                    ],
                }
                for offer in offers
            ],
            "offers",
        )

    def _keep_assay(self, message: Message) -> None:
        key, metric = text_of(message, "plate"), text_of(message, "metric", 200)
        offer = self._offers.get(key)
        if offer is None or metric not in {"", *(info["id"] for info in offer.metrics)}:
            return
        quality = self._session.service.quality
        self._session.run(
            lambda: quality.keep_assay_metric(key, metric or None),
            lambda _: self._assay_chosen(),
            failed=lambda error: self._refuse(failure(error, limit=600)),
            pool=Pool.ACTS,
        )

    def _assay_chosen(self) -> None:
        self._read_at = 0.0
        self._refuse("")
        self._offer()

    def _refuse(self, reason: str) -> None:
        """Say why something was not done; the number tells one answer from the next."""
        self._refused = (self._refused[0] + 1, plain_text(reason, 600))
        self._redraw()

    def refuse(self, message: Message, reason: str) -> None:
        """Say why an answer does not come, or the assay metric was not kept."""
        kind = message.get("type")
        if kind == "trend":
            self._show_no_trend(reason)
        elif kind in {"metrics", "assay"}:
            self._refuse(reason)

    # --- medians over time ------------------------------------------------------------

    def _ask_trend(self, message: Message) -> None:
        """Compute the medians of all plates, in a thread, from a row a plate."""
        self._trend_of = metric = text_of(message, "metric", 200)
        self._asked += 1
        service, lines = self._session.service, self._lines
        self._session.run(
            lambda: service.plate_trends.trend(lines, metric),
            self._show_trend,
            failed=lambda error: self._show_no_trend(failure(error, limit=600)),
            of=lambda: self._trend_of,
        )

    def _show_no_trend(self, reason: str) -> None:
        self.component.put(
            {"asked": self._asked, "metrics": [], "problem": reason}, "trend"
        )

    def _show_trend(self, trend: MedianTrend) -> None:
        metric, result = trend.metric, trend.trend
        change = result.change
        names = {line.entry.key: plate_name(line.entry) for line in self._lines}
        self.component.put(
            {
                "asked": self._asked,
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
