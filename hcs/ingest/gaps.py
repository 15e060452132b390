"""What should be there and is not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from hcs.ingest.grid import ONLY
from hcs.layout import Position, well_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hcs.ingest.export import Expected
    from hcs.ingest.grid import Grid, PlaneIndex, PlaneSource
    from hcs.ingest.names import NameParts, Part

MAX_GAPS: Final = 10_000
"""Gaps that a plate document lists; it has a size limit, and people stop reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many there are along each axis, and planes in all."""

    wells: int
    fields: int
    channels: int
    z: int
    t: int
    planes: int

    def __str__(self) -> str:
        return (
            f"{self.wells} wells x {self.fields} fields x {self.channels} channels x "
            f"{self.z} z x {self.t} t: {self.planes} planes"
        )

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A well, field, channel or plane that is not there.

    None stands for all of an axis. A number along z or t is an index into the plate's
    arrays, which hold zeros there; a text is the source's name of something that no
    file has, for which the arrays have no place.
    """

    well: Position | None = None
    field: int | str | None = None
    channel: str | None = None
    z: int | str | None = None
    t: int | str | None = None

    def as_dict(
        self, rows: Sequence[str], columns: Sequence[str], fields: Sequence[Part]
    ) -> dict[str, Any]:
        """Return the entry of the plate document."""
        entry: dict[str, Any] = {
            "well": None,
            "field": self.field,
            "channel": self.channel,
            "z": self.z,
            "t": self.t,
        }
        if self.well is not None:
            entry["well"] = f"{rows[self.well[0]]}/{columns[self.well[1]]}"
        if isinstance(self.field, int):
            entry["field"] = str(self.field)
            if fields[self.field].label:
                entry["label"] = fields[self.field].label
        return entry

    def describe(self, columns: int, fields: Sequence[Part]) -> str:
        """Return the gap in words: ``"B02 field s1 channel DAPI z 2"``."""
        said = [] if self.well is None else [well_label(*self.well, columns)]
        if self.well is None:
            said.append("every well:")
        if self.field is not None:
            label = self.field
            if isinstance(label, int):
                label = fields[label].label or str(label)
            said.append(f"field {label}")
        if self.channel is not None:
            said.append(f"channel {self.channel}")
        for axis, value in (("z", self.z), ("t", self.t)):
            if value is not None:
                said.append(f"{axis} {value + 1 if isinstance(value, int) else value}")
        return " ".join(said)


def compare(
    grid: Grid, expected: Expected, channel_names: Mapping[Part, str]
) -> tuple[Counts, Counts, tuple[Gap, ...]]:
    """Return what was found, what was expected, and the gaps between.

    Where the export says nothing of an axis, what was found anywhere on the plate is
    expected in every well and field.

    Parameters
    ----------
    channel_names
        Name of every channel that was found or expected.
    """
    found = Counts(
        wells=len(grid.wells),
        fields=len(grid.fields),
        channels=len(grid.channels),
        z=len(grid.z),
        t=len(grid.t),
        planes=grid.count,
    )
    axes = _expected_axes(grid, expected)
    wanted = Counts(
        wells=len(axes["wells"]),
        fields=len(axes["fields"]),
        channels=len(axes["channels"]),
        z=len(axes["z"]),
        t=len(axes["t"]),
        planes=_expected_planes(grid, expected, axes),
    )
    gaps = chain(
        _beyond_grid(grid, axes, channel_names),
        _within_grid(grid, expected, channel_names),
    )
    return found, wanted, tuple(gaps)


def _expected_axes(grid: Grid, expected: Expected) -> dict[str, list[Any]]:
    """Return each axis as expected, with what was found beside that."""
    listed: Sequence[NameParts] = tuple(expected.listed or ())
    said: dict[str, set[Any]] = {
        "wells": {one.well for one in listed if one.well} | set(expected.wells or ()),
        "fields": _of(listed, "field") | set(expected.fields or ()),
        "channels": _of(listed, "channel") | set(expected.channels or ()),
        "z": _of(listed, "z") | set(expected.z or ()),
        "t": _of(listed, "t") | set(expected.t or ()),
    }
    found: dict[str, Sequence[Any]] = {
        "wells": grid.wells,
        "fields": grid.fields,
        "channels": grid.channels,
        "z": grid.z,
        "t": grid.t,
    }
    # Found parts first: their labels are those of the files.
    return {
        axis: sorted({one: one for one in chain(said[axis], found[axis])}.values())
        for axis in said
    }


def _of(listed: Sequence[NameParts], axis: str) -> set[Part]:
    return {getattr(one, axis) or ONLY for one in listed}


def _expected_planes(
    grid: Grid, expected: Expected, axes: Mapping[str, Sequence[Any]]
) -> int:
    if expected.listed is not None:
        return len(expected.listed)
    product = 1
    for axis in axes.values():
        product *= len(axis)
    return product


def _beyond_grid(
    grid: Grid, axes: Mapping[str, Sequence[Any]], names: Mapping[Part, str]
) -> Iterator[Gap]:
    imaged = frozenset(grid.wells)
    yield from (Gap(well=well) for well in axes["wells"] if well not in imaged)
    for field in axes["fields"]:
        if field not in grid.fields:
            yield Gap(field=field.label or "the only one")
    for channel in axes["channels"]:
        if channel not in grid.channels:
            yield Gap(channel=names[channel])
    yield from (Gap(z=step.label) for step in axes["z"] if step not in grid.z)
    yield from (Gap(t=time.label) for time in axes["t"] if time not in grid.t)


def _within_grid(
    grid: Grid, expected: Expected, names: Mapping[Part, str]
) -> Iterator[Gap]:
    listed = None
    if expected.listed is not None:
        listed = {(one.well, one.field or ONLY) for one in expected.listed}
    for well in grid.wells:
        for index, field in enumerate(grid.fields):
            planes = grid.planes.get((well, index))
            if planes is not None:
                yield from _within_field(grid, (well, index), planes, names)
            elif listed is None or (well, field) in listed:
                yield Gap(well=well, field=index)


def _within_field(
    grid: Grid,
    key: tuple[Position, int],
    planes: Mapping[PlaneIndex, PlaneSource],
    names: Mapping[Part, str],
) -> Iterator[Gap]:
    well, field = key
    each = len(grid.t) * len(grid.z)
    if len(planes) == each * len(grid.channels):
        return
    empty: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for t, c, z in grid.places:
        if (t, c, z) not in planes:
            empty[c].append((t, z))
    for c, places in empty.items():
        channel = names[grid.channels[c]]
        if len(places) == each:
            yield Gap(well=well, field=field, channel=channel)
            continue
        for t, z in places:
            yield Gap(
                well=well,
                field=field,
                channel=channel,
                z=z if len(grid.z) > 1 else None,
                t=t if len(grid.t) > 1 else None,
            )
