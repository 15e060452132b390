"""From a field of the library to the plain values that pages are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.plates.values import FieldState, LevelView
from hcs.errors import HCSError
from hcs.ngff import read_records
from hcs.plates import stage_position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs import Field, HCSWell, Multiscales
    from hcs.ngff import FieldRecord


def describe_field(
    field: Field,
    record: FieldRecord | None,
    acquisitions: Mapping[int, str],
    *,
    alone: bool = False,
) -> FieldState:
    """Return a field as a value; one that cannot be read says why.

    Parameters
    ----------
    field
        As the well lists it.
    record
        Its history, where it has one.
    acquisitions
        Names by id.
    alone
        Whether its well has no other field.
    """
    about = {
        "name": field.name,
        "label": field.label,
        "alone": alone,
        "path": field.path,
        "acquisition": field.acquisition,
        "acquisition_name": None
        if field.acquisition is None
        else acquisitions.get(field.acquisition, f"acquisition {field.acquisition}"),
        "corrected": is_corrected(record),
        "revised": is_revised(record),
        "settling": is_moving(field, record),
    }
    try:
        image = field.image()
        return describe_image(
            image, _stage(field, image), version=field.version, **about
        )
    except HCSError as error:
        return FieldState(version=field.live or "", error=str(error), **about)  # type: ignore[arg-type]


def _stage(field: Field, image: Multiscales) -> Mapping[str, float]:
    """Return where a field's table of regions says it lies, where its image does not.

    Over a network that would be a request more for each field.
    """
    if image.position is not None or field.owner.store.is_remote:
        return {}
    return stage_position(field) or {}


def describe_image(
    image: Multiscales, stage: Mapping[str, float] | None = None, **about: object
) -> FieldState:
    """Return the image of a field as a value; `about` holds what the image lacks."""
    images = image.images
    first = images[0]
    dims = tuple(first.dims)
    return FieldState(
        axes=dims,
        shape=tuple(first.data.shape),
        dtype=str(first.data.dtype),
        scale=tuple(first.scale.get(axis, 1.0) for axis in dims),
        translation=tuple(
            (stage or {}).get(axis, first.translation.get(axis, 0.0)) for axis in dims
        ),
        units=tuple((first.axes_units or {}).get(axis) for axis in dims),
        levels=tuple(
            LevelView(
                shape=tuple(level.data.shape),
                scale=tuple(level.scale.get(axis, 1.0) for axis in dims),
            )
            for level in images
        ),
        channels=tuple(
            channel.name or f"channel {index}"
            for index, channel in enumerate(image.channels)
        ),
        labels=_labels(image),
        **about,  # type: ignore[arg-type]
    )


def _labels(image: Multiscales) -> tuple[str, ...]:
    try:
        return image.labels
    except HCSError:
        # Masks that cannot be listed take nothing from the pixels below them.
        return ()


def records_of(well: HCSWell) -> dict[str, FieldRecord]:
    """Return the histories of a well's fields by name."""
    return read_records(well.extension)


def is_corrected(record: FieldRecord | None) -> bool:
    """Whether a field shows anything but its first version, now."""
    if record is None or not record.versions:
        return False
    first = record.versions[0]
    return first.action == "correct" or record.live != first.id


def is_revised(record: FieldRecord | None) -> bool:
    """Whether a field was ever corrected; after a revert only its history says so."""
    return record is not None and any(
        version.action in ("correct", "revert") for version in record.versions
    )


def is_moving(field: Field, record: FieldRecord | None) -> bool:
    """Whether a corrected field's pixels are still to be brought to its first path.

    Never of a field that shows its first version again: it is what it was before, and
    nothing but its history marks it.
    """
    return record is not None and is_corrected(record) and is_unsettled(field, record)


def is_unsettled(field: Field, record: FieldRecord | None) -> bool:
    """Whether a field's pixels are not, or not only, at their first path."""
    return record is not None and not record.is_settled(field.path)
