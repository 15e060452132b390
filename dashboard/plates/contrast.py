"""Which contrast a plate is shown with: one for all its wells, and why that one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.plates.values import ChannelDisplay, ContrastSource
from dashboard.text import NAME_LIMIT, cut_text
from hcs import contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hcs.metadata import Channel

_PALETTE = ("4C6FFF", "00E000", "FF4040", "FF40FF", "00D8D8", "FFC000")
"""For channels that bring no colour; apart for red-green blind people by lightness."""

_BY_NAME = (
    (("dapi", "hoechst", "dna", "h33342", "nucle"), "4C6FFF"),
    (("gfp", "fitc", "488", "alexa488", "green"), "00E000"),
    (("tritc", "rfp", "mcherry", "568", "cy3", "actin", "561", "red"), "FF4040"),
    (("cy5", "647", "mito", "farred", "640"), "FF40FF"),
    (("brightfield", "phase", "dic", "trans"), "FFFFFF"),
)

_DARKEST_COLOUR = 48
"""Of 255 in its strongest part: what is darker cannot be seen on black."""


LEAST_OF_PLATE = 0.05
"""Part of the plate's own window that the window of one field spans at least: an empty
field's noise is no picture of that field."""


def plate_channels(
    stored: Sequence[Sequence[Channel]],
    samples: Sequence[Sequence[NDArray[Any]]],
    dtype: np.dtype[Any] | None,
    full: Sequence[Sequence[NDArray[Any]]] = (),
) -> tuple[ChannelDisplay, ...]:
    """Choose name, colour and contrast of each channel for the whole plate.

    Parameters
    ----------
    stored
        The display settings of each sampled field.
    samples
        For each channel, planes of sampled fields.
    dtype
        Of the pixels; None where no pixel could be read.
    full
        For each channel, planes of full resolution, where it may be empty: they say
        how wide its window is at least.
    """
    count = max([len(samples), *(len(channels) for channels in stored)], default=0)
    return tuple(
        _display(
            index,
            count,
            [channels[index] for channels in stored if index < len(channels)],
            samples[index] if index < len(samples) else (),
            dtype,
            full[index] if index < len(full) else (),
        )
        for index in range(count)
    )


def _display(
    index: int,
    count: int,
    stored: Sequence[Channel],
    planes: Sequence[NDArray[Any]],
    dtype: np.dtype[Any] | None,
    full: Sequence[NDArray[Any]],
) -> ChannelDisplay:
    named = (channel.name for channel in stored if channel.name)
    name = cut_text(next(named, f"channel {index}"), NAME_LIMIT)
    pixels = contrast.sample(planes)
    least = contrast.least_width(full, dtype) if full and dtype is not None else 0.0
    measured = contrast.limits(pixels, contrast.PLATE, least)
    window = contrast.common_window([channel.window for channel in stored])
    source: ContrastSource = "plate"
    if window is not None and contrast.sane(window, pixels, dtype, least):
        low, high, source = window.start, window.end, "stored"
    elif measured is not None:
        low, high = measured.low, measured.high
    else:
        (low, high), source = contrast.type_range(dtype), "dtype"
    return ChannelDisplay(
        index=index,
        name=name,
        color=_color(index, count, name, stored),
        low=low,
        high=high,
        source=source,
        minimum=min(low, measured.minimum) if measured else low,
        maximum=max(high, measured.maximum) if measured else high,
        active=all(channel.active for channel in stored),
        automatic=(measured.low, measured.high) if measured else None,
        least=max(least, LEAST_OF_PLATE * (measured.high - measured.low))
        if measured
        else 0.0,
        empty=measured is not None and measured.high - measured.low <= least,
    )


def may_be_empty(planes: Sequence[NDArray[Any]]) -> bool:
    """Whether planes of a coarse level hold little that their neighbours do not say.

    Averaging takes noise away and leaves uneven light, so that it takes planes of full
    resolution to be sure.
    """
    measured = contrast.limits(contrast.sample(planes), contrast.PLATE)
    if measured is None:
        return False
    width = measured.high - measured.low
    return width < 3 * contrast.LEAST_NOISES * contrast.noise(planes) or width <= 16


def _color(index: int, count: int, name: str, stored: Sequence[Channel]) -> str:
    colors = (channel.color for channel in stored)
    color = next((color for color in colors if _usable(color)), None)
    if color is not None:
        return color.upper()
    if count == 1:
        return "FFFFFF"
    lowered = name.lower()
    for words, usual in _BY_NAME:
        if any(word in lowered for word in words):
            return usual
    return _PALETTE[index % len(_PALETTE)]


def _usable(color: str | None) -> bool:
    if color is None or len(color) != 6:
        return False
    try:
        # Black on black is what some writers put where they know nothing.
        return max(bytes.fromhex(color)) >= _DARKEST_COLOUR
    except ValueError:
        return False
