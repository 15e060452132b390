"""A ``LoadData.csv`` for CellProfiler: the images of a plate that nobody has failed.

A row is one image set: a field at one time and plane, with an address for each channel.
CellProfiler 5 reads them by its OME-NGFF reader, which takes plates in Zarr 2 (0.4).
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import RefusedError
from dashboard.quality.measure_settings import library_names
from dashboard.reviews.acts import Subject
from hcs.metadata import distinct_names
from hcs.qc import place_cells
from hcs.tables import result_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dashboard.plates.values import FieldState, PlateOverview, WellState
    from dashboard.service import Service
    from hcs.tables import Cell, ResultTable

_REMOTE = re.compile(r"s3://", re.IGNORECASE)


def load_data(service: Service, key: str) -> ResultTable:
    """Return the image sets of a plate, without those that were failed.

    Wells and fields that are missing, unreadable or failed (by a verdict of their own,
    of their well or of their plate) are left out.

    Raises
    ------
    RefusedError
        If CellProfiler cannot open the plate where it is.
    """
    overview = service.plates.overview(key)
    if not overview.version.startswith("0.4"):
        raise RefusedError(
            f"CellProfiler reads plates in OME-Zarr 0.4, and {key!r} is in "
            f"{overview.version}. Write a copy with `hcs convert --version 0.4` and "
            f"export its images."
        )
    root = _address(overview.location)
    review = service.reviews.read(key)
    names = _image_names(library_names(overview.channels).values())
    rows = (
        row
        for well in overview.wells
        if well.state == "present"
        for field in service.plates.well(key, well.label).fields
        if not field.error
        and not review.excluded(Subject(well.path, field.name, field.acquisition))
        for row in _image_sets(overview, well, field, root, names)
    )
    return result_table(rows)


def _address(location: str) -> str:
    if _REMOTE.match(location):
        return location.rstrip("/")
    folder = Path(location)
    if not folder.is_dir() or not folder.name.lower().endswith(".zarr"):
        raise RefusedError(
            f"CellProfiler opens folders whose names end with .zarr, and S3; it cannot "
            f"open {location}. Write a copy with `hcs convert --version 0.4` and "
            f"export its images."
        )
    return folder.absolute().as_uri()


def _image_names(channels: Iterable[str]) -> tuple[str, ...]:
    """Return names that CellProfiler takes: letters, digits and underscores."""
    plain = (re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") for name in channels)
    spelled = (f"C{name}" if not name or name[0].isdigit() else name for name in plain)
    return tuple(re.sub(r"\W+", "_", n).rstrip("_") for n in distinct_names(spelled))


def _image_sets(
    overview: PlateOverview,
    well: WellState,
    field: FieldState,
    root: str,
    names: tuple[str, ...],
) -> Iterator[dict[str, Cell]]:
    named = dict(well.conditions)
    place = place_cells(
        plate=overview.name,
        plate_id=overview.id,
        well=well.path,
        indices=overview.indices(well),
        conditions={name: named.get(name, "") for name in overview.condition_names},
    )
    address = f"{root}/{well.path}/{field.path}"
    for t, z in itertools.product(range(field.size("t")), range(field.size("z"))):
        yield {
            **place,
            "Metadata_Site": field.label,
            "Metadata_FieldName": field.name,
            "Metadata_T": t,
            "Metadata_Z": z,
            **{
                column: cell
                for c, name in enumerate(names[: field.size("c")])
                for column, cell in _plane(
                    field, address, name, {"t": t, "c": c, "z": z}
                )
            },
        }


def _plane(
    field: FieldState, address: str, name: str, place: Mapping[str, int]
) -> Iterator[tuple[str, Cell]]:
    """Yield where CellProfiler finds one plane.

    Its reader goes by the number of axes: the last before y and x is Z to it, the one
    before that C, then T, whatever the document says.
    """
    yield f"URL_{name}", address
    yield f"Series_{name}", 0
    stacked = [axis for axis in field.axes if axis not in "yx"]
    slots = dict(zip(reversed("TCZ"), reversed(stacked), strict=False))
    for slot in "CZT":
        yield f"{slot}_{name}", place[slots[slot]] if slot in slots else 0
