"""Adding to a plate what another description of it says more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from hcs.errors import MetadataError
from hcs.metadata import Plate, PlateWell
from hcs.rules.writable import check_plate
from hcs.writing.draft import open_draft
from hcs.writing.targets import hierarchy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcs.metadata import PlateAcquisition, PlateColumn, PlateRow
    from hcs.writing.targets.target import Target

Line = TypeVar("Line", "PlateRow", "PlateColumn")


def merge_plate(
    store: str | Path | Any, plate: Plate, version: str | None, *, foreign: bool
) -> None:
    """Write a plate into what is at a place: all that either has is there then.

    Raises
    ------
    MetadataError
        If the plate would declare several acquisitions while its fields name none.
    UnsupportedVersionError
        If the place holds a plate of another version.
    """
    draft = open_draft(
        store,
        plate,
        version,
        overwrite=False,
        foreign=foreign,
        annotations={},
        durable=True,
    )
    try:
        draft.target.transact(lambda: _merge(draft.target, plate))
    except BaseException:
        draft.target.abandon(0)
        raise
    draft.finish()


def _merge(target: Target, plate: Plate) -> None:
    state = hierarchy.read_plate_document(target)
    merged = merged_plate(state.plate, plate)
    if merged == state.plate:
        return
    check_plate(merged, target.location)
    if len(merged.acquisitions or ()) > 1 >= len(state.plate.acquisitions or ()):
        _check_acquisitions_named(target)
    hierarchy.merge(target, {}, merged)


def merged_plate(present: Plate, plate: Plate) -> Plate:
    """Return a plate with the rows, columns, wells and acquisitions of both.

    Where both describe a thing, `plate` stands. Wells keep their paths, and their
    indices follow from these.
    """
    rows = _merged_lines(present.rows, plate.rows)
    columns = _merged_lines(present.columns, plate.columns)
    row_of = {row.name: index for index, row in enumerate(rows)}
    column_of = {column.name: index for index, column in enumerate(columns)}
    paths = dict.fromkeys(well.path for well in (*present.wells, *plate.wells))
    wells = [
        PlateWell(path, row_of[row_name], column_of[column_name])
        for path in paths
        for row_name, column_name in [path.split("/")]
    ]
    wells.sort(key=lambda well: (well.rowIndex, well.columnIndex))
    return replace(
        present,
        rows=rows,
        columns=columns,
        wells=wells,
        acquisitions=_merged_runs(present.acquisitions, plate.acquisitions),
        field_count=max(present.field_count or 0, plate.field_count or 0) or None,
        name=present.name if plate.name is None else plate.name,
    )


def _merged_lines(present: Sequence[Line], added: Sequence[Line]) -> list[Line]:
    """Return rows or columns in the order of `added` where that has all of them."""
    names = {line.name for line in added}
    if all(line.name in names for line in present):
        return list(added)
    known = {line.name for line in present}
    merged = list(present)
    merged += [line for line in added if line.name not in known]
    return merged


def _merged_runs(
    present: Sequence[PlateAcquisition] | None, added: Sequence[PlateAcquisition] | None
) -> list[PlateAcquisition] | None:
    if present is None and added is None:
        return None
    runs = {run.id: run for run in (*(present or ()), *(added or ()))}
    return list(runs.values())


def _check_acquisitions_named(target: Target) -> None:
    state = hierarchy.read_plate_document(target)
    for listed in state.plate.wells:
        well = hierarchy.read_well_document(target, state.version, listed.path).well
        for image in well.images:
            if image.acquisition is None:
                raise MetadataError(
                    f"{target.location}: field {image.path!r} of well {listed.path} "
                    f"names no acquisition, which it must where a plate declares "
                    f"several. Write a new plate that declares them from the beginning."
                )
