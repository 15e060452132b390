"""The fields of a well: listed with what its history says of them, and looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.errors import NotFoundError
from hcs.plates.field import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.metadata import WellImage
    from hcs.ngff.history import FieldRecord
    from hcs.plates.well import HCSWell


def field_records(well: HCSWell) -> Mapping[str, FieldRecord]:
    """Return the records of a well's fields by name; none for a foreign plate."""
    if not well.extension:
        return {}
    # Plates without history shall not pay for the import.
    from hcs.ngff.history import read_records

    return read_records(well.extension)


def list_fields(well: HCSWell) -> tuple[Field, ...]:
    """Return the fields in the order of the well document."""
    records = field_records(well)
    return tuple(_field(well, image, records) for image in well.images)


def _field(
    well: HCSWell, image: WellImage, records: Mapping[str, FieldRecord]
) -> Field:
    record = None
    if records:
        from hcs.ngff.history import record_of

        record = record_of(records, image)
    name = image.path if record is None else record.name
    return Field(
        well=well.path,
        name=name,
        label=name if record is None or record.label is None else record.label,
        acquisition=image.acquisition,
        path=image.path,
        owner=well,
        live=None if record is None else record.live,
    )


def find_field(well: HCSWell, name: str, acquisition: int | None) -> Field:
    """Return the field of a name, else of a label; see `HCSWell.field`."""
    fields = well.fields
    matches = [
        field
        for field in [field for field in fields if field.name == name]
        or [field for field in fields if field.label == name]
        if acquisition is None or field.acquisition == acquisition
    ]
    if len(matches) == 1:
        return matches[0]
    listed = [
        field.name if field.label == field.name else f"{field.name} ({field.label})"
        for field in fields
    ]
    run = "" if acquisition is None else f" in acquisition {acquisition}"
    raise NotFoundError(
        f"Well {well.path!r} has {len(matches) or 'no'} fields {name!r}{run}; it "
        f"lists {listed}{', so give the acquisition too' if matches else ''}."
    )
