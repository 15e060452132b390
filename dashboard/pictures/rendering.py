"""Arrays become 8-bit pictures: contrast by table, composites, sprites, JPEG.

Everything here is pure and works on planes ``(y, x)``. Contrast of 8 and 16-bit
integers is one table look-up, because rendering costs more than reading otherwise.
"""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dashboard.plates.values import ChannelSetting

    Plane = NDArray[Any]

JPEG_QUALITY = 80
MAX_SPRITE_SIDE = 16_384
"""Pixels; JPEG ends at 65,535, and browsers refuse canvases well before that."""

_BITS = 10
"""Of a colour in a sum of pictures."""

_ONES = np.uint32(1 | 1 << _BITS | 1 << 2 * _BITS)

_DARK = (28, 30, 34)
_ERROR = (200, 80, 60)


def to_8bit(
    plane: Plane, low: float, high: float, gamma: float = 1.0
) -> NDArray[np.uint8]:
    """Map pixel values to 0..255.

    Parameters
    ----------
    plane
        Shape ``(y, x)``, any boolean, integer or float dtype; NaN becomes 0.
    low, high
        Values that become 0 and 255; where ``high <= low``, all above `low` is 255.
    gamma
        Exponent of the value between 0 and 1; below 1 brightens dark parts.
    """
    kind = plane.dtype
    if kind.kind == "b":
        return np.where(plane, np.uint8(255), np.uint8(0)).astype(np.uint8)
    if kind in (np.uint8, np.uint16):
        # `take` into a table is the fastest way numpy has, by a factor of four.
        return _table(kind.itemsize, low, high, gamma).take(plane)
    with np.errstate(over="ignore"):
        values = plane.astype(np.float32)
    return _scale(values, low, high, gamma)


@lru_cache(maxsize=64)
def _table(itemsize: int, low: float, high: float, gamma: float) -> NDArray[np.uint8]:
    values = np.arange(1 << (8 * itemsize), dtype=np.float32)
    table = _scale(values, low, high, gamma)
    table.setflags(write=False)
    return table


