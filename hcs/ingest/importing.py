"""Importing an export as a plate."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import (
    CorruptDataError,
    HCSError,
    MetadataError,
    PlateNotFoundError,
    SourceError,
    StoreError,
)
from hcs.ingest.plate.plan import ImportChoices, Plan, make_plan, worker_count
from hcs.ingest.plate.provenance import DONE, read_damage
from hcs.ingest.plate.report import ImportReport
from hcs.ingest.plate.writing import ImportRun
from hcs.ingest.sources import open_source
from hcs.ngff.envelope import extension
from hcs.plates.opening import from_hcs_zarr
from hcs.work import Work
from hcs.writing.targets.locations import local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hcs.ingest.plate.growth import Growth
    from hcs.layout import PlateFormat
    from hcs.metadata import Who
    from hcs.tables.joining import Sources

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlannedImport:
    """An export that was looked through, whose files are open: see `plan_import`."""

    report: ImportReport
    """What would be written; its `target` is None."""

    def write(
        self,
        target: str | Path,
        *,
        version: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        name: str | None = None,
        who: Who | None = None,
        workers: int | None = None,
        growth: Growth | None = None,
        grace: float | None = None,
    ) -> ImportReport:
        """Write the plate, or what an interrupted import of it did not write.

        Parameters
        ----------
        target
            Where the plate is to be: a directory, or an ``.ozx`` archive.
        version
            NGFF version: ``"0.4"``, ``"0.5"`` (the default) or ``"0.6"``.
        progress
            Called with the number of fields written and the number there are.
        name
            Name of the plate; that of the export where None.
        who
            Whom the history names; by default the login name.
        workers
            Number of threads that write; by default up to 4.
        growth
            How the export has grown since it was imported as the plate that is there:
            new fields are added, changed ones get a new version with the old one kept.
            Without it the plate of an export that has become another is refused.
        grace
            Seconds that readers may hold on to changed fields, see `HCSPlateWriter`.

        Raises
        ------
        SourceError
            If `target` is a plate of another source, or one that was not imported.
        StoreError
            If `target` is no local path or holds something else, or the disk fails.
        """
        path, plan = local_path(target), self.report.plan
        report = replace(self.report, target=str(target), dry_run=False)
        earlier = _earlier(path, plan, grown=growth is not None)
        if not growth and earlier is not None and earlier.get("state") == DONE:
            damaged, planes = read_damage(earlier)
            return replace(
                report, state="unchanged", damaged=damaged, damaged_planes=planes
            )
        with Work(_log, f"Importing {report.source} as {path}", progress) as work:
            run = ImportRun(
                report,
                name=plan.export.plate if name is None else name,
                earlier=earlier,
                progress=work,
                growth=growth,
            )
            return run.write(path, version, who, worker_count(workers), grace)


@contextlib.contextmanager
def plan_import(
    source: str | Path,
    choices: ImportChoices | None = None,
    *,
    links_out: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[PlannedImport]:
    """Look through an export and hold its files open, so that its plate can be written.

    For whoever decides by what is found, such as where the plate is to be: nothing is
    looked at twice.

    Parameters
    ----------
    source
        A folder or a zip, which is read without being unpacked.
    choices
        What a person decided.
    links_out
        Whether links to files are followed that lead out of the folder.
    progress
        Called with the number of images that were looked at and that there are.

    Raises
    ------
    SourceError
        If the source cannot be imported as it is.
    """
    with open_source(source, links_out=links_out) as files:
        with Work(_log, f"Looking through {source}"):
            plan = make_plan(files, choices or ImportChoices(), progress)
        yield PlannedImport(
            ImportReport(
                plan=plan,
                source=Path(source).name,
                target=None,
                dry_run=True,
                state="planned",
            )
        )


def import_plate(
    source: str | Path,
    target: str | Path | None = None,
    *,
    preset: str = "auto",
    pattern: str | None = None,
    plate_map: Sources | None = None,
    sheet: str | None = None,
    version: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
    name: str | None = None,
    format: PlateFormat | int | str | None = None,
    channel_names: Mapping[str, str] | None = None,
    projection: bool = False,
    pages: str | None = None,
    strict: bool = False,
    plate: str | None = None,
    who: Who | None = None,
    workers: int | None = None,
) -> ImportReport:
    """Write the images of a microscope's export as a plate.

    Nothing is written before every file was looked at. An import that was interrupted
    goes on where it stopped when it is called again with the same source.

    Parameters
    ----------
    source
        A folder or a zip, which is read without being unpacked.
    target
        Where the plate is to be: a directory, or an ``.ozx`` archive. Needed unless
        `dry_run`.
    preset
        A microscope's, ``"pattern"`` or ``"regex"``, or ``"auto"``, which picks, and
        takes a pattern for what it is.
    pattern
        ``"{plate}_{well}_s{field}_{channel}.tif"``, or a regular expression with groups
        of these names, ``(?P<well>...)``; see `hcs.ingest.NamePattern`.
    plate_map
        A CSV, TSV or workbook whose columns become conditions of the wells, or several
        files, of which the further ones describe what a column of the first names; see
        `hcs.read_plate_map`.
    sheet
        Of the plate map's workbook; the first that names wells where None.
    version
        NGFF version: ``"0.4"``, ``"0.5"`` (the default) or ``"0.6"``.
    dry_run
        Only report what would be written.
    progress
        Called with the number of fields written and the number there are.
    name
        Name of the plate; that of the export where None.
    format
        Format of the plate, such as 384 or ``"12x32"``, where the export does not say
        it or is wrong.
    channel_names
        New names by the channels' own names or labels: ``{"w1": "DNA"}``.
    projection
        Take the projections along z of an ImageXpress export instead of its planes.
    pages
        What pages of image files are that do not say it: ``"channels"``, ``"z"`` or
        ``"t"``. None takes them as channels where the export names as many and one z,
        else as z.
    strict
        Stop where an image cannot be used or differs from the others, instead of
        leaving it out as a gap.
    plate
        Which one of several plates of the source, as `hcs.ingest.plates_of` names
        them.
    who
        Whom the history names; by default the login name.
    workers
        Number of threads that write; by default up to 4.

    Returns
    -------
        What was found and expected, the gaps, and the fate of every file.

    Raises
    ------
    SourceError
        If the source cannot be imported as it is: nothing fits, it holds several
        plates and none was chosen, two files claim one plane, more than a few images
        differ in size or type, or any where `strict`; or if `target` is a plate of
        another source.
    StoreError
        If `target` is no local path or holds something else, or the disk fails.
    """
    if target is None and not dry_run:
        raise SourceError("No target was given; name one, or ask for a dry run.")
    choices = ImportChoices(
        preset=preset,
        pattern=pattern,
        projection=projection,
        plate_map=plate_map,
        sheet=sheet,
        format=format,
        channel_names=channel_names,
        pages=pages,
        strict=strict,
        plate=plate,
    )
    if target is not None:
        local_path(target)  # what is no path of this machine is said before the work
    with plan_import(source, choices) as planned:
        if dry_run or target is None:
            place = None if target is None else str(target)
            return replace(planned.report, target=place)
        return planned.write(
            target,
            version=version,
            progress=progress,
            name=name,
            who=who,
            workers=workers,
        )


def fingerprint_at(target: str | Path) -> str:
    """Return by which the source of an imported plate is known, "" where none is there.

    That of `ImportReport.plan`, for whoever looks for a place that is free.

    Parameters
    ----------
    target
        Path of a plate.
    """
    try:
        with from_hcs_zarr(local_path(target)) as plate:
            record = extension(plate.attributes).get("import")
    except HCSError:
        return ""
    return str(record.get("fingerprint", "")) if isinstance(record, dict) else ""


def _earlier(target: Path, plan: Plan, *, grown: bool = False) -> dict[str, Any] | None:
    """Return what an import of the same source left at `target`, None where nothing is.

    Parameters
    ----------
    grown
        Whether the source is known to be the same, whatever its files are by now.

    Raises
    ------
    SourceError
        If a plate of another source is there.
    StoreError
        If something else is there.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return None
    try:
        with from_hcs_zarr(target) as plate:
            record = extension(plate.attributes).get("import")
    except (PlateNotFoundError, MetadataError, CorruptDataError) as error:
        raise StoreError(
            f"{target} exists and is no plate that can be read; nothing was written. "
            f"Choose a new place."
        ) from error
    if not isinstance(record, dict):
        raise SourceError(
            f"{target} is a plate that was not imported; nothing was written. Choose a "
            f"new place."
        )
    if not grown and record.get("fingerprint") != plan.fingerprint:
        raise SourceError(
            f"{target} holds an import of {record.get('source')!r}, and this source "
            f"has other files or another layout; nothing was written. Choose a new "
            f"place."
        )
    return record
