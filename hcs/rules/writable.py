"""Whether a plate may be written: stricter than reading, before a store is touched."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, MetadataError
from hcs.ngff.entries import check_unique
from hcs.ngff.names import check_name, check_well_path
from hcs.ngff.plate import read_plate, write_plate
from hcs.rules.plate import plate_problems
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def check_listed(
    row_name: str, column_name: str, stated: Plate | None, present: Plate
) -> None:
    """Check that a well is one of the plate's, so that a typo adds none.

    Who lists no wells may write to any of the plate's rows and columns.

    Parameters
    ----------
    stated
        What the caller says of the plate, if anything.
    present
        What the plate document says.

    Raises
    ------
    MetadataError
        If the well, its row or its column is not there.
    """
    plate = present if stated is None else stated
    path = f"{row_name}/{column_name}"
    for kind, name, names in (
        ("Row", row_name, [row.name for row in plate.rows]),
        ("Column", column_name, [column.name for column in plate.columns]),
    ):
        if name not in names:
            raise MetadataError(
                f"{kind} {name!r} not found in plate metadata: there is no "
                f"{kind.lower()} {name!r} among {some(names)}."
                f"{_suggestion(name, names)}"
            )
    if stated is None or not stated.wells:
        return
    lists = (stated.wells, present.wells)
    if not any(well.path == path for wells in lists for well in wells):
        listed = list(dict.fromkeys(well.path for wells in lists for well in wells))
        raise MetadataError(
            f"Well {path!r} not found in plate metadata; its wells are {some(listed)}."
            f"{_suggestion(path, listed)} If it is meant, add it to the plate's wells."
        )


def name_new_field(
    plate: Plate, field: int, acquisition: int | None
) -> tuple[str, int | None]:
    """Return the name and acquisition that a new field of an index gets.

    Raises
    ------
    InvalidPathError
        If the index is not an integer >= 0.
    MetadataError
        If the acquisition is not one that the plate declares.
    """
    if type(field) is not int or field < 0:
        raise InvalidPathError(
            f"The field index is {field!r}; expected an integer of 0 or more."
        )
    declared = [run.id for run in plate.acquisitions or ()]
    if len(declared) > 1 and acquisition is None:
        raise MetadataError(
            f"The plate declares {len(declared)} acquisitions, {declared}; give the "
            f"acquisition_id of the one that the field belongs to."
        )
    if acquisition is not None and acquisition not in (declared or [0]):
        raise MetadataError(
            f"The acquisition id is {acquisition!r}; the plate declares "
            f"{declared or 'none, so that only 0 or None is allowed'}. Declare each "
            f"run in Plate(acquisitions=[PlateAcquisition(id=...), ...])."
        )
    if len(declared) > 1:
        return f"a{acquisition}f{field}", acquisition
    return str(field), declared[0] if declared else None


def _suggestion(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(str(name), names, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
