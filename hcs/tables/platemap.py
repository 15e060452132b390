"""Plate maps: tables that say what is in each well.

A map is read from a CSV or TSV, with one row a well or in the shape of the plate, in
whatever encoding and with whatever delimiter a spreadsheet left it, or is typed as
patterns of wells. What cannot be used is listed with its line, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import SourceError
from hcs.layout import PlateFormat, Position, plate_format
from hcs.lines import physical_plate
from hcs.tables.joining import Sources, plate_map_table
from hcs.tables.map_entries import MapEntries, MapProblem, grids_of, read_rows
from hcs.tables.numbers import Value, column_mark, decimal_mark, typed_column
from hcs.tables.table import Table
from hcs.tables.well_columns import find_wells
from hcs.well_patterns import select_wells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


Format = PlateFormat | int | str

MAX_CONDITIONS: Final = 1 << 18
"""Values of a map: 75 columns of 3456 wells, all of which a page holds."""


@dataclass(frozen=True, slots=True)
class WellConditions:
    """What each well holds: named columns of values by well."""

    columns: tuple[str, ...]
    """Names of the columns, unique, as the file spells them."""

    wells: Mapping[Position, tuple[Value, ...]]
    """One value a column for each zero-based ``(row, column)``, in row-major order."""

    problems: tuple[MapProblem, ...] = ()
    name: str = ""
    """Name of the file."""

    shape: str = "long"
    """``"long"`` (a row a well), ``"plate"`` (a grid a column) or ``"typed"``."""

    encoding: str = "utf-8"
    delimiter: str = ","

    def column(self, name: str) -> dict[Position, Value]:
        """Return one column by well.

        Parameters
        ----------
        name
            One of `columns`.

        Returns
        -------
            Values by zero-based ``(row, column)``, of the wells that the map lists.

        Raises
        ------
        SourceError
            If the map has no such column.
        """
        if name not in self.columns:
            raise SourceError(
                f"The plate map {self.name} has no column {name!r}; "
                f"it has {', '.join(map(repr, self.columns))}."
            )
        index = self.columns.index(name)
        return {well: values[index] for well, values in self.wells.items()}

    def missing_from(self, wells: Collection[Position]) -> tuple[Position, ...]:
        """Return the wells that the map lists and `wells` does not hold.

        Parameters
        ----------
        wells
            Zero-based ``(row, column)`` of each.

        Returns
        -------
            Sorted, by row first.
        """
        return tuple(sorted(set(self.wells) - set(wells)))

    def not_listing(self, wells: Collection[Position]) -> tuple[Position, ...]:
        """Return those of `wells` that the map does not list.

        Parameters
        ----------
        wells
            Zero-based ``(row, column)`` of each.

        Returns
        -------
            Sorted, by row first.
        """
        return tuple(sorted(set(wells) - set(self.wells)))

    def conditions(self, rows: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
        """Return the map as the plate document keeps it.

        Parameters
        ----------
        rows, columns
            The plate's own names of its rows and columns, in any order; wells that
            it does not have are left out.

        Returns
        -------
            ``{"columns": [name, ...], "wells": {"A/1": [value, ...]}}``
        """
        physical = physical_plate(rows, columns)
        row_names = dict(zip(physical.rows, rows, strict=True))
        column_names = dict(zip(physical.columns, columns, strict=True))
        return {
            "columns": list(self.columns),
            "wells": {
                f"{row_names[row]}/{column_names[column]}": list(values)
                for (row, column), values in self.wells.items()
                if row in row_names and column in column_names
            },
        }


def read_plate_map(
    source: Sources,
    *,
    format: Format | None = None,
    plate: str | None = None,
    name: str | None = None,
    part: str | None = None,
) -> WellConditions:
    r"""Return the plate map of a CSV, TSV, workbook or other file of tables.

    Parameters
    ----------
    source
        A path, the bytes of the file, or what `read_table` made of it; or several, of
        which the further ones describe what a column of the map names. Either one row
        a well, with a column of well names or columns of rows and columns, or grids in
        the shape of the plate, one below the other, each with its title in the corner
        or above.
    format
        The plate; wells outside of it are listed as problems. Needed where wells are
        given by number.
    plate
        Which plate's rows to take where the map has a column of plates (or barcodes).
    name
        Name to use in messages.
    part
        Name of the sheet, or of the database's table; the first that names wells where
        None.

    Raises
    ------
    SourceError
        If the file cannot be read, names no wells, has more than 500 columns or
        262,144 values, or is a map of several plates and `plate` is none of them.

    Examples
    --------
    >>> plate_map = read_plate_map(b"well,compound\nA01,DMSO\nB2,aspirin\n")
    >>> plate_map.columns, plate_map.column("compound")
    (('compound',), {(0, 0): 'DMSO', (1, 1): 'aspirin'})
    """
    table = plate_map_table(source, name=name, part=part)
    grid = None if format is None else plate_format(format)
    entries = MapEntries(table.name, grid)
    grids = grids_of(table)
    if grids:
        for title, first, last in grids:
            entries.add_layer(title, table, first, last)
    else:
        read_rows(table, plate, entries)
    if table.assumed:
        entries.report(
            "encoding",
            f"{table.name} is not UTF-8; its letters were read as {table.encoding}.",
        )
    for note in table.notes:
        entries.report("joined", note)
    if not entries.cells:
        raise SourceError(
            f"The plate map {table.name} names no well"
            + (f" of a {grid}." if grid else ".")
        )
    return _plate_map(entries, "plate" if grids else "long", table)


def map_plates(source: Sources, *, name: str | None = None) -> tuple[str, ...]:
    """Return the plates or barcodes that a map speaks of; none where it names none.

    Parameters
    ----------
    source
        A path, the bytes of the file, or what `read_table` made of it.
    name
        Name to use in messages.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    table = plate_map_table(source, name=name)
    columns = find_wells(table, numbers=True)
    if columns is None or columns.plate is None:
        return ()
    rows = table.rows[columns.header + 1 :]
    return tuple(dict.fromkeys(filter(None, map(columns.barcode, rows))))


