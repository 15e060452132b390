"""Measuring plates in the background, and the values of wells that come of it.

Values belong to field versions, so nothing is measured twice: not after a restart, not
for a second page, and after a correction only the corrected field.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dashboard.off_loop import OffLoop, on_event_loop
from dashboard.quality.field_numbers import field_numbers
from dashboard.quality.imported_tables import PREFIX
from dashboard.quality.jobs import Jobs
from dashboard.quality.light import PlateLight
from dashboard.quality.metrics import number_of
from dashboard.quality.metrics_cache import Memory
from dashboard.quality.planes import PlaneStore
from dashboard.quality.readiness import check_measured
from dashboard.quality.scores import (
    field_value,
    metric_infos,
)
from dashboard.quality.stock import NOTHING_EXCLUDED, Excluded, Stock
from dashboard.quality.suspects import PlateEvidence
from dashboard.quality.values import (
    FieldValues,
    MetricInfo,
    MetricValue,
    MetricValues,
)
from dashboard.quality.wells import values_of
from hcs.errors import HCSError
from hcs.qc import LEAST_PLATES, imported_exposures

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Executor

    from dashboard.plates.served import ServedPlate
    from dashboard.progress import Progress
    from dashboard.quality.imported_tables import Values
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.judging import Judging
    from dashboard.quality.measure_settings import AssaySettings
    from dashboard.quality.metrics import MetricStore
    from dashboard.quality.plate_metrics import Knowledge
    from dashboard.quality.tops import Place
    from hcs.qc import Clip

_LOG = logging.getLogger(__name__)


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
    automatic
        Whether plates are measured as soon as somebody looks at them; else when a
        person says so.
    """

    def __init__(
        self,
        store: MetricStore,
        judging: Judging,
        *,
        executor: Executor | None = None,
        workers: int | None = None,
        automatic: bool = True,
    ) -> None:
        self._judging = judging
        self._lock = threading.RLock()
        self._off_loop = OffLoop()
        self._memory = Memory(store, self._off_loop, self._lock, held=not automatic)
        planes = PlaneStore(store.engine)
        self.light = PlateLight(store, planes, self._memory, self._off_loop, self._lock)
        self._jobs = Jobs(
            store,
            planes,
            judging.basis,
            self._judge_soon,
            self._memory.get,
            self._lock,
            executor=executor,
            workers=workers,
        )
        # A thread of its own: judging one plate must not wait until another is
        # measured.
        self._judges = ThreadPoolExecutor(1, "judging")

    def close(self) -> None:
        """Stop at the next field and wait for it; what was measured is kept."""
        self._jobs.close()
        self._judges.shutdown(wait=True, cancel_futures=True)
        self._off_loop.close()

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
        return self._memory.get(plate).progress

    def check_measured(self, plate: ServedPlate) -> None:
        """Raise `UnmeasuredError` where a table of the plate would lack numbers."""
        check_measured(plate, self._memory.get(plate))

    def values(
        self,
        plate: ServedPlate,
        metric: str,
        acquisition: int | None,
        way: str = "",
        excluded: Excluded = NOTHING_EXCLUDED,
    ) -> MetricValues:
        """Return a metric over the wells of a plate.

        Parameters
        ----------
        way
            How fields become wells, see `well_values`.
        excluded
            What is left out of the wells and of the limits of the colours.

        Raises
        ------
        NotServedError
            If there is no such metric.
        """
        known = self._memory.get(plate)
        mark = _mark(plate, known)
        asked = metric, acquisition, way, excluded
        values = known.wells.current(mark, *asked)
        if values is None:
            # Threads of many pages ask for the same at once; an event loop never waits.
            with nullcontext() if on_event_loop() else known.making:
                values = known.wells.current(mark, *asked)
                if values is None:
                    stock = self._stock(plate, known, metric)
                    values = known.wells.renewed(mark, stock, *asked)
        return values

    def values_of(
        self, plate: ServedPlate, labels: Collection[str]
    ) -> dict[str, dict[str, MetricValue]]:
        """Return all metrics of some wells, by id and by label.

        A person waits for it who has judged one of them: others are not looked at.
        """
        known = self._memory.get(plate)
        stock, recall = self._stock(plate, known, ""), known.wells.recall
        imported = partial(self._imported, plate)
        return values_of(stock, labels, imported, recall(stock, labels))

    def _stock(self, plate: ServedPlate, known: Knowledge, metric: str) -> Stock:
        overview, basis = plate.overview(), self._judging.basis(plate)
        with self._lock:
            latest, errors, middles = known.fields()
        return Stock(
            overview=overview,
            fields=plate.knowledge.fields_by_well(),
            latest=latest,
            errors=errors,
            progress=known.progress,
            judged=known.judged,
            basis=basis,
            clips=self._clips(plate, known, basis),
            middles=middles,
            imported=self._judging.imports.metrics(overview),
            values=self._imported(plate, metric) if metric.startswith(PREFIX) else None,
        )

    def _imported(self, plate: ServedPlate, metric: str) -> Values:
        """Return an imported metric's numbers; on an event loop those in memory."""
        imports, overview = self._judging.imports, plate.overview()
        column = metric.removeprefix(PREFIX)
        if not imports.in_memory(overview, column) and not self._off_loop.run(
            ("imported", overview.id, column),
            lambda: imports.values(overview, column),
            plate.bump,
        ):
            return {}
        return imports.values(overview, column)

    def field_numbers(
        self, plate: ServedPlate, metric: str, acquisition: int | None
    ) -> dict[str, dict[str, float]]:
        """Return a metric of every field, by label of the well and name."""
        stock = self._stock(plate, self._memory.get(plate), metric)
        return field_numbers(stock, metric, acquisition)

    def field_values(self, plate: ServedPlate, label: str) -> tuple[FieldValues, ...]:
        """Return all metrics of the fields of a well."""
        known = self._memory.get(plate)
        view = plate.well(label)
        with self._lock:
            latest = {
                field.name: known.latest.get((view.path, field.name))
                for field in view.fields
            }
            measured = {
                name: known.values.get(key, {})
                for name, key in latest.items()
                if key is not None
            }
        infos = [info for info in self.metrics(plate) if info.channel is not None]
        basis = self._judging.basis(plate)
        clips = self._clips(plate, known, basis)
        return tuple(
            FieldValues(
                field=field.name,
                acquisition=field.acquisition,
                version=field.version,
                values={
                    info.id: number_of(
                        field_value(info.id, measured[field.name], clips, basis)
                    )
                    for info in infos
                }
                if (key := latest[field.name]) is not None
                and key.version == field.version
                else {},
            )
            for field in view.fields
        )

    def clips(self, plate: ServedPlate) -> dict[int, Clip]:
        """Return at which counts each camera saturates, and how that is known."""
        return self._clips(plate, self._memory.get(plate), self._judging.basis(plate))

    def _clips(
        self, plate: ServedPlate, known: Knowledge, basis: AssaySettings
    ) -> dict[int, Clip]:
        """Look through all fields once for each change, read those that changed."""
        channels = tuple(channel.index for channel in plate.channels)
        with self._lock:
            mark = (known.changes, channels, tuple(sorted(basis.clips.items())))
            if known.clips is not None and known.clips[0] == mark:
                return known.clips[1]
            latest, _, _ = known.fields()
        levels = known.tops.clip_levels(latest, channels, basis)
        with self._lock:
            known.clips = mark, levels
        return levels

    def in_memory(self, key: str) -> bool:
        """Return whether anybody has asked for a plate's measurements."""
        return key in self._memory

    def awake(self, key: str) -> bool:
        """Return whether a plate's measurements need not be read first."""
        return self._memory.awake(key)

    def judgement(self, plate: ServedPlate) -> Judgement:
        """Return which wells are suspect; pending while the plate is measured.

        Soon, too: a plate that had too few others to be compared with is judged again
        when more of its project have been measured, and what another server has
        measured is read.
        """
        known = self._memory.get(plate)
        if known.loaded and known.job is not None and known.idle:
            mark = self._judging.wells.mark(known.id)
            if mark and mark not in known.marks:
                # Each is looked into once: two servers must not keep each other busy.
                known.marks.add(mark)
                self.start(plate)
        if known.judged.ready and known.judged.others < LEAST_PLATES:
            location = plate.overview().location
            number = self._judging.medians.number(known.id, location)
            if number != known.judged.plates:
                known.judged = replace(known.judged, plates=number)
                self.judge(plate)
        return known.judged

    def judge(self, plate: ServedPlate, *, anew: bool = False) -> None:
        """Judge a measured plate again, soon, in the background.

        Parameters
        ----------
        plate
            Its roles may have changed.
        anew
            Also compare with what is usual on it now, not with what was kept.
        """
        known = self._memory.get(plate)
        if known.judged.ready and not self._jobs.closing:
            self._judges.submit(self._judge, plate, known, anew=anew)

    def _judge_soon(self, plate: ServedPlate, known: Knowledge) -> None:
        self._judges.submit(self._judge, plate, known).result()

    def _judge(
        self, plate: ServedPlate, known: Knowledge, *, anew: bool = False
    ) -> None:
        if self._memory.get(plate) is not known:
            return  # another plate was put in its place
        try:
            evidence = self._evidence(plate, known)
            judged = self._judging.judge(plate.plate.id, evidence, anew=anew)
        except Exception as error:  # noqa: BLE001 - the values are right without it
            _LOG.exception("Judging %s failed.", plate.key)
            why = str(error) if isinstance(error, HCSError) else "see the server's log"
            judged = replace(known.judged, problem=f"It could not be judged: {why}")
        else:
            self._keep_wells(plate, known)
        if judged != known.judged:
            known.judged = judged
            plate.bump()

    def _evidence(self, plate: ServedPlate, known: Knowledge) -> PlateEvidence:
        """Return what is known of a plate, to be judged by."""
        overview, basis = plate.overview(), self._judging.basis(plate)
        with self._lock:
            latest = {
                place: known.values[key]
                for place, key in known.latest.items()
                if key in known.values
            }
            errors = {(key.well, key.field): why for key, why in known.errors.items()}
        return PlateEvidence(
            overview=overview,
            fields={
                well.path: plate.well(well.label).fields
                for well in overview.wells
                if well.state == "present"
            },
            channels=plate.channels,
            latest=latest,
            errors=errors,
            basis=basis,
            clips=self._clips(plate, known, basis),
            exposures=imported_exposures(plate.plate),
        )

    def _keep_wells(self, plate: ServedPlate, known: Knowledge) -> None:
        """Keep the wells' values for lists of many plates."""
        try:
            values = [
                self.values(plate, metric.id, None)
                for metric in self.metrics(plate)
                if metric.channel is not None
            ]
            known.marks.add(self._judging.wells.keep(plate.plate.id, values))
        except Exception:  # noqa: BLE001 - this plate's own page does not need it
            _LOG.exception("Keeping the wells' values of %s failed.", plate.key)

    # --- the job ----------------------------------------------------------------------

    def start(self, plate: ServedPlate) -> None:
        """Measure what is not measured, soon, in the background."""
        self._jobs.start(plate, self._memory.get(plate))

    def hold(self, plate: ServedPlate) -> None:
        """Stop measuring a plate at the next field, until it is resumed."""
        self._jobs.hold(plate, self._memory.get(plate))

    def resume(self, plate: ServedPlate) -> None:
        """Go on measuring a plate, and try again what could not be measured."""
        self._jobs.resume(plate, self._memory.get(plate))

    def wait(self, plate: ServedPlate) -> Progress:
        """Wait until a plate is measured."""
        return self._jobs.wait(self._memory.get(plate))

    def failures(self, plate: ServedPlate) -> dict[Place, str]:
        """Return why fields could not be measured, by path of the well and name."""
        known = self._memory.get(plate)
        with self._lock:
            return known.failures()


def _mark(plate: ServedPlate, known: Knowledge) -> tuple[object, ...]:
    """Return what differs where anything does that values of wells are made of."""
    revision = plate.overview().revision
    return revision, known.changes, known.progress, known.judged
