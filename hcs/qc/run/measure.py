"""Measure all fields of a plate, on an executor."""

from __future__ import annotations

import logging
import math
import pickle
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import ArgumentError, HCSError, NotFoundError
from hcs.plates.plate import HCSPlate
from hcs.qc.clip import UNKNOWN, Clip
from hcs.qc.definitions import Definition
from hcs.qc.registry import has_metric
from hcs.qc.results import FieldKey, FieldResult, MeasureSettings, PlaneResult
from hcs.qc.run.absences import Absences, absence
from hcs.qc.run.plate_settings import names_of, plate_settings
from hcs.qc.run.quality import ChannelSettings, measure_field
from hcs.qc.run.workers import in_workers
from hcs.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from hcs.gaps import Gap
    from hcs.images.ngff_image import NgffImage


_log = logging.getLogger(__name__)

_CLUSTER_BATCH = 8
"""Fields in a task of somebody else's executor at most: scheduling costs 3 ms,
measuring a field 100 ms and more."""

_CLUSTER_TASKS = 24
"""Tasks that a small plate is cut into at least, so that no worker is left with a large
one at the end."""


_NOT_HERE = "no package with this metric is installed where it was measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One field to measure."""

    well: str
    field: str
    label: str
    acquisition: int | None


def measure_plate(
    plate: HCSPlate | Any,
    *,
    settings: MeasureSettings | None = None,
    metrics: Iterable[str | Definition] | None = None,
    skip: Callable[[FieldKey], bool] | None = None,
    workers: int = 0,
    executor: Executor | None = None,
    batch: int | None = None,
    on_result: Callable[[FieldResult, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[FieldResult]:
    """Measure the fields of a plate, and yield each as it is done.

    Parameters
    ----------
    plate
        An `HCSPlate`, or where it is.
    settings
        See `plate_settings`, which makes them where they are not given.
    metrics
        Ids of metrics, and definitions of your own, where no `settings` are given.
        Other processes import the functions of these by name: they must stand in a
        module that they find.
    skip
        Says of a field whether it need not be measured, for example because its live
        version was measured with the same metrics before.
    workers
        Number of processes; 0 measures in this one. Every process works at low
        priority and with one thread. One that dies takes only its field with it.
    executor
        Another executor with the interface of `concurrent.futures`, such as
        ``distributed.Client.get_executor()``; the plate's location must mean the same
        to its workers.
    batch
        Fields in a task; by default one, or up to eight with an `executor`, whose
        tasks may cost milliseconds each.
    on_result
        Called with each result, the number of fields done and the number of all.
    cancelled
        Asked between fields; once true, no other field is started.

    Yields
    ------
        One result a field, in the order in which they are done; a field that fails
        bears its error.

    Raises
    ------
    HCSError
        If the plate cannot be opened.
    ArgumentError
        If a definition has the id of another metric, or other processes cannot get it.

    Examples
    --------
    >>> import hcs
    >>> with hcs.from_hcs_zarr("demo.ome.zarr") as plate:
    ...     results = list(measure_plate(plate, metrics=["mean"], workers=0))
    >>> len(results), sorted({plane.channel for plane in results[0].planes})
    (6, ['DNA', 'Reporter'])
    """
    own = not isinstance(plate, HCSPlate)
    opened: HCSPlate = HCSPlate(plate) if own else plate
    try:
        settings = settings or plate_settings(opened, metrics=metrics)
        if workers or executor is not None:
            _check_sendable(settings)
        broken: list[FieldResult] = []
        tasks = list(_tasks(opened, skip, broken))
        total = len(tasks) + len(broken)
        usual = min(_CLUSTER_BATCH, len(tasks) // _CLUSTER_TASKS)
        size = max(1, batch or (1 if executor is None else usual))
        starts = range(0, len(tasks), size)
        batches = [tasks[start : start + size] for start in starts]
        done = 0
        measured = in_workers(
            _measure_batch,
            [(opened.store, part, settings) for part in batches],
            _died,
            workers=workers,
            executor=executor,
            cancelled=cancelled,
            split=_task_by_task,
        )
        with Work(_log, f"Measuring {opened.location}") as work:
            for results in chain([broken], measured):
                for result in results:
                    done += 1
                    work(done, total)
                    if on_result is not None:
                        on_result(result, done, total)
                    yield result
    finally:
        if own:
            opened.close()


def _check_sendable(settings: MeasureSettings) -> None:
    """Raise where other processes could not get a person's own metric."""
    for metric in settings.metrics:
        if isinstance(metric, Definition):
            try:
                pickle.dumps(metric)
            except Exception as error:
                raise ArgumentError(
                    f"The metric {metric.id!r} cannot be sent to other processes "
                    f"({error}); define its function in a module, or measure with "
                    f"workers=0."
                ) from error


def _tasks(
    plate: HCSPlate,
    skip: Callable[[FieldKey], bool] | None,
    broken: list[FieldResult],
) -> Iterator[Task]:
    """Yield the fields that the plate lists; unreadable wells go to `broken`.

    A well that is listed and not there was not imaged, which is no failure.
    """
    errors: list[tuple[str, HCSError]] = []
    for field in plate.fields(errors):
        if skip is None or not skip((field.well, field.name, field.acquisition)):
            yield Task(
                well=field.well,
                field=field.name,
                label=field.label,
                acquisition=field.acquisition,
            )
    for well, error in errors:
        if isinstance(error, NotFoundError):
            continue
        broken.append(
            FieldResult(
                well=well,
                field="",
                label="",
                acquisition=None,
                version="",
                error=str(error),
            )
        )


def _measure_batch(
    store: Any, tasks: Sequence[Task], settings: MeasureSettings
) -> list[FieldResult]:
    """Measure some fields; what a worker process runs."""
    with HCSPlate(store) as plate:
        absences = Absences(plate)
        return [measure_task(plate, task, settings, absences) for task in tasks]


def _task_by_task(
    item: tuple[Any, Sequence[Task], MeasureSettings],
) -> list[tuple[Any, Sequence[Task], MeasureSettings]]:
    store, tasks, settings = item
    return [(store, [task], settings) for task in tasks]


def _died(
    item: tuple[Any, Sequence[Task], MeasureSettings], reason: str
) -> list[FieldResult]:
    return [_failed(task, reason) for task in item[1]]


def _failed(task: Task, reason: str, version: str = "") -> FieldResult:
    return FieldResult(
        well=task.well,
        field=task.field,
        label=task.label,
        acquisition=task.acquisition,
        version=version,
        error=reason,
    )


def measure_task(
    plate: HCSPlate, task: Task, settings: MeasureSettings, absences: Absences
) -> FieldResult:
    """Measure all channels, z and t of one field; an error is part of the result."""
    version = ""
    try:
        image = plate.well(task.well).field(task.field, task.acquisition).image()
        version = image.version or ""
        gaps = absences.of_field(task.well, task.field)
        planes = tuple(measure_level(image.images[0], names_of(image), settings, gaps))
    except HCSError as error:
        return _failed(task, str(error), version)
    except Exception as error:  # noqa: BLE001 - one field must not end the plate
        return _failed(task, f"{type(error).__name__}: {error}", version)
    return FieldResult(
        well=task.well,
        field=task.field,
        label=task.label,
        acquisition=task.acquisition,
        version=version,
        planes=planes,
    )


def measure_level(
    full: NgffImage,
    names: Sequence[str],
    settings: MeasureSettings,
    gaps: Sequence[Gap] = (),
) -> Iterator[PlaneResult]:
    """Read one z and t after the other, at full size, and measure its channels.

    Parameters
    ----------
    full
        Pixels of a field, on a plate or not, at full size.
    names
        Of its channels, no two equal.
    settings
        See `plate_settings`.
    gaps
        Of the field. A plane that is one has no values, with the reason, while it holds
        nothing but zeros: a correction may have brought its pixels.
    """
    dims = tuple(full.dims)
    sizes = dict(zip(dims, full.data.shape, strict=True))
    nuclear = None
    if settings.nuclear is not None and settings.nuclear in names:
        nuclear = list(names).index(settings.nuclear)
    by_channel = [_channel_settings(name, settings) for name in names]
    metrics = [metric for metric in settings.metrics if has_metric(metric)]
    absent = [str(metric) for metric in settings.metrics if not has_metric(metric)]
    for t in range(sizes.get("t", 1)):
        for z in range(sizes.get("z", 1)):
            # Plane by plane: so few chunks are decoded in the thread that asks.
            places = ({"t": t, "z": z, "c": c} for c in range(len(names)))
            planes = [
                np.asarray(full.data[tuple(at.get(d, slice(None)) for d in dims)])
                for at in places
            ]
            at_place = [
                replace(
                    channel, absent="" if plane.any() else absence(gaps, name, z, t)
                )
                for channel, plane, name in zip(by_channel, planes, names, strict=True)
            ]
            results = measure_field(planes, at_place, nuclear=nuclear, metrics=metrics)
            for index, (name, measured) in enumerate(zip(names, results, strict=True)):
                yield PlaneResult(
                    channel=name,
                    channel_index=index,
                    z=z,
                    t=t,
                    values=measured.values | dict.fromkeys(absent, math.nan),
                    reasons=measured.reasons | dict.fromkeys(absent, _NOT_HERE),
                    top=measured.top,
                    digest=measured.digest,
                    light=measured.light,
                )


def _channel_settings(name: str, settings: MeasureSettings) -> ChannelSettings:
    clip = settings.clips.get(name, Clip(None, UNKNOWN))
    return ChannelSettings(
        clip=clip.level, clip_source=clip.source, full_scale=settings.full_scale
    )
