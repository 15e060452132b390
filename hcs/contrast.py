"""Which grey values are drawn black and white: the one home of every contrast policy.

A policy says between which percentiles of a sample the window lies. Who has the sample
chooses: a field alone, the fields of an import, or fields from all over a plate. Pure:
arrays in, numbers out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hcs.metadata import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

SAMPLE_PIXELS: Final = 1 << 16
"""Pixels taken from one plane: enough for the percentiles of every policy."""

MOST_WHITE: Final = 0.05
"""Share of a plate's pixels that a window may draw white. Tools that saturate pixels
on purpose take 0.1 to 1 %; the window of a blank field takes most of all others."""

LEAST_BRIGHT: Final = 0.04
"""Share of a window that the brightest pixels must reach, else all is black."""

LEAST_NOISES: Final = 20.0
"""Standard deviations of the camera's noise that a window spans at least: percentiles
of nothing but noise are 5 apart, those of cells 40 and more (see `least_width`)."""

_LEAST_BYTES: Final = 4.0
_LEAST_INTEGERS: Final = 16.0
"""Grey values that a window of bytes, and of wider integers, spans at least: fewer are
the steps of a converter and not of a stain."""

_LEAST_FLOAT: Final = 1e-6
"""The same for floats, as a part of the largest magnitude."""

_NOISE_SIDE: Final = 512
"""Pixels of the sides of the window in a plane's middle that the noise is taken of."""

_NOISE_OF_STEPS: Final = math.sqrt(math.pi) / 2
"""Standard deviation of normal noise, by the mean size of the step to a neighbour."""

_MOST_DRAWN: Final = float(np.finfo(np.float32).max)
"""Pictures are drawn in float32."""

