"""From a well of the library to what is known of it, and to what pages see of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dashboard.plates.fields import (
    describe_field,
    is_corrected,
    is_moving,
    is_revised,
    is_unsettled,
    records_of,
)
from dashboard.plates.overview import acquisitions_of
from dashboard.plates.plate_knowledge import KnownWell
from dashboard.plates.values import WellView
from hcs.errors import HCSError, NotFoundError

if TYPE_CHECKING:
    from hcs import HCSPlate, HCSWell


def is_unfinished(plate: HCSPlate) -> bool:
    """Whether an import is still writing the plate, as its document says."""
    extension = plate.attributes.get("hcs")
    record = extension.get("import") if isinstance(extension, dict) else None
    return isinstance(record, dict) and record.get("state") == "unfinished"


def known_well(plate: HCSPlate, path: str) -> KnownWell:
    """Read a well document anew; one that cannot be read says why."""
    row, _, column = path.partition("/")
    try:
        well = plate.get_well(row, column)
        if well is None:
            return KnownWell(state="not_acquired")
        well.refresh()
        records = records_of(well)
        fields = well.fields
    except NotFoundError as error:
        return KnownWell(
            state="pending" if is_unfinished(plate) else "missing", error=str(error)
        )
    except HCSError as error:
        return KnownWell(state="unreadable", error=str(error))
    pairs = [(field, records.get(field.name)) for field in fields]
    versions = "\n".join(
        f"{field.name}\t{field.live or field.path}" for field in fields
    )
    return KnownWell(
        state="present",
        n_fields=len(fields),
        corrected=any(is_corrected(record) for _, record in pairs),
        corrected_fields=sum(is_corrected(record) for _, record in pairs),
        revised=any(is_revised(record) for _, record in pairs),
        unsettled=sum(is_unsettled(field, record) for field, record in pairs),
        moving=sum(is_moving(field, record) for field, record in pairs),
        fields=tuple((field.name, field.acquisition) for field in fields),
        mark=hashlib.sha256(versions.encode()).hexdigest(),
    )


def describe_well(plate: HCSPlate, well: HCSWell, label: str) -> WellView:
    """Return a well with its fields as a value.

    Raises
    ------
    HCSError
        If its document cannot be read; a field that cannot be says so itself.
    """
    records = records_of(well)
    acquisitions = {run.id: run.name for run in acquisitions_of(plate)}
    return WellView(
        label=label,
        path=well.path,
        fields=tuple(
            describe_field(
                field,
                records.get(field.name),
                acquisitions,
                alone=len(well.fields) == 1,
            )
            for field in well.fields
        ),
    )
