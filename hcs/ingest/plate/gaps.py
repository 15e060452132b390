"""What should be there and is not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hcs.gaps import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hcs.ingest.names import NamePart, NameParts
    from hcs.ingest.plate.decoding import DamagedPlane
    from hcs.ingest.plate.expectation import Expectation, PlaneParts, Planes
    from hcs.ingest.plate.grid import PlaneGrid
    from hcs.layout import PlateFormat, Position

_LONGEST: Final = 240
"""Characters of a reason: a document holds ten thousand, and decoders say much."""

_NOTHING: Final[Mapping[NameParts, str]] = MappingProxyType({})

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


def count_present(grid: PlaneGrid) -> Counts:
    """Return how much was found."""
    return Counts(
        wells=len(grid.wells),
        fields=len(grid.fields),
        channels=len(grid.channels),
        z=len(grid.z),
        t=len(grid.t),
        planes=grid.count,
    )


def count_expected(expectation: Expectation) -> Counts:
    """Return how much should be there."""
    wells = expectation.fields.values()
    return Counts(
        wells=len(wells),
        fields=len({field for fields in wells for field in fields}),
        t=len(expectation.parts(0)),
        channels=len(expectation.parts(1)),
        z=len(expectation.parts(2)),
        planes=sum(len(planes) for fields in wells for planes in fields.values()),
    )


def find_gaps(
    grid: PlaneGrid,
    expectation: Expectation,
    names: Mapping[NamePart, str],
    format: PlateFormat,
    damaged: Collection[DamagedPlane] = (),
    absent: Mapping[NameParts, str] = _NOTHING,
    unusable: Mapping[NameParts, str] = _NOTHING,
) -> tuple[Gap, ...]:
    """Return what is expected and not there, each time the largest thing that is not.

    Parameters
    ----------
    grid
        What was found.
    names
        Name of every channel that was found or is expected.
    damaged
        Planes that were found and could not be decoded.
    absent
        Why planes are not there, as the export says.
    unusable
        What is wrong with files that are there and are not used.
    """
    search = _Search(grid, expectation, names, format, damaged, absent, unusable)
    return tuple(search.gaps())


class _Search:
    """The comparison of what is there with what should be."""

    def __init__(
        self,
        grid: PlaneGrid,
        expectation: Expectation,
        names: Mapping[NamePart, str],
        format: PlateFormat,
        damaged: Collection[DamagedPlane],
        absent: Mapping[NameParts, str],
        unusable: Mapping[NameParts, str],
    ) -> None:
        self._grid, self._names, self._format = grid, names, format
        self._expectation = expectation
        self._reasons: defaultdict[Position | None, list[tuple[NameParts, str]]] = (
            defaultdict(list)
        )
        reasons = {p: f"its file {reason}" for p, reason in unusable.items()}
        for names_of_planes, reason in {**reasons, **absent}.items():
            self._reasons[names_of_planes.well].append((names_of_planes, reason))
        self._excused = {names_of_planes.field for names_of_planes in absent}
        self._present = _planes_present(grid, damaged)
        self._fields: set[NamePart] = set()
        self._along: tuple[set[NamePart], set[NamePart], set[NamePart]] = (
            set(),
            set(),
            set(),
        )
        for fields in self._present.values():
            self._fields |= fields.keys()
            for planes in fields.values():
                for axis, parts in enumerate(self._along):
                    parts |= {plane[axis] for plane in planes}

    def gaps(self) -> Iterator[Gap]:
        """Yield the gaps: wells, what no well has, then what single fields lack."""
        expected = self._expectation.fields
        for well in sorted(expected):
            if well not in self._present:
                yield self._gap(well)
        if self._present:
            yield from self._nowhere()
        for well in sorted(expected):
            present = self._present.get(well, {})
            for field in sorted(expected[well]) if present else ():
                if field not in present:
                    yield from self._absent_field(well, field)
                else:
                    missing = expected[well][field] - present[field]
                    yield from self._within(well, field, missing)

    def _nowhere(self) -> Iterator[Gap]:
        """Yield what is expected and in no well at all."""
        wells = [
            fields
            for well, fields in self._expectation.fields.items()
            if well in self._present
        ]
        for field in sorted({field for fields in wells for field in fields}):
            if self._lacked_by_all(field):
                yield self._gap(field=field)
        times, channels, steps = self._along
        for channel in self._expectation.parts(1):
            if channel not in channels:
                yield self._gap(channel=channel)
        for z in self._expectation.parts(2):
            if z not in steps:
                yield self._gap(z=z)
        for t in self._expectation.parts(0):
            if t not in times:
                yield self._gap(t=t)

    def _lacked_by_all(self, field: NamePart) -> bool:
        """Return whether all wells that are there should have a field that none has.

        Not so where wells have reasons of their own for it.
        """
        return (
            field not in self._fields
            and field not in self._excused
            and all(
                field in fields
                for well, fields in self._expectation.fields.items()
                if well in self._present
            )
        )

    def _absent_field(self, well: Position, field: NamePart) -> Iterator[Gap]:
        if not self._lacked_by_all(field):
            yield self._gap(well, field)

    def _within(
        self, well: Position, field: NamePart, missing: Planes
    ) -> Iterator[Gap]:
        """Yield the channels that a field lacks, and the planes of the others."""
        absent: defaultdict[NamePart, list[PlaneParts]] = defaultdict(list)
        for plane in sorted(missing):
            # What no well has is reported once, by `_nowhere`.
            if all(
                part in axis_parts
                for part, axis_parts in zip(plane, self._along, strict=True)
            ):
                absent[plane[1]].append(plane)
        for channel in sorted(absent):
            if any(plane[1] == channel for plane in self._present[well][field]):
                for t, _, z in absent[channel]:
                    yield self._gap(well, field, channel, z=z, t=t)
            else:
                yield self._gap(well, field, channel)

    def _gap(
        self,
        well: Position | None = None,
        field: NamePart | None = None,
        channel: NamePart | None = None,
        *,
        z: NamePart | None = None,
        t: NamePart | None = None,
    ) -> Gap:
        grid, path, label = self._grid, None, None
        if well is not None:
            rows, columns = self._format.row_names, self._format.column_names
            path = f"{rows[well[0]]}/{columns[well[1]]}"
            label = self._format.label(well)
        name = site = None
        if field in grid.fields:
            name = str(grid.fields.index(field))
            site = grid.fields[int(name)].label or None
        elif field is not None:
            name = field.label or "the only one"
        return Gap(
            path=path,
            well=label,
            field=name,
            label=site,
            channel=None if channel is None else self._names[channel],
            z=_place(z, grid.z),
            t=_place(t, grid.t),
            reason=self._reason(well, (field, channel, z, t)),
        )

    def _reason(
        self, well: Position | None, places: tuple[NamePart | None, ...]
    ) -> str:
        """Return what the export says of planes of a gap, "" where it says nothing."""
        entries: Iterable[tuple[NameParts, str]] = (
            self._reasons.get(well, ())
            if well is not None
            else (entry for entries in self._reasons.values() for entry in entries)
        )
        reasons = dict.fromkeys(
            reason
            for parts, reason in entries
            if all(
                stated is None or place is None or stated == place
                for stated, place in zip(
                    (parts.field, parts.channel, parts.z, parts.t), places, strict=True
                )
            )
        )
        more = f" and {len(reasons) - 2} more" if len(reasons) > 2 else ""
        text = "; ".join(list(reasons)[:2])
        return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...") + more


def _place(part: NamePart | None, axis: tuple[NamePart, ...]) -> int | str | None:
    """Return an index along an axis, or the source's word for what is not on it."""
    if part is None or axis == (part,):
        return None
    return axis.index(part) if part in axis else part.label


def _planes_present(
    grid: PlaneGrid, damaged: Collection[DamagedPlane]
) -> dict[Position, dict[NamePart, set[PlaneParts]]]:
    by_well: defaultdict[Position, dict[NamePart, set[PlaneParts]]] = defaultdict(dict)
    lost = set(damaged)
    for (well, index), planes in grid.planes.items():
        present = {
            (grid.t[t], grid.channels[c], grid.z[z])
            for t, c, z in planes
            if (*well, index, t, c, z) not in lost
        }
        if present:
            by_well[well][grid.fields[index]] = present
    return dict(by_well)
