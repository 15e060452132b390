"""One field as a file to keep: a PNG to show, a TIFF to measure."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dashboard.errors import NotServedError
from dashboard.pictures import cancellation, rendering
from dashboard.pictures.bounds import check_channels, check_plane
from dashboard.pictures.outlines import draw_outlines
from dashboard.pictures.planes import (
    PICTURE_BYTES,
    PlaneRequest,
    check_together,
    existing,
    of_mask,
    plane_shape,
    read_plane,
)
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting, FieldState
    from hcs import Multiscales

MAX_PIXELS = 64 << 20
"""A larger picture is saved from a coarser level, and says so."""

_CONTRASTS = {
    "stored": "contrast stored with the plate",
    "plate": "contrast the same over the plate",
    "dtype": "contrast: range of the data type",
    "hand": "contrast set by hand",
    "field": "CONTRAST OF ONE FIELD ONLY",
}
"""Where a picture's contrast comes from, as its caption says it."""

_SHORT = {"micrometer": "µm", "millimeter": "mm", "nanometer": "nm"}
_PLAIN = str.maketrans({"µ": "u", "γ": "gamma", "·": "|", "×": "x"})
"""For Pillow's own font, which has few signs."""
_OME_KINDS = ("u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8")


@dataclass(frozen=True, slots=True)
class Saved:
    """A file for a person."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlane:
    """Which field version, and which of its planes."""

    plate: str
    well: str
    field: str
    version: str
    request: PlaneRequest


class Saving:
    """Makes files of what a field viewer shows.

    Thread safety: holds nothing of its own.
    """

    def __init__(self, plates: Plates) -> None:
        self._plates = plates

    def png(
        self,
        plane: FieldPlane,
        channels: Sequence[ChannelSetting],
        source: str,
        origin: str,
        outlines: str = "",
    ) -> Saved:
        """Return a field drawn as on screen, with a scale bar and a caption.

        Parameters
        ----------
        channels
            Those that are on.
        source
            Where the contrast comes from, a `ContrastSource` or ``"hand"``.
        origin
            The field that the contrast was taken from, where it was one.
        outlines
            The label image whose outlines are drawn, ``""`` for none.
        """
        plate, view, image = self._open(plane, channels)
        shapes = [plane_shape(level) for level in image.images]
        used = existing(image.images[0], channels)
        each = np.dtype(image.images[0].data.dtype).itemsize * max(len(used), 1)
        most = min(MAX_PIXELS, PICTURE_BYTES // each)
        level = next(
            (at for at, (y, x) in enumerate(shapes) if y * x <= most),
            len(shapes) - 1,
        )
        check_together(image.images[level], len(used))
        planes = [_read(image, plane, level, channel.index) for channel in used]
        picture = (
            rendering.composite(planes, used)
            if planes
            else np.zeros((*shapes[level], 3), np.uint8)
        )
        if outlines:
            draw_outlines(picture, _mask(image.label(outlines), plane))
        size, unit = _pixel(view, shapes[0][1] / shapes[level][1])
        lines = [_place(plate, view, plane), _drawn(used, view, source, origin)]
        if outlines:
            lines[1] += f" · outlines: {plain_text(outlines, 60)}"
        if level:
            lines[0] += f" · reduced to {shapes[level][1]} × {shapes[level][0]}"
        drawn = _captioned(_with_bar(Image.fromarray(picture), size, unit), lines)
        stream = io.BytesIO()
        drawn.save(stream, "PNG")
        return Saved(f"{_stem(plate, view, plane)}.png", stream.getvalue())

    def tiff(self, plane: FieldPlane, channels: Sequence[ChannelSetting]) -> Saved:
        """Return the pixels of the plane, of each of these channels, as they are."""
        import tifffile

        plate, view, image = self._open(plane, channels)
        first = image.images[0]
        chosen = [channel.index for channel in existing(first, channels)] or [0]
        check_together(first, len(chosen))
        dtype = _written(np.dtype(first.data.dtype))
        # Written one by one: beside the file there is only one plane in memory.
        planes = (
            _read(image, plane, 0, index).astype(dtype, copy=False) for index in chosen
        )
        ome = dtype.str[1:] in _OME_KINDS
        size, unit = _pixel(view, 1.0)
        about: dict[str, Any] = {"axes": "CYX"}
        if ome:
            about["Channel"] = {"Name": [view.channels[index] for index in chosen]}
        if ome and unit:
            about |= {f"PhysicalSize{axis}": size for axis in "XY"}
            about |= {f"PhysicalSize{axis}Unit": unit for axis in "XY"}
        stream = io.BytesIO()
        tifffile.imwrite(
            stream,
            planes,
            shape=(len(chosen), *plane_shape(first)),
            dtype=dtype,
            ome=ome,
            photometric="minisblack",
            metadata=about,
        )
        suffix = "ome.tif" if ome else "tif"
        return Saved(f"{_stem(plate, view, plane)}.{suffix}", stream.getvalue())

    def _open(
        self, plane: FieldPlane, channels: Sequence[ChannelSetting]
    ) -> tuple[ServedPlate, FieldState, Multiscales]:
        plate = self._plates.get(plane.plate)
        view = plate.field(plane.well, plane.field)
        if view.version != plane.version:
            raise NotServedError(
                f"{plane.well} {plain_text(view.words, 60)} has been replaced "
                f"meanwhile; look at it again before you save it."
            )
        check_channels(len(plate.channels), channels)
        check_plane(view, plane.request)
        return (
            plate,
            view,
            plate.image(plane.well, plane.field, plane.version),
        )


def _request(plane: FieldPlane, level: int, channel: int) -> PlaneRequest:
    return replace(plane.request, level=level, channel=channel, region=None)


def _read(
    image: Multiscales, plane: FieldPlane, level: int, channel: int
) -> NDArray[Any]:
    cancellation.check()
    return read_plane(image.images[level], _request(plane, level, channel))


def _mask(image: Multiscales, plane: FieldPlane) -> NDArray[Any]:
    """Return the plane of a mask that lies over the saved one."""
    cancellation.check()
    shapes = [plane_shape(level) for level in image.images]
    level = next(
        (at for at, (y, x) in enumerate(shapes) if y * x <= MAX_PIXELS),
        len(shapes) - 1,
    )
    return read_plane(image.images[level], of_mask(image, _request(plane, level, 0)))


def _written(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that a TIFF has for pixels of another."""
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype == np.float16:
        return np.dtype(np.float32)
    return dtype.newbyteorder("=")