def typed_roles(patterns: Mapping[str, str], format: Format) -> WellConditions:
    """Return a map with one column ``role`` from typed patterns of wells.

    Parameters
    ----------
    patterns
        A pattern for each role, such as ``{"positive": "A-D:12, E-H:1", "negative":
        "col:2"}``. Its parts are joined by commas: a well (``B02``), a rectangle by its
        corners (``A01-B09``), rows and columns (``A-H:5``, ``A:1-3``), whole columns
        (``col:1-2``) or whole rows (``row:A-B``).
    format
        The plate.

    Raises
    ------
    InvalidPathError
        If a pattern cannot be read or leaves the plate.
    SourceError
        If a well would have two roles.
    """
    grid = plate_format(format)
    roles: dict[Position, tuple[Value, ...]] = {}
    for role, pattern in patterns.items():
        for well in select_wells(pattern, grid):
            if roles.setdefault(well, (role,)) != (role,):
                raise SourceError(
                    f"Well {grid.label(well)} cannot be both {roles[well][0]!r} and "
                    f"{role!r}; change one of the patterns."
                )
    return WellConditions(
        columns=("role",),
        wells=MappingProxyType(dict(sorted(roles.items()))),
        shape="typed",
    )


def map_of_layers(
    layers: Iterable[tuple[str, Mapping[Position, str]]],
    name: str,
    format: Format | None = None,
) -> WellConditions:
    """Return the map of layers over a plate, as programs of microscopes keep them.

    Parameters
    ----------
    layers
        Title and the texts by zero-based ``(row, column)``. Of layers with one title
        the first says what is in a well; what others say differently is a problem.
    name
        Of the file, for messages.
    format
        The plate; wells outside of it are listed as problems.

    Raises
    ------
    SourceError
        If they are more than a plate map may have.
    """
    grid = None if format is None else plate_format(format)
    entries = MapEntries(name, grid)
    for title, texts in layers:
        entries.add_texts(title or "value", texts)
    return _plate_map(entries, "plate", Table((), (), name, "utf-8", False, "\t"))


def _plate_map(entries: MapEntries, shape: str, table: Table) -> WellConditions:
    """Return the map of the cells that were gathered."""
    order = sorted(entries.cells)
    if len(order) * len(entries.headers) > MAX_CONDITIONS:
        raise SourceError(
            f"{table.name} says {len(entries.headers)} things of each of "
            f"{len(order):,} wells; a plate map has up to {MAX_CONDITIONS:,} values. "
            f"Leave out columns that are not needed."
        )
    cells = {
        header: [entries.cells[well].get(header, "") for well in order]
        for header in entries.headers
    }
    mark = decimal_mark(chain.from_iterable(cells.values()), table.delimiter)
    for header, texts in cells.items():
        if column_mark(texts, table.delimiter, mark) == "both":
            entries.report(
                "numbers",
                f"Column {header!r} of {table.name} has decimals after commas and "
                f"after points, so it is kept as text.",
            )
    if entries.unlisted:
        more = f"{entries.unlisted:,} more lines or cells of {table.name} are not used."
        entries.problems.append(MapProblem("more", more))
    columns = [typed_column(texts, table.delimiter, mark) for texts in cells.values()]
    values = zip(*columns, strict=True) if columns else (() for _ in order)
    return WellConditions(
        columns=tuple(cells),
        wells=MappingProxyType(dict(zip(order, values, strict=True))),
        problems=tuple(entries.problems),
        name=table.name,
        shape=shape,
        encoding=table.encoding,
        delimiter=table.delimiter,
    )
