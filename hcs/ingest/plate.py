"""Importing an export as a plate."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import hcs
from hcs.envelope import extension
from hcs.errors import MetadataError, PlateNotFoundError, SourceError, StoreError
from hcs.image import Multiscales, NgffImage
from hcs.ingest.display import display_channels
from hcs.ingest.gaps import Gap
from hcs.ingest.plan import Choices, Plan, make_plan, worker_count
from hcs.ingest.planes import PlaneArray
from hcs.ingest.report import MAX_LISTED, ImportReport
from hcs.ingest.sources import open_source
from hcs.metadata import (
    Axis,
    Channel,
    Dataset,
    ImageMetadata,
    Plate,
    PlateAcquisition,
    PlateColumn,
    PlateRow,
    PlateWell,
)
from hcs.plate import from_hcs_zarr
from hcs.writer import HCSPlateWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from hcs.ingest.grid import FieldKey, PlaneIndex
    from hcs.layout import PlateFormat
    from hcs.metadata import Who

    Progress = Callable[[int, int], None]


def import_plate(
    source: str | Path,
    target: str | Path | None = None,
    *,
    preset: str = "auto",
    pattern: str | None = None,
    plate_map: str | Path | bytes | None = None,
    version: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    name: str | None = None,
    format: PlateFormat | int | str | None = None,
    channel_names: Mapping[str, str] | None = None,
    projection: bool = False,
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
        ``"imagexpress"``, ``"phenix"``, ``"regex"``, or ``"auto"``, which picks.
    pattern
        For ``"regex"``: a regular expression with the groups ``well``, or ``row`` and
        ``column``, and where there are any ``field``, ``channel``, ``z``, ``t`` and
        ``plate``.
    plate_map
        A CSV or TSV whose columns become conditions of the wells; see
        `hcs.platemap.read_plate_map`.
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
        If the source cannot be imported as it is: nothing fits, two files claim one
        plane, sizes or types differ; or if `target` is a plate of another source.
    StoreError
        If `target` holds something else, or the disk fails.
    """
    if target is None and not dry_run:
        raise SourceError("No target was given; name one, or ask for a dry run.")
    choices = Choices(
        preset=preset,
        pattern=pattern,
        projection=projection,
        plate_map=plate_map,
        format=format,
        channel_names=channel_names,
    )
    with open_source(source) as files:
        plan = make_plan(files, choices)
        report = ImportReport(
            plan=plan,
            source=Path(source).name,
            target=None if target is None else str(target),
            dry_run=dry_run,
            state="planned",
        )
        if dry_run or target is None:
            return report
        state = _state_of(Path(target), plan)
        if state == "done":
            return replace(report, state="unchanged")
        run = _Run(report, name=name or plan.export.plate, progress=progress)
        return run.write(Path(target), state, version, who, worker_count(workers))


