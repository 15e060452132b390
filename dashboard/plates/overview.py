"""The overview of a plate: what its document says and what is known of its wells."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.plates.labels import grid_labels
from dashboard.plates.plate_knowledge import KnownWell
from dashboard.plates.values import Acquisition, PlateOverview, WellState
from dashboard.text import NAME_LIMIT, cut_text, plain_text
from hcs.errors import MetadataError
from hcs.gaps import read_gap, shared_by_most
from hcs.layout import MAX_SIDE
from hcs.lines import line_order
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Self

    from dashboard.plates.absence import Absence
    from dashboard.plates.values import ChannelDisplay
    from hcs import HCSPlate
    from hcs.gaps import Gap


MOST_POSITIONS = 10_000
"""Wells of a grid that is shown; the densest plates that are made have 9216."""


_ABSENT = KnownWell(state="not_acquired")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateGrid:
    """The positions of a plate, row by row, in the order people read them in."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_indices: tuple[int, ...]
    """Where the plate document has each of the rows."""

    column_indices: tuple[int, ...]
    labels: tuple[str, ...]
    paths: tuple[str, ...]

    @classmethod
    def of(cls, plate: HCSPlate) -> Self:
        """Return the grid of a plate.

        Raises
        ------
        MetadataError
            If its document declares more positions than any plate has.
        """
        sides = len(plate.rows), len(plate.columns)
        if max(sides) > MAX_SIDE or sides[0] * sides[1] > MOST_POSITIONS:
            raise MetadataError(
                f"The plate at {plate.location} declares {sides[0]:,} rows x "
                f"{sides[1]:,} columns; plates of up to {MOST_POSITIONS:,} wells in up "
                f"to {MAX_SIDE} rows and columns are shown. Correct its document."
            )
        row_indices = line_order([row.name for row in plate.rows])
        column_indices = line_order([column.name for column in plate.columns])
        rows = tuple(plate.rows[index].name for index in row_indices)
        columns = tuple(plate.columns[index].name for index in column_indices)
        return cls(
            rows=rows,
            columns=columns,
            row_indices=row_indices,
            column_indices=column_indices,
            labels=grid_labels(rows, columns),
            paths=tuple(f"{row}/{column}" for row in rows for column in columns),
        )

    @property
    def listed_so(self) -> bool:
        """Whether the plate document lists rows and columns in this order."""
        return all(
            indices == tuple(range(len(indices)))
            for indices in (self.row_indices, self.column_indices)
        )


def describe_plate(
    plate: HCSPlate,
    grid: PlateGrid,
    known: Mapping[str, KnownWell],
    *,
    key: str,
    writable: bool,
    channels: tuple[ChannelDisplay, ...],
    surveyed: bool,
    revision: int,
    conditions: Mapping[str, Mapping[str, Any]],
    absence: Absence | None = None,
) -> PlateOverview:
    """Return the overview of a plate.

    Parameters
    ----------
    plate, grid
        The plate and its positions.
    known
        What is known of its wells, by path.
    key, writable, channels, surveyed, revision, absence
        As the overview has them.
    conditions
        Value of each column of the plate map, by path of the well.
    """
    labels = dict(zip(grid.paths, grid.labels, strict=True))
    gaps = tuple(read_gap(entry, labels) for entry in plate.gaps)
    wells = _well_states(plate, grid, known, gaps, conditions)
    names = (name for values in conditions.values() for name in values)
    return PlateOverview(
        key=key,
        id=plate.id,
        name=cut_text(plate.name or key.rpartition("/")[2], NAME_LIMIT),
        version=plate.version or "",
        location=plate.location or "",
        writable=writable,
        rows=grid.rows,
        columns=grid.columns,
        row_indices=() if grid.listed_so else grid.row_indices,
        column_indices=() if grid.listed_so else grid.column_indices,
        wells=wells,
        acquisitions=acquisitions_of(plate),
        channels=channels,
        condition_names=tuple(dict.fromkeys(names)),
        gaps=gaps,
        projection=plate.projection,
        barcode=cut_text(plate.barcode, NAME_LIMIT),
        corrected_fields=sum(well.corrected_fields for well in known.values()),
        unsettled=sum(well.moving for well in known.values()),
        flat_fields=tuple(plate.flat_fields.items()),
        surveyed=surveyed,
        digest=_digest(known, grid),
        banner=banner(wells, gaps) if surveyed else "",
        revision=revision,
        absence=absence,
    )


def acquisitions_of(plate: HCSPlate) -> tuple[Acquisition, ...]:
    """Return the declared acquisitions, each with a name."""
    return tuple(
        Acquisition(
            id=run.id, name=cut_text(run.name or f"acquisition {run.id}", NAME_LIMIT)
        )
        for run in plate.acquisitions or ()
    )


