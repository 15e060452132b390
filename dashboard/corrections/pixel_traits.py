"""What new pixels are known by: digests and extremes, found in one pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.qc import exact_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTraits:
    """One channel of a correction."""

    channel: int
    name: str
    digests: tuple[str, ...]
    """Of its planes, t slowest; see `hcs.qc.exact_digest`."""

    low: float
    """Smallest finite value; NaN where there is none."""

    high: float
    mean: float
    """Of the finite values."""

    @property
    def constant(self) -> bool:
        """Whether every pixel has the same value."""
        return self.low == self.high


def traits_of(
    array: NDArray[Any],
    axes: tuple[str, ...],
    names: tuple[str, ...],
    channels: Iterable[int],
) -> tuple[ChannelTraits, ...]:
    """Return what channels of composed pixels are known by.

    Parameters
    ----------
    array, axes
        The pixels.
    names
        Of all channels.
    channels
        Those that files bring.
    """
    sizes = dict(zip(axes, array.shape, strict=True))
    traits = []
    for channel in channels:
        digests, lows, highs, means = [], [], [], []
        for t, z in product(range(sizes.get("t", 1)), range(sizes.get("z", 1))):
            place = {"t": t, "c": channel, "z": z}
            plane = np.asarray(
                array[tuple(place.get(axis, slice(None)) for axis in axes)]
            )
            digests.append(exact_digest(plane))
            if plane.dtype.kind == "f":
                plane = plane[np.isfinite(plane)]
            if plane.size:
                lows.append(float(plane.min()))
                highs.append(float(plane.max()))
                means.append(_mean(plane))
        traits.append(
            ChannelTraits(
                channel=channel,
                name=names[channel] if channel < len(names) else str(channel),
                digests=tuple(digests),
                low=min(lows, default=math.nan),
                high=max(highs, default=math.nan),
                mean=sum(mean / len(means) for mean in means) if means else math.nan,
            )
        )
    return tuple(traits)


def _mean(pixels: NDArray[Any]) -> float:
    if pixels.dtype.str[1:] != "f8":
        return float(pixels.mean(dtype=np.float64))
    # Sums of the largest float64 would overflow; a power of two costs no digit.
    share = 0.5 ** pixels.size.bit_length()
    return float((pixels * share).mean()) / share
