"""An array of any library, read plane by plane in the order that writing takes them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.axes import ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

AT_ONCE = 32 << 20
"""Bytes: a larger array is read plane by plane. Several threads write, and each holds
what it reads, the coarser levels of that, and what it reads back."""

_SPANNED_AT_ONCE = 256 << 20
"""The same for lazy arrays whose chunks may span planes, and would be decoded again for
each of them."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """One array, to be read as ``(y, x)`` planes in the order of `hcs.axes.ORDER`."""

    data: Any
    """Anything with ``shape``, ``dtype`` and numpy slicing; often lazy."""

    axes: tuple[str, ...]
    """Axis names in the order of the array."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Axis names in the order of `hcs.axes.ORDER`."""
        return tuple(name for name in ORDER if name in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in the order of `dims`."""
        sizes = dict(zip(self.axes, self.data.shape, strict=True))
        return tuple(int(sizes[name]) for name in self.dims)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Little-endian dtype."""
        dtype: np.dtype[Any] = np.dtype(self.data.dtype).newbyteorder("<")
        return dtype

    def planes(self) -> Iterator[NDArray[Any]]:
        """Yield ``(y, x)`` planes in C order of the other axes."""
        data = self.data
        limit = AT_ONCE if self._in_planes() else _SPANNED_AT_ONCE
        if int(np.prod(self.shape)) * self.dtype.itemsize <= limit:
            data = np.asarray(data)
        leading = self.dims[:-2]
        turn = self.axes.index("y") > self.axes.index("x")
        for position in product(*(range(size) for size in self.shape[:-2])):
            indices = dict(zip(leading, position, strict=True))
            index = tuple(indices.get(name, slice(None)) for name in self.axes)
            plane = np.asarray(data[index])
            yield plane.T if turn else plane

    def _in_planes(self) -> bool:
        """Return whether no chunk of a lazy array is of several planes."""
        sizes = getattr(self.data, "chunksize", None) or ()
        if len(sizes) != len(self.axes):
            return False
        return all(
            size == 1
            for size, axis in zip(sizes, self.axes, strict=True)
            if axis not in ("y", "x")
        )
