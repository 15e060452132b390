"""Making the previews of a plate in the background.

Previews belong to field versions, so nothing is made twice: not after a restart, and
after a correction only what was corrected. The first field of every well comes first,
because the whole plate is looked at first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from dashboard.pictures import preview, well_sprites
from dashboard.progress import Progress
from hcs import HCSPlate
from hcs.errors import HCSError
from hcs.qc import in_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dashboard.pictures.plane_cache import PlaneCache
    from dashboard.pictures.previews import Previews
    from dashboard.plates.served import ServedPlate
    from hcs import PlateStore

_LOG = logging.getLogger(__name__)

_HERE = 8
"""So few previews are made in a thread: starting processes takes longer."""

_BATCH = 4
"""Fields in one task: some ten milliseconds each."""

_SHARE = 0.7
"""Part of the disk limit that the previews of one plate may take."""


_ABSENT = "The plate cannot be reached."


@dataclass(frozen=True, slots=True)
class MissingPreview:
    """One preview to be made."""

    well: str
    """Path of the well."""

    field: str
    acquisition: int | None
    version: str
    address: str


_Item = TypeVar("_Item")

Made = tuple[MissingPreview, bytes | None]
"""What was wanted and its bytes, None where it cannot be read."""


@dataclass(slots=True)
class _PreviewJob:
    """What is known of one plate's previews."""

    progress: Progress = field(default_factory=Progress)
    future: Future[None] | None = None
    again: bool = False
    stopped: bool = False
    """By a person."""

    failed: set[str] = field(default_factory=set)
    """Addresses that cannot be made; tried again with another version only."""


class PreviewJobs:
    """Makes previews of plates, one plate after the other.

    Parameters
    ----------
    previews
        Where they are kept.
    planes
        Where pictures that were drawn before have left what previews are made of.
    workers
        Number of processes; one less than the cores where None, at least one. 0 works
        in a thread of this process.
    """

    def __init__(
        self, previews: Previews, planes: PlaneCache, *, workers: int | None = None
    ) -> None:
        self._previews = previews
        self._planes = planes
        self._workers = (
            max(1, (os.cpu_count() or 2) - 1) if workers is None else max(0, workers)
        )
        self._pool = ThreadPoolExecutor(1, "previews")
        self._lock = threading.Lock()
        self._jobs: dict[str, _PreviewJob] = {}
        self._closing = threading.Event()

    def close(self) -> None:
        """Stop after the field in work; what was made is kept."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def progress(self, key: str) -> Progress:
        """Return how far a plate is; `failed` counts fields that cannot be read."""
        return self._job(key).progress

    def stopped(self, key: str) -> bool:
        """Whether a person has stopped the job of a plate."""
        return self._job(key).stopped

    def stop(self, key: str) -> None:
        """Make no more previews of a plate until `resume`."""
        self._job(key).stopped = True

    def resume(self, plate: ServedPlate) -> None:
        """Go on where `stop` has stopped."""
        self._job(plate.key).stopped = False
        self.start(plate)

    def start(
        self, plate: ServedPlate, then: Callable[[], object] | None = None
    ) -> None:
        """Make what is not made, soon; then do something else.

        Parameters
        ----------
        plate
            Its wells were looked at.
        then
            Work that should not compete with this; called in any case but closing.
        """
        job = self._job(plate.key)
        with self._lock:
            if self._closing.is_set():
                return
            if job.future is not None and not job.future.done():
                job.again = True
                if then is not None:
                    job.future.add_done_callback(lambda _: self._follow(then))
                return
            job.future = self._pool.submit(self._run, plate, job)
            if then is not None:
                job.future.add_done_callback(lambda _: self._follow(then))

    def wait(self, key: str) -> Progress:
        """Wait until the job of a plate is at its end."""
        job = self._job(key)
        if job.future is not None:
            job.future.result()
        return job.progress

    # --- inside -----------------------------------------------------------------------

    def _follow(self, then: Callable[[], object]) -> None:
        if not self._closing.is_set():
            then()

    def _job(self, key: str) -> _PreviewJob:
        with self._lock:
            return self._jobs.setdefault(key, _PreviewJob())

    def _run(self, plate: ServedPlate, job: _PreviewJob) -> None:
        try:
            self._work(plate, job)
            while job.again and not self._halted(job):
                job.again = False
                self._work(plate, job)
        except Exception as error:  # noqa: BLE001 - a plate that fails ends only itself
            job.progress = _ended(job.progress, "Previews could not be made.")
            if isinstance(error, HCSError):
                _LOG.warning("Previews of %s could not be made: %s", plate.key, error)
            else:
                _LOG.exception("Previews of %s could not be made.", plate.key)

    def _halted(self, job: _PreviewJob) -> bool:
        return job.stopped or self._closing.is_set()

    def _work(self, plate: ServedPlate, job: _PreviewJob) -> None:
        if not plate.reach.is_there():
            job.progress = _ended(job.progress, _ABSENT)
            return
        room = _SHARE * self._previews.disk_bytes
        room -= self._make_previews(plate, job, room)
        done = job.progress.done >= job.progress.total
        if room >= 0 and done and not self._halted(job):
            self._draw_wells(plate, job, room)
        job.progress = _ended(
            job.progress,
            _ABSENT
            if plate.absence is not None
            else "stopped"
            if job.stopped
            else "disk limit"
            if room < 0 and not done
            else "",
        )

    def _make_previews(self, plate: ServedPlate, job: _PreviewJob, room: float) -> int:
        """Make the previews that are missing; return how many bytes they have."""
        previews = list(self._previews_of(plate, job))
        todo = [
            missing
            for missing in previews
            if missing.address not in job.failed and not self._made(missing.address)
        ]
        total = len(previews)
        done = total - len(todo)
        spent = 0
        job.progress = Progress(
            done=done, total=total, running=bool(todo), failed=len(job.failed)
        )
        if not todo:
            return spent
        made = in_workers(
            _make_batch,
            [(plate.store, batch) for batch in _batches(todo)],
            _died,
            workers=0 if len(todo) <= _HERE else self._workers,
            cancelled=lambda: (
                self._halted(job) or spent > room or plate.absence is not None
            ),
        )
        with contextlib.closing(made):  # type: ignore[type-var]
            for batch in made:
                for missing, data in batch:
                    done += 1
                    if data is None:
                        if not plate.reach.is_there():
                            break  # which says nothing of its fields
                        job.failed.add(missing.address)
                    else:
                        self._previews.put(missing.address, data)
                        spent += len(data)
                job.progress = Progress(
                    done=done, total=total, running=True, failed=len(job.failed)
                )
                if spent > room:
                    break
        return spent

    def _draw_wells(self, plate: ServedPlate, job: _PreviewJob, room: float) -> None:
        """Draw what galleries show first of the wells whose previews are there."""
        todo = list(well_sprites.missing(plate, self._previews))
        if not todo:
            return
        job.progress = replace(job.progress, running=True)
        spent = 0
        made = in_workers(
            well_sprites.draw_batch,
            [(batch,) for batch in _batches(todo)],
            well_sprites.not_drawn,
            workers=0 if len(todo) <= _HERE else self._workers,
            cancelled=lambda: self._halted(job) or spent > room,
        )
        with contextlib.closing(made):  # type: ignore[type-var]
            for batch in made:
                for address, data in batch:
                    if data is not None:
                        self._previews.put(address, data)
                        spent += len(data)

    def _made(self, address: str) -> bool:
        """Whether a preview is there, or could be made without reading the plate."""
        if self._previews.has(address):
            return True
        coarse = self._planes.at_hand(address)
        if coarse is None:
            return False
        self._previews.put(address, preview.pack(coarse))
        made = self._previews.has(address)
        if made:
            self._planes.drop(address)
        return made

    def _previews_of(
        self, plate: ServedPlate, job: _PreviewJob
    ) -> Iterator[MissingPreview]:
        """Yield every readable field, the first of every well first."""
        later: list[MissingPreview] = []
        for well in plate.overview().wells:
            if self._halted(job):
                return
            if well.state != "present":
                continue
            for index, view in enumerate(plate.well(well.label).fields):
                if view.error is not None:
                    continue
                where = (plate.plate.id, well.label, view.name, view.version)
                field_preview = MissingPreview(
                    well.path,
                    view.name,
                    view.acquisition,
                    view.version,
                    preview.address_of(*where),
                )
                if index:
                    later.append(field_preview)
                else:
                    yield field_preview
        yield from later


def _batches(todo: Sequence[_Item]) -> list[Sequence[_Item]]:
    return [todo[at : at + _BATCH] for at in range(0, len(todo), _BATCH)]


def _ended(progress: Progress, message: str) -> Progress:
    return Progress(
        done=progress.done,
        total=progress.total,
        failed=progress.failed,
        message=message,
    )


def _make_batch(store: PlateStore, batch: Sequence[MissingPreview]) -> list[Made]:
    """Make some previews; what a worker process runs."""
    try:
        with HCSPlate(store) as plate:
            return [(missing, _make(plate, missing)) for missing in batch]
    except HCSError as error:  # the plate has gone, which whoever asked finds out
        _LOG.info("No previews: %s", error)
        return [(missing, None) for missing in batch]


def _make(plate: HCSPlate, missing: MissingPreview) -> bytes | None:
    try:
        image = (
            plate.well(missing.well).field(missing.field, missing.acquisition).image()
        )
        if image.version != missing.version:
            # Corrected meanwhile: the job looks again for the new version.
            return None
        return preview.make(image)
    except Exception as error:  # noqa: BLE001 - one field must not end the plate
        _LOG.info("No preview of %s/%s: %s", missing.well, missing.field, error)
        return None


def _died(item: tuple[PlateStore, Sequence[MissingPreview]], reason: str) -> list[Made]:
    _LOG.warning("Previews of %d fields were not made: %s", len(item[1]), reason)
    return [(missing, None) for missing in item[1]]
