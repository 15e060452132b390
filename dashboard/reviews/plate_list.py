"""The first page's list: each plate with its progress, and what stands out on it."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dashboard.plates.overview import field_counts
from dashboard.plates.registry import is_address
from dashboard.reviews.acts import Subject
from dashboard.reviews.queue import Tally, tally
from hcs.errors import HCSError
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from dashboard.access import Access
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateEntry, PlateOverview
    from dashboard.quality.judgement import Judgement
    from dashboard.reviews.assay_windows import AssayWindow, AssayWindows
    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.values import SignedOff
    from dashboard.settings import Settings

_KIND = "suspects"
_COUNTS = "field-counts"

PlateState = Literal["unreadable", "to do", "in work", "judged", "signed"]
"""``judged``: every well has a verdict, and nobody has signed the plate off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WellMark:
    """A well of a plate's small map."""

    row: int
    column: int
    state: str
    """See `WellState.state`."""

    verdict: str = ""
    basis: str = ""
    stale: bool = False
    score: float | None = None
    """How suspect it is; None where the plate was not judged yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLine:
    """A plate in the list."""

    entry: PlateEntry
    rows: int = 0
    columns: int = 0
    wells: tuple[WellMark, ...] = ()
    """Every position of the grid, row by row."""

    tally: Tally = dataclasses.field(
        default_factory=lambda: Tally(verdicts={}, bases={})
    )
    suspects: int | None = None
    """Wells that somebody should look at; None while it is not known."""

    completeness: str = ""
    """One sentence, empty until the wells were read."""

    fields: tuple[int, int] | None = None
    """How many there are and should be; None until the wells were read."""

    corrected: int | None = None
    """Fields that show something else than their first version; None until the wells
    were read."""

    barcode: str = ""
    assay: AssayWindow | None = None

    signed: SignedOff | None = None
    changed: float = 0.0
    """When the plate document was last written, in seconds of the Unix clock; 0 where
    the place does not tell."""

    @property
    def state(self) -> PlateState:
        """How far the plate is, in one word."""
        if self.entry.error is not None:
            return "unreadable"
        if self.signed is not None:
            return "signed"
        if self.finished:
            return "judged"
        begun = self.tally.reviewed or self.tally.stale
        return "in work" if begun else "to do"

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be judged."""
        return self.signed is not None or (
            bool(self.tally.total) and self.tally.reviewed == self.tally.total
        )


class PlateList:
    """Knows how far all plates are, also those that nobody has open.

    What stands out on a plate is kept when it was judged, a row a plate, so that the
    list does not read every measurement of every plate.
    """

    def __init__(
        self,
        plates: Plates,
        access: Access,
        reviews: Reviews,
        settings: Settings,
        submit: Callable[[Callable[[], None]], object],
        windows: AssayWindows,
    ) -> None:
        self._plates = plates
        self._access = access
        self._windows = windows
        self._reviews = reviews
        self._settings = settings
        self._submit = submit
        self._lock = threading.Lock()
        self._judgements: dict[str, Judgement] = {}

    def note(self, plate: ServedPlate, judged: Judgement) -> None:
        """Keep which wells of a plate are suspect (fast; written later)."""
        if not judged.ready or self._judgements.get(plate.key) is judged:
            return
        with self._lock:
            self._judgements[plate.key] = judged
        scores = {suspect.well: round(suspect.score, 3) for suspect in judged.suspects}
        overview = plate.overview()
        counts = _Counts.of(overview)

        def keep() -> None:
            self._settings.put(scores, _KIND, overview.id)
            if counts is not None:
                self._settings.put(dataclasses.asdict(counts), _COUNTS, overview.id)

        self._submit(keep)

    def lines(self) -> tuple[PlateLine, ...]:
        """Return all plates: those with something to do first, then the newest.

        Reads a ledger and a document a plate, so it belongs into a thread.
        """
        lines = [self._line(plate) for plate in self._plates.all()]
        # Sorting keeps the order of the list where two are alike.
        return tuple(
            sorted(
                lines,
                key=lambda line: (
                    line.entry.error is not None,
                    line.finished,
                    -line.changed,
                ),
            )
        )

    def with_condition(self, words: str) -> dict[str, str]:
        """Return where plate maps speak of words, by key, in a thread.

        Of plates whose conditions a blind review hides nothing is shown.
        """
        places = {}
        for plate in self._plates.all():
            try:
                overview = self._access.mapped(plate.key).overview()
                if self._access.hides_conditions(plate.key):
                    continue
            except HCSError:
                continue  # it cannot be read now
            if place := _condition(overview, words.casefold()):
                places[plate.key] = place
        return places

    def _line(self, plate: ServedPlate) -> PlateLine:
        entry = plate.entry()
        if entry.error is not None:
            return PlateLine(entry=entry)
        try:
            overview = self._access.mapped(plate.key).overview()
            review = self._reviews.read(plate.key)
            assay = self._windows.of(plate)
        except HCSError as error:
            return PlateLine(entry=dataclasses.replace(entry, error=str(error)))
        stored = self._settings.get(_KIND, overview.id)
        scores = stored if isinstance(stored, dict) else None
        counts = _Counts.of(overview) or _Counts.read(
            self._settings.get(_COUNTS, overview.id)
        )
        marks = []
        for well in overview.wells:
            held = review.of(Subject(well.path))
            score = None if scores is None else scores.get(well.label, 0.0)
            marks.append(
                WellMark(
                    row=well.row,
                    column=well.column,
                    state=well.state,
                    verdict=held.act.verdict if held else "",
                    basis=held.act.basis if held else "",
                    stale=bool(held and held.stale),
                    score=float(score) if isinstance(score, int | float) else None,
                )
            )
        return PlateLine(
            entry=entry,
            rows=len(overview.rows),
            columns=len(overview.columns),
            wells=tuple(marks),
            tally=tally(overview, review),
            suspects=None if scores is None else len(scores),
            completeness=counts.banner if counts else "",
            fields=(counts.present, counts.expected) if counts else None,
            corrected=counts.corrected if counts else None,
            barcode=overview.barcode,
            assay=assay,
            signed=review.signed,
            changed=_changed(overview.location),
        )


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the wells of a plate held when they were read last."""

    present: int
    expected: int
    corrected: int
    banner: str

    @classmethod
    def of(cls, overview: PlateOverview) -> Self | None:
        if not overview.surveyed:
            return None
        return cls(
            *field_counts(overview.wells), overview.corrected_fields, overview.banner
        )

    @classmethod
    def read(cls, stored: object) -> Self | None:
        if not isinstance(stored, dict):
            return None
        try:
            return cls(**stored)
        except TypeError:  # of another edition
            return None


def _condition(overview: PlateOverview, words: str) -> str:
    """Return the first value of a plate map with the words, and of how many wells."""
    values = Counter(
        (column, value) for well in overview.wells for column, value in well.conditions
    )
    for (column, value), wells in values.items():
        if words in value.casefold():
            return f"{column}: {value}, {counted(wells, 'well')}"
    return ""


def _changed(location: str) -> float:
    if is_address(location):
        return 0.0
    place = Path(location)
    names = (place / "zarr.json", place / ".zattrs", place)
    for name in names:
        try:
            if name is not place or name.is_file():
                return name.stat().st_mtime
        except OSError:
            continue
    return 0.0
