"""The codecs of array documents that are known to be harmless, by what they do."""

from __future__ import annotations

COMPRESSORS = frozenset(("blosc", "zstd", "gzip", "zlib", "lz4", "bz2", "lzma"))
"""Codecs that change the size; at most one of them may be applied."""

CHECKSUMS = frozenset(("crc32c", "crc32", "adler32", "fletcher32"))
"""Codecs that add four bytes."""

FILTERS = frozenset(
    ("delta", "shuffle", "fixedscaleoffset", "bitround", "quantize", "packbits")
)
"""Codecs that change values or their order."""
