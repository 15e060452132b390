"""Tables that belong together: made one, with a row a well or a field.

CellProfiler writes a table of images, which names wells, and one for each kind of
object, which names images by number. A plate map may name samples that a second table
describes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.deadline import go_on
from hcs.errors import SourceError
from hcs.tables.numbers import ABSENT
from hcs.tables.objects import OBJECTS, is_of_objects, medians
from hcs.tables.reading import chosen_part, names_wells, read_parts
from hcs.tables.table import Table, TableFile, TableSource, normalised, unique_names
from hcs.tables.well_columns import (
    FIELD_NAMES,
    WellColumns,
    cell_at,
    find_wells,
    no_wells,
    well_header,
)
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IMAGE, _RUN = "imagenumber", "tablenumber"
"""Normalised names of CellProfiler's columns that number images, and runs."""

_ANY_OBJECTS = frozenset({"object", "objects", "perobject"})
"""Normalised names of tables that have objects of all kinds in one row."""

_HEADER_ROWS = 20

Sources = TableSource | Sequence[TableSource]
"""One file, or several that belong together."""


def plate_map_table(
    sources: Sources, *, name: str | None = None, part: str | None = None
) -> Table:
    """Return the table of a plate map; further files are joined to it.

    Parameters
    ----------
    sources
        The map, and tables that describe what its columns name: they share a column
        with it, such as that of a compound's identifier, with one row a value.
    name
        Of the first, to use in messages.
    part
        Name of its sheet or table; the first that names wells where None.

    Raises
    ------
    SourceError
        If one cannot be read, or a further one shares no column with the map.
    MissingExtraError
        If one needs a package that is not installed.
    """
    first, *others = _listed(sources)
    table = chosen_part(read_parts(first, name=name), part)
    for other in others:
        described = read_parts(other)
        if not names_wells(table):
            # The order in which files were chosen says nothing.
            table, described = chosen_part(described, None), (table,)
        table = _described(table, described)
    return table


def measurements_table(
    sources: Sources, *, name: str | None = None, part: str | None = None
) -> Table:
    """Return a table of measurements with a row a well or a field.

    Rows of objects become their number and medians. Tables of objects that name no
    wells but images are joined to the one of images.

    Parameters
    ----------
    sources
        One file, or those of one run of CellProfiler.
    name
        Of the first, to use in messages.
    part
        Name of the sheet or table that names wells; the first where None.

    Raises
    ------
    SourceError
        If one cannot be read, or none names wells.
    MissingExtraError
        If one needs a package that is not installed.
    """
    first, *others = _listed(sources)
    parts = [*read_parts(first, name=name)]
    for other in others:
        parts += read_parts(other)
    base = chosen_part(parts, part)
    columns = find_wells(base, numbers=True)
    if columns is None:
        raise SourceError(_no_wells(parts))
    base = _by_field(base, columns)
    columns = find_wells(base, numbers=True) or columns
    for table in parts:
        if table.part != base.part or table.name != base.name:
            base = _with_objects(base, table)
    return base


def parts_with_wells(sources: Sources, *, name: str | None = None) -> tuple[str, ...]:
    """Return the names of the sheets, or tables of a database, that name wells.

    Parameters
    ----------
    sources
        As for `read_plate_map`.
    name
        Name to use in messages.

    Raises
    ------
    SourceError, MissingExtraError
        See `plate_map_table`.
    """
    return tuple(
        table.part.partition(" ")[2]
        for source in _listed(sources)
        for table in read_parts(source, name=name)
        if table.part and names_wells(table)
    )


def _listed(sources: Sources) -> list[TableSource]:
    if isinstance(sources, Path | str | bytes | TableFile | Table):
        return [sources]
    if not sources:
        raise SourceError("No table was given.")
    return list(sources)


def _no_wells(tables: Sequence[Table]) -> str:
    table = chosen_part(tables, None)
    if well_header(table) is not None or not _place(table, (_IMAGE,)):
        return f"{no_wells(table).removesuffix('.')}."
    names = some([table.name for table in tables], 4)
    return (
        f"{names}: no column names wells. Give the table of images with it, where that "
        f"has a column of wells (Metadata_Well): rows are joined by ImageNumber."
    )


