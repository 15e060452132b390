"""All that is to be known before a plate is written, without writing anything."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from hcs.errors import SourceError
from hcs.ingest.formats.image_file import ImageFile, Limits
from hcs.ingest.formats.images import read_image_file
from hcs.ingest.formats.pages import PAGES, likely_pages
from hcs.ingest.microscopes.registry import read_export
from hcs.ingest.plate.conditions import read_conditions
from hcs.ingest.plate.expectation import Expectation, expect
from hcs.ingest.plate.gaps import Counts, count_expected, count_present, find_gaps
from hcs.ingest.plate.grid import PlaneGrid, lay_out
from hcs.ingest.plate.growth import field_digests
from hcs.ingest.plate.outliers import find_outliers
from hcs.ingest.plate.traits import Traits, read_traits
from hcs.layout import PlateFormat, fitting_format, plate_format
from hcs.wording import by_reason, some

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from hcs.gaps import Gap
    from hcs.ingest.microscopes.export import Export
    from hcs.ingest.names import NameParts
    from hcs.ingest.plate.decoding import DamagedPlane
    from hcs.ingest.sources import ExportSource
    from hcs.tables.joining import Sources
    from hcs.tables.platemap import WellConditions

_LIMITS = Limits()

_LOOKS = 2
"""Times that a file is looked at which is written meanwhile."""

_HEADER_THREADS = 4
"""Headers are small reads: several at once hide the delay of a network share."""

_BATCH = 64
"""Headers of one task of a thread: a task costs as much memory as several headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import would write, and what it would not use."""

    source: ExportSource = field(repr=False)
    export: Export
    images: Mapping[str, ImageFile]
    """The files that are used, by name."""

    skipped: tuple[tuple[str, str], ...]
    """Files that are not used: name and reason, sorted."""

    grid: PlaneGrid
    traits: Traits
    format: PlateFormat
    format_source: str
    """How the format is known, in words."""

    found: Counts
    expectation: Expectation
    expected: Counts
    unusable: Mapping[NameParts, str]
    """What is wrong with images that are not used, by what they are of."""

    plate_map: WellConditions | None
    fingerprint: str
    """By which the same files, laid out the same way, are known again."""

    digests: Mapping[str, str]
    """By which the files of each field are, see `growth.field_digests`."""

    notes: tuple[str, ...]

    def gaps(
        self,
        damaged: Collection[DamagedPlane] = (),
        files: Iterable[tuple[str, str]] = (),
    ) -> tuple[Gap, ...]:
        """Return what is expected and not there, or cannot be decoded.

        Parameters
        ----------
        damaged
            Planes that cannot be decoded.
        files
            Names of the files that they are in, and what is wrong with them.
        """
        parts = self.export.file_parts
        return find_gaps(
            self.grid,
            self.expectation,
            self.traits.names,
            self.format,
            damaged,
            self.export.absent,
            {**self.unusable, **{parts[n]: why for n, why in files if n in parts}},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChoices:
    """What a person decides about an import; see `hcs.import_plate`."""

    preset: str = "auto"
    pattern: str | None = None
    projection: bool = False
    plate_map: Sources | None = None
    sheet: str | None = None
    format: PlateFormat | int | str | None = None
    channel_names: Mapping[str, str] | None = None
    pages: str | None = None
    strict: bool = False
    plate: str | None = None


def make_plan(
    source: ExportSource,
    choices: ImportChoices,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Return what importing a source would do; only headers of images are read.

    Parameters
    ----------
    progress
        Called with the number of images that were looked at and that there are.

    Raises
    ------
    SourceError
        If the source cannot be imported as it is.
    """
    export = read_export(
        source,
        preset=choices.preset,
        pattern=choices.pattern,
        projection=choices.projection,
        format=choices.format,
        plate=choices.plate,
    )
    images, unread = _examined(source, export, progress)
    images = _with_pages(images, export, choices.pages)
    outliers = find_outliers(export.file_parts, images, export.channel_name)
    images, unusable = outliers.images, {**unread, **outliers.left_out}
    if choices.strict and unusable:
        raise _refused(unusable, len(export.file_parts))
    grid = lay_out(export.file_parts, images, export.pages)
    expectation = expect(
        export.expected,
        grid,
        list(export.file_parts.values()),
        [export.file_parts[name] for name in unusable],
        export.channel_name,
    )
    traits = read_traits(
        export, grid, images, expectation.parts(1), choices.channel_names or {}
    )
    plate_map, map_notes = read_conditions(
        choices.plate_map, export, choices.format, choices.sheet
    )
    grid_format, format_source = _format(choices, export, grid, plate_map)
    return Plan(
        source=source,
        export=export,
        images=images,
        skipped=tuple(
            sorted(
                {
                    **dict(export.skipped),
                    **dict(source.left_out),
                    **unusable,
                }.items()
            )
        ),
        grid=grid,
        traits=traits,
        format=grid_format,
        format_source=format_source,
        found=count_present(grid),
        expectation=expectation,
        expected=count_expected(expectation),
        unusable={export.file_parts[name]: why for name, why in unusable.items()},
        plate_map=plate_map,
        fingerprint=fingerprint(source, export, grid),
        digests=field_digests(source.files, grid, grid_format),
        notes=(
            *_unfinished(export),
            *outliers.notes,
            *map_notes,
            *traits.notes,
            *expectation.notes,
            *_facts(images[name] for name in images if name not in export.pages),
        ),
    )


