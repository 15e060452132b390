"""Names of the columns of all tables of results, as CellProfiler has them.

What says of which well or field a row is, or what was decided, begins with
``Metadata_``. A number is ``ImageQuality_<Feature>_<channel>``: `Definition.header`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.tables.results import Feature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hcs.qc.definitions import Definition
    from hcs.tables.results import Cell

RESERVED = (
    "Plate", "PlateID", "Well", "WellPath", "Row", "Column", "RowIndex", "ColumnIndex",
    "Site", "FieldName", "FieldPath", "FieldIndex", "Acquisition", "T", "Z", "Version",
    "State", "Fields", "FieldsExpected", "FieldsUsed", "QCExclude", "Verdict",
    "VerdictSource", "Reviewed", "Stale", "Basis", "Reason", "ReasonText", "Note",
    "Reviewer", "ReviewerKnown", "DecidedAt", "SettingsRevision", "AmendedBy",
    "AmendedAt", "SignedOff", "Corrected", "CorrectedBy", "CorrectedAt", "CorrectedWhy",
    "Completeness", "Suspicion", "SuspectReasons", "NotComputable", "Error", "Rank",
    "Kind", "Score",
)  # fmt: skip
"""What stands behind ``Metadata_`` in our tables; a condition of such a name becomes
``Metadata_Condition_<name>``."""

_RESERVED = frozenset(name.lower() for name in RESERVED)


def metadata(name: str) -> str:
    """Return the column of something that is known of a row: ``"Metadata_Well"``."""
    return f"Metadata_{name}"


def condition_columns(names: Iterable[str]) -> dict[str, str]:
    """Return the column of each condition of a plate map.

    >>> condition_columns(["dose", "well", "BestZ_DNA"])
    {'dose': 'Metadata_dose', 'well': 'Metadata_Condition_well', 'BestZ_DNA': \
'Metadata_Condition_BestZ_DNA'}
    """
    return {name: metadata(f"{_prefix(name)}{name}") for name in names}


def _prefix(name: str) -> str:
    low = name.lower()
    taken = low in _RESERVED or low.startswith(("bestz_", "condition_"))
    return "Condition_" if taken else ""


def well_name(path: str) -> str:
    """Return a well as all files name it, whatever the plate's format.

    A path that is no letters and a number is returned as it is.

    >>> well_name("B/2"), well_name("AA/12"), well_name("r03/c11")
    ('B02', 'AA12', 'r03/c11')

    Parameters
    ----------
    path
        ``<row name>/<column name>``.
    """
    row, _, column = path.partition("/")
    if row.isascii() and row.isalpha() and column.isascii() and column.isdecimal():
        return f"{row}{int(column):02d}"
    return path


def place_cells(
    *,
    plate: str,
    plate_id: str,
    well: str,
    indices: tuple[int, int],
    conditions: Mapping[str, Cell],
) -> dict[str, Cell]:
    """Return the cells that say of which well a row is, and what is in it.

    Parameters
    ----------
    plate, plate_id
        Name and id of the plate.
    well
        Path of the well, ``"B/2"``.
    indices
        Its row and column, counted from zero, as the plate's document has them.
    conditions
        Of the well, by name; those of all wells, so that all rows have all columns.
    """
    row, _, column = well.partition("/")
    names = condition_columns(conditions)
    return {
        "Metadata_Plate": plate,
        "Metadata_PlateID": plate_id,
        "Metadata_Well": well_name(well),
        "Metadata_WellPath": well,
        "Metadata_Row": row,
        "Metadata_Column": column,
        "Metadata_RowIndex": indices[0],
        "Metadata_ColumnIndex": indices[1],
        **{names[name]: value for name, value in conditions.items()},
    }


def feature(about: Definition, channel: str) -> Feature:
    """Return the column of a metric of a channel, by the channel's name.

    Parameters
    ----------
    about
        The metric.
    channel
        Key of the channel.
    """
    return Feature(
        column=about.header(channel),
        metric=about.id,
        channel=channel,
        unit=about.unit,
        key=about.key,
    )
