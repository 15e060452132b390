"""Metrics of two channels of one field."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, ndimage

from hcs.errors import ShapeError
from hcs.qc.plane import NotComputableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.qc.plane import Plane

_FURTHEST = 48
"""Largest shift that is looked for, in pixels."""

_WINDOW = 640
"""Side of the part in the middle that is compared: a shift is the same everywhere."""

_FINE = 1.5
"""Sigma of the filter that shows edges, in pixels."""

_LEAST_PEAK = 8.0
"""Height of the best fit over the standard deviation of all, to tell a shift: real ones
have 13 and more on the demo plate, the best of 4000 fits by chance 6.5."""

_LEAST_LEAD = 1.5
"""Height of the best fit over the next one elsewhere, to tell a shift: real ones have
2.9 and more, those by chance up to 1.3."""

_APART = 10
"""Distance in pixels from which on another fit counts as elsewhere."""


def channel_correlation(plane: Plane, reference: Plane) -> float:
    """Return Pearson's correlation of two channels' pixels, -1 to 1."""
    _check(plane, reference)
    if plane.constant or reference.constant:
        raise NotComputableError("one of the two channels is constant")
    first, second = (
        part.pixels.astype(np.float64).ravel() - part.distribution.mean
        for part in (plane, reference)
    )
    length = np.sqrt(np.vdot(first, first) * np.vdot(second, second))
    return float(np.clip(np.vdot(first, second) / length, -1, 1))


def channel_shift(plane: Plane, reference: Plane) -> float:
    """Return how far a channel lies from the reference, in pixels.

    Edges of both are laid over each other, up to 48 pixels apart.
    """
    y, x = shift_between(plane, reference)
    return float(np.hypot(y, x))


def shift_between(plane: Plane, reference: Plane) -> tuple[float, float]:
    """Return how far a channel lies below and right of the reference, in pixels."""
    _check(plane, reference)
    if plane.constant or reference.constant:
        raise NotComputableError("one of the two channels is constant")
    if min(plane.pixels.shape) < 32:
        raise NotComputableError("the plane is smaller than 32 pixels")
    likeness = _likeness(_edges(plane), _edges(reference))
    far = min(_FURTHEST, *(side // 4 for side in likeness.shape))
    near = np.roll(likeness, (far, far), axis=(0, 1))[: 2 * far + 1, : 2 * far + 1]
    y, x = (int(i) for i in np.unravel_index(int(np.argmax(near)), near.shape))
    peak = near[y, x]
    elsewhere = near.copy()
    elsewhere[
        max(0, y - _APART) : y + _APART + 1, max(0, x - _APART) : x + _APART + 1
    ] = 0
    if peak < _LEAST_PEAK * likeness.std() or peak < _LEAST_LEAD * elsewhere.max():
        raise NotComputableError("the two channels have too little in common")
    return float(y - far), float(x - far)


def _likeness(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return how well two pictures fit at each shift; the origin is no shift.

    Frequencies are brought to nearly one strength, so that the fit is a sharp peak.
    """
    cross = fft.rfft2(first) * np.conj(fft.rfft2(second))
    strength = np.abs(cross)
    cross /= strength + np.median(strength) + np.float32(1e-12)
    return np.asarray(fft.irfft2(cross, s=first.shape))


def _check(plane: Plane, reference: Plane) -> None:
    if plane.pixels.shape != reference.pixels.shape:
        raise ShapeError(
            f"Channels of one field must have one shape; got {plane.pixels.shape} "
            f"and {reference.pixels.shape}."
        )


def _edges(plane: Plane) -> NDArray[np.float32]:
    """Return the strength of edges, less their surroundings', fading to the rim.

    Where cells are bright in one channel and dark in the other, edges still agree.
    """
    inner = tuple(
        slice((side - _WINDOW) // 2, (side + _WINDOW) // 2)
        if side > _WINDOW
        else slice(None)
        for side in plane.pixels.shape
    )
    pixels = plane.pixels[inner].astype(np.float32)
    # Roots give the light's own noise one strength, bright or dim.
    root = np.sqrt(np.maximum(pixels, 0))
    # On both sides of an edge, whichever side is bright, and nothing on the edge:
    # a finer pattern than the gradient, so that a fit is harder to have by chance.
    strength = np.abs(ndimage.gaussian_laplace(root, _FINE, truncate=3))
    # The strongest edges, such as dirt's, must not drown the others.
    strength = np.minimum(strength, np.percentile(strength[::2, ::2], 99))
    strength -= ndimage.gaussian_filter(strength, 6, truncate=3)
    return np.asarray((strength - strength.mean()) * _taper(strength.shape))


@lru_cache(maxsize=4)
def _taper(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a window that fades out over a tenth of each side."""
    sides = []
    for side in shape:
        rim = max(side // 10, 1)
        ramp = np.minimum(np.arange(side) + 1, np.arange(side, 0, -1)) / rim
        sides.append(np.sin(np.minimum(ramp, 1) * np.pi / 2) ** 2)
    return np.asarray(np.multiply.outer(*sides), np.float32)
