"""The composition root: everything that a server consists of is built here, once.

What a desk needs of one that is built after it, it gets as a function.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from dashboard.access import Access, signed_text
from dashboard.accounts.audit import Audit
from dashboard.adding.desk import AddDesk, AddPlaces
from dashboard.corrections.commits import Commits
from dashboard.corrections.composition import correction_desks
from dashboard.corrections.decoders import Decoders
from dashboard.corrections.staged import StagedCorrections
from dashboard.corrections.uploads import DecodedUploads
from dashboard.ending import BACKGROUND_SECONDS, THREADS_SECONDS, close_all
from dashboard.errors import NotServedError
from dashboard.events import Events
from dashboard.inbox.desk import ImportDesk
from dashboard.inbox.jobs import ImportJobs
from dashboard.inbox.preparing import Preparing
from dashboard.inbox.running import Importing
from dashboard.inbox.telling import Telling
from dashboard.inbox.watch import Inbox
from dashboard.pictures.desk import PreviewDesk
from dashboard.pictures.job import PreviewJobs
from dashboard.pictures.picture import Pictures
from dashboard.pictures.plane_cache import PlaneCache
from dashboard.pictures.previews import Previews
from dashboard.pictures.saving import Saving
from dashboard.pictures.sprites import Sprites
from dashboard.pictures.thumbnails import Thumbnails
from dashboard.plates.desk import PlateDesk
from dashboard.plates.registry import Plates
from dashboard.plates.survey import look_at, survey
from dashboard.plates.watcher import Watcher
from dashboard.presence.presence import Presence
from dashboard.projects.assay_setup import AssaySetup
from dashboard.projects.desk import ProjectDesk
from dashboard.projects.imports import Imports
from dashboard.projects.plate_links import Links
from dashboard.projects.roles import RoleStore
from dashboard.projects.rules import Projects
from dashboard.quality.desk import QualityDesk
from dashboard.quality.judging import Judging
from dashboard.quality.measuring import Measuring
from dashboard.quality.metrics import MetricStore
from dashboard.quality.statistics import PlateStatistics
from dashboard.quality.stock import Excluded
from dashboard.reviews.amending import Amending
from dashboard.reviews.assay_windows import AssayWindows
from dashboard.reviews.blind import BlindReviews
from dashboard.reviews.decisions import Decisions
from dashboard.reviews.ledger import Ledger
from dashboard.reviews.plate_list import PlateList
from dashboard.reviews.plate_trends import PlateTrends
from dashboard.reviews.reviews import Reviews
from dashboard.reviews.signing import Signing
from dashboard.reviews.usability import PlateUse
from dashboard.service import Service, WorkspaceStorage
from dashboard.sessions import Sessions
from dashboard.settings import Settings, project_of
from dashboard.shared import Shared
from dashboard.storage.engine import open_database
from dashboard.storage.occupied import Occupied
from dashboard.storage.reserve import Reserve
from dashboard.threads import Pool, Threads
from dashboard.uploads.uploads import Uploads
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dashboard.inbox.values import ImportJob
    from dashboard.options import Options
    from dashboard.plates.served import ServedPlate
    from dashboard.workspace import Workspace

_LOG = logging.getLogger(__name__)


def compose(
    roots: Iterable[str | os.PathLike[str]], workspace: Workspace, options: Options
) -> Service:
    """Return the service of a process, at work.

    Parameters
    ----------
    roots
        Plates, folders of plates, archives or addresses to serve.
    workspace
        Where measurements, previews and uploads are kept.
    options
        Everything else.
    """
    occupied, reserve = Occupied(workspace.path), Reserve(workspace.path)
    plates = Plates([os.fspath(root) for root in roots], read_only=options.read_only)
    previews = Previews(
        workspace.previews,
        options.preview_bytes,
        options.preview_disk_bytes,
        room=reserve.room,
    )
    reserve.add_cache(previews.empty)
    try:
        engine = open_database(
            options.database or workspace.database_url, reserve.make_room
        )
    except BaseException:
        occupied.close()
        raise
    settings, ledger, events = Settings(engine), Ledger(engine), Events(engine)
    threads = Threads()
    in_database = partial(threads.submit, pool=Pool.DATABASE)
    audit = Audit(engine, in_database)

    def folder(key: str) -> str:
        try:
            return project_of(plates.get(key).location.partition("?")[0])
        except NotServedError:
            return ""

    def signed_by(key: str) -> str | None:
        try:
            signed = signing.state(key)
        except HCSError:  # what cannot be opened is not signed, and not written either
            return None
        return signed.who if signed else None

    access = Access(
        plates,
        read_only=options.read_only,
        hides_conditions=lambda key: blind.hides_conditions(key),
        apply_plate_map=lambda plate: assay.apply_plate_map(plate),
        project_of=folder,
        signed_by=signed_by,
        wake=lambda: watcher.wake(),
    )

    uploads = Uploads(workspace.staging, options.quotas)
    decoders = Decoders()
    staged = StagedCorrections()
    commits = Commits(staged, events)
    planes = PlaneCache(options.cache_bytes)
    thumbnails = Thumbnails(previews, planes)
    preview_jobs = PreviewJobs(previews, planes, workers=options.workers)

    roles = RoleStore(settings)
    judging = Judging(settings, roles)
    metric_store = MetricStore(engine)
    measuring = Measuring(
        metric_store,
        judging,
        executor=options.executor,
        workers=options.workers,
        automatic=options.measure,
    )

    @contextlib.contextmanager
    def changing(*keys: str) -> Iterator[None]:
        access.may_write()
        with signing.changing(*keys):
            yield

    assay = AssaySetup(
        plates,
        measuring,
        judging,
        changing,
        settings=settings,
        roles=roles,
        hides=lambda key: blind.hides_conditions(key),
    )
    links = Links(settings)
    projects = Projects(engine, settings, roles, assay.maps, measuring)
    reviews = Reviews(
        ledger,
        plates,
        projects,
        links,
        in_database,
        read_only=options.read_only,
    )
    blind = BlindReviews(reviews)
    signing = Signing(
        reviews,
        ledger,
        plates,
        projects,
        events,
        settings,
        assay.apply_plate_map,
        lambda key, review: usability.of(key, review),
    )
    statistics = PlateStatistics(settings, roles)
    plate_trends = PlateTrends(plates, reviews, projects, measuring, judging.wells)
    windows = AssayWindows(access, statistics, roles, plate_trends, judging.wells)
    plate_list = PlateList(plates, access, reviews, settings, in_database, windows)
    presence = Presence(engine, in_database, blind.is_blind)

    def excluded(plate: ServedPlate) -> Excluded:
        return Excluded(reviews.failed_fields(plate), projects.rules(plate).min_fields)

    def look_over(plate: ServedPlate) -> None:
        with contextlib.suppress(SQLAlchemyError):  # another time, then
            links.note(plate)
        survey(plate, lambda: watcher.stopping)

    def surveyed(plate: ServedPlate) -> None:
        look_over(plate)
        if not watcher.stopping:
            # Pictures first: measuring takes ten times as long, and the cores are few.
            preview_jobs.start(plate, lambda: measuring.start(plate))

    def wells_changed(plate: ServedPlate, paths: list[str]) -> None:
        if look_at(plate, paths, lambda: watcher.stopping):
            plate.bump()
        preview_jobs.start(plate, lambda: measuring.start(plate))

    def roles_changed(plate: ServedPlate) -> None:
        measuring.judge(plate)
        plate.bump()

    watcher = Watcher(
        plates,
        survey=surveyed,
        wells_changed=wells_changed,
        returned=lambda plate: preview_jobs.start(
            plate, lambda: measuring.start(plate)
        ),
        settle=None if options.read_only else commits.settle_due,
        settle_after=options.settle_after,
    )
    desks = correction_desks(
        access,
        DecodedUploads(uploads, decoders),
        staged,
        commits,
        events,
        measuring=measuring,
        judging=judging,
        metrics=metric_store,
        pending=workspace.pending,
        refuse_if_signed=reviews.refuse_if_signed,
        unsigned=signing.held_open,
    )
    sessions = Sessions(desks.corrections, presence, threads.submit)

    jobs = ImportJobs(engine)
    preparing = Preparing(
        plates,
        preview_jobs,
        measuring,
        look_over,
        lambda: watcher.stopping,
        plate_list.note,
    )

    def reason_against(location: str) -> str:
        signer = signed_by(preparing.plate_at(location).key)
        return signed_text(signer) if signer else ""

    telling = Telling(options.on_plate)

    def import_ended(job: ImportJob) -> None:
        telling.tell(job)
        adding.sweep()

    importing = Importing(
        jobs,
        replace(options.import_limits, grace=options.settle_after),
        prepare=preparing.begin,
        condition=preparing.condition,
        reason_against=reason_against,
        ended=import_ended,
        changed=lambda: import_desk.bump(),
    )
    import_desk = ImportDesk(
        access, jobs, importing, options.inbox.folders, lambda: inbox.arrivals()
    )
    inbox = Inbox(options.inbox, import_desk)
    places = AddPlaces(options.add_from, workspace.imports, lambda: plates.folders)
    adding = AddDesk(access, places, uploads, import_desk, options.import_limits)

    def close() -> None:
        close_all(
            {
                "Trying plates out": adding.close,
                "Looking at folders": inbox.close,
                "Importing": importing.close,
                "Telling of plates": telling.close,
                "Looking at plates": watcher.stop,
                "Making previews": preview_jobs.close,
                "Measuring": measuring.close,
                "Decoding": decoders.close,
            },
            BACKGROUND_SECONDS,
        )
        if not threads.close(THREADS_SECONDS):
            _LOG.warning("Work for pages did not stop; it ends with the server.")
        audit.write()
        # Before the sessions, which could no longer say that they leave.
        presence.close()
        sessions.close_all()
        uploads.close()
        plates.close()
        settings.close()
        engine.dispose()
        occupied.close()

    quality = QualityDesk(
        access,
        measuring,
        statistics,
        excluded=excluded,
        failed_wells=reviews.failed_wells,
        changing=changing,
        open_for_review=reviews.refuse_if_signed,
        note=plate_list.note,
        stopping=lambda: watcher.stopping,
    )
    project_desk = ProjectDesk(
        plates,
        access,
        projects,
        roles,
        links,
        changing=changing,
        roles_changed=roles_changed,
        has_acts=reviews.has_acts,
        forget=reviews.forget,
    )
    usability = PlateUse(access, quality, project_desk, reviews)

    service = Service(
        workspace=workspace,
        access=access,
        audit=audit,
        plates=PlateDesk(plates, access, watcher, reviews.look),
        pictures=Pictures(plates, previews, planes, thumbnails),
        sprites=Sprites(plates, previews, thumbnails),
        previews=PreviewDesk(access, preview_jobs, previews, planes),
        saving=Saving(plates),
        quality=quality,
        projects=project_desk,
        assay=assay,
        imports=Imports(plates, judging.imports, changing),
        reviews=reviews,
        decisions=Decisions(reviews, plates, measuring, projects, usability.check),
        usability=usability,
        signing=signing,
        blind=blind,
        amending=Amending(reviews, plates, projects),
        plate_list=plate_list,
        plate_trends=plate_trends,
        assay_windows=windows,
        uploads=uploads,
        corrections=desks.corrections,
        batches=desks.batches,
        pending=desks.pending,
        inbox=import_desk,
        adding=adding,
        presence=presence,
        events=events,
        sessions=sessions,
        shared=Shared(),
        threads=threads,
        storage=WorkspaceStorage(
            engine=engine, ledger=ledger, settings=settings, links=links, plates=plates
        ),
        workspace_id=settings.workspace_id(),
        background=(watcher.thread, uploads.thread, importing.thread, inbox.thread),
        close=close,
    )
    uploads.start()
    threads.submit(adding.sweep)
    if options.watch:
        watcher.start()
    if options.imports and not options.read_only:
        importing.start()
        inbox.start()
    # What decodes pixels takes a second to load; not while somebody waits for it.
    for module in ("hcs.images.lazy_array", "zarr"):
        threads.submit(partial(importlib.import_module, module))
    return service
