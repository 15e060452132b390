"""What a plate holds that cannot be made again; nothing may replace it unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcs.errors import HCSError
from hcs.ngff.document import document_attributes, parse_json
from hcs.ngff.envelope import extension
from hcs.writing.targets import hierarchy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcs.writing.targets.hierarchy import PlateDocument
    from hcs.writing.targets.target import Target

ACQUIRED: Final = "acquired"
"""What `overwrite` must be for a plate with such content to be replaced."""

_TABLES = ("tables/qc", "tables/qc_fields")
_MARK = "hcs-dashboard"
"""An attribute of the tables with verdicts that the dashboard writes into a plate."""


def acquired_content(target: Target) -> list[str]:
    """Return what a plate has of people's work and of a microscope's, in words.

    That is the record of an import, corrected fields, and tables of verdicts. Verdicts
    that only the dashboard's database has are not seen here. What cannot be read may be
    anything, and counts.
    """
    try:
        state = hierarchy.read_plate_document(target)
        return [*_of_plate(state), *_of_wells(target, state), *_of_tables(target)]
    except HCSError as error:
        return [f"documents that cannot be read ({error})"]


def _of_plate(state: PlateDocument) -> Iterator[str]:
    imported: Any = extension(state.attributes).get("import")
    if imported:
        source = imported.get("source") if isinstance(imported, dict) else None
        yield f"the record of its import{f' from {source}' if source else ''}"


def _of_wells(target: Target, state: PlateDocument) -> Iterator[str]:
    corrected = [
        f"{listed.path} field {record.name}"
        for listed in state.plate.wells
        for record in hierarchy.read_well_document(
            target, state.version, listed.path
        ).records.values()
        if any(version.action != "write" for version in record.versions)
    ]
    if corrected:
        more = f" and {len(corrected) - 1} more" if len(corrected) > 1 else ""
        yield f"a history of corrections ({corrected[0]}{more})"


def _of_tables(target: Target) -> Iterator[str]:
    for key in _TABLES:
        for name in ("zarr.json", ".zattrs"):
            data = target.read(f"{key}/{name}")
            if data is not None and document_attributes(
                parse_json(data, f"{target.location}/{key}/{name}"), name
            ).get(_MARK):
                yield f"a table of verdicts ({key})"
                return
