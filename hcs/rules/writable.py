"""Whether a plate may be written: stricter than reading, before a store is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.errors import MetadataError
from hcs.ngff.entries import check_unique
from hcs.ngff.names import check_name, check_well_path
from hcs.ngff.plate import read_plate, write_plate
from hcs.rules.plate import plate_problems

if TYPE_CHECKING:
    from hcs.metadata import Plate


def check_plate(plate: Plate, where: str = "The plate") -> None:
    """Check that a plate may be written, before a store is touched.

    Raises
    ------
    InvalidPathError
        If a name or a path is not allowed.
    MetadataError
        If anything else in it breaks the specification; all of it in ``problems``.
    """
    rows = [check_name(row.name, "row", where) for row in plate.rows]
    columns = [check_name(column.name, "column", where) for column in plate.columns]
    check_unique(rows, "row name", where)
    check_unique(columns, "column name", where)
    for what, names in (("row", rows), ("column", columns)):
        check_unique((name.lower() for name in names), f"{what} name (any case)", where)
    for well in plate.wells:
        check_well_path(well.path, where, writing=True)
    attributes = write_plate(plate, "0.5")
    read_plate(attributes, where)
    # Reading is lenient where other tools are not exact; writing is not.
    problems = [
        problem
        for problem in plate_problems(attributes, "0.5")
        if problem.severity == "error" and problem.rule != "plate-wells-empty"
    ]
    if problems:
        raise MetadataError(
            f"{where}: {problems[0].location}: {problems[0].message}", problems=problems
        )
