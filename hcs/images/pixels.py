"""Documents and pixels of arrays in a store.

This is the one seam to the engine that decodes, zarr-python. Everything that could
make it allocate or run what it should not is checked on this side of the seam.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import (
    CorruptDataError,
    HCSError,
    MetadataError,
    NotFoundError,
    UnsafeDataError,
)
from hcs.images.few_chunks import read_few
from hcs.images.region import extent
from hcs.ngff.document import parse_json
from hcs.settings import config
from hcs.stores.array import ArraySpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hcs.stores.store import PlateStore

CHUNKS_LIMIT = 1 << 20
"""Most chunks that one read may touch; each costs some 100 us whatever its size."""

_specs: dict[bytes, ArraySpec] = {}
_metadata: dict[int, tuple[ArraySpec, Any]] = {}
_SHARED_LIMIT = 256
"""The fields of a plate share their array documents, so these are parsed once. Entries
are immutable values of what they are keyed by; losing or repeating one is harmless."""


def read_spec(store: PlateStore, key: str) -> ArraySpec:
    """Return the checked content of an array document.

    Raises
    ------
    NotFoundError
        If it is absent.
    UnsafeDataError, MetadataError
        As `ArraySpec.from_document` does.
    """
    data = store.read(key)
    where = store.where(key)
    if data is None:
        raise NotFoundError(f"There is no array at {where}.")
    spec = _specs.get(data)
    if spec is None:
        spec = ArraySpec.from_document(parse_json(data, where), where)
        if len(_specs) >= _SHARED_LIMIT:
            _specs.clear()
        _specs[data] = spec
    return spec


def check_region(
    spec: ArraySpec, region: Sequence[slice], where: str, itemsize: int = 0
) -> None:
    """Check that a read fits into memory, before anything is allocated.

    Parameters
    ----------
    spec
        What the array document says.
    region
        One slice of step 1 for each axis.
    where
        The array, for messages.
    itemsize
        Bytes of one pixel in what is made of them, where that is more.

    Raises
    ------
    UnsafeDataError
        If it would take more than ``config.max_read_bytes``, or too many chunks.
    """
    size = math.prod(map(extent, region)) * max(itemsize, spec.itemsize)
    if size > config.max_read_bytes:
        raise UnsafeDataError(
            f"Reading {tuple(map(extent, region))} pixels of {where} takes "
            f"{size} bytes; at most {config.max_read_bytes} are read at once. Read a "
            f"smaller region or a coarser level, or raise config.max_read_bytes."
        )
    count = math.prod(
        -(-part.stop // chunk) - part.start // chunk if part.stop > part.start else 0
        for part, chunk in zip(region, spec.read_chunks, strict=True)
    )
    if count > CHUNKS_LIMIT:
        raise UnsafeDataError(
            f"Reading this region of {where} takes {count} chunks; at most "
            f"{CHUNKS_LIMIT} are read at once. Read a smaller region."
        )


def decode(
    store: PlateStore, path: str, spec: ArraySpec, region: tuple[slice, ...]
) -> NDArray[Any]:
    """Return the pixels of a region that was checked.

    Raises
    ------
    CorruptDataError
        If a chunk cannot be decoded; missing chunks are the fill value.
    """
    try:
        metadata = _zarr_metadata(spec, store.where(path))
        pixels = read_few(store, path, spec, region, metadata.encode_chunk_key)
        if pixels is None:
            pixels = np.asarray(_open(store, path, spec, metadata)[region])
        return pixels
    except HCSError:
        raise
    except MemoryError as error:
        raise UnsafeDataError(
            f"Not enough memory to read {store.where(path)}."
        ) from error
    except ExceptionGroup as group:
        # Newer versions of zarr read the parts of a shard as a group of tasks.
        raise _first_hcs_error(group) or _decode_error(
            store.where(path), group
        ) from group
    except Exception as error:  # codecs raise whatever they like
        raise _decode_error(store.where(path), error) from error


def _decode_error(where: str, error: BaseException) -> CorruptDataError:
    return CorruptDataError(
        f"Cannot decode {where}: {type(error).__name__}: {error}. The chunk is damaged "
        f"or cut off."
    )


def _first_hcs_error(group: ExceptionGroup[Exception]) -> HCSError | None:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            inner = _first_hcs_error(error)
            if inner is not None:
                return inner
        elif isinstance(error, HCSError):
            return error
    return None


def _open(store: PlateStore, path: str, spec: ArraySpec, metadata: Any) -> Any:
    from zarr import Array
    from zarr.core.array import AsyncArray
    from zarr.storage import StorePath

    from hcs.stores.guard import GuardedStore

    store_path = StorePath(GuardedStore(store, spec), path)
    return Array(AsyncArray(metadata=metadata, store_path=store_path))


def _zarr_metadata(spec: ArraySpec, where: str) -> Any:
    # Keyed by identity: the entry holds the spec, so that its id stays taken.
    entry = _metadata.get(id(spec))
    if entry is not None and entry[0] is spec:
        return entry[1]
    # Where another thread is loading zarr, this waits until its codecs are known.
    import zarr  # noqa: F401  (its part below may be there long before the whole)
    from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

    kind = ArrayV2Metadata if spec.zarr_format == 2 else ArrayV3Metadata
    try:
        metadata = kind.from_dict(dict(spec.document))
    except Exception as error:
        raise MetadataError(
            f"The array document of {where} is not understood: {error}."
        ) from error
    if len(_metadata) >= _SHARED_LIMIT:
        _metadata.clear()
    _metadata[id(spec)] = spec, metadata
    return metadata
