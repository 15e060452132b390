"""Which planes should be there, by an export's description or by its files' names.

With an index or a protocol, what it lists. Without: every well and field that a file is
named for, each with all channels, z and t that the plate's names have. Fields are
expected of other wells only where most wells share one set of them. A file that is
named as an image and cannot be read counts by its name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, product
from math import gcd
from typing import TYPE_CHECKING

from hcs.gaps import shared_by_most
from hcs.ingest.plate.grid import ONLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hcs.ingest.microscopes.export import Expected
    from hcs.ingest.names import NamePart, NameParts
    from hcs.ingest.plate.grid import PlaneGrid
    from hcs.layout import Position

    PlaneParts = tuple[NamePart, NamePart, NamePart]
    """Time point, channel and z as the names give them."""

    Planes = frozenset[PlaneParts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The planes that should be there."""

    fields: Mapping[Position, Mapping[NamePart, Planes]]
    """By well and field."""

    notes: tuple[str, ...] = ()

    def parts(self, axis: int) -> list[NamePart]:
        """Return what is expected anywhere along t (0), c (1) or z (2)."""
        distinct = {
            planes for fields in self.fields.values() for planes in fields.values()
        }
        return sorted({plane[axis] for planes in distinct for plane in planes})


def expect(
    expected: Expected,
    grid: PlaneGrid,
    named: Sequence[NameParts],
    lost: Sequence[NameParts],
    channel_name: Callable[[NamePart], str] = lambda channel: channel.label,
) -> Expectation:
    """Return what should be there.

    Parameters
    ----------
    expected
        What the export's own description says.
    grid
        What was found.
    named
        What the names of all images say.
    lost
        What the names of those say that cannot be read.
    channel_name
        How notes call a channel.
    """
    axes = _Axes(expected, grid, named)
    notes: list[str] = []
    if expected.listed is not None or expected.blocks:
        fields = _by_field(expected.listed or (), axes)
        for block in expected.blocks:
            _add(fields, _described(block, named, _Axes(block, grid, named)))
        notes += _uneven(fields, channel_name)
    elif expected.fields is not None or expected.wells is not None:
        fields = _described(expected, named, axes)
    else:
        fields, notes = _by_names(named, axes)
    _add(fields, _by_field(lost, axes))
    expectation = Expectation(fields=fields)
    return Expectation(
        fields=fields,
        notes=(
            *notes,
            *_holes("z", {*expectation.parts(2), *grid.z}),
            *_holes("t", {*expectation.parts(0), *grid.t}),
        ),
    )


class _Axes:
    """What there is along t, c and z: as described, else as found and named."""

    def __init__(
        self, expected: Expected, grid: PlaneGrid, named: Sequence[NameParts]
    ) -> None:
        self.t, self.c, self.z = (
            tuple(described)
            if described is not None
            else tuple(sorted({*present, *filter(None, names)}))
            for described, present, names in (
                (expected.t, grid.t, {parts.t for parts in named}),
                (expected.channels, grid.channels, {parts.channel for parts in named}),
                (expected.z, grid.z, {parts.z for parts in named}),
            )
        )
        self.planes: Planes = frozenset(product(self.t, self.c, self.z))

    def planes_of(self, parts: NameParts) -> Planes:
        """Return the planes of a file; all along an axis that its name leaves out."""
        return frozenset(
            product(
                self.t if parts.t is None else (parts.t,),
                self.c if parts.channel is None else (parts.channel,),
                self.z if parts.z is None else (parts.z,),
            )
        )


_Fields = dict["Position", dict["NamePart", "Planes"]]


