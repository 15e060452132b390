"""A read-only zarr store over the bytes of a plate, with the limits of this library.

zarr decodes whatever bytes it gets, so they are checked first, and errors of the
store arrive as our own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
)

from hcs.errors import ReadOnlyError
from hcs.ngff.document import parse_json
from hcs.stores.array import ArraySpec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from zarr.core.buffer import Buffer, BufferPrototype

    from hcs.stores.store import PlateStore


class GuardedStore(Store):
    """Reads keys of a plate for zarr.

    Parameters
    ----------
    source
        The plate's bytes.
    spec
        The array that will be read, whose chunks are then checked before they are
        decoded; None for a store that anything may be opened in.
    """

    supports_writes = False
    supports_deletes = False
    supports_partial_writes = False
    supports_listing = True

    def __init__(self, source: PlateStore, spec: ArraySpec | None = None) -> None:
        super().__init__(read_only=True)
        self.source = source
        self.spec = spec
        self._is_open = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GuardedStore) and other.source is self.source

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.source.location

    def __repr__(self) -> str:
        return f"GuardedStore({self.source!r})"

    async def get(
        self,
        key: str,
        prototype: BufferPrototype,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Return an object or a part of it, checked."""
        start, length = _span(byte_range)
        data = await self.source.fetch_async(key, start, length)
        if data is None:
            return None
        if self.spec is not None:
            self.spec.check_chunk(data, self.source.where(key), start, length)
        elif key.endswith((".zarray", "zarr.json")):
            _check_document(data, self.source.where(key))
        return prototype.buffer.from_bytes(data)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Return parts of several objects."""
        return [await self.get(key, prototype, part) for key, part in key_ranges]

    async def get_ranges(
        self,
        key: str,
        byte_ranges: Sequence[ByteRequest | None],
        *,
        prototype: BufferPrototype,
        max_concurrency: int = 10,
        **_merging: int,
    ) -> AsyncIterator[Sequence[tuple[int, Buffer | None]]]:
        """Yield parts of one object, each requested and checked by itself.

        zarr (3.2 and later) would otherwise merge neighbours into one request, in which
        the headers of all chunks but the first went unseen.
        """
        free = asyncio.Semaphore(max_concurrency)

        async def fetch_part(part: ByteRequest | None) -> Buffer | None:
            async with free:
                return await self.get(key, prototype, part)

        parts = await asyncio.gather(*map(fetch_part, byte_ranges))
        if None in parts:
            raise BaseExceptionGroup("absent", [FileNotFoundError(key)])
        yield list(enumerate(parts))

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return self.source.stamp(key) is not None

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield the names directly below a prefix."""
        for name in self.source.children(prefix.rstrip("/")):
            yield name

    async def list(self) -> AsyncIterator[str]:
        """Yield every key."""
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield every key below a prefix."""
        pending = [prefix.rstrip("/")]
        while pending:
            folder = pending.pop()
            for name in self.source.children(folder):
                key = f"{folder}/{name}" if folder else name
                if self.source.stamp(key) is not None and not any(
                    True for _ in self.source.children(key)
                ):
                    yield key
                else:
                    pending.append(key)

    async def set(self, key: str, value: Buffer) -> None:
        """Refuse: the store is read-only."""
        raise self._refusal(key)

    async def delete(self, key: str) -> None:
        """Refuse: the store is read-only."""
        raise self._refusal(key)

    def _refusal(self, key: str) -> ReadOnlyError:
        return ReadOnlyError(
            f"{self.source.where(key)} cannot be written here: this store is for "
            f"reading. Corrections go through a writer of this library."
        )


def _span(byte_range: ByteRequest | None) -> tuple[int, int | None]:
    if byte_range is None:
        return 0, None
    if isinstance(byte_range, RangeByteRequest):
        return byte_range.start, byte_range.end - byte_range.start
    if isinstance(byte_range, OffsetByteRequest):
        return byte_range.offset, None
    if isinstance(byte_range, SuffixByteRequest):
        return -byte_range.suffix, None
    raise TypeError(f"Unknown byte request {byte_range!r}.")


def _check_document(data: bytes, where: str) -> None:
    document: dict[str, Any] = parse_json(data, where)
    if document.get("node_type") == "array" or where.endswith(".zarray"):
        ArraySpec.from_document(document, where)
