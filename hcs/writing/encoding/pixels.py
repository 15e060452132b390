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

AT_ONCE = 256 << 20
"""Bytes: a smaller array is read whole, a larger one plane by plane; a lazy array whose
chunks span planes would decode them again for each."""


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
        if int(np.prod(self.shape)) * self.dtype.itemsize <= AT_ONCE:
            data = np.asarray(data)
        leading = self.dims[:-2]
        turn = self.axes.index("y") > self.axes.index("x")
        for position in product(*(range(size) for size in self.shape[:-2])):
            indices = dict(zip(leading, position, strict=True))
            index = tuple(indices.get(name, slice(None)) for name in self.axes)
            plane = np.asarray(data[index])
            yield plane.T if turn else plane
