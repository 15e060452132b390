"""What a TIFF asks for, held against the limits before anything is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import SourceError

if TYPE_CHECKING:
    import tifffile

    from hcs.ingest.formats.image_file import Limits


def refuse_doctype(description: str, name: str) -> None:
    """Refuse XML that could declare entities."""
    if "<!DOCTYPE" in description or "<!ENTITY" in description:
        raise SourceError(
            f"The XML of {name} declares a document type, which no microscope needs."
        )


def check_page(
    page: tifffile.TiffPage, dtype: np.dtype[Any], name: str, limits: Limits
) -> None:
    """Refuse a page whose tiles are too large or whose data are not all there."""
    tile = int(np.prod(page.chunks, dtype=object)) * dtype.itemsize
    if tile > limits.plane_bytes:
        raise SourceError(
            f"{name} has tiles of {tile:,} bytes; at most {limits.plane_bytes:,} are "
            f"decoded at once."
        )
    size = page.parent.filehandle.size
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if count == 0 or offset + count > size:
            raise SourceError(
                f"{name} is not whole: pixels are missing from byte {offset} on; the "
                f"file has {size:,} bytes."
            )


def check_size(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    samples: int,
    name: str,
    limits: Limits,
) -> None:
    """Refuse what would take too much memory.

    Parameters
    ----------
    shape
        Sizes along all axes, y and x last.
    samples
        Of one pixel; a page is decoded with all of them.
    """
    if min(shape) < 1:
        raise SourceError(f"{name} has shape {shape}: an axis is empty.")
    plane = int(np.prod(shape[-2:], dtype=object)) * samples * dtype.itemsize
    total = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if plane > limits.plane_bytes or total > limits.total_bytes:
        raise SourceError(
            f"{name} would take {plane:,} bytes a plane and {total:,} in all; at most "
            f"{limits.plane_bytes:,} and {limits.total_bytes:,} are read."
        )
