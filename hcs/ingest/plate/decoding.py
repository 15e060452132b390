"""The pixels of a planned field, and the record of what could not be decoded."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import SourceError
from hcs.ingest.formats.planes import PlaneArray

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hcs.ingest.plate.grid import FieldKey, PlaneIndex, PlaneSource
    from hcs.ingest.plate.plan import Plan

_LOOKS = 2
"""Times that a file is read which is written meanwhile."""

AT_ONCE = 32 << 20
"""Bytes of a field that is decoded whole; a larger one is read plane by plane."""

DamagedPlane = tuple[int, int, int, int, int, int]
"""Row, column, field, t, c and z, all zero-based."""


class FieldDecoder:
    """Decodes the planes of a plan, field by field.

    A plane whose file is damaged is zero, as one that is missing; it is recorded.

    Thread safety: several threads may decode fields; a lock guards the record.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._lock = threading.Lock()
        self._files: dict[str, str] = {}
        self._planes: set[DamagedPlane] = set()

    @property
    def dims(self) -> tuple[str, ...]:
        """Axes of a field's pixels: t and z only where there is more than one."""
        grid = self._plan.grid
        leading = [("t", len(grid.t) > 1), ("c", True), ("z", len(grid.z) > 1)]
        return (*(axis for axis, present in leading if present), "y", "x")

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Files that could not be decoded: name and reason."""
        with self._lock:
            return tuple(sorted(self._files.items()))

    @property
    def planes(self) -> tuple[DamagedPlane, ...]:
        """Planes that are missing because of that."""
        with self._lock:
            return tuple(sorted(self._planes))

    def remember(
        self, files: Iterable[tuple[str, str]], planes: Iterable[DamagedPlane]
    ) -> None:
        """Add what an earlier run recorded."""
        with self._lock:
            self._files.update(files)
            self._planes.update(planes)

    def pixels(self, key: FieldKey) -> PlaneArray | NDArray[Any] | None:
        """Return a field's pixels in the order of `dims`.

        None where no plane of the field can be decoded. A field larger than `AT_ONCE`
        is decoded when it is indexed.
        """
        grid = self._plan.grid
        sizes = {"t": len(grid.t), "c": len(grid.channels), "z": len(grid.z)}
        shape = (*(sizes[axis] for axis in self.dims[:-2]), *grid.size)
        if int(np.prod(shape)) * grid.dtype.itemsize > AT_ONCE:
            if not any(
                self._plane(key, index) is not None for index in grid.planes[key]
            ):
                return None
            return PlaneArray(shape, grid.dtype, lambda index: self._at(key, index))
        pixels = np.zeros(
            (*map(len, (grid.t, grid.channels, grid.z)), *grid.size), grid.dtype
        )
        decoded = 0
        # Channels count fastest: they may be the samples of one page.
        for t, c, z in sorted(
            grid.plane_indices, key=lambda index: (index[0], index[2])
        ):
            if (plane := self._plane(key, (t, c, z))) is not None:
                pixels[t, c, z] = plane
                decoded += 1
        return pixels.reshape(shape) if decoded else None

    def _at(self, key: FieldKey, position: tuple[int, ...]) -> NDArray[Any]:
        indices = dict(zip(self.dims, position, strict=False))
        plane = self._plane(
            key, (indices.get("t", 0), indices["c"], indices.get("z", 0))
        )
        grid = self._plan.grid
        return np.zeros(grid.size, grid.dtype) if plane is None else plane

    def _plane(self, key: FieldKey, place_index: PlaneIndex) -> NDArray[Any] | None:
        """Return one plane, None where it is missing or damaged."""
        plane = self._plan.grid.planes[key].get(place_index)
        if plane is None:
            return None
        pixels = self._pixels_of(plane)
        if isinstance(pixels, str):
            self.remember([(plane.file, pixels)], [(*key[0], key[1], *place_index)])
            return None
        return pixels

    def _pixels_of(self, plane: PlaneSource) -> NDArray[Any] | str:
        """Return a plane, or why there is none; a file that changes is read again."""
        source = self._plan.source
        for _ in range(_LOOKS):
            before = source.state(plane.file)
            try:
                pixels: NDArray[Any] | str = self._decoded(plane)
            except SourceError as error:
                source.reach(plane.file)
                pixels = str(error).removeprefix(f"{plane.file} ").rstrip(".")
            change = source.change(plane.file, before)
            if not change:
                return pixels
            self._plan.images[plane.file].close()
        return change

    def _decoded(self, plane: PlaneSource) -> NDArray[Any]:
        t, c, z = plane.index
        pixels = self._plan.images[plane.file].plane(t=t, c=c, z=z)
        grid = self._plan.grid
        if pixels.shape != grid.size or pixels.dtype != grid.dtype:
            height, width = pixels.shape
            raise SourceError(
                f"{plane.file} was replaced by an image of {width} x {height} "
                f"{pixels.dtype} while the import ran."
            )
        return pixels
