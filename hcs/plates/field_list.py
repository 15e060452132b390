"""The fields of a well: listed with what its history says of them, and looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.errors import NotFoundError
from hcs.plates.field import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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


def is_list_of(fields: Sequence[Field], images: Sequence[WellImage]) -> bool:
    """Whether `fields` are those that a well lists, whose list may have changed."""
    return len(fields) == len(images) and all(
        field.path == image.path and field.acquisition == image.acquisition
        for field, image in zip(fields, images, strict=True)
    )


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


def path_at(
    images: Iterable[WellImage], index: int, acquisition: int | None = None
) -> str | None:
    """Return the path at a position of a list, also among those of an acquisition."""
    paths = [
        image.path
        for image in images
        if acquisition is None or (image.acquisition or 0) == acquisition
    ]
    return paths[index] if index < len(paths) else None


def path_of(fields: Iterable[Field], moved: Field) -> str | None:
    """Return where a field is now that may have moved, None where it is not listed."""
    identity = moved.name, moved.acquisition
    paths = (
        field.path for field in fields if (field.name, field.acquisition) == identity
    )
    return next(paths, None)


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