def _unfinished(export: Export) -> tuple[str, ...]:
    if export.complete is False:
        return ("The export says that its acquisition has not ended.",)
    return ()


def _examined(
    source: ExportSource,
    export: Export,
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[str, ImageFile], dict[str, str]]:
    """Return the images that can be used, and why the others cannot."""
    closed, names = dict(source.left_out), tuple(export.file_parts)

    def examine(start: int) -> list[ImageFile | str]:
        batch = names[start : start + _BATCH]
        return [closed.get(name) or _examine(source, name) for name in batch]

    with ThreadPoolExecutor(_HEADER_THREADS, "hcs-header") as pool:
        batches = pool.map(examine, range(0, len(names), _BATCH))
        examined: list[ImageFile | str] = []
        for batch in batches:
            examined += batch
            if progress is not None:
                progress(len(examined), len(names))
    images = {}
    unread: dict[str, str] = {}
    for number, name in enumerate(names):
        # Files that were being written may be whole by now.
        bad = isinstance(examined[number], str) and name not in closed
        if bad and source.change(name):
            examined[number] = _examine(source, name)
    for name, image in zip(names, examined, strict=True):
        if isinstance(image, ImageFile):
            images[name] = image
        else:
            unread[name] = image
    if not images:
        raise SourceError(
            f"None of the {len(unread)} images of {source.name} can be used: "
            f"{some([f'{name} {reason}' for name, reason in unread.items()], 1, str)}."
        )
    return images, unread


def _refused(unusable: Mapping[str, str], total: int) -> SourceError:
    reasons = "; ".join(islice(by_reason(unusable.items()), 4))
    return SourceError(
        f"{len(unusable):,} of {total:,} images would be left out, which a strict "
        f"import does not do: {reasons}. Without strict they are gaps."
    )


def _examine(source: ExportSource, name: str) -> ImageFile | str:
    """Return the image, or why it cannot be used; one that changes is read again."""
    for _ in range(_LOOKS):
        before = source.state(name)
        image = _header(source, name)
        if isinstance(image, str):
            source.reach(name)
        change = source.change(name, before)
        if not change:
            return image
    return change


def _header(source: ExportSource, name: str) -> ImageFile | str:
    try:
        image = read_image_file(source.opener(name), name=name, limits=_LIMITS)
    except SourceError as error:
        return str(error).removeprefix(f"{name} ").rstrip(".")
    return "is a colour picture (RGB), not intensities" if image.is_rgb else image


def _with_pages(
    images: dict[str, ImageFile], export: Export, pages: str | None
) -> dict[str, ImageFile]:
    """Return the images, pages of unsaid meaning as asked for or as is most likely."""
    if pages is not None and pages not in PAGES:
        raise SourceError(
            f"Pages cannot be {pages!r}; they are one of {', '.join(PAGES)}."
        )
    if pages is not None and not any(image.pages for image in images.values()):
        raise SourceError(
            f"No image has pages that could be taken as {pages}: each has one page, "
            f"or says what its pages are."
        )
    expected = export.expected
    channels, steps = len(expected.channels or ()), len(expected.z or (None,))

    def axis(name: str, image: ImageFile) -> str:
        if name in export.pages:
            return "z"
        if pages is not None:
            return PAGES[pages]
        return likely_pages(image.pages, channels=channels, z=steps)

    return {
        name: image.with_pages_as(axis(name, image)) if image.pages else image
        for name, image in images.items()
    }


def _facts(images: Iterable[ImageFile]) -> list[str]:
    """Return what is to be said of the files, counted."""
    counts = Counter(fact.message for image in images for fact in image.facts)
    return [f"In {count} files: {message}" for message, count in counts.items()]


def _format(
    choices: ImportChoices,
    export: Export,
    grid: PlaneGrid,
    plate_map: WellConditions | None,
) -> tuple[PlateFormat, str]:
    wells = set(grid.wells)
    if choices.format is not None:
        chosen, reason = plate_format(choices.format), "given"
    elif export.format is not None:
        document = next((f"as {name} says" for name in export.documents), "")
        reason = export.format_source or document or "as its wells are named"
        chosen = export.format
    else:
        mapped = set() if plate_map is None else set(plate_map.wells)
        chosen, certain = fitting_format(wells | mapped)
        reason = (
            "all of its wells are there"
            if certain
            else "assumed, as the smallest usual one that holds the wells"
        )
    outside = sorted(well for well in wells if not chosen.holds(well))
    if outside:
        raise SourceError(
            f"{len(outside)} wells lie outside of a {chosen}, among them "
            f"{chosen.label(outside[0])}; give the plate's format."
        )
    return chosen, reason


def fingerprint(source: ExportSource, export: Export, grid: PlaneGrid) -> str:
    """Return by which the same files, laid out the same way, are known again."""
    digest = hashlib.sha256()
    digest.update(source.fingerprint((*grid.files, *export.documents)).encode())
    for key, planes in grid.planes.items():
        for index, plane in sorted(planes.items()):
            digest.update(f"{key}{index}{plane.file}{plane.index}\0".encode())
    return f"sha256:{digest.hexdigest()}"


def worker_count(workers: int | None) -> int:
    """Return how many threads to write with."""
    return workers if workers is not None else min(4, os.cpu_count() or 1)
