"""One channel of one field, with what several metrics need of it.

Pure: arrays in, numbers out. What costs time (the histogram, block sums) is computed
once, when a metric first asks for it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import ShapeError
from hcs.qc.fields.edges import edge_spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRIPE = 64
"""Rows worked on at once: keeps the intermediate arrays in the processor's cache."""

_MOST_LEVELS = 1 << 20
"""Integers that span more are sorted, not counted."""

_EXACT = 1 << 53
"""Beyond it not every integer is a float."""

LARGEST = 2.0**64
"""Of floats, the largest that are measured, as of integers: fourth powers of these do
not overflow float64, nor do their sums over a plane."""

SCALE = 10
"""Size of blocks and of texture, in pixels: CellProfiler's first spatial scale."""


Blocks = tuple["NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.float64]"]
"""Sum, sum of squares and number of pixels, each of shape (block rows, columns)."""


class NotComputableError(Exception):
    """Internal: a metric has no value here, and why; never leaves `hcs.qc`."""


class Distribution:
    """How often each value occurs in a plane.

    Parameters
    ----------
    values
        The distinct values, ascending.
    counts
        How many pixels have each.
    """

    def __init__(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        self.values = values
        self.counts = counts
        self.total = int(counts.sum())

    @cached_property
    def upto(self) -> NDArray[np.int64]:
        """How many pixels have each value or a lower one."""
        return np.cumsum(self.counts)

    @cached_property
    def mean(self) -> float:
        """Arithmetic mean."""
        return float(self.values @ self.counts) / self.total

    @cached_property
    def variance(self) -> float:
        """Population variance (ddof 0)."""
        apart = self.values - self.mean
        return float((apart * apart) @ self.counts) / self.total

    def ranked(self, rank: NDArray[np.int64] | int) -> Any:
        """Return the value at a zero-based rank of the sorted pixels."""
        return self.values[np.searchsorted(self.upto, rank, side="right")]

    def percentile(self, q: float) -> float:
        """Return a percentile, interpolated as `numpy.percentile` does."""
        place = q / 100 * (self.total - 1)
        low = int(np.floor(place))
        below, above = self.ranked(np.array([low, min(low + 1, self.total - 1)]))
        return float(below + (place - low) * (above - below))

    @cached_property
    def median(self) -> float:
        """Median; the mean of the middle two where their number is even."""
        return self.percentile(50)

    @cached_property
    def mad(self) -> float:
        """Median of the distances from the median, not scaled."""
        apart = np.abs(self.values - self.median)
        order = np.argsort(apart, kind="stable")
        return Distribution(apart[order], self.counts[order]).median


class Plane:
    """One channel of one field, shape ``(y, x)``, in camera counts.

    Parameters
    ----------
    pixels
        Real numbers of any dtype, shape ``(y, x)``.
    clip
        Counts at which the camera saturates; None where unknown.
    clip_source
        Where `clip` is from, in words; or why it is not known.
    full_scale
        What a loader like CellProfiler's would divide by; by default the top of an
        integer dtype, and 1 for floating point.
    mask
        True where a pixel counts, shape ``(y, x)``; all where not given.
    absent
        Why the pixels are none that a camera took, so that nothing is measured on them;
        "" where they are.

    Raises
    ------
    ShapeError
        If `pixels` is not a plane of real numbers, or `mask` has another shape.
    """

    def __init__(
        self,
        pixels: NDArray[Any],
        *,
        clip: float | None = None,
        clip_source: str | None = None,
        full_scale: float | None = None,
        mask: NDArray[np.bool_] | None = None,
        absent: str = "",
    ) -> None:
        # In one order of memory, as sums depend on it: equal pixels have equal numbers.
        pixels = np.ascontiguousarray(pixels)
        if pixels.ndim != 2 or pixels.size == 0:
            raise ShapeError(
                f"Metrics are measured on planes of shape (y, x) with at least one "
                f"pixel; got shape {pixels.shape}."
            )
        if pixels.dtype.kind not in "uif":
            raise ShapeError(
                f"Metrics are measured on integers or floating-point numbers; "
                f"got dtype {pixels.dtype}."
            )
        if mask is not None and mask.shape != pixels.shape:
            raise ShapeError(
                f"The mask has shape {mask.shape}, the plane {pixels.shape}; "
                f"they must be equal."
            )
        self.pixels = pixels
        self.mask = mask
        self.absent = absent
        self.clip = clip
        self.clip_source = clip_source
        integer = pixels.dtype.kind in "ui"
        top = float(np.iinfo(pixels.dtype).max) if integer else 1.0
        self.full_scale = top if full_scale is None else full_scale

    @property
    def counted(self) -> NDArray[Any]:
        """The pixels that count, one-dimensional, row after row; in camera counts."""
        return self.pixels.ravel() if self.mask is None else self.pixels[self.mask]

    @cached_property
    def unfit(self) -> str:
        """Why nothing can be measured on the pixels, in words; "" where it can."""
        if self.absent:
            return self.absent
        counted = self.counted
        if counted.dtype.kind != "f":
            return ""
        odd = counted.size - int(np.count_nonzero(np.isfinite(counted)))
        if not odd:
            most = max(-float(counted.min(initial=0)), float(counted.max(initial=0)))
            if most > LARGEST:
                return f"pixels reach {most:.1e}; at most {LARGEST:.1e} can be measured"
            return ""
        verb = "is" if odd == 1 else "are"
        return f"{odd} of {counted.size} pixels {verb} not finite (NaN or infinite)"

    def check(self) -> None:
        """Refuse pixels on which nothing can be measured.

        Raises
        ------
        NotComputableError
            If `unfit` says why.
        """
        if self.unfit:
            raise NotComputableError(self.unfit)

    @cached_property
    def distribution(self) -> Distribution:
        """The pixels' values and how often each occurs.

        Raises
        ------
        NotComputableError
            If no pixel counts, or floats are `unfit`.
        """
        pixels = self.counted
        if pixels.size == 0:
            raise NotComputableError("no pixel is inside the mask")
        if pixels.dtype.kind == "f":
            self.check()
            values, counts = np.unique(pixels, return_counts=True)
            return Distribution(values.astype(np.float64), counts)
        low, high = int(pixels.min()), int(pixels.max())
        if high - low >= _MOST_LEVELS or max(high, -low) > _EXACT:
            # As floats first: several integers of 64 bits may be one level.
            levels, counts = np.unique(pixels.astype(np.float64), return_counts=True)
            return Distribution(levels, counts)
        if low < 0 or high >= _MOST_LEVELS:
            pixels, shift = pixels.astype(np.int64) - low, low
        else:
            shift = 0
        counts = np.bincount(pixels)
        present = np.flatnonzero(counts)
        return Distribution((present + shift).astype(np.float64), counts[present])

    @property
    def constant(self) -> bool:
        """Whether all pixels are equal.

        Raises
        ------
        NotComputableError
            As `distribution` does.
        """
        return len(self.distribution.values) == 1

    def stripes(self, overlap: int = 0) -> Any:
        """Yield the plane in stripes of rows, as float32 (float64 for wide dtypes).

        Each stripe starts `overlap` rows before the end of the one before.

        Parameters
        ----------
        overlap
            Rows that two stripes share, 0 or more.

        Yields
        ------
            Counts from top to bottom, shape ``(64 + overlap, x)``, fewer rows at the
            end.
        """
        for start in range(0, self.pixels.shape[0], STRIPE):
            yield self.pixels[start : start + STRIPE + overlap].astype(self.real)

    @property
    def real(self) -> type[np.float32 | np.float64]:
        """The narrowest kind of floating point that holds the pixels exactly."""
        return np.float64 if self.pixels.dtype.itemsize > 2 else np.float32

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the pixel noise, from neighbours along rows.

        Half of a smooth image's differences are noise alone, so their median is
        little moved by what is in view.

        Raises
        ------
        NotComputableError
            If the plane is one pixel wide.
        """
        rows = self.pixels[:: max(1, self.pixels.shape[0] // 64)].astype(self.real)
        if rows.shape[1] < 2:
            raise NotComputableError("the plane is one pixel wide")
        apart = np.abs(np.diff(rows, axis=1)).ravel()
        return 1.4826 / 2**0.5 * median(apart)

    @cached_property
    def edge_spectrum(self) -> NDArray[np.complex64]:
        """The spectrum of the edges in its middle, by which channels are compared.

        As `rfft2` gives it, axes ``y x``.
        """
        return edge_spectrum(self.pixels)

    def blocks(self, scale: int = SCALE) -> Blocks:
        """Return sum, sum of squares and number of pixels of even blocks.

        Blocks are at most `scale` long and as even as whole pixels allow.

        Parameters
        ----------
        scale
            Longest side of a block, in pixels, 1 or more.

        Returns
        -------
            Three arrays of one value a block, axes ``y x``, shape ``(ceil(y / scale),
            ceil(x / scale))``. Pixels outside the mask are in none of the three.
        """
        if scale == SCALE:
            return self._blocks
        return _block_sums(self.pixels, self.mask, scale)

    @cached_property
    def _blocks(self) -> Blocks:
        return _block_sums(self.pixels, self.mask, SCALE)

    @cached_property
    def coarse(self) -> NDArray[np.float64]:
        """Means of blocks of about 10 x 10 pixels, in counts, axes ``y x``.

        Raises
        ------
        NotComputableError
            If there is a mask, a side is below 40 pixels, or the pixels are unfit.
        """
        if self.mask is not None:
            raise NotComputableError("this is not measured under a mask")
        if min(self.pixels.shape) < 4 * SCALE:
            raise NotComputableError(
                f"the plane is {self.pixels.shape[0]} x {self.pixels.shape[1]} pixels; "
                f"this needs {4 * SCALE} in both directions"
            )
        self.check()
        sums, _, number = self.blocks()
        return sums / number


def median(values: NDArray[Any]) -> float:
    """Return the median; numpy's takes ten times as long."""
    half = values.size // 2
    ranked = np.partition(values, half)
    low = ranked[half] if values.size % 2 else ranked[:half].max()
    return (float(low) + float(ranked[half])) / 2


def _block_sums(
    pixels: NDArray[Any], mask: NDArray[np.bool_] | None, scale: int
) -> Blocks:
    """See `Plane.blocks`."""
    rows, columns = (_block_starts(side, scale) for side in pixels.shape)
    ends = np.append(rows[1:], pixels.shape[0])
    parts = np.empty((2 if mask is None else 3, len(rows), pixels.shape[1]))
    # Block row by block row, so that what is in work stays in the processor's cache.
    for index, (start, end) in enumerate(zip(rows, ends, strict=True)):
        block = pixels[start:end].astype(np.float64)
        if mask is not None:
            block[~mask[start:end]] = 0
            parts[2, index] = mask[start:end].sum(axis=0)
        np.add.reduce(block, axis=0, out=parts[0, index])
        block *= block
        np.add.reduce(block, axis=0, out=parts[1, index])
    sums, squares, *number = np.add.reduceat(parts, columns, axis=2)
    if mask is not None:
        return sums, squares, number[0]
    widths = np.diff(columns, append=pixels.shape[1])
    return sums, squares, np.multiply.outer(ends - rows, widths).astype(np.float64)


def _block_starts(side: int, scale: int) -> NDArray[np.intp]:
    """Return where each block starts: as CellProfiler tiles, so that values agree."""
    blocks = -(-side // scale)
    return -(-np.arange(blocks) * side // blocks)
