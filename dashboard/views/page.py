"""The page of one session: makes the parts, connects them, and draws them."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard import theme
from dashboard.assets import assets_folder, recent_version, styles
from dashboard.scripts import scripts
from dashboard.views.add_plate import AddPlate
from dashboard.views.assay_panel import AssayPanel
from dashboard.views.batch_work import BatchWork
from dashboard.views.channels import Channels
from dashboard.views.compare import Compare
from dashboard.views.correct_many import CorrectMany
from dashboard.views.correction import Correction
from dashboard.views.correction_table import CorrectionTable
from dashboard.views.details import Details
from dashboard.views.distribution import DistributionPart
from dashboard.views.field_viewer import FieldViewer
from dashboard.views.filters import Filters
from dashboard.views.gallery import Gallery
from dashboard.views.header import Header
from dashboard.views.history import History
from dashboard.views.inbox import InboxPage
from dashboard.views.light import LightPanel
from dashboard.views.measuring import MeasuringJob
from dashboard.views.montage import Montage
from dashboard.views.pending import Pending
from dashboard.views.plate_canvas import PlateCanvas
from dashboard.views.plate_map import PlateMapPart
from dashboard.views.plates import PlatesPage
from dashboard.views.presence import PresencePart
from dashboard.views.review import VerdictBar
from dashboard.views.side_wells import SideWells
from dashboard.views.signoff import Signoff
from dashboard.views.snapshot import Snapshot, Snapshots
from dashboard.views.statistics import Statistics
from dashboard.views.suspects import Suspects
from dashboard.views.template import PageTemplate, compiled
from dashboard.views.upload import UploadForm
from dashboard.views.uploads import UploadTray
from dashboard.views.wire import described, embedded, wire_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.session import Session
    from dashboard.state import ViewState
    from dashboard.views.island import Island, Part

_LOG = logging.getLogger(__name__)

_FIRST = {
    "plates": ("header", "plates"),
    "values": ("header", "plate_map", "verdict"),
    "canvas": ("header", "plate_map", "plate_canvas", "verdict"),
    "well": ("header", "plate_map", "gallery"),
}
"""What is drawn first, by stage: what somebody opens the page for, and what stands
around it, so that pictures stay where they were seen first."""

_COLOURED = ("plate_map",)
"""What somebody waits for who has chosen other colours."""

_TARGETS = ("correction", "uploads")
"""What says where files go: before any picture of another well is seen, so that none is
given to the well of before."""

_CHOSEN = (*_TARGETS, "header", "plate_map", "gallery")
"""What answers the choice of a well that takes time to read."""

_AWAITED = (*_CHOSEN, "plate_canvas", "field_viewer")
"""What somebody waits for who has chosen a well or a field."""

_ACTED_UPON = ("verdict",)
"""What follows at once: nothing is sent before the function has ended that draws it."""

_OF_OTHERS = frozenset({"judged", "failed", "statistics", "progress"})
"""What changes without anybody's waiting for it, and few parts show: one message."""

_READ_MILLISECONDS = 30
"""Wells are mostly read sooner, and then are drawn once."""

_TURN_SECONDS = 0.004
"""How long a page may draw what nobody waits for, before it is the turn of others."""

_REST_MILLISECONDS = 150
"""Before the rest of the page: the time to fetch the pictures of a well."""