def _state_of(target: Path, plan: Plan) -> str:
    """Return how far an import of the same source got: ``"new"``, or as it says.

    Raises
    ------
    SourceError
        If a plate of another source is there.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return "new"
    try:
        with from_hcs_zarr(target) as plate:
            known = extension(plate.attributes).get("import")
    except (PlateNotFoundError, MetadataError) as error:
        raise StoreError(
            f"{target} exists and is no plate that can be read; nothing was written. "
            f"Choose a new place."
        ) from error
    if not isinstance(known, dict):
        raise SourceError(
            f"{target} is a plate that was not imported; nothing was written. Choose a "
            f"new place."
        )
    if known.get("fingerprint") != plan.fingerprint:
        raise SourceError(
            f"{target} holds an import of {known.get('source')!r}, and this source has "
            f"other files or another layout; nothing was written. Choose a new place."
        )
    return "done" if known.get("state") == "done" else "unfinished"


class _Run:
    """One writing of a plan.

    Thread safety: fields are written from several threads; `_lock` guards what is
    known of damaged files, and no callback runs under it.
    """

    def __init__(
        self, report: ImportReport, *, name: str, progress: Progress | None
    ) -> None:
        self._report, self._plan = report, report.plan
        self._name, self._progress = name, progress
        self._lock = threading.Lock()
        self._damaged: dict[str, str] = {}
        self._late: list[Gap] = []
        self._channels: tuple[Channel, ...] = ()
        self._done = 0

    def write(
        self,
        target: Path,
        state: str,
        version: str | None,
        who: Who | None,
        workers: int,
    ) -> ImportReport:
        """Write what is not there yet and return the report."""
        plan = self._plan
        self._channels = display_channels(plan.grid, plan.images, plan.traits.channels)
        with HCSPlateWriter(
            target,
            self._plate() if state == "new" else None,
            version,
            overwrite=False,
            who=who,
            annotations=self._annotations("unfinished"),
        ) as writer:
            there = writer.written
            todo = [key for key in plan.grid.planes if self._id(key) not in there]
            self._done = len(plan.grid.planes) - len(todo)
            self._tell()
            writer.map(lambda key: self._write_field(writer, key), todo, workers)
            writer.annotate(self._annotations("done"))
        return self._final("written" if state == "new" else "resumed")

    def _final(self, state: str) -> ImportReport:
        return replace(
            self._report,
            state=state,
            damaged=tuple(sorted(self._damaged.items())),
            late_gaps=tuple(self._late),
        )

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, len(self._plan.grid.planes))

    # --- the documents ---------------------------------------------------------------

    def _id(self, key: FieldKey) -> tuple[str, str]:
        (row, column), field = key
        names = self._plan.format
        return f"{names.row_names[row]}/{names.column_names[column]}", str(field)

    def _plate(self) -> Plate:
        plan = self._plan
        rows, columns = plan.format.row_names, plan.format.column_names
        return Plate(
            rows=[PlateRow(name) for name in rows],
            columns=[PlateColumn(name) for name in columns],
            wells=[
                PlateWell(f"{rows[row]}/{columns[column]}", row, column)
                for row, column in plan.grid.wells
            ],
            acquisitions=[
                PlateAcquisition(
                    id=0,
                    name=plan.export.plate,
                    description=plan.export.identity,
                    maximumfieldcount=len(plan.grid.fields),
                )
            ],
            field_count=len(plan.grid.fields),
            name=self._name,
        )

    def _annotations(self, state: str) -> dict[str, Any]:
        plan = self._plan
        report = self._final("written")
        content: dict[str, Any] = {
            "import": self._provenance(report, state),
            "gaps": report.gap_entries(),
            "channels": [
                {key: value for key, value in entry.items() if value is not None}
                for entry in self._channel_entries()
            ],
        }
        if plan.plate_map is not None:
            content["conditions"] = plan.plate_map.conditions(
                plan.format.row_names, plan.format.column_names
            )
        return content

    def _channel_entries(self) -> list[dict[str, Any]]:
        return [
            {
                "name": note.name,
                "clip": note.clip,
                "emission": note.emission,
                "excitation": note.excitation,
                "exposure": note.exposure,
            }
            for note in self._plan.traits.channels
        ]

    def _provenance(self, report: ImportReport, state: str) -> dict[str, Any]:
        plan = self._plan
        skipped = report.skipped
        return {
            "state": state,
            "source": report.source,
            "fingerprint": plan.fingerprint,
            "software": f"hcs {hcs.__version__}",
            "when": datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "preset": plan.export.preset,
            "reason": plan.export.reason,
            "identity": plan.export.identity,
            "acquired": plan.traits.acquired,
            "format_source": plan.format_source,
            "found": plan.found.as_dict(),
            "expected": plan.expected.as_dict(),
            "gap_count": len(report.gaps),
            "used_count": len(report.used),
            "skipped_count": len(skipped),
            "skipped": [list(entry) for entry in skipped[:MAX_LISTED]],
            "notes": list(plan.notes),
        }

    # --- the fields ------------------------------------------------------------------

    def _write_field(self, writer: HCSPlateWriter, key: FieldKey) -> None:
        plan = self._plan
        (row, column), field = key
        files = sorted({plane.file for plane in plan.grid.planes[key].values()})
        pixels = self._decoded(key)
        if pixels is not None:
            label = plan.grid.fields[field].label
            writer.write_well_image(
                self._multiscales(key, pixels),
                plan.format.row_names[row],
                plan.format.column_names[column],
                field,
                label=label or None,
                source=_source_text(files),
            )
        for file in files:
            plan.images[file].close()
        if self._damaged:
            # Kept in the plate at once: a later run does not read these files again.
            writer.annotate(self._annotations("unfinished"))
        with self._lock:
            self._done += 1
        self._tell()

    def _multiscales(self, key: FieldKey, pixels: Any) -> Multiscales:
        dims = self._dims
        scale, translation = self._scale(), self._translation(key)
        units = {"y": "micrometer", "x": "micrometer"} if scale["x"] else {}
        units |= {"z": "micrometer"} if scale["z"] else {}
        units |= {"t": "second"} if scale["t"] else {}
        known = {axis: size or 1.0 for axis, size in scale.items()}
        image = NgffImage(
            data=pixels,
            dims=dims,
            scale=known,
            translation=translation,
            name=self._title(key),
        )
        return Multiscales(
            [image],
            ImageMetadata(
                axes=tuple(
                    Axis(name=d, type=_TYPES[d], unit=units.get(d)) for d in dims
                ),
                datasets=(
                    Dataset(
                        path="0",
                        scale=tuple(known.get(axis, 1.0) for axis in dims),
                        translation=tuple(translation.get(axis, 0.0) for axis in dims)
                        if translation
                        else None,
                    ),
                ),
                channels=self._channels,
            ),
        )

    def _title(self, key: FieldKey) -> str:
        (row, column), field = key
        plan = self._plan
        well = plan.format.label((row, column))
        return f"{well} {plan.grid.fields[field].label}".strip()

    @property
    def _dims(self) -> tuple[str, ...]:
        grid = self._plan.grid
        leading = [("t", len(grid.t) > 1), ("c", True), ("z", len(grid.z) > 1)]
        return (*(axis for axis, present in leading if present), "y", "x")

    def _scale(self) -> dict[str, float | None]:
        traits = self._plan.traits
        y, x = traits.pixel_size or (None, None)
        return {"t": traits.t_step, "z": traits.z_step, "y": y, "x": x}

    def _translation(self, key: FieldKey) -> dict[str, float]:
        """Return the first pixel's place from the centre of the well, if known."""
        traits, grid = self._plan.traits, self._plan.grid
        centre = traits.centres.get(key)
        if centre is None or traits.pixel_size is None:
            return {}
        return {
            axis: round(middle - (count - 1) / 2 * size, 6)
            for axis, middle, count, size in zip(
                ("y", "x"), centre, grid.size, traits.pixel_size, strict=True
            )
        }

    def _decoded(self, key: FieldKey) -> PlaneArray | NDArray[Any] | None:
        """Return the field's pixels, None where no plane of it can be decoded.

        A plane whose file is damaged is zero, as one that is missing, and a gap.
        """
        grid = self._plan.grid
        planes = grid.planes[key]
        places = list(grid.places)
        sizes = {"t": len(grid.t), "c": len(grid.channels), "z": len(grid.z)}
        shape = (*(sizes[axis] for axis in self._dims[:-2]), *grid.size)
        nbytes = int(np.prod(shape)) * grid.dtype.itemsize
        if nbytes > _AT_ONCE:
            return PlaneArray(shape, grid.dtype, lambda p: self._plane(key, p))
        pixels = np.zeros((len(places), *grid.size), grid.dtype)
        readable = False
        for slot, place in zip(pixels, places, strict=True):
            if place in planes and (plane := self._read(key, place)) is not None:
                slot[...] = plane
                readable = True
        return pixels.reshape(shape) if readable else None

    def _plane(self, key: FieldKey, position: tuple[int, ...]) -> NDArray[Any]:
        at = dict(zip(self._dims, position, strict=False))
        plane = self._read(key, (at.get("t", 0), at["c"], at.get("z", 0)))
        grid = self._plan.grid
        return np.zeros(grid.size, grid.dtype) if plane is None else plane

    def _read(self, key: FieldKey, place: PlaneIndex) -> NDArray[Any] | None:
        plane = self._plan.grid.planes[key].get(place)
        if plane is None:
            return None
        t, c, z = plane.index
        try:
            return self._plan.images[plane.file].plane(t=t, c=c, z=z)
        except SourceError as error:
            self._note_damage(key, place, plane.file, str(error))
            return None

    def _note_damage(
        self, key: FieldKey, place: PlaneIndex, file: str, message: str
    ) -> None:
        grid, names = self._plan.grid, self._plan.traits.channels
        t, c, z = place
        gap = Gap(
            well=key[0],
            field=key[1],
            channel=names[c].name,
            z=z if len(grid.z) > 1 else None,
            t=t if len(grid.t) > 1 else None,
        )
        with self._lock:
            self._damaged[file] = message.removeprefix(f"{file} ").rstrip(".")
            if gap not in self._late:
                self._late.append(gap)


_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}

_AT_ONCE = 256 << 20
"""Bytes of a field that is decoded whole; a larger one is read plane by plane."""


def _source_text(files: list[str]) -> str:
    first = files[0].rpartition("/")[2]
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"
