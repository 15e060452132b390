"""Reading back what was written, with zarr-python, before anything names it."""

from __future__ import annotations

import hashlib
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.axes import inverse
from hcs.errors import CorruptDataError
from hcs.writing.encoding.pixels import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zarr.abc.store import Store


class ReadBackError(CorruptDataError):
    """What was just written is not what can be read."""


def verify_levels(
    store: Store,
    prefix: str,
    paths: Sequence[str],
    digests: Sequence[str],
    zarr_format: int,
    stored: Sequence[int] = (),
) -> None:
    """Check that every level decodes to the pixels that were encoded.

    Parameters
    ----------
    store
        A zarr store that holds the plate.
    prefix
        Path of the image group in it.
    paths, digests
        The levels' paths and the digests of their pixels, ``sha256:<hex>``, in the
        order in which planes come.
    stored
        See `hcs.writing.encoding.array_layout.ArrayLayout.stored`.

    Raises
    ------
    ReadBackError
        If a level cannot be decoded or has other pixels.
    """
    for path, digest in zip(paths, digests, strict=True):
        where = f"{prefix}/{path}"
        try:
            read_digest = _digest(store, where, zarr_format, stored)
        except Exception as error:
            raise ReadBackError(
                f"{where} was written but cannot be read back: {error}. It was not "
                f"made part of the plate."
            ) from error
        if read_digest != digest:
            raise ReadBackError(
                f"{where} was written but reads back with other pixels; it was not "
                f"made part of the plate. The disk or the memory may be failing."
            )


def _digest(store: Store, path: str, zarr_format: int, stored: Sequence[int]) -> str:
    import zarr

    array: Any = zarr.open_array(
        store, path=path, mode="r", zarr_format=3 if zarr_format == 3 else 2
    )
    digest = hashlib.sha256()
    back = inverse(stored or range(array.ndim))
    leading = back[:-2] if array.nbytes > AT_ONCE else ()
    block_axes = [sorted(back[len(leading) :]).index(n) for n in back[len(leading) :]]
    for position in product(*(range(array.shape[axis]) for axis in leading)):
        at = dict(zip(leading, position, strict=True))
        index = tuple([at.get(axis, slice(None)) for axis in range(array.ndim)])
        # For a selection of axes zarr takes its slower way, also where it selects all.
        block = np.ascontiguousarray(
            array[index if at else ...].transpose(block_axes),
            array.dtype.newbyteorder("<"),
        )
        digest.update(block.reshape(-1).view(np.uint8).data)
    return f"sha256:{digest.hexdigest()}"
