"""The process-wide service behind all pages: plain values in, plain values out.

It composes what the other modules do and decides nothing itself. Pages call it; it
never calls a page. Everything may be called from any thread.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from dashboard.corrections.correction import Corrections
from dashboard.corrections.desk import CorrectionDesk
from dashboard.corrections.uploads import Quotas, Uploads
from dashboard.corrections.versions import field_history
from dashboard.database import open_database
from dashboard.errors import NotServedError, RefusedError
from dashboard.events import Events
from dashboard.exports.project_transfer import ProjectTransfer
from dashboard.pictures.job import PreviewJobs
from dashboard.pictures.picture import Pictures
from dashboard.pictures.plane_cache import PLANE_CACHE_BYTES
from dashboard.pictures.previews import DISK_BYTES, MEMORY_BYTES, Previews
from dashboard.pictures.saving import Saving
from dashboard.plates.registry import Plates
from dashboard.plates.survey import look_at, survey
from dashboard.plates.watcher import Keeper
from dashboard.presence.presence import Presence
from dashboard.projects.assay_setup import Choices
from dashboard.projects.plate_links import Links
from dashboard.projects.roles import RoleBook
from dashboard.projects.rules import Projects
from dashboard.quality.judging import Judging
from dashboard.quality.measuring import Measuring
from dashboard.quality.metrics import MetricStore
from dashboard.quality.statistics import PlateStatistics
from dashboard.reviews.acts import Subject
from dashboard.reviews.amending import Amending
from dashboard.reviews.blind import BlindReviews, without_conditions
from dashboard.reviews.kept import failed_fields, kept_values
from dashboard.reviews.ledger import Ledger
from dashboard.reviews.plate_list import PlateIndex
from dashboard.reviews.plate_trends import PlateMedians
from dashboard.reviews.reviews import Reviews
from dashboard.reviews.signing import Signing
from dashboard.settings import Settings
from dashboard.text import plain_text
from dashboard.workspace import sweep_staging
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import (
        CacheFill,
        FieldValues,
        MetricInfo,
        MetricValues,
        PlateEntry,
        PlateOverview,
        Progress,
        VersionView,
        WellView,
    )
    from dashboard.projects.plate_links import Link
    from dashboard.projects.roles import RolesView
    from dashboard.projects.rules import ReviewRules
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.statistics import StatisticsView
    from dashboard.workspace import Workspace
    from hcs.qc import RoleMapping

_Result = TypeVar("_Result")

_PIXEL_THREADS = 4
_STACK_THREADS = 2
"""For projections and files, each of which may hold a gigabyte."""

_WORK_THREADS = 4

_WORKSPACE_ID = "workspace-id"


class Service:
    """Plates, pictures, measurements and corrections for all sessions of a process.

    Parameters
    ----------
    roots
        Plates, folders of plates, archives or addresses to serve.
    workspace
        Where measurements, previews and uploads are kept.
    read_only
        Refuse everything that would write to a plate.
    database
        Address for SQLAlchemy; the workspace's own SQLite where None.
    cache_bytes
        Decoded planes in memory.
    preview_bytes
        Encoded pictures in memory.
    preview_disk_bytes
        Encoded pictures in the workspace.
    quotas
        Bounds of uploads.
    executor
        Measures fields; a pool of processes of our own where None.
    workers
        Processes of that pool; one less than the cores where None.
    measure
        Whether plates are measured as soon as somebody looks at them.
    settle_after
        Seconds after a commit until the field is brought back to its first path;
        None leaves the library's own grace time.

    Notes
    -----
    Methods marked *fast* answer from memory or from a few documents and may be called
    on the event loop; the others belong into `Session.run`. All errors are
    `hcs.errors.HCSError` with a sentence for people.
    """

    def __init__(
        self,
        roots: Iterable[str | os.PathLike[str]],
        workspace: Workspace,
        *,
        read_only: bool = False,
        database: str | None = None,
        cache_bytes: int = PLANE_CACHE_BYTES,
        preview_bytes: int = MEMORY_BYTES,
        preview_disk_bytes: int = DISK_BYTES,
        quotas: Quotas | None = None,
        executor: Executor | None = None,
        workers: int | None = None,
        measure: bool = True,
        settle_after: float | None = None,
    ) -> None:
        self.read_only = read_only
        self.workspace = workspace
        self._plates = Plates([os.fspath(one) for one in roots], read_only=read_only)
        self._engine = open_database(database or workspace.database_url)
        self.events = Events(self._engine)
        sweep_staging(workspace)
        uploads = Uploads(workspace.staging, quotas)
        corrections = Corrections(self._plates, uploads, self.events)
        self.pictures = Pictures(
            self._plates,
            Previews(workspace.previews, preview_bytes, preview_disk_bytes),
            corrections.images,
            cache_bytes,
        )
        self._preview_jobs = PreviewJobs(
            self.pictures.previews, self.pictures.decoded, workers=workers
        )
        self.saving = Saving(self._plates)
        settings = self._settings = Settings(self._engine)
        self._roles = RoleBook(settings)
        judging = Judging(settings, self._roles)
        self._measuring = Measuring(
            MetricStore(self._engine),
            judging,
            executor=executor,
            workers=workers,
            automatic=measure,
        )
        self._statistics = PlateStatistics(settings, self._roles)
        self.choices = Choices(
            self._plates,
            self._measuring,
            judging,
            self._changing,
            settings=settings,
            roles=self._roles,
            hides=lambda key: self.reviews.hides_conditions(key),
        )
        ledger = Ledger(self._engine)
        self._links = Links(settings)
        self._projects = Projects(
            self._engine, settings, self._roles, self.choices.maps, self._measuring
        )
        self.reviews = Reviews(
            ledger,
            self._plates,
            self._measuring,
            self._projects,
            self._links,
            self.submit,
            read_only=read_only,
        )
        self.signing = Signing(
            self.reviews,
            ledger,
            self._plates,
            self._projects,
            self.events,
            settings,
            self.choices.dress,
        )
        self.project = ProjectTransfer(
            self._engine,
            ledger,
            settings,
            self._plates,
            self._links,
            self.reviews,
            self.signing,
            self.choices,
        )
        self.corrections = CorrectionDesk(
            self._plates,
            uploads,
            corrections,
            may_write=self._may_write,
            refuse_if_signed=self.reviews.refuse_if_signed,
            held_open=self.signing.held_open,
            measure=self._measuring.start,
        )
        self.amending = Amending(self.reviews, self._plates, self._projects)
        self.blind = BlindReviews(self.reviews)
        self.index = PlateIndex(self._plates, self.reviews, settings, self.submit)
        self.medians = PlateMedians(
            self._plates, self.reviews, self._projects, self._measuring, judging.wells
        )
        self.presence = Presence(self._engine, self.submit, self.reviews.is_blind)
        self._pixels = ThreadPoolExecutor(_PIXEL_THREADS, "pixels")
        self._stacks = ThreadPoolExecutor(_STACK_THREADS, "stacks")
        self._work = ThreadPoolExecutor(_WORK_THREADS, "work")
        self._sessions: set[str] = set()
        self._masked: dict[str, tuple[PlateOverview, PlateOverview]] = {}
        self._keeper = Keeper(
            self._plates,
            survey=self._survey,
            again=self._look_again,
            settle=corrections.settle_due if not read_only else None,
            settle_after=settle_after,
        )
        self._keeper.start()
        # What decodes pixels takes a second to load; not while somebody waits for it.
        self._work.submit(importlib.import_module, "hcs.images.pixels")
        self._work.submit(importlib.import_module, "zarr")

    @functools.cached_property
    def workspace_id(self) -> str:
        """What tells this workspace from others, for ever: all servers of it share it.

        Browsers keep what is typed by it, for two servers may share an address.
        """
        if self._settings.get(_WORKSPACE_ID) is None:
            fresh = secrets.token_hex(16)
            self._settings.change(lambda known: known or fresh, _WORKSPACE_ID)
        return str(self._settings.get(_WORKSPACE_ID))

    def close(self) -> None:
        """Stop the background work and release everything."""
        self._keeper.stop()
        self._preview_jobs.close()
        self._measuring.close()
        self._work.shutdown(wait=True, cancel_futures=True)
        self._pixels.shutdown(wait=True, cancel_futures=True)
        self._stacks.shutdown(wait=True, cancel_futures=True)
        # Before the sessions, which could no longer say that they leave.
        self.presence.close()
        for token in list(self._sessions):
            self.close_session(token)
        self._plates.close()
        self._engine.dispose()

    # --- sessions and threads ---------------------------------------------------------

    def open_session(self) -> str:
        """Return the token of a new page: unguessable, good until it is closed."""
        token = secrets.token_urlsafe(32)
        self._sessions.add(token)
        self.corrections.open(token)
        return token

    def close_session(self, token: str) -> None:
        """Forget a page, and remove what it uploaded and did not commit."""
        self._sessions.discard(token)
        self.presence.leave(token)
        self.corrections.close(token)

    def leave(self, token: str) -> None:
        """Let a page be present no more whose browser has closed it (fast).

        Raises
        ------
        RefusedError
            If there is no such page.
        """
        if token not in self._sessions:
            raise RefusedError("There is no such page.")
        self.presence.go(token)

    @property
    def sessions(self) -> int:
        """How many pages are open."""
        return len(self._sessions)

    def submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work for a page in a thread."""
        return self._work.submit(work)

    def submit_pixels(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work for a picture in a thread; slow pages do not hold it up."""
        return self._pixels.submit(work)

    def submit_stack(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work for a picture that reads much, beside those that read little."""
        return self._stacks.submit(work)

    # --- reading ----------------------------------------------------------------------

    def plates(self) -> tuple[PlateEntry, ...]:
        """Return the served plates (fast, but for the first time)."""
        return self._plates.entries()

    def overview(self, key: str) -> PlateOverview:
        """Return what the first paint of a plate needs (fast: one document)."""
        return self._shown(self._looked_at(key))

    def well(self, key: str, label: str) -> WellView:
        """Return a well with its fields (fast: some documents, then from memory)."""
        return self._looked_at(key).well(label)

    def revision(self, key: str) -> int:
        """Return what changes with the plate (fast); of the list of plates for ""."""
        if not key:
            self._keeper.look_at_list()
            return self._plates.revision
        try:
            plate = self._looked_at(key)
        except NotServedError:
            return 0
        try:
            return plate.revision + self.reviews.look(plate)
        except HCSError:
            # Nothing is known of a plate that cannot be opened; the page says why.
            return plate.revision

    def metrics(self, key: str) -> tuple[MetricInfo, ...]:
        """Return the metrics of a plate (fast); those of channels once surveyed."""
        return self._measuring.metrics(self._looked_at(key))

    def values(
        self, key: str, metric: str, acquisition: int | None = None, way: str = ""
    ) -> MetricValues:
        """Return a metric over the plate, as far as it is measured (fast).

        A well's value leaves out the fields that people failed.
        """
        plate = self._looked_at(key)
        found = self._measuring.values(plate, metric, acquisition, way)
        return kept_values(
            found,
            failed_fields(plate.overview(), self.reviews.review(key)),
            lambda: self._measuring.field_numbers(plate, metric, acquisition),
            self._projects.rules(plate).min_fields,
            way,
        )

    def field_names(self, key: str) -> tuple[str, ...]:
        """Return the names that fields have on a plate (fast)."""
        fields = self._looked_at(key).fields_by_well()
        return tuple(dict.fromkeys(name for one in fields.values() for name, _ in one))

    def field_numbers(
        self, key: str, metric: str, acquisition: int | None = None
    ) -> dict[str, dict[str, float]]:
        """Return a metric of every field, by label of the well and name (fast)."""
        plate = self._looked_at(key)
        return self._measuring.field_numbers(plate, metric, acquisition)

    def field_values(self, key: str, label: str) -> tuple[FieldValues, ...]:
        """Return all metrics of the fields of a well (fast)."""
        return self._measuring.field_values(self._looked_at(key), label)

    def judgement(self, key: str) -> Judgement:
        """Return which wells are suspect, and why (fast)."""
        plate = self._looked_at(key)
        judged = self._measuring.judgement(plate)
        self.index.note(plate, judged)
        return judged

    def judge_anew(self, key: str) -> None:
        """Compare the wells with what is usual on the plate now (fast: later)."""
        self._may_write()
        self.reviews.refuse_if_signed(key)
        self._measuring.judge(self._plates.get(key), anew=True)

    def roles(self, key: str) -> RolesView:
        """Return what the wells are for (fast)."""
        return self._roles.view(self.overview(key))

    def keep_roles(self, key: str, mapping: RoleMapping | None) -> None:
        """Keep what the columns of the plate map mean, for the plate's project.

        Parameters
        ----------
        key
            The plate.
        mapping
            None returns to what is proposed.
        """
        self._may_write()
        plate = self._plates.get(key)
        with self.signing.changing(key):
            self._roles.keep(plate.overview(), mapping)
        self._measuring.judge(plate)
        plate.bump()

    def statistics(
        self, key: str, metric: str, acquisition: int | None = None, way: str = ""
    ) -> StatisticsView:
        """Return what a metric says about the plate as an assay."""
        overview = self.overview(key)
        values = self.values(key, metric, acquisition, way)
        return self._statistics.view(overview, values, self.failed_wells(key))

    def failed_wells(self, key: str) -> frozenset[str]:
        """Return the labels of the wells that statistics leave out (fast)."""
        review = self.reviews.review(key)
        return frozenset(
            well.label
            for well in self._looked_at(key).overview().wells
            if review.excluded(Subject(well.path))
        )

    def assay_metric(self, key: str) -> str:
        """Return the metric that the project's assays measure, "" where unnamed."""
        return self._statistics.assay_metric(self._looked_at(key).overview())

    def keep_assay_metric(self, key: str, metric: str | None) -> None:
        """Name the metric that the assays of the plate's project measure."""
        self._may_write()
        plate = self._plates.get(key)
        with self.signing.changing(key):
            self._statistics.keep_assay_metric(plate.overview(), metric)
        plate.bump()

    def rules(self, key: str) -> ReviewRules:
        """Return the reasons, keys and minimum of fields of the project (fast)."""
        return self._projects.rules(self._plates.get(key))

    def keep_rules(self, key: str, rules: ReviewRules) -> None:
        """Keep how the plates of the plate's project are judged.

        Raises
        ------
        DashboardError
            If a code or a number is not allowed.
        SignedOffError
            If the minimum of fields changes what a plate says that is signed off.
        """
        self._may_write()
        plate = self._plates.get(key)
        if rules.min_fields == self._projects.rules(plate).min_fields:
            self._projects.keep(plate, rules)
        else:
            with self.signing.changing(key):
                self._projects.keep(plate, rules)
        plate.bump()

    def link(self, key: str) -> Link:
        """Return which plate this is, and whether copies of it are about."""
        return self._links.view(self._plates.get(key), self._plates.all())

    def set_apart(self, key: str) -> None:
        """Say that a plate is a copy, judged apart from now on."""
        self._may_write()
        self._links.set_apart(self._plates.get(key))
        self.reviews.forget(key)

    def join(self, key: str) -> None:
        """Say that a plate is the same one as those with its id."""
        self._may_write()
        self._links.join(self._plates.get(key))
        self.reviews.forget(key)

    def take_over(self, key: str, id: str) -> None:
        """Give a plate the decisions that are kept under another id."""
        self._may_write()
        plate = self._plates.get(key)
        if not self.reviews.has_acts(id):
            raise NotServedError(
                f"No decisions are kept under {plain_text(id, 60)!r}; `hcs-dashboard "
                f"relink` of the other plate tells its id."
            )
        self._links.take_over(plate, id)
        self.reviews.forget(key)

    def settings_revision(self, key: str) -> str:
        """Return the id of all settings that verdicts on a plate rest on."""
        return self._projects.revision(self._plates.get(key))

    def settings_document(self, revision: str) -> dict[str, Any] | None:
        """Return what a settings revision stands for, None where it is not known."""
        return self._projects.document(revision)

    def progress(self, key: str) -> Progress:
        """Return how far a plate is measured (fast)."""
        return self._measuring.progress(self._looked_at(key))

    def measure(self, key: str) -> Progress:
        """Survey and measure a plate, and wait for it."""
        plate = self._plates.get(key)
        self.choices.dress(plate)
        survey(plate, lambda: self._keeper.stopping)
        self._measuring.resume(plate)
        return self._measuring.wait(plate)

    def hold_measuring(self, key: str) -> None:
        """Stop measuring a plate at the next field (fast)."""
        self._measuring.hold(self._plates.get(key))

    def resume_measuring(self, key: str) -> None:
        """Measure what is not measured, and try again what failed (fast)."""
        self._may_write()
        self._measuring.resume(self._plates.get(key))

    def unmeasured(self, key: str) -> dict[tuple[str, str], str]:
        """Return why fields could not be measured, by path of the well and name."""
        return self._measuring.failures(self._looked_at(key))

    def history(self, key: str, well: str, field: str) -> tuple[VersionView, ...]:
        """Return the versions of a field, newest first."""
        return field_history(self._looked_at(key), well, field)

    def caches(self) -> tuple[CacheFill, ...]:
        """Return how full the caches are (fast)."""
        return self.pictures.fill()

    def preview_progress(self, key: str) -> Progress:
        """Return how far the previews of a plate are (fast)."""
        return self._preview_jobs.progress(self._plates.get(key).key)

    def previews_stopped(self, key: str) -> bool:
        """Whether a person has stopped the previews of a plate (fast)."""
        return self._preview_jobs.stopped(key)

    def stop_previews(self, key: str) -> None:
        """Make no more previews of a plate for now (fast)."""
        self._preview_jobs.stop(self._plates.get(key).key)

    def resume_previews(self, key: str) -> None:
        """Go on making previews of a plate (fast: later)."""
        self._preview_jobs.resume(self._plates.get(key))

    # --- inside -----------------------------------------------------------------------

    def _looked_at(self, key: str) -> ServedPlate:
        plate = self._plates.get(key)
        plate.look()
        self.choices.dress(plate)
        if not plate.surveyed:
            self._keeper.wake()
        return plate

    def _shown(self, plate: ServedPlate) -> PlateOverview:
        """Return a plate without what an open blind round hides."""
        overview = plate.overview()
        if not self.reviews.hides_conditions(plate.key):
            return overview
        kept = self._masked.get(plate.key)
        if kept is None or kept[0] is not overview:
            kept = self._masked[plate.key] = overview, without_conditions(overview)
        return kept[1]

    def _changing(self, *keys: str) -> AbstractContextManager[None]:
        self._may_write()
        return self.signing.changing(*keys)

    def _may_write(self) -> None:
        if self.read_only:
            raise RefusedError("This server is read-only: nothing can be written.")

    def _survey(self, plate: ServedPlate) -> None:
        with contextlib.suppress(SQLAlchemyError):  # another time, then
            self._links.note(plate)
        survey(plate, lambda: self._keeper.stopping)
        if not self._keeper.stopping:
            # Pictures first: measuring takes ten times as long, and the cores are few.
            self._preview_jobs.start(plate, lambda: self._measuring.start(plate))

    def _look_again(self, plate: ServedPlate, paths: list[str]) -> None:
        if look_at(plate, paths, lambda: self._keeper.stopping):
            plate.bump()
        self._preview_jobs.start(plate, lambda: self._measuring.start(plate))
