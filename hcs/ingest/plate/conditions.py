"""The plate map of an import: what a person gave, else what the export itself holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.layout import well_label
from hcs.stores.location import possible_path
from hcs.tables.platemap import WellConditions, map_plates, read_plate_map
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcs.ingest.microscopes.export import Export
    from hcs.layout import PlateFormat, Position
    from hcs.tables.joining import Sources


def read_conditions(
    table: Sources | None,
    export: Export,
    format: PlateFormat | int | str | None,
    sheet: str | None = None,
) -> tuple[WellConditions | None, list[str]]:
    """Return the plate map, and what is to be said of it.

    A map that a person gives counts; where the export's own says other things, that is
    named and not used.

    Parameters
    ----------
    table
        The person's file, or several that are joined; None where none was given.
    format
        The plate that the person gave, if any.
    sheet
        Of the file, or table of it.

    Raises
    ------
    SourceError
        If the file is no plate map.
    """
    own = export.plate_map
    if table is None:
        return own, [] if own is None else [_used(own)]
    sources = [
        possible_path(source) if isinstance(source, str | Path) else source
        for source in (table if isinstance(table, list | tuple) else (table,))
    ]
    named = map_plates(sources) if export.barcode else ()
    given = read_plate_map(
        sources,
        format=format or export.format,
        plate=export.barcode if export.barcode in named else export.plate,
        part=sheet,
    )
    return given, [] if own is None else [_not_used(own, given)]


def _used(own: WellConditions) -> str:
    return f"The conditions of the wells are those of the export's own {own.name}."


def _not_used(own: WellConditions, given: WellConditions) -> str:
    start = (
        f"The export's own plate map {own.name} ({some(own.columns, 4)}) was not used, "
        f"since one was given"
    )
    conflicts = list(_conflicts(own, given))
    if not conflicts:
        return f"{start}."
    wells = counted(len({well for well, _ in conflicts}), "well")
    return (
        f"{start}; they differ in {wells}: {some([t for _, t in conflicts], 3, str)}."
    )


def _conflicts(
    own: WellConditions, given: WellConditions
) -> Iterator[tuple[Position, str]]:
    """Yield where columns of one name hold different values."""
    columns = {name.casefold(): name for name in own.columns}
    for name in given.columns:
        if (own_name := columns.get(name.casefold())) is None:
            continue
        own_values = own.column(own_name)
        for well, value in given.column(name).items():
            own_value = own_values.get(well)
            if own_value is not None and own_value != value:
                yield (
                    well,
                    f"{well_label(*well)} has {name} {value!r}, there {own_value!r}",
                )
