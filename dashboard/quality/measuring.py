"""Measuring plates in the background, and the values of wells that come of it.

Values belong to field versions, so nothing is measured twice: not after a restart, not
for a second page, and after a correction only the corrected field.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.plates.values import FieldValues, MetricInfo, MetricValues, Progress
from dashboard.quality.basis import told
from dashboard.quality.metrics import FieldKey, Measured
from dashboard.quality.scores import (
    METRICS,
    clip_levels,
    field_value,
    is_complete,
    metric_infos,
    summarise,
)
from dashboard.quality.suspects import Evidence, Judgement
from dashboard.quality.wells import Stock, field_numbers, well_values
from hcs.errors import HCSError
from hcs.qc.measure import measure_plate, plate_settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from dashboard.plates.served import ServedPlate
    from dashboard.quality.basis import Basis
    from dashboard.quality.judging import Judging
    from dashboard.quality.metrics import MetricStore
    from hcs.qc.clip import Clip
    from hcs.qc.results import FieldResult

_LOG = logging.getLogger(__name__)

_BATCH_SECONDS = 0.7
"""Between two batches that pages see and the database gets."""

_CACHED = 300
"""Metrics of one plate whose wells are remembered: 30 of each of some channels."""

_HERE = 4
"""So few fields are measured in a thread: starting processes takes longer."""

Place = tuple[str, str]
"""Path of the well, name of the field."""


@dataclass(slots=True)
class Knowledge:
    """What is known of one plate's metrics.

    Thread safety: replaced and filled under the lock of `Measuring`; readers take
    copies of what they iterate over.
    """

    values: dict[FieldKey, dict[str, Measured]] = field(default_factory=dict)
    latest: dict[Place, FieldKey] = field(default_factory=dict)
    """The measurement that stands for a field: of its live version once known."""

    live: dict[Place, str] = field(default_factory=dict)
    """Live version of each field, as far as the job has looked."""

    errors: dict[FieldKey, str] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    job: Future[None] | None = None
    again: bool = False
    """Something changed while the job ran."""

    cached: dict[tuple[object, ...], MetricValues] = field(default_factory=dict)
    judged: Judgement = field(default_factory=Judgement)


class Measuring:
    """Measures plates one after the other and answers for all of them.

    Parameters
    ----------
    store
        Where values are kept.
    judging
        Says which wells are suspect once a plate is measured.
    executor
        Used instead of processes of our own.
    workers
        Number of processes; one less than the cores where None, at least one.
    """

    def __init__(
        self,
        store: MetricStore,
        judging: Judging,
        *,
        executor: Executor | None = None,
        workers: int | None = None,
    ) -> None:
        self._store = store
        self._judging = judging
        self._executor = executor
        self._workers = (
            max(1, (os.cpu_count() or 2) - 1) if workers is None else max(0, workers)
        )
        self._jobs = ThreadPoolExecutor(1, "measuring")
        self._lock = threading.RLock()
        self._plates: dict[str, Knowledge] = {}
        self._closing = threading.Event()

    def close(self) -> None:
        """Stop at the next field and wait for it; what was measured is kept."""
        self._closing.set()
        self._jobs.shutdown(wait=True, cancel_futures=True)

    # --- answers ----------------------------------------------------------------------

    def metrics(self, plate: ServedPlate) -> tuple[MetricInfo, ...]:
        """Return the metrics of a plate, completeness first."""
        judging = self._judging
        return metric_infos(
            plate.channels,
            judging.basis(plate),
            judging.imports.metrics(plate.overview()),
        )

    def progress(self, plate: ServedPlate) -> Progress:
        """Return how far a plate is measured."""
        return self._known(plate).progress

    def values(
        self, plate: ServedPlate, metric: str, acquisition: int | None, way: str = ""
    ) -> MetricValues:
        """Return a metric over the wells of a plate.

        Parameters
        ----------
        way
            How fields become wells, see `well_values`.

        Raises
        ------
        NotServedError
            If there is no such metric.
        """
        known = self._known(plate)
        overview = plate.overview()
        key = (overview.revision, metric, acquisition, way, known.progress)
        found = known.cached.get(key)
        if found is None:
            stock = self._stock(plate, known, metric)
            found = well_values(stock, metric, acquisition, way)
            if len(known.cached) > _CACHED:
                known.cached.clear()
            known.cached[key] = found
        return found

    def _stock(self, plate: ServedPlate, known: Knowledge, metric: str) -> Stock:
        overview = plate.overview()
        with self._lock:
            latest = {
                place: known.values.get(one, {}) for place, one in known.latest.items()
            }
            errors = {(one.well, one.field): why for one, why in known.errors.items()}
        return Stock(
            overview=overview,
            fields=plate.fields_by_well(),
            latest=latest,
            errors=errors,
            progress=known.progress,
            judged=known.judged,
            basis=self._judging.basis(plate),
            **self._judging.imported(overview, metric),
        )

    def field_numbers(
        self, plate: ServedPlate, metric: str, acquisition: int | None
    ) -> dict[str, dict[str, float]]:
        """Return a metric of every field, by label of the well and name."""
        stock = self._stock(plate, self._known(plate), metric)
        return field_numbers(stock, metric, acquisition)

    def field_values(self, plate: ServedPlate, label: str) -> tuple[FieldValues, ...]:
        """Return all metrics of the fields of a well."""
        known = self._known(plate)
        view = plate.well(label)
        with self._lock:
            everything = [known.values.get(one, {}) for one in known.latest.values()]
            latest = {
                one.name: known.latest.get((view.path, one.name)) for one in view.fields
            }
            measured = {
                name: known.values.get(key, {})
                for name, key in latest.items()
                if key is not None
            }
        infos = [info for info in self.metrics(plate) if info.channel is not None]
        basis = self._judging.basis(plate)
        clips = clip_levels(everything, [one.index for one in plate.channels], basis)
        return tuple(
            FieldValues(
                field=one.name,
                acquisition=one.acquisition,
                version=one.version,
                values={
                    info.id: _number(
                        field_value(info.id, measured[one.name], clips, basis)
                    )
                    for info in infos
                }
                if (key := latest[one.name]) is not None and key.version == one.version
                else {},
            )
            for one in view.fields
        )

    def clips(self, plate: ServedPlate) -> dict[int, Clip]:
        """Return at which counts each camera saturates, and how that is known."""
        known = self._known(plate)
        with self._lock:
            everything = [known.values.get(one, {}) for one in known.latest.values()]
        channels = [one.index for one in plate.channels]
        return clip_levels(everything, channels, self._judging.basis(plate))

    def in_memory(self, key: str) -> bool:
        """Return whether anybody has asked for a plate's measurements."""
        return key in self._plates

    def judgement(self, plate: ServedPlate) -> Judgement:
        """Return which wells are suspect; pending while the plate is measured."""
        return self._known(plate).judged

    def judge(self, plate: ServedPlate, *, anew: bool = False) -> None:
        """Judge a measured plate again, soon, in the background.

        Parameters
        ----------
        plate
            Its roles may have changed.
        anew
            Also compare with what is usual on it now, not with what was kept.
        """
        known = self._known(plate)
        if known.judged.ready and not self._closing.is_set():
            self._jobs.submit(self._judge, plate, known, anew=anew)

    def _judge(
        self, plate: ServedPlate, known: Knowledge, *, anew: bool = False
    ) -> None:
        overview = plate.overview()
        with self._lock:
            latest = {
                place: known.values[one]
                for place, one in known.latest.items()
                if one in known.values
            }
            errors = {(one.well, one.field): why for one, why in known.errors.items()}
        evidence = Evidence(
            overview=overview,
            fields={
                well.path: plate.well(well.label).fields
                for well in overview.wells
                if well.state == "present"
            },
            channels=plate.channels,
            latest=latest,
            errors=errors,
            basis=self._judging.basis(plate),
        )
        try:
            judged = self._judging.judge(plate.plate.id, evidence, anew=anew)
        except Exception:  # noqa: BLE001 - the values are right without it
            _LOG.exception("Judging %s failed.", plate.key)
            return
        if judged != known.judged:
            known.judged = judged
            known.cached.clear()
            plate.bump()

    # --- the job ----------------------------------------------------------------------

    def start(self, plate: ServedPlate) -> None:
        """Measure what is not measured, soon, in the background."""
        known = self._known(plate)
        with self._lock:
            if self._closing.is_set():
                return
            if known.job is not None and not known.job.done():
                known.again = True
                return
            known.job = self._jobs.submit(self._run, plate, known)

    def wait(self, plate: ServedPlate) -> Progress:
        """Wait until a plate is measured."""
        known = self._known(plate)
        while known.job is not None:
            job = known.job
            job.result()
            if job is known.job:
                break
        return known.progress

    def _known(self, plate: ServedPlate) -> Knowledge:
        with self._lock:
            known = self._plates.get(plate.key)
            if known is None:
                known = self._plates[plate.key] = Knowledge()
                for key, values in self._store.load(plate.plate.id).items():
                    known.values[key] = values
                    known.latest[key.well, key.field] = key
            return known

    def _run(self, plate: ServedPlate, known: Knowledge) -> None:
        while not self._closing.is_set():
            with self._lock:
                known.again = False
            try:
                progress = self._measure(plate, known)
            except Exception as error:  # noqa: BLE001
                known.progress = Progress(
                    done=known.progress.done,
                    total=known.progress.total,
                    failed=known.progress.failed,
                    message=str(error) if isinstance(error, HCSError) else "",
                )
                _LOG.exception("Measuring %s failed.", plate.key)
                plate.bump()
                return
            if not known.again and not self._closing.is_set():
                self._judge(plate, known)
            # Last, so that a plate that is measured has its suspects.
            self._tell(plate, known, progress, force=True)
            with self._lock:
                if not known.again:
                    return

    def _measure(self, plate: ServedPlate, known: Knowledge) -> Progress:
        """Measure what is not measured; return the progress to be told at the end."""
        basis = self._judging.basis(plate)
        todo, have = self._todo(plate, known, basis)
        if not todo:
            return Progress(done=have, total=have)
        total = have + len(todo)
        self._tell(plate, known, Progress(done=have, total=total, running=True))
        results = measure_plate(
            plate.plate,
            settings=plate_settings(plate.plate, metrics=METRICS, **told(plate, basis)),
            skip=lambda one: (one[0], one[1]) not in todo,
            workers=0 if len(todo) <= _HERE else self._workers,
            executor=self._executor,
            batch=2,
            cancelled=self._closing.is_set,
        )
        done, failed = have, 0
        buffer: list[FieldResult] = []
        last = time.monotonic()
        with contextlib.closing(results):  # type: ignore[type-var]
            for result in results:
                if not result.field:
                    # An unreadable well; the overview says so already.
                    continue
                buffer.append(result)
                failed += result.error is not None
                done += 1
                if time.monotonic() - last > _BATCH_SECONDS:
                    self._take(plate, known, buffer, basis)
                    buffer, last = [], time.monotonic()
                    state = Progress(
                        done=done, total=max(total, done), running=True, failed=failed
                    )
                    self._tell(plate, known, state, force=True)
        self._take(plate, known, buffer, basis)
        return Progress(done=done, total=max(total, done), failed=failed)

    def _todo(
        self, plate: ServedPlate, known: Knowledge, basis: Basis
    ) -> tuple[dict[Place, str], int]:
        """Return the fields to measure with their versions, and how many are done."""
        overview = plate.overview()
        todo: dict[Place, str] = {}
        have = 0
        for well in overview.wells:
            if well.state != "present" or self._closing.is_set():
                continue
            for one in plate.well(well.label).fields:
                if one.error is not None:
                    continue
                key = FieldKey(well.path, one.name, one.version)
                with self._lock:
                    known.live[well.path, one.name] = one.version
                    values = known.values.get(key)
                    complete = values is not None and is_complete(values, basis)
                    if complete or key in known.errors:
                        known.latest[well.path, one.name] = key
                        have += 1
                        continue
                    stale = known.latest.get((well.path, one.name))
                    if stale is not None and stale != key:
                        # Another version's value must not stand for this one.
                        del known.latest[well.path, one.name]
                todo[well.path, one.name] = one.version
        return todo, have

    def _take(
        self,
        plate: ServedPlate,
        known: Knowledge,
        results: Iterable[FieldResult],
        basis: Basis,
    ) -> None:
        rows = []
        for result in results:
            key = FieldKey(result.well, result.field, result.version)
            if result.error is not None or not result.version:
                with self._lock:
                    known.errors[key] = result.error or "it could not be opened"
                    known.latest[result.well, result.field] = key
                continue
            values = summarise(result, basis)
            rows.append((key, values))
            with self._lock:
                # What was measured on another basis stays beside it.
                values = known.values.get(key, {}) | values
                known.values[key] = values
                known.latest[result.well, result.field] = key
        self._store.save(plate.plate.id, rows)

    def _tell(
        self,
        plate: ServedPlate,
        known: Knowledge,
        progress: Progress,
        *,
        force: bool = False,
    ) -> None:
        changed = known.progress != progress
        known.progress = progress
        if changed or force:
            known.cached.clear()
        if changed:
            plate.bump()


def _number(found: Measured | None) -> float | None:
    return None if found is None else found.value
