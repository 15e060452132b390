"""Nuclei in one channel, and what another channel has in and around them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy

from hcs.qc.fields.intensity import otsu
from hcs.qc.fields.plane import STRIPE, Distribution, NotComputableError
from hcs.qc.fields.smoothing import gaussian

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Plane

RING = 6
"""Width of the ring around nuclei, in pixels."""

LEAST_AREA = 30
"""Pixels of the smallest thing taken for a nucleus."""

_NAMES = (
    "dna",
    "dapi",
    "hoechst",
    "nuclei",
    "nuclear",
    "nucleus",
    "draq",
    "h33342",
    "topro",
)

_SMOOTH = 1.0
"""Sigma of the filter before the threshold, in pixels."""

_LEAST_CONTRAST = 3.0
"""How many standard deviations of the pixel noise nuclei stand out at least."""


_BINS = 1024
"""Even bins of a smoothed plane, from which its threshold is found."""


@dataclass(frozen=True, eq=False)
class Nuclei:
    """The nuclei of one field; what the other channels need of them is made once."""

    shape: tuple[int, int]
    """Of the plane, ``(y, x)``."""

    inside: NDArray[np.intp]
    """Positions of the nuclei's pixels in the plane, row after row."""

    areas: NDArray[np.int64]
    """Pixels of each nucleus."""

    @cached_property
    def ring(self) -> NDArray[np.intp]:
        """Positions of the pixels at most `RING` from a nucleus, and in none."""
        mask = np.zeros(self.shape, bool)
        mask.ravel()[self.inside] = True
        return np.flatnonzero(grown(mask, RING) & ~mask)


def propose_channel(names: Iterable[str | None]) -> int | None:
    """Return the position of the channel whose name is that of a nuclear stain.

    None where no name matches, or several do: then a person has to choose.

    Parameters
    ----------
    names
        Of the plate's channels, in their order.
    """
    positions = [
        position
        for position, name in enumerate(names)
        if name is not None and any(word in name.casefold() for word in _NAMES)
    ]
    return positions[0] if len(positions) == 1 else None


def find_nuclei(plane: Plane) -> Nuclei:
    """Return what is brighter than Otsu's threshold, holes filled, specks left out.

    Nuclei that touch count as one.
    """
    if plane.constant:
        return _nothing(plane)
    smooth = gaussian(plane.pixels.astype(np.float32), _SMOOTH)
    spread = _binned(smooth)
    threshold = otsu(spread)
    if _apart(spread, threshold) < _LEAST_CONTRAST * plane.noise:
        return _nothing(plane)
    labels, number = scipy.ndimage.label(_filled(smooth > threshold))
    inside = np.flatnonzero(labels)
    nucleus = labels.take(inside)
    areas = np.bincount(nucleus, minlength=number + 1)
    large = areas >= LEAST_AREA
    return Nuclei(smooth.shape, inside[large[nucleus]], areas[large])


def _nothing(plane: Plane) -> Nuclei:
    return Nuclei(plane.pixels.shape, np.zeros(0, np.intp), np.zeros(0, np.int64))


def _apart(spread: Distribution, threshold: float) -> float:
    """Return the mean of what is above a threshold less that of the rest."""
    above = spread.values > threshold
    bright, dim = (
        float(np.average(spread.values[side], weights=spread.counts[side]))
        for side in (above, ~above)
    )
    return bright - dim


def _binned(smooth: NDArray[np.float32]) -> Distribution:
    """Return the distribution of a smoothed plane over even bins."""
    low, high = float(smooth.min()), float(smooth.max())
    # Bins that are narrower than a normal number of float32 cannot be counted.
    if high - low <= _BINS * np.finfo(np.float32).tiny:
        return Distribution(np.array([low]), np.array([smooth.size]))
    counts = np.zeros(_BINS, np.int64)
    per_count = np.float32(_BINS / (high - low))
    for start in range(0, smooth.shape[0], STRIPE):
        bins = (smooth[start : start + STRIPE] - np.float32(low)) * per_count
        bins = np.minimum(bins, _BINS - 1).astype(np.intp)
        counts += np.bincount(bins.ravel(), minlength=_BINS)
    present = np.flatnonzero(counts)
    return Distribution(low + (present + 0.5) * (high - low) / _BINS, counts[present])


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask without holes: without background that no border is part of.

    As `scipy.ndimage.binary_fill_holes`, which grows the background step by step.
    """
    background, number = scipy.ndimage.label(~mask)
    outside = np.zeros(number + 1, bool)
    for border in (background[0], background[-1], background[:, 0], background[:, -1]):
        outside[border] = True
    outside[0] = False
    return mask if outside[1:].all() else ~outside.take(background)


def grown(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Return which pixels are at most `radius` from a mask, centre to centre.

    A disc is a stack of rows: the mask is widened pixel by pixel, and each width is
    laid over the lines that far above and below.
    """
    reach = [math.isqrt(radius**2 - apart**2) for apart in range(radius + 1)]
    wide, near = mask.copy(), mask.copy()
    for width in range(radius + 1):
        if width:
            wide[:, width:] |= mask[:, :-width]
            wide[:, :-width] |= mask[:, width:]
        for apart in (line for line, half in enumerate(reach) if half == width):
            lines = max(len(mask) - apart, 0)
            near[apart:] |= wide[:lines]
            near[:lines] |= wide[apart:]
    return near


def count(nuclei: Nuclei) -> float:
    """Return the number of nuclei."""
    return float(len(nuclei.areas))


def mean_area(nuclei: Nuclei) -> float:
    """Return the mean area of the nuclei, in pixels."""
    if len(nuclei.areas) == 0:
        raise NotComputableError("there are no nuclei")
    return float(nuclei.areas.mean())


def nucleus_ring_ratio(plane: Plane, nuclei: Nuclei) -> float:
    """Return the mean inside the nuclei over the mean in a ring around them.

    Parameters
    ----------
    plane
        Another channel than that of the nuclei.
    nuclei
        Their ring is `RING` pixels wide; nuclei in the way are left out.
    """
    if nuclei.inside.size == 0:
        raise NotComputableError("there are no nuclei")
    if nuclei.ring.size == 0:
        raise NotComputableError("there is no room around the nuclei")
    outer = float(plane.pixels.take(nuclei.ring).mean())
    if outer <= 0:
        raise NotComputableError("the ring around the nuclei is dark")
    return float(plane.pixels.take(nuclei.inside).mean()) / outer