def _by_field(table: Table, columns: WellColumns) -> Table:
    """Return a table as it is, or its medians by field where it has a row an object."""
    if columns.header < 0 or not is_of_objects(table.rows[columns.header]):
        return table
    names = [normalised(name) for name in table.rows[columns.header]]
    fields = [index for index, name in enumerate(names) if name in FIELD_NAMES][:1]
    plate = [] if columns.plate is None else [columns.plate]
    others = [index for other in columns.others for index in other.used]
    keys = [*columns.used, *plate, *fields, *others]
    return medians(table, columns.header, list(dict.fromkeys(keys)), OBJECTS)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a table has the columns of a key."""

    header: int
    columns: tuple[int, ...]

    def key(self, row: Sequence[str]) -> tuple[str, ...]:
        """Return the cells of the key; those that say "not available" are equal."""
        go_on()
        cells = [cell_at(row, index) for index in self.columns]
        return tuple("" if cell.lower() in ABSENT else cell for cell in cells)


def _place(table: Table, names: Iterable[str]) -> _Place | None:
    """Return where a table has columns of some normalised names, None without."""
    for header, row in enumerate(table.rows[:_HEADER_ROWS]):
        normal = [normalised(cell) for cell in row]
        if all(name in normal for name in names):
            return _Place(header, tuple(normal.index(name) for name in names))
    return None


def _with_objects(base: Table, table: Table) -> Table:
    """Return a table of images with the medians of objects, joined by image."""
    names = (_RUN, _IMAGE)
    ours, theirs = _place(base, names), _place(table, names)
    if ours is None or theirs is None:
        ours, theirs = _place(base, (_IMAGE,)), _place(table, (_IMAGE,))
    if ours is None or theirs is None or names_wells(table):
        # Of further sheets that name wells the choice of this one has a note.
        unused = [] if table.part and base.part else [f"{table.name} was not used."]
        return replace(base, notes=(*base.notes, *unused))
    counted = Counter(map(ours.key, base.rows[ours.header + 1 :]))
    if max(counted.values(), default=0) > 1:
        raise SourceError(
            f"{base.name} has several rows for one image (ImageNumber "
            f"{counted.most_common(1)[0][0][-1]}), so that objects cannot be joined "
            f"to it. Give the tables of one run at a time."
        )
    objects = table.part.partition(" ")[2] or Path(table.name).stem
    if normalised(objects) in _ANY_OBJECTS:
        objects = OBJECTS
    by_image = medians(table, theirs.header, theirs.columns, objects)
    medians_of = {
        row[: len(theirs.columns)]: row[len(theirs.columns) :]
        for row in by_image.rows[1:]
    }
    unknown = len(medians_of.keys() - counted.keys())
    notes = [f"{table.name} has objects of {unknown:,} images that {base.name} lacks."]
    return _joined(
        base,
        ours,
        by_image.rows[0][len(theirs.columns) :],
        medians_of,
        (*by_image.notes, *(notes if unknown else [])),
    )


def _described(table: Table, others: Sequence[Table]) -> Table:
    """Return a plate map with what another table says of the values of a column."""
    columns = find_wells(table, numbers=True)
    shared = [
        (share, other, ours, theirs)
        for other in others
        for share, ours, theirs in (_shared(table, columns, other) or ())
    ]
    if columns is None or columns.header < 0 or not shared:
        headers = table.rows[max(0, columns.header if columns else 0)]
        ours_named, theirs_named = (
            some(list(names), 8) for names in (headers, others[0].rows[0])
        )
        raise SourceError(
            f"{others[0].name} cannot be joined to {table.name}: they share no column "
            f"whose values are the same. The map has {ours_named}, the other "
            f"{theirs_named}."
        )
    _, other, ours, theirs = max(shared, key=lambda entry: entry[0])
    rows = other.rows[theirs.header + 1 :]
    rest = [
        index
        for index in range(len(other.rows[theirs.header]))
        if index not in theirs.columns
    ]
    described: dict[tuple[str, ...], tuple[str, ...]] = {}
    twice = set()
    for row in rows:
        cells = tuple(cell_at(row, index) for index in rest)
        if described.setdefault(theirs.key(row), cells) != cells:
            twice.add(theirs.key(row)[0])
    header = table.rows[ours.header][ours.columns[0]]
    lacking = {
        ours.key(row)[0]
        for row in table.rows[ours.header + 1 :]
        if ours.key(row) not in described
    }
    notes = [f"{other.name} was joined by {header!r}."]
    if twice:
        notes.append(
            f"{other.name} says different things of {some(sorted(twice), 4)}; the "
            f"first is used."
        )
    if lacking:
        values = some(sorted(lacking), 4)
        notes.append(f"{other.name} says nothing of {values}.")
    names = [other.rows[theirs.header][index] for index in rest]
    return _joined(table, ours, names, described, notes)


def _shared(
    table: Table, columns: WellColumns | None, other: Table
) -> list[tuple[float, _Place, _Place]]:
    """Return the columns that two tables share, with the share of values that match."""
    if columns is None or columns.header < 0 or not other.rows:
        return []
    shares = []
    for index, name in enumerate(map(normalised, table.rows[columns.header])):
        theirs = _place(other, (name,)) if name else None
        if theirs is None or index in columns.used:
            continue
        ours = _Place(columns.header, (index,))
        known = set(map(theirs.key, other.rows[theirs.header + 1 :]))
        keys = [ours.key(row) for row in table.rows[ours.header + 1 :]]
        share = sum(key in known for key in keys) / max(1, len(keys))
        if share:
            shares.append((share, ours, theirs))
    return shares


def _joined(
    table: Table,
    place: _Place,
    names: Sequence[str],
    cells: Mapping[tuple[str, ...], tuple[str, ...]],
    notes: Iterable[str],
) -> Table:
    """Return a table with further columns, by the key of each row."""
    width = max(map(len, table.rows))
    empty = ("",) * len(names)
    header = (*table.rows[place.header], *[""] * width)[:width]
    titles = unique_names((*header, *names))[width:]
    rows = [
        *table.rows[: place.header],
        (*header, *titles),
        *(
            ((*row, *[""] * width)[:width]) + cells.get(place.key(row), empty)
            for row in table.rows[place.header + 1 :]
        ),
    ]
    return replace(table, rows=tuple(rows), notes=(*table.notes, *notes))
