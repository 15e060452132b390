"""The writing of a planned import, from the first field or from where it stopped."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs.axes import TYPES
from hcs.images.image import Multiscales
from hcs.images.ngff_image import NgffImage
from hcs.ingest.plate.decoding import FieldDecoder
from hcs.ingest.plate.display import display_channels
from hcs.ingest.plate.growth import field_digests, field_path
from hcs.ingest.plate.plan import fingerprint
from hcs.ingest.plate.provenance import (
    DONE,
    UNFINISHED,
    annotations_of,
    plate_of,
    read_damage,
)
from hcs.ingest.sources import is_image_name
from hcs.metadata import Axis, Dataset, ImageMetadata
from hcs.plates.opening import from_hcs_zarr
from hcs.wording import counted, some
from hcs.writing.writer import HCSPlateWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hcs.ingest.plate.grid import FieldKey
    from hcs.ingest.plate.growth import Growth
    from hcs.ingest.plate.report import ImportReport
    from hcs.metadata import Who
    from hcs.plates.plate import HCSPlate

    Progress = Callable[[int, int], None]


class ImportRun:
    """One writing of a plan.

    Parameters
    ----------
    report
        The report of the plan, which the finished one is made from.
    name
        Name of the plate.
    earlier
        What a run that was interrupted left in the plate document, None at first.
    progress
        Called with the number of fields written and the number there are.
    growth
        How the export has become another since the plate was imported; its changed
        fields get a new version. None where it is the one that was.

    Notes
    -----
    Thread safety: fields are written from several threads; `_lock` guards the count,
    and is held during `progress` so that its numbers never fall.
    """

    def __init__(
        self,
        report: ImportReport,
        *,
        name: str,
        earlier: Mapping[str, Any] | None,
        progress: Progress | None,
        growth: Growth | None = None,
    ) -> None:
        self._growth = growth
        self._report, self._plan = report, report.plan
        self._name, self._earlier, self._progress = name, earlier, progress
        self._decoder = FieldDecoder(report.plan)
        self._lock = threading.Lock()
        self._done = 0
        if earlier is not None:
            self._decoder.remember(*read_damage(earlier))

    def write(
        self,
        target: Path,
        version: str | None,
        who: Who | None,
        workers: int,
        grace: float | None = None,
    ) -> ImportReport:
        """Write what is not there yet and return the report."""
        plan, first = self._plan, self._earlier is None
        self._channels = display_channels(plan.grid, plan.images, plan.traits.channels)
        with HCSPlateWriter(
            target,
            plate_of(plan, self._name) if first else None,
            version,
            overwrite=False,
            who=who,
            grace=grace,
            annotations=self._annotations(UNFINISHED),
        ) as writer:
            written = {f"{well}/{name}" for well, name in writer.written}
            written -= self._changed(target)
            todo = [
                key
                for key in plan.grid.planes
                if field_path(key, plan.format) not in written
            ]
            self._done = len(plan.grid.planes) - len(todo)
            self._report_progress(0)
            writer.map(lambda key: self._write_field(writer, key), todo, workers)
            self._look_again()
            writer.annotate(self._annotations(DONE))
        return self._current("written" if first else "resumed")

    def _changed(self, target: Path) -> frozenset[str]:
        """Return the fields that are to get a new version, and have not got it yet."""
        changed = self._growth.changed if self._growth else frozenset()
        if not changed:
            return changed
        with from_hcs_zarr(target) as plate:
            return frozenset(
                path
                for path in changed
                if _live_reason(plate, path) != self._grew(path)
            )

    def _grew(self, path: str) -> str:
        """Return why a field gets a new version: a later run knows it by that."""
        return f"its export grew ({self._plan.digests[path]})"

    def _look_again(self) -> None:
        """Note what was written into the source while its files were read.

        Files that were read again are known next time by what they were then; those
        that were not read are not, so that they count as changed.
        """
        plan, damaged = self._plan, {name for name, _ in self._decoder.files}
        names = plan.export.file_parts
        folders = {name.rpartition("/")[0] for name in names}
        news = [
            file.name
            for file in plan.source.news()
            if file.name in names or (is_image_name(file) and file.folder in folders)
        ]
        note = (
            f"In the source {counted(len(news), 'file')} appeared or changed after the "
            f"import had looked at them: {some(news, 4)}. Import it again for what is "
            f"there now."
        )
        read = [file for file in plan.source.files if file.name not in damaged]
        unread = {
            field_path(key, plan.format)
            for key, planes in plan.grid.planes.items()
            if any(plane.file in damaged for plane in planes.values())
        }
        digests = field_digests(read, plan.grid, plan.format)
        self._plan = replace(
            plan,
            fingerprint=plan.fingerprint
            if damaged
            else fingerprint(plan.source, plan.export, plan.grid),
            digests={
                path: plan.digests[path] if path in unread else digest
                for path, digest in digests.items()
            },
            notes=(*plan.notes, note) if news else plan.notes,
        )
        self._report = replace(self._report, plan=self._plan)

    def _current(self, state: str) -> ImportReport:
        return replace(
            self._report,
            state=state,
            damaged=self._decoder.files,
            damaged_planes=self._decoder.planes,
        )

    def _annotations(self, state: str) -> dict[str, Any]:
        return annotations_of(self._current("written"), state)

    def _report_progress(self, more: int) -> None:
        with self._lock:
            self._done += more
            if self._progress is not None:
                self._progress(self._done, len(self._plan.grid.planes))

    def _write_field(self, writer: HCSPlateWriter, key: FieldKey) -> None:
        plan = self._plan
        (row, column), field = key
        path = field_path(key, plan.format)
        files = sorted({plane.file for plane in plan.grid.planes[key].values()})
        before = self._decoder.planes
        pixels = self._decoder.pixels(key)
        if pixels is not None:
            writer.write_well_image(
                self._multiscales(key, pixels),
                plan.format.row_names[row],
                plan.format.column_names[column],
                field,
                label=plan.grid.fields[field].label or None,
                source=_source_text(files),
                reason=self._grew(path)
                if self._growth and path in self._growth.changed
                else None,
            )
        for file in files:
            plan.images[file].close()
        if self._decoder.planes != before:
            # Kept in the plate at once: a later run does not read this field again.
            writer.annotate(self._annotations(UNFINISHED))
        self._report_progress(1)

    def _multiscales(self, key: FieldKey, pixels: Any) -> Multiscales:
        dims, sizes = self._decoder.dims, self._sizes()
        scale = {axis: size or 1.0 for axis, size in sizes.items()}
        translation = self._translation(key)
        image = NgffImage(
            data=pixels,
            dims=dims,
            scale=scale,
            translation=translation,
            name=self._title(key),
        )
        metadata = ImageMetadata(
            axes=tuple(
                Axis(
                    name=axis,
                    type=TYPES[axis],
                    unit=_UNITS[axis] if sizes.get(axis) else None,
                )
                for axis in dims
            ),
            datasets=(
                Dataset(
                    path="0",
                    scale=tuple(scale.get(axis, 1.0) for axis in dims),
                    translation=tuple(translation.get(axis, 0.0) for axis in dims)
                    if translation
                    else None,
                ),
            ),
            channels=self._channels,
            name=self._title(key),
        )
        return Multiscales([image], metadata)

    def _title(self, key: FieldKey) -> str:
        (row, column), field = key
        plan = self._plan
        well = plan.format.label((row, column))
        return f"{well} {plan.grid.fields[field].label}".strip()

    def _sizes(self) -> dict[str, float | None]:
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


_UNITS = {"t": "second", "z": "micrometer", "y": "micrometer", "x": "micrometer"}


def _live_reason(plate: HCSPlate, path: str) -> str | None:
    """Return why the live version of a field was written, None where none says it."""
    well, _, name = path.rpartition("/")
    history = plate.well(well).history(name)
    return history[-1].why if history else None


def _source_text(files: list[str]) -> str:
    first = files[0].rpartition("/")[2]
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"
