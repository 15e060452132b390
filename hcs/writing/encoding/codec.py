"""How chunks are compressed: named choices, and their spelling in both Zarr formats.

Defaults were chosen from real pixels (``make bench`` shows the figures again): 16-bit
camera images of two microscopes are 10 to 12 % smaller with LZ4 after a bit shuffle
than with Zstandard 3, at four to six times its speed; 8-bit images are not (23 %
larger), so those take Zstandard 1 after a bit shuffle (3 % larger, 1.4 times as fast).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import InvalidPathError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_BLOSC_SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkCodec:
    """One way to compress the bytes of a chunk."""

    kind: str
    """``"blosc"``, ``"zstd"``, ``"gzip"`` or ``"none"``."""

    level: int = 0
    cname: str = ""
    """Blosc's inner compressor."""

    shuffle: str = "noshuffle"

    def encode(self, chunk: NDArray[Any]) -> bytes:
        """Return the stored bytes of a C-contiguous, little-endian `chunk`."""
        return bytes(self._numcodec(chunk.dtype.itemsize).encode(chunk))

    def v2_document(self) -> dict[str, Any] | None:
        """Return the ``compressor`` entry of a Zarr v2 array."""
        if self.kind == "none":
            return None
        if self.kind == "blosc":
            return {
                "id": "blosc",
                "cname": self.cname,
                "clevel": self.level,
                "shuffle": _BLOSC_SHUFFLES[self.shuffle],
                "blocksize": 0,
            }
        return {"id": self.kind, "level": self.level}

    def v3_documents(self, itemsize: int) -> list[dict[str, Any]]:
        """Return the entries after ``bytes`` in a Zarr v3 array's ``codecs``."""
        if self.kind == "none":
            return []
        if self.kind == "blosc":
            configuration: dict[str, Any] = {
                "typesize": itemsize,
                "cname": self.cname,
                "clevel": self.level,
                "shuffle": self.shuffle,
                "blocksize": 0,
            }
        elif self.kind == "zstd":
            configuration = {"level": self.level, "checksum": False}
        else:
            configuration = {"level": self.level}
        return [{"name": self.kind, "configuration": configuration}]

    def _numcodec(self, itemsize: int) -> Any:
        # Imported here: options are read before any pixel is.
        import numcodecs

        if self.kind == "blosc":
            return numcodecs.Blosc(
                cname=self.cname,
                clevel=self.level,
                shuffle=_BLOSC_SHUFFLES[self.shuffle],
                typesize=itemsize,
            )
        if self.kind == "zstd":
            return numcodecs.Zstd(level=self.level)
        if self.kind == "gzip":
            return numcodecs.GZip(level=self.level)
        return _Stored()


class _Stored:
    def encode(self, chunk: NDArray[Any]) -> bytes:
        return chunk.tobytes()


CODECS = {
    "blosc-lz4": ChunkCodec(kind="blosc", cname="lz4", level=5, shuffle="bitshuffle"),
    "blosc-zstd": ChunkCodec(kind="blosc", cname="zstd", level=1, shuffle="bitshuffle"),
    "zstd": ChunkCodec(kind="zstd", level=3),
    "gzip": ChunkCodec(kind="gzip", level=5),
    "none": ChunkCodec(kind="none"),
}
"""Names that the ``codec`` argument of the writing functions takes."""


def choose_codec(name: str | None, dtype: DTypeLike) -> ChunkCodec:
    """Return the codec called `name`, or the default for pixels of `dtype`.

    Raises
    ------
    InvalidPathError
        If there is no codec of that name.
    """
    import numpy as np

    if name is None:
        name = "blosc-zstd" if np.dtype(dtype).itemsize == 1 else "blosc-lz4"
    if name not in CODECS:
        raise InvalidPathError(
            f"No codec is called {name!r}; expected one of {', '.join(CODECS)}."
        )
    return CODECS[name]


def _crc32c_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC32C = _crc32c_table()


def crc32c(data: bytes) -> int:
    """Return the CRC-32C (Castagnoli) of `data`: what ends the index of a shard.

    Pure Python, as an index has 16 bytes a chunk; zlib has another polynomial.

    Examples
    --------
    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = _CRC32C[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF
