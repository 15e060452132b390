"""The pixels of a staged correction: composed once, then mapped from the disk."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.plates.values import FieldState, LevelView
from hcs import NgffImage
from hcs.errors import SourceError
from hcs.images import level_factors, level_shapes, levels_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Stack:
    """Planes that can be had one by one, whatever order their axes are in."""

    data: Any
    """Anything with `shape`, `dtype` and numpy indexing."""

    axes: tuple[str, ...]

    def size(self, axis: str) -> int:
        """Return the length along an axis, 1 where there is none."""
        return int(self.data.shape[self.axes.index(axis)]) if axis in self.axes else 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths along t, z, y and x: what channels of one field must share."""
        return tuple(self.size(axis) for axis in ("t", "z", "y", "x"))

    def plane(self, t: int, c: int, z: int) -> NDArray[Any]:
        """Return one plane ``(y, x)``."""
        place = {"t": t, "c": c, "z": z}
        index = tuple(place.get(axis, slice(None)) for axis in self.axes)
        plane = np.asarray(self.data[index])
        turned = self.axes.index("y") > self.axes.index("x")
        return plane.T if turned else plane


@dataclass(frozen=True, slots=True)
class ChannelSource:
    """Where one channel of a composed image comes from."""

    stack: Stack
    channel: int


def compose(
    target: Path,
    channels: Sequence[ChannelSource],
    axes: tuple[str, ...],
    dtype: np.dtype[Any],
) -> NDArray[Any]:
    """Write channels of several stacks as one array and return it mapped.

    Parameters
    ----------
    target
        ``.npy`` to write.
    channels
        One for each channel; all of one size along t, z, y and x.
    axes
        Axes of the array, in the order of t, c, z, y, x; those left out have size 1.
    dtype
        Of the array; holds every value of every stack.

    Raises
    ------
    SourceError
        If the stacks differ in size.
    """
    first = channels[0].stack
    for channel in channels:
        if channel.stack.sizes != first.sizes:
            raise SourceError(
                f"Channels of one field must have one size; got {first.sizes} and "
                f"{channel.stack.sizes} (t, z, y, x)."
            )
    count, (times, depth, rows, columns) = len(channels), first.sizes
    sizes = {"t": times, "c": count, "z": depth, "y": rows, "x": columns}
    array: NDArray[Any] = np.lib.format.open_memmap(
        target, mode="w+", dtype=dtype, shape=tuple(sizes[axis] for axis in axes)
    )
    for t, c, z in product(range(times), range(count), range(depth)):
        place = {"t": t, "c": c, "z": z}
        index = tuple(place.get(axis, slice(None)) for axis in axes)
        source = channels[c]
        array[index] = source.stack.plane(t, source.channel, z)
    array.flush()  # type: ignore[attr-defined]
    return np.load(target, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


class Reduced:
    """A coarser level of an array, made plane by plane when it is asked for."""

    def __init__(self, data: Any, steps: int, shape: tuple[int, ...]) -> None:
        self._data = data
        self._steps = steps
        self.shape = shape
        self.dtype = data.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        # Asked for by whole planes only; see `dashboard.pictures.planes.read_plane`.
        plane = np.asarray(self._data[key])
        *_, last = levels_of(plane, self._steps + 1)
        return np.asarray(last)


def levels(array: NDArray[Any], axes: tuple[str, ...]) -> tuple[NgffImage, ...]:
    """Return an array at the resolutions that it will be written with."""
    shapes = level_shapes(array.shape)
    arrays: list[Any] = [  # a Reduced is enough of an array for `read_plane`
        array if step == 0 else Reduced(array, step, tuple(shape))
        for step, shape in enumerate(shapes)
    ]
    return tuple(
        NgffImage(
            data=data,
            dims=axes,
            scale=dict.fromkeys(axes, 1.0),
            translation=dict.fromkeys(axes, 0.0),
        )
        for data in arrays
    )


def view_of(
    array: NDArray[Any],
    axes: tuple[str, ...],
    *,
    name: str,
    label: str,
    version: str,
    channels: Sequence[str],
    scale: Mapping[str, float],
    units: Mapping[str, str | None],
    acquisition: int | None = None,
) -> FieldState:
    """Return composed pixels as pages see fields."""
    shapes = level_shapes(array.shape)
    first = tuple(float(scale.get(axis, 1.0)) for axis in axes)
    return FieldState(
        name=name,
        label=label,
        acquisition=acquisition,
        acquisition_name=None,
        version=version,
        axes=axes,
        shape=tuple(array.shape),
        dtype=str(array.dtype),
        scale=first,
        translation=(0.0,) * len(axes),
        units=tuple(units.get(axis) for axis in axes),
        levels=tuple(
            LevelView(
                shape=tuple(shape),
                scale=tuple(
                    size * {"y": y, "x": x}.get(axis, 1)
                    for axis, size in zip(axes, first, strict=True)
                ),
            )
            for shape, (y, x) in zip(shapes, level_factors(shapes), strict=True)
        ),
        channels=tuple(channels),
    )
