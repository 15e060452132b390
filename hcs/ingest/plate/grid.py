"""The planes of a plate: which file, and which plane of it, stands where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hcs.errors import SourceError
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.layout import Position, well_label
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from hcs.ingest.formats.image_file import ImageFile

ONLY = name_part("1", "")
"""The one field, channel, z or t of files whose names do not say it."""

PlaneIndex = tuple[int, int, int]
"""Zero-based ``(t, c, z)``."""

FieldKey = tuple[Position, int]
"""A well, and the index of the field among `Grid.fields`."""


@dataclass(frozen=True, slots=True)
class PlaneSource:
    """One plane of one file."""

    file: str
    index: PlaneIndex
    """Within the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneGrid:
    """What was found, along five axes; any place may be empty."""

    wells: tuple[Position, ...]
    fields: tuple[NamePart, ...]
    channels: tuple[NamePart, ...]
    z: tuple[NamePart, ...]
    t: tuple[NamePart, ...]
    planes: Mapping[FieldKey, Mapping[PlaneIndex, PlaneSource]]
    size: tuple[int, int]
    """Pixels of each plane along y and x."""

    dtype: np.dtype[Any]

    @property
    def count(self) -> int:
        """Number of planes that were found."""
        return sum(map(len, self.planes.values()))

    @property
    def plane_indices(self) -> Iterator[PlaneIndex]:
        """Every ``(t, c, z)`` of a field, found or not."""
        return product(
            range(len(self.t)), range(len(self.channels)), range(len(self.z))
        )

    @property
    def files(self) -> frozenset[str]:
        """Names of the files that are used."""
        return frozenset(
            plane.file for field in self.planes.values() for plane in field.values()
        )


_Coordinates = tuple[Position, NamePart, NamePart, NamePart, NamePart]
"""Well, field, channel, z and t."""


def lay_out(
    file_parts: Mapping[str, NameParts],
    images: Mapping[str, ImageFile],
    pages: Mapping[str, Mapping[int, NameParts]] = MappingProxyType({}),
) -> PlaneGrid:
    """Return where each plane of the images stands, which have one size and type.

    A file that holds several channels, z planes or time points fills as many places,
    where its name does not say which one it is of.

    Parameters
    ----------
    pages
        What the pages of files are of that are described, by the file's name.

    Raises
    ------
    SourceError
        If two planes claim one place, or a file holds several planes along an axis for
        which its name gives one.
    """
    claims: defaultdict[_Coordinates, list[PlaneSource]] = defaultdict(list)
    for file, image in images.items():
        planes_of = (
            _described_pages(pages[file], image)
            if file in pages
            else _planes_of(file_parts[file], image)
        )
        for coordinates, index in planes_of:
            claims[coordinates].append(PlaneSource(file, index))
    _check_single(claims)
    wells, fields, channels, z, t = (
        tuple(sorted({coordinates[axis] for coordinates in claims}))
        for axis in range(5)
    )
    ranks = [{p: i for i, p in enumerate(axis)} for axis in (fields, channels, z, t)]
    planes: defaultdict[FieldKey, dict[PlaneIndex, PlaneSource]] = defaultdict(dict)
    for (well, *parts), (plane,) in claims.items():
        field, c, step, time = (r[p] for r, p in zip(ranks, parts, strict=True))
        planes[well, field][time, c, step] = plane
    first = next(iter(images.values()))
    return PlaneGrid(
        wells=wells,  # type: ignore[arg-type]  # the axes of a tuple differ in type
        fields=fields,  # type: ignore[arg-type]
        channels=channels,  # type: ignore[arg-type]
        z=z,  # type: ignore[arg-type]
        t=t,  # type: ignore[arg-type]
        planes=dict(sorted(planes.items())),
        size=(first.shape[-2], first.shape[-1]),
        dtype=first.dtype,
    )


def _planes_of(
    parts: NameParts, image: ImageFile
) -> Iterator[tuple[_Coordinates, PlaneIndex]]:
    if parts.well is None:
        raise SourceError(f"The name of {image.name} gives no well.")
    if problem := contradiction(parts, image):
        raise SourceError(
            f"{image.name} holds {problem}; leave the group out of the pattern."
        )
    sizes = image.sizes
    times = _parts_along(parts.t, sizes["t"])
    channels = _parts_along(parts.channel, sizes["c"])
    steps = _parts_along(parts.z, sizes["z"])
    field = parts.field or ONLY
    for t, c, z in product(*map(range, (len(times), len(channels), len(steps)))):
        yield (parts.well, field, channels[c], steps[z], times[t]), (t, c, z)


def _described_pages(
    pages: Mapping[int, NameParts], image: ImageFile
) -> Iterator[tuple[_Coordinates, PlaneIndex]]:
    """Yield where the pages of a file stand, which count along z in it."""
    for page, parts in pages.items():
        if parts.well is not None and page < image.sizes["z"]:
            axes = (parts.field, parts.channel, parts.z, parts.t)
            field, channel, z, t = (part or ONLY for part in axes)
            yield (parts.well, field, channel, z, t), (0, 0, page)


def contradiction(parts: NameParts, image: ImageFile) -> str:
    """Return what a file holds where its name gives a single plane, "" if nothing."""
    sizes = image.sizes
    for axis, stated, size in (
        ("t", parts.t, sizes["t"]),
        ("channel", parts.channel, sizes["c"]),
        ("z", parts.z, sizes["z"]),
    ):
        if stated is not None and size > 1:
            return (
                f"{size} planes along {axis}, but its name says {axis} {stated.label}"
            )
    return ""


def _parts_along(stated: NamePart | None, size: int) -> tuple[NamePart, ...]:
    if size == 1:
        return (stated or ONLY,)
    return tuple(name_part(str(number + 1)) for number in range(size))


def _check_single(claims: Mapping[_Coordinates, Sequence[PlaneSource]]) -> None:
    doubled = [
        f"{_where(coordinates)}: {' and '.join(plane.file for plane in planes[:3])}"
        for coordinates, planes in claims.items()
        if len(planes) > 1
    ]
    if doubled:
        raise SourceError(
            f"{counted(len(doubled), 'plane')} with two files or more: "
            f"{_some(doubled)}. Take one of them out of the source, or let the pattern "
            f"tell them apart."
        )


def _where(coordinates: _Coordinates) -> str:
    well, *parts = coordinates
    names = ("field", "channel", "z", "t")
    texts = [
        f"{name} {p.label}" for name, p in zip(names, parts, strict=True) if p.label
    ]
    return " ".join([well_label(*well), *texts])


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - 4} more" if len(texts) > 4 else ""
    return "; ".join(texts[:4]) + more
