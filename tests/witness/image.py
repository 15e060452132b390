"""What a reader says of the images of a plate, and whether that is what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Wells = Mapping[str, Sequence["Image"]]
    Reader = Callable[[Path], Wells]

CHANNELS = ("DNA", "GFP")
DIMS = ("t", "c", "z", "y", "x")


@dataclass(frozen=True)
class Image:
    """One image as a library gives it; None for what it does not say."""

    pixels: NDArray[Any] | None
    axes: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None


def outcome(read: Reader, path: Path, truth: Wells) -> str:
    """Return ``"ok"``, or what a library makes of a plate that is not so."""
    try:
        wells = read(path)
    except Exception as error:
        words = " ".join(str(error).replace(str(path), "PLATE").split())[:100]
        return f"refuses: {type(error).__name__}: {words}"
    return difference(wells, truth) or "ok"


def difference(wells: Wells, truth: Wells) -> str | None:
    """Return the first difference between images and what was written, in words."""
    if sorted(wells) != sorted(truth):
        return f"wells {sorted(wells)}"
    count, expected = (sum(map(len, fields.values())) for fields in (wells, truth))
    if count != expected:
        return f"{count} positions of {expected}"
    for well, images in truth.items():
        for number, (image, written) in enumerate(
            zip(wells[well], images, strict=True)
        ):
            where = f"in {well}/{number}"
            if image.pixels is not None and written.pixels is not None:
                if image.pixels.shape != written.pixels.shape:
                    return f"shape {image.pixels.shape} {where}"
                if not np.array_equal(image.pixels, written.pixels):
                    blank = "zeros" if not image.pixels.any() else "other pixels"
                    return f"{blank} {where}"
            if image.axes not in (None, written.axes):
                return f"axes {image.axes} {where}"
            if image.channels not in (None, written.channels):
                return f"channels {image.channels} {where}"
    return None
