"""Which contrast a plate is shown with: one for all its wells, and why that one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.plates.values import ChannelDisplay, ContrastSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hcs.metadata import Channel, Window

LOW_PERCENT, HIGH_PERCENT = 1.0, 99.7
"""Robust limits: background stays dark, and a few hot pixels do not decide."""

_SAMPLE_PIXELS = 1 << 16
"""Pixels taken from one plane: enough for its 99.7th percentile."""

_DARKEST = 0.04
"""A stored window that shows the brightest 0.3 % darker than this shows nothing."""

_PALETTE = ("4C6FFF", "00E000", "FF4040", "FF40FF", "00D8D8", "FFC000")
"""For channels that bring no colour; apart for red-green blind people by lightness."""

_BY_NAME = (
    (("dapi", "hoechst", "dna", "h33342", "nucle"), "4C6FFF"),
    (("gfp", "fitc", "488", "alexa488", "green"), "00E000"),
    (("tritc", "rfp", "mcherry", "568", "cy3", "actin", "561", "red"), "FF4040"),
    (("cy5", "647", "mito", "farred", "640"), "FF40FF"),
    (("brightfield", "phase", "dic", "trans"), "FFFFFF"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sample of a channel's pixels says."""

    low: float
    high: float
    minimum: float
    maximum: float


def limits(planes: Sequence[NDArray[Any]]) -> Limits | None:
    """Return robust limits over the pixels of several planes of one channel.

    Parameters
    ----------
    planes
        Of any shape and real dtype. Non-finite pixels are left out.

    Returns
    -------
        None where there is no finite pixel.
    """
    samples = [_sample(plane) for plane in planes]
    pixels = np.concatenate(samples) if samples else np.empty(0)
    if not pixels.size:
        return None
    # numpy interpolates in the dtype, where the range of int16 overflows
    wide = pixels.astype(np.float64, copy=False)
    low, high = (float(one) for one in np.percentile(wide, (LOW_PERCENT, HIGH_PERCENT)))
    smallest, largest = float(pixels.min()), float(pixels.max())
    if not high > low:
        low, high = smallest, largest
    if not high > low:
        high = low + 1.0
    return Limits(low, high, min(smallest, low), max(largest, high))


def _sample(plane: NDArray[Any]) -> NDArray[np.float64]:
    flat = np.asarray(plane).ravel()
    # An odd step does not follow the columns of an even-sized image.
    step = max(1, flat.size // _SAMPLE_PIXELS) | 1
    taken = flat[::step].astype(np.float64)
    return taken[np.isfinite(taken)]


def plate_channels(
    stored: Sequence[Sequence[Channel]],
    samples: Sequence[Sequence[NDArray[Any]]],
    dtype: np.dtype[Any] | None,
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
    """
    count = max([len(samples), *(len(channels) for channels in stored)], default=0)
    return tuple(
        _display(
            index,
            count,
            [channels[index] for channels in stored if index < len(channels)],
            samples[index] if index < len(samples) else (),
            dtype,
        )
        for index in range(count)
    )


def _display(
    index: int,
    count: int,
    stored: Sequence[Channel],
    planes: Sequence[NDArray[Any]],
    dtype: np.dtype[Any] | None,
) -> ChannelDisplay:
    name = next((one.name for one in stored if one.name), None) or f"channel {index}"
    measured = limits(planes)
    window = equal_window([one.window for one in stored])
    source: ContrastSource = "plate"
    if window is not None and sane(window, measured, dtype):
        low, high, source = window.start, window.end, "stored"
    elif measured is not None:
        low, high = measured.low, measured.high
    else:
        (low, high), source = _dtype_range(dtype), "dtype"
    return ChannelDisplay(
        index=index,
        name=name,
        color=_color(index, count, name, stored),
        low=low,
        high=high,
        source=source,
        minimum=min(low, measured.minimum) if measured else low,
        maximum=max(high, measured.maximum) if measured else high,
        active=all(one.active for one in stored),
        automatic=(measured.low, measured.high) if measured else None,
    )


def equal_window(windows: Sequence[Window | None]) -> Window | None:
    """Return the window that all fields share, else None."""
    first = windows[0] if windows else None
    if first is None:
        return None
    same = all(
        one is not None and (one.start, one.end) == (first.start, first.end)
        for one in windows
    )
    return first if same else None


def sane(window: Window, measured: Limits | None, dtype: np.dtype[Any] | None) -> bool:
    """Whether a stored window is one that a person could have meant.

    It must be finite and rising, lie within the dtype, and neither leave the brightest
    pixels nearly black (the default full range of 16 bits over 12-bit data) nor show
    everything white.
    """
    start, end = window.start, window.end
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        return False
    if dtype is not None and dtype.kind in "iu":
        allowed = np.iinfo(dtype)
        if end < allowed.min or start > allowed.max:
            return False
    if measured is None or measured.maximum <= measured.minimum:
        return True
    brightest = (measured.high - start) / (end - start)
    return brightest >= _DARKEST and measured.low < end


def _dtype_range(dtype: np.dtype[Any] | None) -> tuple[float, float]:
    if dtype is None or dtype.kind not in "iu":
        return 0.0, 1.0
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)


def _color(index: int, count: int, name: str, stored: Sequence[Channel]) -> str:
    given = next((one.color for one in stored if _usable(one.color)), None)
    if given is not None:
        return given.upper()
    if count == 1:
        return "FFFFFF"
    lowered = name.lower()
    for words, color in _BY_NAME:
        if any(word in lowered for word in words):
            return color
    return _PALETTE[index % len(_PALETTE)]


def _usable(color: str | None) -> bool:
    if color is None or len(color) != 6:
        return False
    try:
        # Black on black is what some writers put where they know nothing.
        return max(bytes.fromhex(color)) >= 48
    except ValueError:
        return False
