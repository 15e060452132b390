"""The chain of pages of a TIFF, followed before a parser trusts it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from hcs.ingest.formats.image_file import Limits

_MAX_TAGS: Final = 4096
"""Tags of one page; real files have some dozens."""


def check_pages(stream: BinaryIO, name: str, limits: Limits) -> None:
    """Refuse a chain of pages that is too long, runs in a circle or leaves the file.

    Raises
    ------
    SourceError
        In each of these cases, and where there is no page.
    """
    seen: set[int] = set()
    for offset in _page_offsets(stream, name):
        if offset in seen:
            raise SourceError(f"{name} is damaged: its pages run in a circle.")
        seen.add(offset)
        if len(seen) > limits.planes:
            raise SourceError(
                f"{name} has more than {limits.planes:,} pages, which are not read."
            )
    if not seen:
        raise SourceError(f"{name} holds no image.")


def _page_offsets(stream: BinaryIO, name: str) -> Iterator[int]:
    stream.seek(0)
    head = stream.read(16)
    # TIFF 6.0, section 2; BigTIFF (version 43, "+") has wider counts and offsets.
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    count_format, entry, word = (
        (order + "Q", 20, "Q") if big else (order + "H", 12, "I")
    )
    try:
        offset = struct.unpack_from(order + word, head, 8 if big else 4)[0]
        while offset:
            yield offset
            stream.seek(offset)
            width = struct.calcsize(count_format)
            tags = struct.unpack(count_format, stream.read(width))[0]
            if not 0 < tags <= _MAX_TAGS:
                raise SourceError(f"{name} is damaged: a page lists {tags} tags.")
            stream.seek(offset + width + tags * entry)
            offset = struct.unpack(order + word, stream.read(struct.calcsize(word)))[0]
    except (struct.error, OverflowError) as error:
        raise SourceError(
            f"{name} is not whole: its page list (TIFF directory) points beyond "
            f"the end of the file."
        ) from error
