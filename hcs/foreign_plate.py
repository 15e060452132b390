"""Descriptions of plates that are not of our own classes, as ngff-zarr makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import ArgumentError
from hcs.metadata import Plate, PlateAcquisition, PlateColumn, PlateRow, PlateWell

if TYPE_CHECKING:
    from collections.abc import Iterable


def as_plate(plate: Any) -> Plate:
    """Return a plate of our own for one of any library that has the same shape.

    It shares nothing with `plate`: what happens to that later is not known here.

    Parameters
    ----------
    plate
        A `Plate`, or an object with its attributes, such as that of ngff-zarr.

    Raises
    ------
    ArgumentError
        If an attribute that a plate must have is absent.
    """
    try:
        return Plate(
            columns=[PlateColumn(name=column.name) for column in plate.columns],
            rows=[PlateRow(name=row.name) for row in plate.rows],
            wells=[
                PlateWell(well.path, well.rowIndex, well.columnIndex)
                for well in plate.wells
            ],
            version=getattr(plate, "version", None),
            acquisitions=_acquisitions(getattr(plate, "acquisitions", None)),
            field_count=getattr(plate, "field_count", None),
            name=getattr(plate, "name", None),
        )
    except (AttributeError, TypeError) as error:
        raise ArgumentError(
            f"Expected plate metadata with columns, rows and wells, got "
            f"{type(plate).__name__}: {error}."
        ) from error


def _acquisitions(acquisitions: Iterable[Any] | None) -> list[PlateAcquisition] | None:
    if acquisitions is None:
        return None
    names = ("name", "maximumfieldcount", "description", "starttime", "endtime")
    return [
        PlateAcquisition(
            id=acquisition.id,
            **{name: getattr(acquisition, name, None) for name in names},
        )
        for acquisition in acquisitions
    ]
