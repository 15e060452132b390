"""From image files to the pixels of a field that is there: one channel, some, or all.

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
from hcs.ingest.formats.images import likely_pages, not_finite
from hcs.ingest.matching.name_guess import assign_channels
from hcs.metadata import distinct_names
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hcs.images.image import Multiscales
    from hcs.images.ngff_image import NgffImage
    from hcs.ingest.formats.images import ImageFile

_SIZE_TOLERANCE = 0.01
"""Relative; files round pixel sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFile:
    """Which channel of which file becomes which channel of the field."""

    file: ImageFile
    number: int
    """Of the channel in the file."""

    channel: int
    """Of the channel in the field."""


def plan_channels(
    present: Multiscales, files: Sequence[ImageFile], channels: Sequence[str] = ()
) -> tuple[ChannelFile, ...]:
    """Return which file is for which channel of a field.

    Parameters
    ----------
    present
        The field as it is.
    files
        One with all channels, or one for each channel that is replaced.
    channels
        Names of channels, one a file; by default the names of the files tell.

    Raises
    ------
    SourceError
        If that is not clear, or a file does not fit into the field.
    """
    names = distinct_names(present.channel_names)
    sizes = _sizes(present)
    files = [_with_pages(file, sizes) for file in files]
    for file in files:
        _check_fits(file, present, sizes)
    if len(files) == 1 and not channels and files[0].sizes["c"] == sizes["c"]:
        file = files[0]
        return tuple(
            ChannelFile(file=file, number=number, channel=number)
            for number in range(sizes["c"])
        )
    targets = _named(names, channels, files) if channels else _guessed(names, files)
    for file, index in zip(files, targets, strict=True):
        if file.sizes["c"] != 1:
            raise SourceError(
                f"{file.name} has {file.sizes['c']} channels and the field "
                f"{sizes['c']}: give one file with all of them, or one a channel."
            )
        if targets.count(index) > 1:
            raise SourceError(
                f"Two files are for the channel {names[index]!r}; {file.name} is one."
            )
    return tuple(
        ChannelFile(file=file, number=0, channel=index)
        for file, index in zip(files, targets, strict=True)
    )


def compose_field(present: Multiscales, plan: Sequence[ChannelFile]) -> NgffImage:
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
    whole = {entry.channel for entry in plan} == set(range(_sizes(present)["c"]))
    pixels: NDArray[Any] = (
        np.empty(data.shape, data.dtype) if whole else np.array(data[...])
    )
    for entry in plan:
        for leading in np.ndindex(*_leading(pixels.shape, dims)):
            place = dict(zip(dims[:-2], leading, strict=True))
            if place.get("c", entry.channel) != entry.channel:
                continue
            plane = entry.file.plane(
                t=place.get("t", 0), c=entry.number, z=place.get("z", 0)
            )
            if any(not_finite(plane)):
                raise SourceError(f"{entry.file.name} has pixels that are no numbers.")
            pixels[leading] = plane
    return to_ngff_image(pixels, dims=dims)


def _leading(shape: Sequence[int], dims: Sequence[str]) -> tuple[int, ...]:
    return tuple(shape[: len(dims) - 2])


def _sizes(image: Multiscales) -> dict[str, int]:
    level = image.images[0]
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    return {axis: int(sizes.get(axis, 1)) for axis in ("t", "c", "z", "y", "x")}


def _with_pages(file: ImageFile, sizes: dict[str, int]) -> ImageFile:
    if not file.pages:
        return file
    return file.with_pages_as(
        likely_pages(file.pages, channels=sizes["c"], z=sizes["z"])
    )


def _check_fits(file: ImageFile, present: Multiscales, sizes: dict[str, int]) -> None:
    different = [axis for axis in "tzyx" if file.sizes[axis] != sizes[axis]]
    if different:
        sizes_of_file = ", ".join(f"{axis} {file.sizes[axis]}" for axis in different)
        expected = ", ".join(f"{axis} {sizes[axis]}" for axis in different)
        raise SourceError(f"{file.name} has {sizes_of_file}; the field has {expected}.")
    if file.is_rgb:
        raise SourceError(
            f"{file.name} is a colour picture; a channel is one intensity."
        )
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


def _named(
    names: Sequence[str], channels: Sequence[str], files: Sequence[ImageFile]
) -> list[int]:
    if len(channels) != len(files):
        raise SourceError(
            f"There are {len(files)} files and {len(channels)} channels for them; name "
            f"one a file."
        )
    targets = []
    for channel in channels:
        folded = [name.casefold() for name in names]
        if channel.casefold() not in folded:
            raise SourceError(
                f"The field has no channel {channel!r}; it has {some(names)}."
            )
        targets.append(folded.index(channel.casefold()))
    return targets


def _guessed(names: Sequence[str], files: Sequence[ImageFile]) -> list[int]:
    if len(names) == 1 and len(files) == 1:
        return [0]
    targets = assign_channels([file.name for file in files], names)
    for file, index in zip(files, targets, strict=True):
        if index is None:
            raise SourceError(
                f"The name of {file.name} does not tell its channel; name one a file "
                f"(--channel), of {some(names)}."
            )
    return [index for index in targets if index is not None]
