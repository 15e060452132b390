"""Opening a plate, with or without a check of all its documents."""

from __future__ import annotations

from typing import Any

from hcs.errors import MetadataError
from hcs.plates.plate import HCSPlate


def from_hcs_zarr(
    store: Any,
    validate: bool = False,
    well_cache_size: int | None = None,
    image_cache_size: int | None = None,
) -> HCSPlate:
    """Open a plate.

    Parameters
    ----------
    store
        As for `hcs.open_store`.
    validate
        Also check all documents, and raise where the specification is broken.
    well_cache_size, image_cache_size
        As for `HCSPlate`.

    Raises
    ------
    PlateNotFoundError
        If nothing is at the location.
    MetadataError
        If what is there is not a plate, or its document cannot be understood; with
        `validate`, if anything in the plate breaks a MUST, all of it in ``problems``.
    UnsupportedVersionError
        If the plate's version is not supported.

    Examples
    --------
    >>> with from_hcs_zarr("demo.ome.zarr") as plate:
    ...     print(plate.name, len(plate.wells), plate.field_count)
    ...     image = plate.get_well("A", "1").get_image(0).images[0]
    ...     print(image.dims, image.data[0, :16, :16].shape)
    demo 6 1
    ('c', 'y', 'x') (16, 16)
    """
    plate = HCSPlate(
        store, well_cache_size=well_cache_size, image_cache_size=image_cache_size
    )
    if validate:
        try:
            _validate(plate)
        except BaseException:
            plate.close()
            raise
    return plate


def _validate(plate: HCSPlate) -> None:
    from hcs.validation import validate

    problems = [
        problem for problem in validate(plate.store) if problem.severity == "error"
    ]
    if problems:
        listed = "\n".join(
            f"  {problem.location}: {problem.message}" for problem in problems
        )
        raise MetadataError(
            f"{plate.location} breaks the specification in {len(problems)} places:\n"
            f"{listed}",
            problems=problems,
        )