def _well_states(
    plate: HCSPlate,
    grid: PlateGrid,
    known: Mapping[str, KnownWell],
    gaps: Sequence[Gap],
    conditions: Mapping[str, Mapping[str, Any]],
) -> tuple[WellState, ...]:
    listed = {well.path for well in plate.wells}
    expected = _expected_fields(listed, known, gaps, plate.field_count)
    states = []
    for place, (label, path) in enumerate(zip(grid.labels, grid.paths, strict=True)):
        row, column = divmod(place, len(grid.columns))
        well = known.get(path) if path in listed else _ABSENT
        states.append(
            WellState(
                label=label,
                path=path,
                row=row,
                column=column,
                state="present" if well is None else well.state,
                n_fields=None if well is None else well.n_fields,
                expected_fields=expected.get(path),
                error=None if well is None else well.error,
                corrected=well is not None and well.corrected,
                revised=well is not None and well.revised,
                conditions=tuple(
                    (name, plain_text(value, 200))
                    for name, value in conditions.get(path, {}).items()
                    if value is not None
                ),
            )
        )
    return tuple(states)


def _expected_fields(
    listed: Collection[str],
    known: Mapping[str, KnownWell],
    gaps: Sequence[Gap],
    stated: int | None,
) -> dict[str, int | None]:
    """Return how many fields each well should have, None where nothing says it.

    Its own and those that the import names as gaps; what most wells have is expected
    of all, as it is on import. A number that the document states is the largest of
    all wells, not that of each: it counts where no well reaches it.
    """
    absent: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for gap in gaps:
        if gap.is_field:
            absent[gap.path].add(gap.field)
    counts = {
        path: well.n_fields
        + len((absent[path] | absent[None]) - {name for name, _ in well.fields})
        for path, well in known.items()
        if well.n_fields is not None
    }
    usual = shared_by_most(counts.values())
    if stated and all(count < stated for count in counts.values()):
        usual = stated
    if not usual:
        return {path: counts.get(path) for path in listed}
    return {path: max(usual, _count(known.get(path))) for path in listed}


def _count(well: KnownWell | None) -> int:
    return 0 if well is None else well.n_fields or 0


def _digest(known: Mapping[str, KnownWell], grid: PlateGrid) -> str:
    lines = sorted(f"{path}\t{well.mark}" for path, well in known.items())
    # Pictures of the plate that were kept before wells had an order of their own.
    lines += () if grid.listed_so else grid.paths
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def field_counts(wells: Iterable[WellState]) -> tuple[int, int]:
    """Return how many fields wells have, and how many they should have."""
    counts = [(well.n_fields or 0, well.expected_fields or 0) for well in wells]
    return sum(has for has, _ in counts), sum(should for _, should in counts)


def banner(wells: Iterable[WellState], gaps: tuple[Gap, ...]) -> str:
    """Return one sentence on what a plate has and lacks."""
    listed = [well for well in wells if well.listed]
    present, expected = field_counts(listed)
    odd = any(well.state != "present" for well in listed)
    where = f"in {counted(len(listed), 'well')}"
    if len({well.expected_fields for well in listed}) > 1:
        where += ", which differ in how many they have"
    parts = [
        f"{present:,} of {counted(expected, 'field')} {where}"
        if present != expected
        else f"{counted(present, 'field')} {where}{'' if odd or gaps else ', complete'}"
    ]
    for state, word in (
        ("missing", "missing"),
        ("pending", "not there yet"),
        ("unreadable", "unreadable"),
    ):
        labels = [well.label for well in listed if well.state == state]
        if labels:
            parts.append(f"{_some(labels)} {word}")
    # What a well lacks is said once: that it is missing, or which fields are.
    missing = {well.path for well in listed if well.state == "missing"}
    named = [gap for gap in gaps if gap.reason or gap.path not in missing]
    without = {gap.path for gap in named if gap.is_field}
    partial = [
        f"{well.label} has {well.n_fields}"
        for well in listed
        if well.state == "present"
        and well.path not in without
        and well.n_fields is not None
        and well.expected_fields is not None
        and well.n_fields < well.expected_fields
    ]
    if partial:
        parts.append(_some(partial))
    for where, lacking in (
        ("missing in every well", [gap.account for gap in named if gap.path is None]),
        ("gaps", [str(gap) for gap in named if gap.path is not None]),
    ):
        if lacking:
            texts = [plain_text(text, 200) for text in lacking]
            parts.append(f"{where}: {_some(texts, 2)}")
    return "; ".join(parts) + "."


def _some(names: list[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
