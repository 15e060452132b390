"""What is known of plates as tables, for scripts: no page and no server.

Numbers, project cut-offs, verdicts and reasons in words come from a workspace, as the
page shows them.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError
from hcs.extras import extra
from hcs.tables import joined
from hcs.wording import counted

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from dashboard.plates.values import PlateEntry
    from dashboard.progress import Progress
    from dashboard.service import Service
    from hcs.tables import ResultTable

    Place = str | os.PathLike[str]

_LOOK_SECONDS = 0.25
"""Between two looks at how far a plate is."""

_SHOWN = 3
"""Fields that could not be measured and are named; the page lists all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QCResults:
    """Tables of one or several plates."""

    wells: ResultTable
    """A row for each well that a plate lists."""

    fields: ResultTable
    """A row for each field that can be found."""

    suspects: ResultTable
    """A row for each reason to look at a well, the worst well of each plate first."""

    problems: tuple[str, ...] = ()
    """Plates that could not be read, and fields that could not be measured."""


def read_qc(
    *plates: Place,
    workspace: Place | None = None,
    database: str | None = None,
    measure: bool = True,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> QCResults:
    """Return what is known of plates: measurements, suspects, verdicts and reasons.

    Parameters
    ----------
    *plates
        Plates, folders of plates, archives or addresses.
    workspace
        Folder with what people decided and what was measured; your own where None.
    database
        Address of a database that several servers share; SQLite in the workspace
        where None.
    measure
        Whether what is not measured yet is measured now, into the workspace. Nothing
        is ever written to a plate.
    workers
        Processes that measure; one less than the cores where None, and 0 for none.
    executor
        Used instead of processes of our own; see `hcs.qc.measure_plate`.
    progress
        Called now and then with the plate, the fields that are measured, and all.

    Raises
    ------
    UnmeasuredError
        If `measure` is False and something is not measured.
    DashboardError
        If no plate is there, or a blind round or the like forbids it.
    HCSError
        If the workspace cannot be used.
    """
    with _served(plates, workspace, database, workers, executor) as service:
        problems: list[str] = []
        tables = [
            _tables(service, entry, measure=measure, problems=problems, tell=progress)
            for entry in _readable(service, plates, problems)
        ]
    return QCResults(
        wells=joined([results.wells for results in tables]),
        fields=joined([results.fields for results in tables]),
        suspects=joined([results.suspects for results in tables]),
        problems=tuple(problems),
    )


@contextlib.contextmanager
def _served(
    plates: Iterable[Place],
    workspace: Place | None,
    database: str | None,
    workers: int | None,
    executor: Executor | None,
) -> Iterator[Service]:
    with extra("page", "read_qc()"):
        from dashboard.compose import compose
        from dashboard.options import Options
        from dashboard.workspace import open_workspace

    service = compose(
        list(plates),
        open_workspace(None if workspace is None else Path(workspace)),
        Options(
            read_only=True,
            database=database,
            workers=workers,
            executor=executor,
            measure=False,
            watch=False,
        ),
    )
    try:
        yield service
    finally:
        service.close()


def _readable(
    service: Service, plates: Iterable[Place], problems: list[str]
) -> list[PlateEntry]:
    entries = service.plates.entries()
    if not entries:
        raise DashboardError(f"No plate at {', '.join(map(str, plates))}.")
    problems += [f"{entry.key}: {entry.error}" for entry in entries if entry.error]
    return [entry for entry in entries if entry.error is None]


def _tables(
    service: Service,
    entry: PlateEntry,
    *,
    measure: bool,
    problems: list[str],
    tell: Callable[[str, int, int], None] | None,
) -> QCResults:
    from dashboard.exports.tables import PlateTables

    key, quality = entry.key, service.quality
    progress = measured(service, key, tell) if measure else quality.read_measured(key)
    if progress.message:
        problems.append(f"{key}: {progress.message}")
    elif not measure:
        quality.check_measured(key)
    problems += failures(service, key)
    service.reviews.read(key)
    tables = PlateTables(service, key)
    return QCResults(
        wells=tables.wells(), fields=tables.fields(), suspects=tables.suspects()
    )


def measured(
    service: Service, key: str, tell: Callable[[str, int, int], None] | None = None
) -> Progress:
    """Measure a plate and wait for it; an interrupt keeps what is measured."""
    with ThreadPoolExecutor(1) as thread:
        job = thread.submit(service.quality.measure, key)
        try:
            while not job.done():
                with contextlib.suppress(TimeoutError):  # time to tell how far it is
                    job.result(_LOOK_SECONDS)
                now = service.quality.progress(key)
                if tell is not None and now.running:
                    tell(key, now.done, now.total)
        except KeyboardInterrupt:
            service.quality.hold_measuring(key)
            raise
        return job.result()


def failures(service: Service, key: str) -> Iterator[str]:
    """Yield which fields could not be measured and why, those beyond three counted."""
    unmeasured = sorted(service.quality.unmeasured(key).items())
    for (well, field), why in unmeasured[:_SHOWN]:
        place = f"{well} field {field}" if field else well
        yield f"{key}: {place}: {why}"
    if len(unmeasured) > _SHOWN:
        yield f"{key}: and {counted(len(unmeasured) - _SHOWN, 'other field')}."