def _pixel(view: FieldState, times: float) -> tuple[float, str]:
    """Return the size of a pixel along x and its unit, "" where it is not known."""
    at = view.axes.index("x")
    unit = view.units[at] if at < len(view.units) else None
    size = view.scale[at] if at < len(view.scale) else 0.0
    if not unit or not size > 0:
        return times, ""
    return size * times, _SHORT.get(unit, unit)


def _place(plate: ServedPlate, view: FieldState, plane: FieldPlane) -> str:
    parts = [plate.plate.name or plane.plate, plane.well, view.label]
    if view.acquisition_name:
        parts.append(view.acquisition_name)
    return " · ".join([*map(plain_text, parts), *_axes(view, plane)])


def _axes(view: FieldState, plane: FieldPlane) -> list[str]:
    """Return z and t in words, as far as the field has them; counted from one."""
    words = []
    depth, times = view.size("z"), view.size("t")
    if depth > 1 and plane.request.projection:
        words.append(f"z {plane.request.projection} of {depth}")
    elif depth > 1:
        z = depth // 2 if plane.request.z is None else plane.request.z
        words.append(f"z {z + 1} of {depth}")
    if times > 1:
        words.append(f"t {(plane.request.t or 0) + 1} of {times}")
    return words


def _drawn(
    used: Sequence[ChannelSetting], view: FieldState, source: str, origin: str
) -> str:
    channels = [_channel_words(channel, view.channels) for channel in used]
    words = _CONTRASTS.get(source, _CONTRASTS["hand"])
    if source == "field" and origin:
        words = f"{words} ({plain_text(origin, 80)})"
    return " · ".join([plain_text(", ".join(channels) or "no channel", 400), words])


def _channel_words(channel: ChannelSetting, names: Sequence[str]) -> str:
    name = names[channel.index] if channel.index < len(names) else channel.index
    gamma = f" γ {channel.gamma:g}" if channel.gamma != 1 else ""
    return f"{name} {channel.low:g}-{channel.high:g}{gamma}"


def _stem(plate: ServedPlate, view: FieldState, plane: FieldPlane) -> str:
    name = plate.plate.name or plane.plate.rpartition("/")[2]
    parts = [name, plane.well, view.label, *_axes(view, plane)]
    text = "_".join(plain_text(part, 80) for part in parts)
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-"
        for letter in text
    )
    return safe.strip(".-") or "field"


def round_length(most: float) -> float:
    """Return the longest of 1, 2, 5, 10 ... that is at most `most`.

    >>> [round_length(most) for most in (0.7, 4.9, 5, 23, 199)]
    [0.5, 2.0, 5.0, 20.0, 100.0]
    """
    power = 10.0 ** math.floor(math.log10(most))
    return next((step * power for step in (5, 2, 1) if step * power <= most), power)


def _with_bar(picture: Image.Image, size: float, unit: str) -> Image.Image:
    """Draw a bar of a round length into the lower right corner."""
    width, height = picture.size
    length = round_length(max(size * width / 4, 1e-12))
    across = max(1, round(length / size))
    thick = max(2, height // 150)
    margin = max(4, height // 50)
    text = f"{length:g} {unit or 'px'}"
    font, plain = _font(max(10, height // 32))
    draw = ImageDraw.Draw(picture)
    right, bottom = width - margin, height - margin
    bar = (right - across, bottom - thick, right - 1, bottom - 1)
    draw.rectangle((bar[0] - 1, bar[1] - 1, bar[2] + 1, bar[3] + 1), fill="black")
    draw.rectangle(bar, fill="white")
    draw.text(
        (right - across / 2, bottom - thick - margin / 3),
        text.translate(plain),
        fill="white",
        font=font,
        anchor="ms",
        stroke_width=max(1, thick // 2),
        stroke_fill="black",
    )
    return picture


def _captioned(picture: Image.Image, lines: Sequence[str]) -> Image.Image:
    """Put lines of text below a picture, broken where they are too wide for it."""
    size = max(10, min(28, picture.width // 48))
    font, plain = _font(size)
    broken = [
        part
        for line in lines
        for part in _broken(line.translate(plain), font, picture.width)
    ]
    step = round(size * 1.35)
    whole = Image.new(
        "RGB", (picture.width, picture.height + step * len(broken) + size), "white"
    )
    whole.paste(picture, (0, 0))
    draw = ImageDraw.Draw(whole)
    for number, line in enumerate(broken):
        top = picture.height + size // 2 + number * step
        draw.text((size // 2, top), line, fill="black", font=font)
    return whole


def _broken(text: str, font: Any, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width - 12:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font(size: int) -> tuple[Any, dict[int, str]]:
    """Return a font, and what it cannot write."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size), {}
    except OSError:
        return ImageFont.load_default(size), _PLAIN
