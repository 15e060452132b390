"""Nuclei in one channel, and what another channel has in and around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from hcs.qc.intensity import otsu
from hcs.qc.plane import Distribution, NotComputableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hcs.qc.plane import Plane

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


@dataclass(frozen=True, slots=True, eq=False)
class Nuclei:
    """The nuclei of one field."""

    labels: NDArray[np.int32]
    """Number of the nucleus at each pixel, shape ``(y, x)``; 0 outside."""

    areas: NDArray[np.int64]
    """Pixels of each nucleus, from number 1 on."""


def propose_channel(names: Iterable[str | None]) -> int | None:
    """Return the position of the channel whose name is that of a nuclear stain.

    None where no name matches, or several do: then a person has to choose.
    """
    found = [
        position
        for position, name in enumerate(names)
        if name is not None and any(word in name.casefold() for word in _NAMES)
    ]
    return found[0] if len(found) == 1 else None


def find_nuclei(plane: Plane) -> Nuclei:
    """Return what is brighter than Otsu's threshold, holes filled, specks left out.

    Nuclei that touch count as one.
    """
    if plane.constant:
        return _nothing(plane)
    smooth = ndimage.gaussian_filter(plane.pixels.astype(np.float32), _SMOOTH)
    threshold = otsu(_binned(smooth))
    mask = smooth > threshold
    apart = float(smooth[mask].mean() - smooth[~mask].mean())
    if apart < _LEAST_CONTRAST * plane.noise:
        return _nothing(plane)
    labels, number = ndimage.label(ndimage.binary_fill_holes(mask))
    areas = np.bincount(labels.ravel(), minlength=number + 1)
    kept = areas >= LEAST_AREA
    kept[0] = False
    renumbered = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return Nuclei(renumbered[labels], areas[kept])


def _nothing(plane: Plane) -> Nuclei:
    return Nuclei(np.zeros(plane.pixels.shape, np.int32), np.zeros(0, np.int64))


def _binned(smooth: NDArray[np.float32]) -> Distribution:
    """Return the distribution of a smoothed plane over 1024 even bins."""
    counts, edges = np.histogram(smooth, 1024)
    present = np.flatnonzero(counts)
    return Distribution((edges[:-1] + edges[1:])[present] / 2, counts[present])


def count(nuclei: Nuclei) -> float:
    """Return the number of nuclei."""
    return float(len(nuclei.areas))


def mean_area(nuclei: Nuclei) -> float:
    """Return the mean area of the nuclei, in pixels."""
    if len(nuclei.areas) == 0:
        raise NotComputableError("there are no nuclei")
    return float(nuclei.areas.mean())


def nucleus_ring_ratio(plane: Plane, nuclei: Nuclei, ring: int = RING) -> float:
    """Return the mean inside the nuclei over the mean in a ring around them.

    Parameters
    ----------
    plane
        Another channel than that of the nuclei.
    ring
        Its width in pixels; nuclei in the way are left out.
    """
    inside = nuclei.labels > 0
    if not inside.any():
        raise NotComputableError("there are no nuclei")
    near = ndimage.distance_transform_edt(~inside) <= ring
    around = near & ~inside
    if not around.any():
        raise NotComputableError("there is no room around the nuclei")
    outer = float(plane.pixels[around].mean())
    if outer <= 0:
        raise NotComputableError("the ring around the nuclei is dark")
    return float(plane.pixels[inside].mean()) / outer
