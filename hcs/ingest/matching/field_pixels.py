"""From matched pictures to the pixels of a field that is there.

Channels that no file brings stay as they are, at full resolution. What would make
another kind of field of it (another size, dtype or scale) is refused here; the page
shows it to a person, and `hcs.stage_field` takes any pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import SourceError
from hcs.images.ngff_image import to_ngff_image
from hcs.ingest.formats.images import not_finite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hcs.images.image import Multiscales
    from hcs.images.ngff_image import NgffImage
    from hcs.ingest.formats.image_file import ImageFile
    from hcs.ingest.matching.match import FieldMatch

_SIZE_TOLERANCE = 0.01
"""Relative; files round pixel sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFiles:
    """Which channel of which files becomes which channel of the field."""

    files: tuple[ImageFile, ...]
    """One; several where planes are files of their own, z counting fastest."""

    number: int
    """Of the channel in the files."""

    channel: int
    """Of the channel in the field."""

    def plane(self, t: int, z: int, planes: int) -> NDArray[Any]:
        """Return one plane, shape ``(y, x)``; `planes` is how many there are in z."""
        if len(self.files) == 1:
            return self.files[0].plane(t=t, c=self.number, z=z)
        return self.files[t * planes + z].plane(c=self.number)


def plan_field(
    present: Multiscales,
    correction: FieldMatch,
    image: Callable[[str], ImageFile],
) -> tuple[ChannelFiles, ...]:
    """Return which files are for which channel of a field.

    Parameters
    ----------
    present
        The field as it is.
    correction
        The rows for it.
    image
        Returns the open file of a picture, by its id.

    Raises
    ------
    SourceError
        If a file does not fit into the field.
    """
    sizes = _sizes(present)
    plan = []
    for match in correction.matches:
        files = tuple(image(picture.id) for picture in match.pictures)
        if match.pages and files[0].pages:
            files = (files[0].with_pages_as(match.pages),)
        for file in files:
            _check_fits(file, present, sizes, alone=len(files) == 1)
        plan += [
            ChannelFiles(files=files, number=number, channel=channel)
            for number, channel in enumerate(match.channels)
        ]
    return tuple(plan)


def compose_field(present: Multiscales, plan: Sequence[ChannelFiles]) -> NgffImage:
    """Return the field with the planned channels replaced.

    Returns
    -------
        Axes and dtype are those of `present`; scale and names it takes over from the
        field when it is staged.

    Raises
    ------
    SourceError
        If a file holds pixels that are no numbers.
    CorruptDataError
        If a channel that is to stay cannot be read.
    """
    level = present.images[0]
    dims, data = tuple(level.dims), level.data
    sizes = _sizes(present)
    whole = {entry.channel for entry in plan} == set(range(sizes["c"]))
    pixels: NDArray[Any] = (
        np.empty(data.shape, data.dtype) if whole else np.array(data[...])
    )
    for entry in plan:
        for leading in np.ndindex(*pixels.shape[:-2]):
            place = dict(zip(dims[:-2], leading, strict=True))
            if place.get("c", entry.channel) != entry.channel:
                continue
            plane = entry.plane(place.get("t", 0), place.get("z", 0), sizes["z"])
            if any(not_finite(plane)):
                raise SourceError(
                    f"{entry.files[0].name} has pixels that are no numbers."
                )
            pixels[leading] = plane
    return to_ngff_image(pixels, dims=dims)


def _sizes(image: Multiscales) -> dict[str, int]:
    level = image.images[0]
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    return {axis: int(sizes.get(axis, 1)) for axis in ("t", "c", "z", "y", "x")}


def _check_fits(
    file: ImageFile, present: Multiscales, sizes: dict[str, int], *, alone: bool
) -> None:
    axes = "tzyx" if alone else "yx"
    different = [axis for axis in axes if file.sizes[axis] != sizes[axis]]
    if different:
        sizes_of_file = ", ".join(f"{axis} {file.sizes[axis]}" for axis in different)
        expected = ", ".join(f"{axis} {sizes[axis]}" for axis in different)
        raise SourceError(f"{file.name} has {sizes_of_file}; the field has {expected}.")
    dtype = np.dtype(present.images[0].data.dtype)
    if file.dtype != dtype:
        raise SourceError(f"{file.name} is {file.dtype}; the field is {dtype}.")
    own = present.pixel_size
    if file.pixel_size is not None and present.units.get("y") == "micrometer":
        for axis, stated in zip("yx", file.pixel_size, strict=True):
            if abs(stated - own[axis]) > _SIZE_TOLERANCE * own[axis]:
                raise SourceError(
                    f"{file.name} has pixels of {stated:g} micrometres along {axis}; "
                    f"the field has {own[axis]:g}."
                )