class Page:
    """The parts of one session's page and what passes between them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._awake = False
        self._seen: Snapshot | None = None
        """What the page last drew, None where all must be drawn."""

        self._followed: Snapshot | None = None
        """What corrections got last: each of their steps makes another."""

        self._owed: set[str] = set()
        """Parts that are still to be drawn."""

        self._snapshots = Snapshots(session, self._draw)
        self._correction = Correction(session, self._corrected)
        self._batch = BatchWork(session, self._corrected)
        self._canvas = PlateCanvas(session)
        once_read = self._snapshots.once_read

        def open_first() -> None:
            once_read(self._open_first)

        self._header = Header(session, on_theme=self._theme, on_open=open_first)
        self.parts: dict[str, Part] = {
            "header": self._header,
            "uploads": UploadTray(session),
            "plate_map": PlateMapPart(
                session, on_open=open_first, on_switch=self._canvas.switch
            ),
            "plates": PlatesPage(session),
            "add_plate": AddPlate(session),
            "inbox": InboxPage(session),
            "filters": Filters(session),
            "plate_canvas": self._canvas,
            "montage": Montage(session),
            "gallery": Gallery(session, on_open=self._open),
            "channels": Channels(session),
            "field_viewer": FieldViewer(session, once_read=once_read),
            "compare": Compare(session, self._batch),
            "beside": SideWells(session),
            "presence": PresencePart(session),
            "verdict": VerdictBar(session),
            "signoff": Signoff(session),
            "correction": UploadForm(session, self._correction),
            "pending": Pending(session),
            "correct_many": CorrectMany(session, self._batch),
            "corrections": CorrectionTable(session, self._batch),
            "history": History(session, on_change=self._snapshots.refresh),
            "details": Details(session),
            "measuring": MeasuringJob(session),
            "light": LightPanel(session),
            "suspects": Suspects(session),
            "statistics": Statistics(
                session, lambda statistics: self._snapshots.put(statistics=statistics)
            ),
            "distribution": DistributionPart(session),
            "setup": AssayPanel(session),
        }

    def start(self) -> None:
        """Read the plate and draw everything once, into the page that is sent."""
        self._session.when_signed_out(self._header.say_signed_out)
        self._snapshots.start()
        self._draw_all(self._snapshots.now)
        self._seen = self._snapshots.now

    def _wake(self) -> None:
        """The browser has spoken: from now on what changes reaches it.

        Panel can lose a change that happens between the page's HTML and its websocket,
        so until then nothing is drawn, and then everything.
        """
        self._awake = True
        for part in self.parts.values():
            part.wake()
        self._seen = None
        self._snapshots.refresh()

    @property
    def islands(self) -> dict[str, Island]:
        """The components of the parts, by name."""
        return {name: part.component for name, part in self.parts.items()}

    @property
    def first(self) -> tuple[str, ...]:
        """Names of the parts that are drawn before all others."""
        return _FIRST.get(self.stage, ("header", "plate_map"))

    @property
    def first_picture(self) -> str:
        """Address of what the canvas will ask for at once, "" where it will not."""
        return self._canvas.first_picture(self._snapshots.now)

    @property
    def stage(self) -> str:
        """What the middle of the page shows now."""
        return self._snapshots.now.stage

    def _draw(self, now: Snapshot) -> None:
        if not self._awake:
            return
        previous, self._seen = self._seen, now
        changes = now.changes(previous)
        owed = {name for name, part in self.parts.items() if changes - part.ignores}
        if not owed and not self._owed:
            return
        if not self._owed and changes <= _OF_OTHERS:
            if self._followed is previous:
                self._followed = now  # corrections are about none of that
            self._draw_parts(now, owed)
            return
        if not self._owed:
            self._draw_later(_REST_MILLISECONDS, tuple(self.parts))
        self._owed |= owed
        if previous and _only_coloured(previous.state, now.state):
            self._draw_parts(now, self._owed_of(_COLOURED))
        elif now.loading:
            self._draw_later(_READ_MILLISECONDS, _CHOSEN)
        else:
            self._draw_parts(now, self._owed_of(_AWAITED))
            self._session.soon(self._draw_acted_upon)

    def _draw_acted_upon(self) -> None:
        self._draw_parts(self._snapshots.now, self._owed_of(_ACTED_UPON))

    def _owed_of(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._owed]

    def _draw_later(self, milliseconds: int, names: tuple[str, ...]) -> None:
        """Draw those that are still owed by then, as many as a turn has time for.

        What is left is drawn in the next turns of the event loop: requests for pixels,
        and other pages, come in between.
        """

        def draw() -> None:
            end = time.monotonic() + _TURN_SECONDS
            owed = self._owed_of(names)
            while owed:
                self._draw_parts(self._snapshots.now, (owed.pop(0),))
                if time.monotonic() >= end:
                    break
            if owed:
                self._draw_later(0, names)

        self._session.later(draw, milliseconds)

    def _draw_all(self, now: Snapshot) -> None:
        self._draw_parts(now, self.parts)

    def _draw_parts(self, now: Snapshot, names: Iterable[str]) -> None:
        if now is not self._followed:
            self._followed = now
            self._follow(now)
        for name in names:
            self._owed.discard(name)
            try:
                self.parts[name].draw(now)
            except Exception:  # noqa: BLE001
                # One part that cannot redraw must not keep the others from it.
                _LOG.exception("The part %s of a page could not be drawn.", name)
        # What is in the page's HTML is drawn once more when the browser has spoken.
        at_rest = self._awake and not self._owed and not now.loading
        self._header.announce(at_rest)

    def _follow(self, now: Snapshot) -> None:
        try:
            self._correction.follow(now)
            self._batch.follow(now.state.well)
        except Exception:  # noqa: BLE001 - the parts are drawn all the same
            _LOG.exception("The correction of a page could not follow it.")

    def _corrected(self) -> None:
        committed = bool(self._correction.draft.done or self._batch.draft.batch)
        staged = self._batch.draft.compared or self._correction.draft.staged
        self._seen = None  # a draft is no part of a snapshot
        self._snapshots.put(staged=staged)
        if committed:
            self._snapshots.refresh()

    def _theme(self, dark: bool) -> None:
        self._snapshots.put(dark=dark)
        if not self._awake:
            self._wake()

    def _open(self, field: str, acquisition: int | None) -> None:
        well = self._snapshots.now.well
        opened = well.field(field, acquisition) if well else None
        if opened is not None:
            self._session.state.update(field=opened.name)

    def _open_first(self) -> None:
        """Open the field that gave the well its value, else the first."""
        now = self._snapshots.now
        if not now.state.well or now.well is None or now.loading or not now.well.fields:
            return
        value = now.values.wells.get(now.state.well) if now.values else None
        worst = value.field if value else None
        fields = now.well.fields
        chosen = next(
            (field for field in fields if worst in (field.name, field.label)), fields[0]
        )
        self._session.state.update(field=chosen.name)


def build(session: Session) -> PageTemplate:
    """Return the page of a session, ready to be served."""
    page = Page(session)
    page.start()
    folder = assets_folder()
    version = recent_version(folder)
    assets = session.urls.asset(f"{version}/")
    files = scripts(folder, version).files
    islands = page.islands
    template = PageTemplate(compiled(_template()))
    wire = wire_of(islands)
    session.when_acted(wire.send)
    template.add_panel("wire", wire)
    # Panel keeps the template for the session, and the template keeps the page.
    template.add_variable("assets", assets)
    # Panel sets a variable `base` of its own: the template that it extends.
    template.add_variable("page_base", f"{session.urls.prefix}/")
    template.add_variable("tokens", theme.css())
    modules = [islands[name].module for name in page.first]
    first_scripts = files("core/page.js", *modules)
    first_styles = styles(folder, *modules)
    waiting = [name for name in islands if islands[name].waits]
    later = [islands[name].module for name in islands if name not in waiting]
    soon = [island.module for island in islands.values() if not island.rare]
    later_scripts = _beyond(first_scripts, files(*later))
    content = {
        "first": page.first,
        "parts": described(islands),
        "later": {
            "scripts": later_scripts,
            "styles": _beyond(first_styles, styles(folder, *later)),
        },
        # Drawn with their first text; what most visits come to is fetched before.
        "waiting": [name for name in waiting if name not in page.first],
        "soon": {
            "scripts": _beyond((*first_scripts, *later_scripts), files(*later, *soon)),
            "styles": styles(folder, *soon),
        },
    }
    template.add_variable("parts", embedded(content))
    template.add_variable("scripts", first_scripts)
    template.add_variable("styles", first_styles)
    template.add_variable("stage", page.stage)
    template.add_variable("first_picture", page.first_picture)
    template.add_variable("title", "hcs")
    return template


def _beyond(loaded: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in loaded]


def _only_coloured(previous: ViewState, state: ViewState) -> bool:
    """Whether the same is looked at, in other colours."""
    coloured = replace(previous, metric=state.metric, score=state.score, way=state.way)
    return previous != state and coloured == state


@functools.cache
def _template() -> str:
    return (assets_folder() / "core" / "page.html").read_text(encoding="utf-8")
