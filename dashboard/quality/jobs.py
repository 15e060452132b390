"""Measuring in the background: started, held, gone on with, and reported.

Plates are measured one after the other. What was measured is kept batch by batch, so
that a job that was stopped, or whose server was, goes on where it was.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.progress import Progress
from dashboard.quality.measure_settings import library_settings
from dashboard.quality.metrics import FieldKey
from dashboard.quality.metrics_cache import fingerprints
from dashboard.quality.scores import missing, summarise
from dashboard.quality.todo import Todo, is_little
from hcs.errors import HCSError
from hcs.qc import measure_plate, plate_settings
from hcs.terminal import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor

    from dashboard.plates.served import ServedPlate
    from dashboard.quality.measure_settings import AssaySettings
    from dashboard.quality.metrics import MetricStore
    from dashboard.quality.planes import PlaneStore
    from dashboard.quality.plate_metrics import Knowledge
    from dashboard.quality.tops import Place
    from hcs.qc import FieldResult

_LOG = logging.getLogger(__name__)

_BATCH_SECONDS = 0.7
"""Between two batches that pages see and the database gets."""

_BATCH = 2
"""Fields in a task of our own processes."""

_LOST = "it could not be opened"

_ABSENT = "The plate cannot be reached; measuring resumes when it is available again."


class Jobs:
    """Measures plates, one after the other.

    Parameters
    ----------
    store
        Where values are kept.
    planes
        Where what is known of each plane is kept.
    basis
        What a plate's numbers rest on.
    measured
        Called when all fields of a plate are measured; it judges them.
    ready
        Returns what is known of a plate, with all that is stored of it.
    lock
        Guards what is known of plates.
    executor
        Used instead of processes of our own.
    workers
        Number of processes; one less than the cores where None, at least one.
    """

    def __init__(
        self,
        store: MetricStore,
        planes: PlaneStore,
        basis: Callable[[ServedPlate], AssaySettings],
        measured: Callable[[ServedPlate, Knowledge], None],
        ready: Callable[[ServedPlate], Knowledge],
        lock: threading.RLock,
        *,
        executor: Executor | None = None,
        workers: int | None = None,
    ) -> None:
        self._store = store
        self._planes = planes
        self._basis = basis
        self._measured = measured
        self._ready = ready
        self._lock = lock
        self._executor = executor
        self._workers = (
            max(1, (os.cpu_count() or 2) - 1) if workers is None else max(0, workers)
        )
        self._thread = ThreadPoolExecutor(1, "measuring")
        self._closing = threading.Event()

    @property
    def closing(self) -> bool:
        """Whether no other work is taken."""
        return self._closing.is_set()

    def close(self) -> None:
        """Stop at the next field and wait for it; what was measured is kept."""
        self._closing.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def start(self, plate: ServedPlate, known: Knowledge) -> None:
        """Measure what is not measured, soon, unless a person holds it."""
        with self._lock:
            if self.closing:
                return
            known.whole = False
            if known.job is not None and not known.job.done():
                known.again = True
                return
            known.job = self._thread.submit(self._run, plate, known)

    def hold(self, plate: ServedPlate, known: Knowledge) -> None:
        """Stop at the next field, until `resume`."""
        with self._lock:
            known.held = True
            if known.job is not None and known.job.cancel():
                known.job = None
            if not known.progress.running:
                known.progress = replace(known.progress, held=True)
        plate.bump()

    def resume(self, plate: ServedPlate, known: Knowledge) -> None:
        """Go on, and try again what could not be measured."""
        with self._lock:
            known.held = False
            if known.errors:
                self._store.forget_errors(known.id, fingerprints(plate))
                known.errors.clear()
                known.changes += 1
            if not known.progress.running:
                known.progress = replace(known.progress, held=False, waiting=True)
        self.start(plate, known)
        plate.bump()

    def wait(self, known: Knowledge) -> Progress:
        """Wait until a plate is measured."""
        while known.job is not None:
            job = known.job
            job.result()
            if job is known.job:
                break
        return known.progress

    def _run(self, plate: ServedPlate, known: Knowledge) -> None:
        while not self.closing:
            with self._lock:
                known.again = False
            try:
                if self._ready(plate) is not known:
                    return  # another plate was put in its place
                progress = self._measure(plate, known)
            except Exception as error:  # noqa: BLE001
                before = known.progress
                known.progress = Progress(
                    done=before.done,
                    total=before.total,
                    failed=before.failed,
                    message=str(error) if isinstance(error, HCSError) else "",
                )
                _LOG.exception("Measuring %s failed.", plate.key)
                plate.bump()
                return
            absent = plate.absence is not None
            finished = progress.done >= progress.total and not absent
            if finished and not known.again and not self._closing.is_set():
                self._measured(plate, known)
            with self._lock:
                known.whole = finished and known.judged.ready and not known.again
            # Last, so that a plate that is measured has its suspects.
            self._tell(plate, known, progress)
            with self._lock:
                if not known.again:
                    return

    def _stopped(self, known: Knowledge) -> bool:
        return self.closing or known.held

    def _measure(self, plate: ServedPlate, known: Knowledge) -> Progress:
        """Measure what is not measured; return the progress to be shown at the end."""
        if not plate.reach.is_there():
            return _without(known.progress)
        basis = self._basis(plate)
        todo, done = self._todo(plate, known, basis)
        if todo and self._read_others(plate, known, todo):
            todo, done = self._todo(plate, known, basis)
        total = done + len(todo)
        if todo and not known.held:
            self._tell(plate, known, Progress(done=done, total=total, running=True))
            done = self._measure_fields(plate, known, basis, todo, done)
        if plate.absence is not None:
            return _without(replace(known.progress, done=done, total=total))
        with self._lock:
            failed = len(known.failures())
        return Progress(
            done=done,
            total=max(total, done),
            failed=failed,
            held=bool(todo) and known.held,
        )

    def _measure_fields(
        self,
        plate: ServedPlate,
        known: Knowledge,
        basis: AssaySettings,
        todo: Mapping[Place, Todo],
        done: int,
    ) -> int:
        """Measure fields and keep what comes; return how many are done then."""
        metrics = {metric for entry in todo.values() for metric in entry.metrics}
        results = measure_plate(
            plate.plate,
            settings=plate_settings(
                plate.plate, metrics=metrics, **library_settings(plate, basis)
            ),
            skip=lambda key: (key[0], key[1]) not in todo,
            workers=0 if is_little(todo.values()) else self._workers,
            executor=self._executor,
            batch=_BATCH if self._executor is None else None,
            cancelled=lambda: self._stopped(known) or plate.absence is not None,
        )
        pace = _Pace(done, done + len(todo))
        buffer: list[FieldResult] = []
        last = time.monotonic()
        with contextlib.closing(results):  # type: ignore[type-var]
            for result in results:
                if not result.field:
                    # An unreadable well; the overview says so already.
                    continue
                if result.error is not None and not plate.reach.is_there():
                    # Of a plate that has gone no field is a broken one.
                    break
                buffer.append(result)
                done += 1
                if time.monotonic() - last > _BATCH_SECONDS:
                    self._take(known, buffer, basis, todo)
                    buffer, last = [], time.monotonic()
                    with self._lock:
                        failed = len(known.failures())
                    self._tell(plate, known, pace.progress(done, failed))
        self._take(known, buffer, basis, todo)
        return done

    def _todo(
        self, plate: ServedPlate, known: Knowledge, basis: AssaySettings
    ) -> tuple[dict[Place, Todo], int]:
        """Return the fields to measure, and how many are done."""
        todo: dict[Place, Todo] = {}
        unreadable: dict[Place, str] = {}
        have = 0
        for well in plate.overview().wells:
            if well.state == "unreadable":
                unreadable[well.path, ""] = well.error or _LOST
            if well.state != "present" or self.closing:
                continue
            for field in plate.well(well.label).fields:
                place = (well.path, field.name)
                if field.error is not None:
                    unreadable[place] = field.error
                    continue
                key = FieldKey(well.path, field.name, field.version)
                with self._lock:
                    known.live[place] = field.version
                    lacking = missing(known.values.get(key, {}), basis)
                    if not lacking or key in known.errors:
                        known.latest[place] = key
                        have += 1
                        continue
                    stale = known.latest.get(place)
                    if stale is not None and stale != key:
                        # Another version's value must not stand for this one.
                        del known.latest[place]
                todo[place] = Todo(field, lacking)
        with self._lock:
            known.unreadable = unreadable
            known.changes += 1
        return todo, have + len(unreadable)

    def _read_others(
        self, plate: ServedPlate, known: Knowledge, todo: Mapping[Place, Todo]
    ) -> bool:
        """Read what another server has measured of fields; return whether it has."""
        wells = {well for well, _ in todo}
        values, errors = self._store.load(known.id, fingerprints(plate), wells)
        keys = {FieldKey(*place, entry.version) for place, entry in todo.items()}
        with self._lock:
            news = [
                key
                for key in keys & values.keys()
                if not values[key].keys() <= known.values.get(key, {}).keys()
            ]
            for key in news:
                known.values[key] = known.values.get(key, {}) | values[key]
            failed = {key: errors[key] for key in keys & errors.keys()}
            known.errors |= failed
        return bool(news or failed)

    def _take(
        self,
        known: Knowledge,
        results: Iterable[FieldResult],
        basis: AssaySettings,
        todo: Mapping[Place, Todo],
    ) -> None:
        rows = []
        planes = []
        errors: dict[FieldKey, str] = {}
        for result in results:
            place = (result.well, result.field)
            version = todo[place].version if place in todo else ""
            key = FieldKey(*place, result.version or version)
            if result.error is not None or not result.version:
                errors[key] = result.error or _LOST
                continue
            rows.append((key, summarise(result, basis)))
            planes.append((key, result.planes))
        # Before the values, which say that they are there: whoever looks between the
        # two would keep what light is known of without them.
        self._planes.save(known.id, planes)
        with self._lock:
            known.errors |= errors
            for key, values in rows:
                # What was measured on another basis stays beside it.
                known.values[key] = known.values.get(key, {}) | values
            for key in (*errors, *(key for key, _ in rows)):
                known.latest[key.well, key.field] = key
            known.changes += 1
        self._store.save(known.id, rows)
        self._store.fail(known.id, errors)

    def _tell(
        self,
        plate: ServedPlate,
        known: Knowledge,
        progress: Progress,
    ) -> None:
        if known.progress != progress:
            known.progress = progress
            plate.bump()


def _without(progress: Progress) -> Progress:
    """Return the progress of a job that waits for its plate."""
    return Progress(
        done=progress.done,
        total=progress.total,
        failed=progress.failed,
        message=_ABSENT,
    )


class _Pace:
    """How fast a job is, and so how long it will take."""

    def __init__(self, done: int, total: int) -> None:
        self._before = done
        self._total = total
        self._start = time.monotonic()

    def progress(self, done: int, failed: int) -> Progress:
        """Return the progress of a running job."""
        left = seconds_left(
            done - self._before,
            self._total - self._before,
            time.monotonic() - self._start,
        )
        return Progress(
            done=done,
            total=max(self._total, done),
            running=True,
            failed=failed,
            seconds_left=None if left is None else round(left),
        )
