"""Decoded planes in memory, within a number of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.pictures.cache_fill import CacheFill
from dashboard.pictures.coarse import Coarse, read_coarse
from dashboard.pictures.planes import PlaneRequest, level_of, read_plane
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hcs import Multiscales

    Where = tuple[str, ...]
    """Names a version of a field, or of a mask of it, for ever."""

PLANE_CACHE_BYTES = 256 << 20


class PlaneCache:
    """Reads planes, unless they are there.

    Thread safety: may be used from any thread; the caches have their own locks.
    """

    def __init__(self, max_bytes: int = PLANE_CACHE_BYTES) -> None:
        self._cache: LRUCache[tuple[object, ...], NDArray[Any] | Coarse] = LRUCache(
            None, max_bytes
        )

    def fill(self) -> CacheFill:
        """Return how full the cache is."""
        return CacheFill(
            name="decoded planes",
            entries=len(self._cache),
            nbytes=self._cache.nbytes,
            max_bytes=self._cache.max_bytes,
        )

    def read(
        self, image: Multiscales, where: Where, request: PlaneRequest
    ) -> NDArray[Any]:
        """Return a plane of an image."""
        key = (*where, request)
        plane = self._cache.get(key)
        if plane is None:
            plane = read_plane(level_of(image.images, request), request)
            self._cache.set(key, plane)
        assert not isinstance(plane, Coarse)  # noqa: S101 - by its key
        return plane

    def coarse(self, address: str, image: Callable[[], Multiscales]) -> Coarse:
        """Return the coarse planes of an image, which is opened if they are read.

        Parameters
        ----------
        address
            Of the preview that can be made of them.
        """
        coarse = self._cache.get((address,))
        if coarse is None:
            coarse = read_coarse(image())
            self._cache.set((address,), coarse)
        assert isinstance(coarse, Coarse)  # noqa: S101 - by its key
        return coarse

    def at_hand(self, address: str) -> Coarse | None:
        """Return coarse planes that need not be read."""
        coarse = self._cache.get((address,))
        return coarse if isinstance(coarse, Coarse) else None

    def drop(self, address: str) -> None:
        """Keep coarse planes no longer: their preview has been made."""
        self._cache.discard((address,))
