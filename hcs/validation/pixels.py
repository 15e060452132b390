"""Pixels of a level: whether each chunk is there and can be decoded."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hcs.errors import HCSError
from hcs.images.pixels import decode
from hcs.rules.problem import OURS, Problem
from hcs.stores.array import ArraySpec
from hcs.stores.store import CHUNK_LIMIT, PlateStore

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from typing import Any

_AT_ONCE_BYTES = 64 << 20
"""Largest level that is decoded in one go; larger ones go chunk by chunk."""


class _AbsenceRecorder(PlateStore):
    """A store that remembers which chunks were requested and are absent."""

    def __init__(self, inner: PlateStore) -> None:
        self.inner = inner
        self.location = inner.location
        self.is_remote = inner.is_remote
        self.absent: set[str] = set()

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        return self._record(key, self.inner.fetch(key, start, length, limit=limit))

    async def fetch_async(
        self, key: str, start: int = 0, length: int | None = None
    ) -> bytes | None:
        return self._record(key, await self.inner.fetch_async(key, start, length))

    def stamp(self, key: str) -> Hashable | None:
        return self.inner.stamp(key)

    def children(self, prefix: str = "") -> Iterator[str]:
        return self.inner.children(prefix)

    def _record(self, key: str, data: bytes | None) -> bytes | None:
        if data is None:
            self.absent.add(key)
        return data


def level_pixel_problems(
    store: PlateStore, path: str, document: Mapping[str, Any]
) -> list[Problem]:
    """Return what is wrong with the chunks of one array.

    Parameters
    ----------
    path
        Path of the array below the root.
    document
        Its document.

    Notes
    -----
    A chunk that is missing is legal Zarr and reads as the fill value, so it is a
    warning of ours; one that cannot be decoded is an error. Both are counted, and the
    first is shown.
    """
    try:
        spec = ArraySpec.from_document(document, path)
    except HCSError:
        return []  # said already, where the document was judged
    recorder = _AbsenceRecorder(store)
    broken = _broken_chunks(recorder, path, spec)
    problems = []
    if broken:
        text = broken[0]
        if len(broken) > 1:
            text = f"{len(broken)} chunks cannot be decoded. The first: {text}"
        problems.append(Problem("pixels-broken", "error", path, text, "Zarr chunks"))
    if recorder.absent:
        first = min(recorder.absent, key=lambda key: (len(key), key))
        text = (
            f"{len(recorder.absent)} chunks are missing and read as the fill value; "
            f"the first is {first!r}."
        )
        problems.append(Problem("pixels-missing", "warning", path, text, OURS))
    return problems


def _broken_chunks(store: _AbsenceRecorder, path: str, spec: ArraySpec) -> list[str]:
    """Decode everything; return what was wrong with each chunk that could not be."""
    if spec.nbytes <= _AT_ONCE_BYTES:
        whole = tuple(slice(0, size) for size in spec.shape)
        if _decode_failure(store, path, spec, whole) is None:
            return []
    failures = (_decode_failure(store, path, spec, region) for region in _regions(spec))
    return [failure for failure in failures if failure is not None]


def _decode_failure(
    store: _AbsenceRecorder, path: str, spec: ArraySpec, region: tuple[slice, ...]
) -> str | None:
    try:
        decode(store, path, spec, region)
    except HCSError as error:
        return str(error)
    return None


def _regions(spec: ArraySpec) -> Iterator[tuple[slice, ...]]:
    """Yield the region of each smallest part that can be decoded."""
    return itertools.product(
        *(
            [slice(start, min(start + step, size)) for start in range(0, size, step)]
            for size, step in zip(spec.shape, spec.read_chunks, strict=True)
        )
    )
