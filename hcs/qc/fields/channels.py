"""Metrics of two channels of one field."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import scipy

from hcs.errors import ShapeError
from hcs.qc.fields.edges import window
from hcs.qc.fields.plane import STRIPE, NotComputableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Plane

_FURTHEST = 48
"""Largest shift that is looked for, in pixels."""

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
    product = 0.0
    for start in range(0, plane.pixels.shape[0], STRIPE):
        rows = slice(start, start + STRIPE)
        # One mean taken off is as good as both, and cheaper.
        first = plane.pixels[rows].astype(np.float64)
        first -= plane.distribution.mean
        second = reference.pixels[rows].astype(np.float64)
        # Not `vdot`: BLAS would start threads, for less than they cost.
        product += float(np.einsum("ij,ij->", first, second))
    spread, other = plane.distribution, reference.distribution
    length = plane.pixels.size * math.sqrt(spread.variance * other.variance)
    if not length:
        raise NotComputableError("the channels vary by less than numbers can say")
    return float(np.clip(product / length, -1, 1))


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
    shape = window(plane.pixels.shape)
    far = min(_FURTHEST, *(side // 4 for side in shape))
    near, spread = _likeness(plane.edge_spectrum, reference.edge_spectrum, shape, far)
    y, x = (int(i) for i in np.unravel_index(int(np.argmax(near)), near.shape))
    peak = near[y, x]
    elsewhere = near.copy()
    elsewhere[
        max(0, y - _APART) : y + _APART + 1, max(0, x - _APART) : x + _APART + 1
    ] = 0
    if peak < _LEAST_PEAK * spread or peak < _LEAST_LEAD * elsewhere.max():
        raise NotComputableError("the two channels have too little in common")
    return float(y - far), float(x - far)


def _likeness(
    first: NDArray[np.complex64],
    second: NDArray[np.complex64],
    shape: tuple[int, ...],
    far: int,
) -> tuple[NDArray[np.float32], float]:
    """Return how well two pictures fit at each shift, and the deviation of all fits.

    Frequencies are brought to nearly one strength, so that the fit is a sharp peak.
    Only shifts up to `far` are returned, from ``(-far, -far)`` on; the deviation, over
    all shifts, is that of the spectrum (Parseval's theorem).
    """
    cross = first * np.conj(second)
    strength = np.sqrt(cross.real**2 + cross.imag**2)
    middle = np.partition(strength, strength.size // 2, axis=None)[strength.size // 2]
    cross /= strength + middle + np.float32(1e-12)
    power = np.einsum("ij,ij->j", cross.real, cross.real)
    power += np.einsum("ij,ij->j", cross.imag, cross.imag)
    # The half that is not stored mirrors this one, less what mirrors itself.
    power[1 : (shape[1] + 1) // 2] *= 2
    power[0] -= cross.real[0, 0] ** 2
    spread = math.sqrt(float(power.sum(dtype=np.float64))) / (shape[0] * shape[1])
    shifts = np.arange(-far, far + 1)
    rows = scipy.fft.ifft(cross, axis=0, overwrite_x=True)[shifts]
    return np.asarray(scipy.fft.irfft(rows, n=shape[1], axis=1)[:, shifts]), spread


def _check(plane: Plane, reference: Plane) -> None:
    if plane.pixels.shape != reference.pixels.shape:
        raise ShapeError(
            f"Channels of one field must have one shape; got {plane.pixels.shape} "
            f"and {reference.pixels.shape}."
        )