def _scale(
    values: NDArray[np.float32], low: float, high: float, gamma: float
) -> NDArray[np.uint8]:
    # As float32, in which windows narrower than a denormal are empty.
    with np.errstate(over="ignore"):
        span = np.float32(high - low)
    if not span > 0:
        return np.where(values > low, np.uint8(255), np.uint8(0)).astype(np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):
        unit = (values - np.float32(low)) / span
    unit = np.clip(np.nan_to_num(unit, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if gamma != 1.0:
        unit = np.power(unit, np.float32(gamma))
    return np.asarray(unit * 255.0 + 0.5, dtype=np.uint8)


def composite(
    planes: Sequence[Plane], settings: Sequence[ChannelSetting]
) -> NDArray[np.uint8]:
    """Add channels in their colours.

    Parameters
    ----------
    planes
        One plane ``(y, x)`` a setting, all of one shape.
    settings
        Colour and contrast of each plane.

    Returns
    -------
        Shape ``(y, x, 3)``; sums above 255 stay 255.

    Raises
    ------
    ValueError
        If there is no plane, or their number is not that of the settings.
    """
    if not planes or len(planes) != len(settings):
        raise ValueError(
            f"{len(planes)} planes with {len(settings)} settings; they must pair up."
        )
    if all(plane.dtype in (np.uint8, np.uint16) for plane in planes):
        return _added(planes, settings)
    total = np.zeros((3, *np.shape(planes[0])), dtype=np.uint16)
    for plane, setting in zip(planes, settings, strict=True):
        grey = to_8bit(plane, setting.low, setting.high, setting.gamma)
        for component, weight in enumerate(bytes.fromhex(setting.color)):
            if weight == 255:
                total[component] += grey
            elif weight:
                total[component] += _weights(weight).take(grey)
    return np.ascontiguousarray(
        np.minimum(total, 255).astype(np.uint8).transpose(1, 2, 0)
    )


def _added(
    planes: Sequence[Plane], settings: Sequence[ChannelSetting]
) -> NDArray[np.uint8]:
    """Do as `composite` for small integers: one look-up a channel for all colours."""
    total = np.zeros(planes[0].shape, dtype=np.uint32)
    for at, (plane, setting) in enumerate(zip(planes, settings, strict=True)):
        # Ten bits hold 1020: four colours, or three upon a full one.
        if at > 1 and at % 3 == 1:
            _fill_up(total)
        table = _colours(
            plane.dtype.itemsize,
            setting.low,
            setting.high,
            setting.gamma,
            setting.color,
        )
        total += table.take(plane)
    _fill_up(total)
    picture = np.empty((*total.shape, 3), dtype=np.uint8)
    for component in range(3):
        picture[..., component] = total  # its last 8 bits
        total >>= _BITS
    return picture


def _fill_up(total: NDArray[np.uint32]) -> None:
    """Make 255 of all parts that are larger, in place."""
    larger = total >> 8
    larger |= total >> 9
    larger &= _ONES
    larger *= 255
    total |= larger
    total &= _ONES * 255


@lru_cache(maxsize=48)
def _colours(
    itemsize: int, low: float, high: float, gamma: float, color: str
) -> NDArray[np.uint32]:
    """Return for each value red, green and blue in 10 bits each: sums do not meet."""
    grey = _table(itemsize, low, high, gamma)
    table = np.zeros(grey.size, dtype=np.uint32)
    for component, weight in enumerate(bytes.fromhex(color)):
        table |= _weights(weight).take(grey).astype(np.uint32) << (component * _BITS)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=256)
def _weights(weight: int) -> NDArray[np.uint8]:
    return (np.arange(256) * weight // 255).astype(np.uint8)


def fitted(width: int, height: int, size: int) -> tuple[int, int]:
    """Return width and height with the longer of them `size`.

    >>> fitted(300, 200, 60), fitted(1, 5000, 128)
    ((60, 40), (1, 128))
    """
    longest = max(width, height)
    return max(1, round(width * size / longest)), max(1, round(height * size / longest))


def fit(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize ``(y, x, 3)`` so that its longer side has exactly `size` pixels."""
    rows, columns = picture.shape[:2]
    longest = max(rows, columns)
    if longest == size:
        return picture
    shape = fitted(columns, rows, size)
    how = Image.Resampling.BOX if longest > size else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(picture).resize(shape, how))


def level_for(shapes: Sequence[tuple[int, int]], size: int) -> int:
    """Return the smallest level whose longer side has at least `size` pixels.

    Parameters
    ----------
    shapes
        ``(y, x)`` of each level, largest first.
    size
        Pixels wanted; where no level has so many, level 0 is the answer.
    """
    enough = [index for index, shape in enumerate(shapes) if max(shape) >= size]
    return max(enough, key=lambda index: (-max(shapes[index]), index), default=0)


def sprite(
    cells: Sequence[NDArray[np.uint8] | None], size: int, columns: int
) -> NDArray[np.uint8]:
    """Place pictures in a grid of ``size`` x ``size`` cells, each in its middle.

    Parameters
    ----------
    cells
        Pictures ``(y, x, 3)`` no larger than a cell, row by row; None leaves black.
    size
        Pixels of a cell's side.
    columns
        Cells in a row.

    Raises
    ------
    ValueError
        If the picture would be larger than `MAX_SPRITE_SIDE`.
    """
    canvas = empty_sprite(len(cells), size, columns)
    for index, cell in enumerate(cells):
        if cell is not None:
            place(canvas, index, cell, size)
    return canvas


def empty_sprite(count: int, size: int, columns: int) -> NDArray[np.uint8]:
    """Return the black canvas of a sprite, see `sprite`; `place` fills it.

    Its size is checked before anything is allocated, or read to be put there.
    """
    rows = max(1, math.ceil(count / columns))
    if max(rows, columns) * size > MAX_SPRITE_SIDE:
        raise ValueError(
            f"A sprite of {rows} x {columns} cells of {size} px is too large; at most "
            f"{MAX_SPRITE_SIDE} px a side are allowed."
        )
    return np.zeros((rows * size, columns * size, 3), dtype=np.uint8)


def place(
    canvas: NDArray[np.uint8], index: int, cell: NDArray[np.uint8], size: int
) -> None:
    """Put a picture into the middle of a cell of a sprite."""
    height, width = min(cell.shape[0], size), min(cell.shape[1], size)
    columns = canvas.shape[1] // size
    left, top, width, height = box_in_sprite(index, columns, size, width, height)
    canvas[top : top + height, left : left + width] = cell[:height, :width]


def box_in_sprite(
    index: int, columns: int, size: int, width: int, height: int
) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a picture in the middle of its cell.

    >>> box_in_sprite(4, 3, 128, 100, 128)
    (142, 128, 100, 128)
    """
    top = index // columns * size + (size - height) // 2
    left = index % columns * size + (size - width) // 2
    return left, top, width, height


@lru_cache(maxsize=16)
def error_cell(size: int) -> NDArray[np.uint8]:
    """Return the picture that stands for one that could not be read: a cross."""
    image = Image.new("RGB", (size, size), _DARK)
    draw = ImageDraw.Draw(image)
    inset, width = size // 4, max(1, size // 24)
    far = size - 1 - inset
    draw.line((inset, inset, far, far), fill=_ERROR, width=width)
    draw.line((inset, far, far, inset), fill=_ERROR, width=width)
    draw.rectangle((0, 0, size - 1, size - 1), outline=_ERROR)
    picture = np.asarray(image)
    picture.setflags(write=False)
    return picture


def encode_jpeg(picture: NDArray[np.uint8], quality: int = JPEG_QUALITY) -> bytes:
    """Return ``(y, x, 3)`` as JPEG.

    Colour is kept at full resolution: half-resolution colour smears one channel's
    spots over their neighbours.
    """
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def little_endian(plane: Plane) -> tuple[bytes, str]:
    """Return a plane's bytes, row by row, and the numpy name of their dtype.

    Booleans become ``uint8``, 16-bit floats ``float32``, and 64-bit integers ``uint32``
    or ``int32`` where they fit, else ``float64``, which browsers can read as numbers.
    """
    kind = plane.dtype
    if kind.kind == "b":
        plane = plane.astype(np.uint8)
    elif kind == np.float16:
        plane = plane.astype(np.float32)
    elif kind.kind in "iu" and kind.itemsize == 8:
        plane = _narrow(plane)
    little = np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("<"))
    return little.tobytes(), plane.dtype.newbyteorder("=").name


def _narrow(plane: Plane) -> Plane:
    low, high = (int(plane.min()), int(plane.max())) if plane.size else (0, 0)
    for kind in (np.uint32, np.int32):
        limits = np.iinfo(kind)
        if limits.min <= low and high <= limits.max:
            return plane.astype(kind)
    return plane.astype(np.float64)