def _by_field(names: Iterable[NameParts], axes: _Axes) -> _Fields:
    planes: defaultdict[Position, defaultdict[NamePart, set[PlaneParts]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for parts in names:
        if parts.well is not None:
            planes[parts.well][parts.field or ONLY] |= axes.planes_of(parts)
    return {
        well: {field: frozenset(parts) for field, parts in fields.items()}
        for well, fields in planes.items()
    }


def _add(fields: _Fields, more: _Fields) -> None:
    """Add the planes of `more` to those of `fields`."""
    for well, sites in more.items():
        planes_of = fields.setdefault(well, {})
        for site, planes in sites.items():
            earlier = planes_of.get(site, frozenset())
            # Most fields share one set of planes; copies of it would be gigabytes.
            planes_of[site] = planes if earlier <= planes else earlier | planes


def _uneven(fields: _Fields, channel_name: Callable[[NamePart], str]) -> Iterator[str]:
    """Yield sentences on wells and channels that were to have less than others."""
    counts = Counter(len(sites) for sites in fields.values())
    if len(counts) > 1:
        listing = ", ".join(
            f"{sites} in {wells} wells" for sites, wells in counts.most_common(4)
        )
        yield f"The wells were to have different numbers of fields: {listing}."
    distinct = {planes for sites in fields.values() for planes in sites.values()}
    for axis, name in ((0, "time points"), (2, "z planes")):
        present: defaultdict[NamePart, set[NamePart]] = defaultdict(set)
        for plane in {plane for planes in distinct for plane in planes}:
            present[plane[1]].add(plane[axis])
        most = max(map(len, present.values()), default=0)
        for channel, parts in sorted(present.items()):
            if len(parts) < most:
                yield (
                    f"Channel {channel_name(channel)} was to be taken in "
                    f"{len(parts)} of {most} {name}; its other planes hold zeros and "
                    f"are no gaps."
                )
    channels_of = {planes: {plane[1] for plane in planes} for planes in distinct}
    wells_with = Counter(
        channel
        for sites in fields.values()
        for channel in {c for planes in sites.values() for c in channels_of[planes]}
    )
    for channel, wells in sorted(wells_with.items()):
        if wells < len(fields):
            yield (
                f"Channel {channel_name(channel)} was to be taken in {wells} of "
                f"{len(fields)} wells; in the others it holds zeros and is no gap."
            )


def _described(expected: Expected, named: Sequence[NameParts], axes: _Axes) -> _Fields:
    wells = expected.wells or {parts.well for parts in named if parts.well is not None}
    fields = expected.fields or {parts.field or ONLY for parts in named}
    return {well: dict.fromkeys(fields, axes.planes) for well in sorted(wells)}


def _by_names(named: Sequence[NameParts], axes: _Axes) -> tuple[_Fields, list[str]]:
    sites: defaultdict[Position, set[NamePart]] = defaultdict(set)
    for parts in named:
        if parts.well is not None:
            sites[parts.well].add(parts.field or ONLY)
    sets = [frozenset(fields) for fields in sites.values()]
    shared = shared_by_most(sets)
    notes = []
    if shared is None and sets:
        notes.append(
            f"The wells have different sites ({len(set(sets))} sets in {len(sets)} "
            f"wells); those of one are not expected of the others."
        )
    return {
        well: dict.fromkeys(fields | (shared or frozenset()), axes.planes)
        for well, fields in sites.items()
    }, notes


def _holes(axis: str, parts: Iterable[NamePart]) -> Iterator[str]:
    """Yield a sentence on numbers along an axis that are skipped."""
    numbers = sorted(p.number for p in parts if p.number is not None)
    steps = [high - low for low, high in pairwise(numbers)]
    if len(set(steps)) < 2:
        return
    step = reduce(gcd, steps)
    if max(steps) // step > _MOST_SKIPPED:
        return
    absent = sorted(set(range(numbers[0], numbers[-1], step)) - set(numbers))
    listing = ", ".join(map(str, absent[:8])) + (", ..." if len(absent) > 8 else "")
    yield (
        f"The numbers along {axis} have a hole: {listing} "
        f"{'is' if len(absent) == 1 else 'are'} between {numbers[0]} and "
        f"{numbers[-1]} and named by no file."
    )


_MOST_SKIPPED = 10_000
"""Steps; numbers further apart are no count, such as a date."""
