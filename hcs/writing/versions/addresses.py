"""Which well and which field is meant, in any spelling that reading takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, MetadataError, NotFoundError
from hcs.layout import parse_well, row_letters
from hcs.metadata import PlateWell
from hcs.plates.well_names import WellNames
from hcs.rules.writable import name_new_field
from hcs.writing.targets import hierarchy

if TYPE_CHECKING:
    from hcs.metadata import WellImage
    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument


def well_path(state: PlateDocument, well: str) -> str:
    """Return the path of a well, listed or not, of a row and column that exist.

    Parameters
    ----------
    well
        ``"A/1"``, ``"A1"``, ``"a01"``, ``"r01c01"``.

    Raises
    ------
    InvalidPathError
        If it is no well's name, or one that may not be written.
    MetadataError
        If the plate has no such row or column.
    """
    listed = WellNames(state.plate).find(well) or _unlisted(state).find(well)
    path = _spelled_out(well) if listed is None else listed.path
    row_name, _, column_name = path.partition("/")
    return hierarchy.locate_well(state, row_name, column_name).path


def _spelled_out(well: str) -> str:
    if "/" in well:
        return well
    row, column = parse_well(well)
    return f"{row_letters(row)}/{column + 1}"


def _unlisted(state: PlateDocument) -> WellNames:
    """Return the names of every well that the plate has room for."""
    plate = state.plate
    wells = [
        PlateWell(f"{row.name}/{column.name}", row_index, column_index)
        for row_index, row in enumerate(plate.rows)
        for column_index, column in enumerate(plate.columns)
    ]
    return WellNames(replace(plate, wells=wells))


def present_field(
    well: WellDocument, field: str | int, acquisition: int | None = None
) -> tuple[str, int | None] | None:
    """Return name and acquisition of a field that a well lists, None where it does not.

    Parameters
    ----------
    field
        Its name, the label that people know it by (``"s1"``), its path below the well
        or the plate, or its index.

    Raises
    ------
    MetadataError
        If several acquisitions have one of that name and none was given.
    """
    text = str(field).removeprefix(f"{well.path}/")
    for spelled in (_has_name, _has_label, _has_path):
        matches = [
            image
            for image in well.well.images
            if acquisition is None or image.acquisition in (None, acquisition)
            if spelled(well, image, text)
        ]
        if len(matches) > 1:
            runs = ", ".join(str(image.acquisition) for image in matches)
            raise MetadataError(
                f"Well {well.path} has a field {text!r} in each of the acquisitions "
                f"{runs}; give the acquisition too."
            )
        if matches:
            return well.name_of(matches[0]), matches[0].acquisition
    return None


def _has_name(well: WellDocument, image: WellImage, text: str) -> bool:
    return well.name_of(image) == text


def _has_label(well: WellDocument, image: WellImage, text: str) -> bool:
    record = well.records.get(well.name_of(image))
    return record is not None and record.label == text


def _has_path(well: WellDocument, image: WellImage, text: str) -> bool:
    return image.path == text


def listed_field(
    well: WellDocument, field: str | int, acquisition: int | None = None
) -> tuple[str, int | None]:
    """Return name and acquisition of a field that must be there.

    Raises
    ------
    NotFoundError
        If the well lists none that is meant.
    """
    identity = present_field(well, field, acquisition)
    if identity is None:
        names = [well.name_of(image) for image in well.well.images]
        listed = ", ".join(
            name
            if (record := well.records.get(name)) is None or record.label is None
            else f"{name} ({record.label})"
            for name in names
        )
        raise NotFoundError(
            f"Well {well.path} has no field {str(field)!r}; it has {listed or 'none'}."
        )
    return identity


def field_name(
    state: PlateDocument, well: WellDocument, field: str | int, acquisition: int | None
) -> tuple[str, int | None]:
    """Return the name and acquisition of a field, existing or new.

    Raises
    ------
    InvalidPathError
        If it is neither a field of the well nor the index of a new one.
    MetadataError
        If the acquisition is not one that the plate declares.
    """
    if isinstance(field, str):
        present = present_field(well, field, acquisition)
        if present is not None:
            return present
        if not field.isdecimal():
            raise InvalidPathError(
                f"Well {well.path} has no field {field!r}; a new one is given by its "
                f"index, 0 or more."
            )
        field = int(field)
    return name_new_field(state.plate, field, acquisition)