_CAMERA_BITS: Final = (8, 10, 12, 14, 16, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A rule for a window, by the sample it is meant for.

    Attributes
    ----------
    name
        Stands beside each stored window that the policy made, see `Window.policy`.
    low, high
        Percentiles of the sample that are drawn black and white, 0 to 100.
    """

    name: str
    low: float
    high: float


FIELD: Final = Policy(name="field", low=0.1, high=99.9)
"""One field alone, or the coarsest level of one: dust and dead pixels are averaged
away there. Where it is blank the window fits no other field."""

IMPORT: Final = Policy(name="import", low=1.0, high=99.8)
"""Full-size fields spread over an imported plate: background is black, and the
brightest specks do not decide."""

PLATE: Final = Policy(name="plate", low=1.0, high=99.7)
"""The coarsest level of fields spread over a plate that is looked at; there bright
specks are averaged away already."""


@dataclass(frozen=True, slots=True)
class SampleLimits:
    """What a sample of a channel's pixels says, in their unit."""

    low: float
    high: float
    minimum: float
    maximum: float


def sample(planes: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
    """Return finite pixels of several planes of one channel, at most so many of each.

    Parameters
    ----------
    planes
        Of any shape and real or boolean dtype.

    Returns
    -------
        One dimension; empty where no pixel is finite.
    """
    taken = [_thinned(plane) for plane in planes]
    return np.concatenate(taken) if taken else np.empty(0)


def _thinned(plane: NDArray[Any]) -> NDArray[np.float64]:
    flat = np.asarray(plane).ravel()
    # An odd step does not follow the columns of an even-sized image.
    step = max(1, flat.size // SAMPLE_PIXELS) | 1
    # Wide, for numpy interpolates in the dtype, where the range of int16 overflows.
    taken = flat[::step].astype(np.float64)
    return within_pictures(taken[np.isfinite(taken)])


def within_pictures(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return finite pixels, those beyond the range of float32 as its ends.

    Such numbers can be subtracted, squared and added up in float64 without an overflow.

    Parameters
    ----------
    pixels
        Of any shape.
    """
    return np.clip(pixels, -_MOST_DRAWN, _MOST_DRAWN)


def noise(planes: Iterable[NDArray[Any]]) -> float:
    """Return the noise of a channel, in its grey values: a standard deviation.

    The median over the planes of ``mean(|step|) * sqrt(pi) / 2``, where a step leads
    from a pixel to its neighbour along y or x. What the optics draw changes little over
    a pixel of full resolution, so there it is the camera's; of coarser levels it is too
    large, by what a pixel of theirs leaves out.

    Parameters
    ----------
    planes
        Of shape ``(..., y, x)``, of full resolution, any real or boolean dtype. Their
        extreme half per cents are clipped, so that hot pixels do not decide.

    Returns
    -------
        At least 0; 0 without a plane that has neighbours which are finite.
    """
    of_planes = [value for value in map(_noise, planes) if math.isfinite(value)]
    return float(np.median(of_planes)) if of_planes else 0.0


def _noise(plane: NDArray[Any]) -> float:
    whole = np.asarray(plane)
    if whole.ndim < 2 or not whole.size:
        return math.nan
    rows, columns = whole.shape[-2:]
    top, left = (max(0, (side - _NOISE_SIDE) // 2) for side in (rows, columns))
    middle = whole.reshape(-1, rows, columns)[
        0, top : top + _NOISE_SIDE, left : left + _NOISE_SIDE
    ].astype(np.float64)
    finite = middle[np.isfinite(middle)]
    if not finite.size:
        return math.nan
    middle[~np.isfinite(middle)] = math.nan  # infinities would be clipped to numbers
    clipped = np.clip(middle, *np.percentile(within_pictures(finite), (0.5, 99.5)))
    steps = [np.abs(np.diff(clipped, axis=axis)).ravel() for axis in (0, 1)]
    known = np.concatenate(steps)
    known = known[np.isfinite(known)]
    return float(known.mean()) * _NOISE_OF_STEPS if known.size else math.nan


def least_width(planes: Sequence[NDArray[Any]], dtype: np.dtype[Any]) -> float:
    """Return how wide a channel's window must be, or it would show noise as a signal.

    A channel without a signal has percentiles all the same, and a window between them
    draws its noise as bright as another channel's cells.

    Parameters
    ----------
    planes
        As for `noise`.
    dtype
        Of the stored pixels.

    Returns
    -------
        In grey values: `LEAST_NOISES` times the noise, and a few steps of the type.
        Misleads where a pattern changes from pixel to pixel, such as binned dots: its
        window is wider than it need be, and the picture dimmer.
    """
    if dtype.kind == "b":
        return 1.0
    if dtype.kind == "f":
        sizes = [np.abs(plane[np.isfinite(plane)]).max(initial=0) for plane in planes]
        steps = _LEAST_FLOAT * min(float(max(sizes, default=0.0)), _MOST_DRAWN)
    else:
        steps = _LEAST_BYTES if dtype.itemsize == 1 else _LEAST_INTEGERS
    least = max(LEAST_NOISES * noise(planes), steps)
    return least if dtype.kind == "f" else float(math.ceil(least))


def limits(
    pixels: NDArray[np.float64], policy: Policy, least: float = 0.0
) -> SampleLimits | None:
    """Return the limits that a policy gives a sample, None for an empty one.

    Parameters
    ----------
    pixels
        A `sample`.
    policy
        Fitting the sample.
    least
        How wide they are at least, see `least_width`; a narrower window keeps its
        black, and its white moves up.
    """
    if not pixels.size:
        return None
    low, high = (float(end) for end in np.percentile(pixels, (policy.low, policy.high)))
    lowest, most = float(pixels.min()), float(pixels.max())
    if not high > low:
        low, high = lowest, most
    high = max(high, low + least)
    if not high > low:
        # A constant channel; beyond 2**53 adding one changes nothing.
        high = max(low + 1.0, math.nextafter(low, math.inf))
    return SampleLimits(low, high, min(lowest, low), max(most, high))


def window_of(
    pixels: NDArray[np.float64],
    policy: Policy,
    dtype: np.dtype[Any],
    clip: float | None = None,
    least: float = 0.0,
) -> Window | None:
    """Return the window to be stored for a channel, marked with its policy.

    Parameters
    ----------
    pixels
        A `sample`.
    policy
        Fitting the sample.
    dtype
        Of the stored pixels. Windows of integers are whole numbers.
    clip
        Level at which the camera clips, where that is known.
    least
        As for `limits`.

    Returns
    -------
        Its `min` and `max` are what a contrast control should offer: 0 (or the
        smallest pixel) to the clip level or the dtype's maximum, for floats those of
        the sample. None for an empty sample.
    """
    measured = limits(pixels, policy, least)
    if measured is None:
        return None
    low, high = measured.low, measured.high
    lowest, most = float(pixels.min()), float(pixels.max())
    if dtype.kind == "f":
        return Window(
            start=low,
            end=high,
            min=min(lowest, low),
            max=max(most, high),
            policy=policy.name,
        )
    top = _top(dtype)
    low, high = float(np.floor(low)), float(np.ceil(high))
    if high > top:
        # A nearly constant channel at the maximum has no room for a wider window.
        low, high = min(low, top - 1, math.nextafter(top, 0)), top
    ceiling = top if clip is None else min(float(clip), top)
    return Window(
        start=low,
        end=high,
        min=0.0 if dtype.kind in "ub" else min(0.0, low),
        max=max(ceiling, high),
        policy=policy.name,
    )


def _top(dtype: np.dtype[Any]) -> float:
    # Masks are drawn as the bytes they are stored as.
    return float(np.iinfo(np.uint8 if dtype.kind == "b" else dtype).max)


def common_window(windows: Sequence[Window | None]) -> Window | None:
    """Return the window that all fields have, else None."""
    first = windows[0] if windows else None
    if first is None:
        return None
    ends = (first.start, first.end)
    same = all(each is not None and (each.start, each.end) == ends for each in windows)
    return first if same else None


def sane(
    window: Window,
    pixels: NDArray[np.float64],
    dtype: np.dtype[Any] | None,
    least: float = 0.0,
) -> bool:
    """Return whether a stored window says more than the plate's own sample.

    Not where it is the whole range of the type or of a camera (writers put it where
    they know nothing), where it does not rise or lies outside the type, where it leaves
    the brightest pixels nearly black or draws more than `MOST_WHITE` of all white,
    where this library made it of a single field, and where a channel holds nothing but
    noise and the window shows that as a signal.

    Parameters
    ----------
    window
        As stored; its numbers may be of any kind.
    pixels
        A `sample` of the plate; what needs pixels is not checked with an empty one.
    dtype
        Of the pixels; None where none could be read.
    least
        How wide a window of the channel is at least, see `least_width`.
    """
    start, end = window.start, window.end
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        return False
    if window.policy == FIELD.name or is_whole_range(window, dtype):
        return False
    if dtype is not None and dtype.kind in "iu":
        allowed = np.iinfo(dtype)
        if end < allowed.min or start > allowed.max:
            return False
    measured = limits(pixels, PLATE)
    if measured is None or not pixels.max() > pixels.min():
        return True
    if measured.high - measured.low < least and end - start < least:
        return False
    if (measured.high - start) / (end - start) < LEAST_BRIGHT or measured.low >= end:
        # Where nothing is bright, a window in which nothing is may well be meant.
        return measured.high - measured.low < least and measured.low < end
    return float(np.mean(pixels > end)) <= MOST_WHITE


def is_whole_range(window: Window, dtype: np.dtype[Any] | None) -> bool:
    """Return whether a window is all that the type, or some camera, has."""
    if dtype is not None and dtype.kind in "iu":
        allowed = np.iinfo(dtype)
        # The type has signs; what it holds often has not.
        if window.start in (0, allowed.min) and window.end >= allowed.max:
            return True
    tops = {2.0**bits - less for bits in _CAMERA_BITS for less in (0, 1)}
    return window.start == 0 and window.end in tops


def type_range(dtype: np.dtype[Any] | None) -> tuple[float, float]:
    """Return black and white where nothing else is known: the type's, else 0 and 1."""
    if dtype is None or dtype.kind not in "iu":
        return 0.0, 1.0
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
