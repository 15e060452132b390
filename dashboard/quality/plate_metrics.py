"""What the process knows of one plate's metrics."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.progress import Progress
from dashboard.quality.judgement import Judgement
from dashboard.quality.metrics import StoredValue
from dashboard.quality.tops import Place, TopMemory
from dashboard.quality.well_memory import WellMemory

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dashboard.quality.metrics import FieldKey
    from hcs.qc import Clip, MeanField

Values = Mapping[Place, Mapping[str, StoredValue]]
Errors = Mapping[Place, str]
Middles = dict[tuple[object, ...], float]


@dataclass(slots=True)
class Knowledge:
    """What is known of one plate's metrics.

    Thread safety: replaced and filled under the lock of `Measuring`; readers take
    copies of what they iterate over. What is large leaves with `rest`, and is loaded
    again by `Memory`.
    """

    id: str
    """What the plate's values are kept under; a first correction changes it."""

    values: dict[FieldKey, dict[str, StoredValue]] = field(default_factory=dict)
    latest: dict[Place, FieldKey] = field(default_factory=dict)
    """The measurement that stands for a field: of its live version once known."""

    live: dict[Place, str] = field(default_factory=dict)
    """Live version of each field, as far as the job has looked."""

    errors: dict[FieldKey, str] = field(default_factory=dict)
    unreadable: dict[Place, str] = field(default_factory=dict)
    """What the job last found broken before it could measure: fields, and wells by the
    field ``""``. A well that was not imaged is none of these."""

    changes: int = 0
    """Grows with `values`, `latest` and `errors`."""

    clips: tuple[tuple[object, ...], dict[int, Clip]] | None = None
    """Where cameras saturate, and what that was found from: it takes every field."""

    tops: TopMemory = field(default_factory=TopMemory)
    """What that is found from."""

    by_field: tuple[int, Values, Errors, Middles] | None = None
    """What `fields` returned last, and the `changes` it is of: it takes every field."""

    light: dict[int, tuple[int, MeanField | None]] = field(default_factory=dict)
    """Mean field of each channel that was asked for, and the `changes` it is of."""

    progress: Progress = field(default_factory=Progress)
    job: Future[None] | None = None
    again: bool = False
    """Something changed while the job ran."""

    whole: bool = False
    """All live fields were measured and judged, and nothing has changed since."""

    held: bool = False
    """Nothing is measured until a person says so."""

    wells: WellMemory = field(default_factory=WellMemory)
    making: threading.RLock = field(default_factory=threading.RLock, compare=False)
    """Held by the one thread that makes values of `wells` next."""

    marks: set[str] = field(default_factory=set)
    """Those of `WellValueStore` that were kept here, or read and looked into."""

    judged: Judgement = field(default_factory=Judgement)
    loaded: bool = False
    """Whether `values` holds what is stored."""

    touched: float = 0.0
    """When somebody last asked, on the monotonic clock."""

    @property
    def size(self) -> int:
        """How many numbers are in memory."""
        return sum(map(len, self.values.values()))

    @property
    def idle(self) -> bool:
        """Whether no job fills it."""
        return self.job is None or self.job.done()

    def fields(self) -> tuple[Values, Errors, Middles]:
        """Return what stands for each field, and why others could not be measured.

        And where to keep what is usual among them, see `Stock`. Call it under the
        lock; nobody changes the others.
        """
        if self.by_field is None or self.by_field[0] != self.changes:
            latest = {
                place: self.values.get(key, {}) for place, key in self.latest.items()
            }
            errors = {(key.well, key.field): why for key, why in self.errors.items()}
            self.by_field = self.changes, latest, errors, {}
        return self.by_field[1:]

    def rest(self) -> None:
        """Let go of the numbers; call it under the lock.

        What was judged, and how far the plate is, stays: a hundredth of them.
        """
        self.values = {}
        self.clips = self.by_field = None
        self.tops = TopMemory()
        self.wells = WellMemory()
        self.loaded = False

    def failures(self) -> dict[Place, str]:
        """Return why live fields could not be measured; call it under the lock."""
        return self.unreadable | {
            (key.well, key.field): why
            for key, why in self.errors.items()
            if self.live.get((key.well, key.field), key.version) == key.version
        }
