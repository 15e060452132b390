"""Lazy arrays: shape and type at once, pixels when they are sliced.

This is the one seam to the engine that decodes, zarr-python. Everything that could
make it allocate or run what it should not is checked on this side of the seam.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.axes import inverse
from hcs.errors import (
    CorruptDataError,
    HCSError,
    MetadataError,
    MissingExtraError,
    NotFoundError,
    UnsafeDataError,
)
from hcs.images.few_chunks import read_few
from hcs.images.region import extent, split_key
from hcs.ngff.document import parse_json
from hcs.settings import config
from hcs.stores.array import ArraySpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

    from hcs.images.image_group import ImageGroup
    from hcs.stores.store import PlateStore

CHUNKS_LIMIT = 1 << 20
"""Most chunks that one read may touch; each costs some 100 us whatever its size."""

_specs: dict[bytes, ArraySpec] = {}
_metadata: dict[int, tuple[ArraySpec, Any]] = {}
_SHARED_LIMIT = 256
"""The fields of a plate share their array documents, so these are parsed once. Entries
are immutable values of what they are keyed by; losing or repeating one is harmless."""


class LazyArray:
    """An array in a store.

    Slicing reads the chunks of the region and no more; integers, slices, ``...``,
    ``None`` and one-dimensional lists or arrays of indices are understood, as numpy
    does. After each read the version of the image is checked (see
    `hcs.images.image_group`).

    Parameters
    ----------
    group, path
        The image, and where the array is below it.
    ndim
        Number of axes that the image has.
    stored
        For each axis of the array on disk its place among those of the image; () where
        they are in the same order.
    """

    __slots__ = ("_group", "_ndim", "_path", "_spec", "_stored")

    def __init__(
        self, group: ImageGroup, path: str, ndim: int, stored: tuple[int, ...] = ()
    ) -> None:
        self._group = group
        self._path = path
        self._ndim = ndim
        self._stored = stored
        self._spec: ArraySpec | None = None

    @property
    def spec(self) -> ArraySpec:
        """What the array document says, read when first needed.

        Raises
        ------
        NotFoundError
            If there is no array.
        MetadataError, UnsafeDataError
            If it cannot or must not be read, or has not one dimension for each axis.
        """
        if self._spec is None:
            spec = self._group.run(self._read_spec)
            if len(spec.shape) != self._ndim:
                raise MetadataError(
                    f"The array at {self._group.where(self._path)} has the shape "
                    f"{spec.shape}, but the image has {self._ndim} axes."
                )
            self._spec = spec
        return self._spec

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return self._reordered(self.spec.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one pixel."""
        return np.dtype(self.spec.dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._ndim

    @property
    def size(self) -> int:
        """Number of pixels."""
        return math.prod(self.spec.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels, decoded."""
        return self.spec.nbytes

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the parts that are decoded as a whole."""
        return self._reordered(self.spec.read_chunks)

    @property
    def path(self) -> str:
        """Path of the array below the root of its store."""
        return f"{self._group.path}/{self._path}".lstrip("/")

    def __getitem__(self, key: Any) -> Any:
        region, after = split_key(key, self.shape)
        if self._stored:
            region = tuple(region[place] for place in self._stored)
        data = self._group.run(lambda path: self._read(path, region), pixels=True)
        if self._stored:
            data = data.transpose(inverse(self._stored))
        return data[after]

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Pixels in a store cannot be had without copying them.")
        data: NDArray[Any] = self[...]
        return data if dtype is None else data.astype(dtype, copy=False)

    def compute(self, **_kwargs: Any) -> NDArray[Any]:
        """Return all pixels, as code written for dask asks for them."""
        return np.asarray(self)

    def to_dask(self, chunks: Any = None) -> Any:
        """Return a dask array over the same pixels.

        Raises
        ------
        MissingExtraError
            If dask is not installed.
        """
        try:
            from dask.array import from_array
        except ImportError as error:
            raise MissingExtraError(
                "to_dask() needs dask; install it, for example with the extra "
                "'cluster' of this package."
            ) from error
        make: Any = from_array  # dask is not typed
        return make(
            self, chunks=self.chunks if chunks is None else chunks, asarray=False
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        if self._spec is None:
            return f"LazyArray({self._group.where(self._path)})"
        return (
            f"LazyArray({self._group.where(self._path)}, shape={self.shape}, "
            f"dtype={self.dtype})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return LazyArray, (self._group, self._path, self._ndim, self._stored)

    def _reordered(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if not self._stored:
            return sizes
        return tuple(sizes[place] for place in inverse(self._stored))

    def _read_spec(self, image_path: str) -> ArraySpec:
        key = f"{image_path}/{self._path}/{self._group.array_document}".lstrip("/")
        known = (self._group.consolidated or {}).get(self._path)
        if isinstance(known, dict):
            return ArraySpec.from_document(known, self._group.store.where(key))
        return read_spec(self._group.store, key)

    def _read(self, image_path: str, region: tuple[slice, ...]) -> NDArray[Any]:
        spec = self.spec
        path = f"{image_path}/{self._path}".lstrip("/")
        where = self._group.store.where(path)
        check_region(spec, region, where)
        return decode(self._group.store, path, spec, region)


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


def check_region(spec: ArraySpec, region: Sequence[slice], where: str) -> None:
    """Check that a read fits into memory, before anything is allocated.

    Raises
    ------
    UnsafeDataError
        If it would take more than ``config.max_read_bytes``, or too many chunks.
    """
    size = math.prod(extent(part) for part in region) * spec.itemsize
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
