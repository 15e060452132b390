"""Images of one field: all resolutions, their geometry, channels and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hcs.axes import is_spatial
from hcs.errors import MetadataError, NotFoundError, ShapeError
from hcs.images.digest import field_digest
from hcs.images.image_group import ImageGroup
from hcs.images.levels import to_multiscales
from hcs.images.ngff_image import NgffImage, describe, to_ngff_image
from hcs.metadata import Axis, Channel, ImageMetadata
from hcs.ngff.document import document_attributes, group_document, parse_json
from hcs.ngff.envelope import envelope
from hcs.ngff.multiscale import read_image
from hcs.ngff.names import check_array_path, join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray

    from hcs.images.companions import Companions
    from hcs.stores.store import PlateStore

T = TypeVar("T")

__all__ = [
    "Multiscales",
    "NgffImage",
    "from_ome_zarr",
    "to_multiscales",
    "to_ngff_image",
]


class Multiscales:
    """All resolutions of one image, the finest first.

    Parameters
    ----------
    images
        The resolutions, each at most as large as the one before.
    metadata
        Axes, levels, channels; made from the images where it is not given.
    scale_factors, method, chunks
        How the levels were made, as ngff-zarr keeps it; for the record.

    Attributes
    ----------
    metadata
        What the image document says.
    """

    __slots__ = (
        "_group",
        "_images",
        "chunks",
        "metadata",
        "method",
        "scale_factors",
    )

    def __init__(
        self,
        images: Sequence[NgffImage],
        metadata: ImageMetadata | None = None,
        scale_factors: Sequence[Any] | None = None,
        method: Any = None,
        chunks: Any = None,
    ) -> None:
        if not images:
            raise ShapeError("A multiscale has no images; expected one or more.")
        self._images: tuple[NgffImage, ...] | None = tuple(images)
        self._group: ImageGroup | None = None
        self.metadata = describe(self._images) if metadata is None else metadata
        self.scale_factors = scale_factors
        self.method = method
        self.chunks = chunks

    @classmethod
    def open(cls, store: PlateStore, path: str, format_version: str) -> Multiscales:
        """Return the image whose group is at a path; one document is read.

        Raises
        ------
        NotFoundError
            If there is no group.
        MetadataError
            If its document cannot be understood.
        """
        group, attributes = ImageGroup.open(store, path, format_version)
        self = cls.__new__(cls)
        self._images = None
        self._group = group
        self.metadata = read_image(attributes, group.where())
        store.likely_level = self.metadata.datasets[0].path
        self.scale_factors = self.method = self.chunks = None
        return self

    @property
    def images(self) -> tuple[NgffImage, ...]:
        """The resolutions, full size first; pixels are read when they are sliced."""
        if self._images is None:
            self._images = self._make_images()
        return self._images

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes in the order of `dims`, called as the document calls them."""
        return self.metadata.axes

    @property
    def dims(self) -> tuple[str, ...]:
        """What the axes of the pixels are: of ``t c z y x``, in this order."""
        return self.metadata.dims

    @property
    def channels(self) -> tuple[Channel, ...]:
        """One for each channel of the array: names, colours, windows where known."""
        known = self.metadata.channels
        dims = self.dims
        count = self.images[0].shape[dims.index("c")] if "c" in dims else 1
        return (*known[:count], *(Channel() for _ in range(count - len(known))))

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels; their number where the document names none."""
        return tuple(
            channel.name if channel.name is not None else f"Channel {index}"
            for index, channel in enumerate(self.channels)
        )

    @property
    def pixel_size(self) -> dict[str, float]:
        """Size of a full-size pixel along each spatial axis, in `units`."""
        return self._along_space(self.metadata.datasets[0].scale)

    @property
    def units(self) -> dict[str, str | None]:
        """Unit of each spatial axis; None where the document names none."""
        return self._along_space([axis.unit for axis in self.axes])

    @property
    def position(self) -> dict[str, float] | None:
        """Stage position of the first pixel along each spatial axis, if recorded."""
        translation = self.metadata.datasets[0].translation
        return None if translation is None else self._along_space(translation)

    @property
    def path(self) -> str | None:
        """Path of the group below the root of its store; None while in memory."""
        return None if self._group is None else self._group.path

    @property
    def version(self) -> str | None:
        """Id of the version: ours, else a digest of the documents; None in memory.

        The digest is over the content of the image's and its levels' documents, so a
        copied, moved or packed field keeps it.
        """
        if self._group is None:
            return None
        return self._group.version or field_digest(
            self._group, [dataset.path for dataset in self.metadata.datasets]
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the group, read again; {} while in memory."""
        return {} if self._group is None else self._group.attributes()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the label images below this one.

        Raises
        ------
        MetadataError
            If the document that lists them is broken.
        """
        if self._group is None:
            return ()
        return self._group.run(self._read_labels)

    @property
    def companions(self) -> Companions:
        """Names of the label images and tables beside the levels; none in memory."""
        from hcs.images.companions import Companions, companions

        if self._group is None:
            return Companions()
        store, form = self._group.store, self._group.format_version
        return self._group.run(lambda path: companions(store, path, form))

    def label(self, name: str) -> Multiscales:
        """Return a label image: integer masks, 0 being no object.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        """
        if self._group is None or name not in self.labels:
            raise NotFoundError(
                f"{self!r} has no label {name!r}; it has {list(self.labels)}."
            )
        group = self._group
        return Multiscales.open(
            group.store, join(group.path, "labels", name), group.format_version
        )

    def to_dask(self, level: int = 0) -> Any:
        """Return the pixels of a resolution as a dask array; no pixels are read."""
        return self.images[level].to_dask()

    def to_xarray(self, level: int = 0) -> xarray.DataArray:
        """Return a resolution with coordinates; see `hcs.images.data_array`."""
        from hcs.images.data_array import data_array

        return data_array(self.images[level], self.channel_names)

    @property
    def nbytes(self) -> int:
        """Rough bytes of this record in memory, its levels opened; no pixels."""
        return _RECORD_BYTES + _LEVEL_BYTES * len(self.metadata.datasets)

    def __len__(self) -> int:
        return len(self.metadata.datasets) if self._images is None else len(self.images)

    def __iter__(self) -> Iterator[NgffImage]:
        return iter(self.images)

    def __repr__(self) -> str:
        where = "in memory" if self._group is None else self._group.where()
        names = [channel.name for channel in self.metadata.channels]
        return (
            f"<Multiscales {where}: {' '.join(self.dims)}, {len(self)} levels"
            f"{f', channels {names}' if names else ''}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        if self._group is not None:
            state["_images"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def _along_space(self, values: Sequence[T]) -> dict[str, T]:
        return {
            dim: value
            for axis, dim, value in zip(self.axes, self.dims, values, strict=True)
            if is_spatial(axis, dim)
        }

    def _make_images(self) -> tuple[NgffImage, ...]:
        from hcs.images.lazy_array import LazyArray

        assert self._group is not None  # noqa: S101  (else the images were given)
        meta = self.metadata
        dims = meta.dims
        units = {
            dim: axis.unit
            for dim, axis in zip(dims, meta.axes, strict=True)
            if axis.unit
        }
        names = [channel.name or "" for channel in meta.channels] or None
        return tuple(
            NgffImage(
                data=LazyArray(self._group, dataset.path, len(dims), meta.stored),
                dims=dims,
                scale=dict(zip(dims, dataset.scale, strict=True)),
                translation=dict(
                    zip(dims, dataset.translation or (0.0,) * len(dims), strict=True)
                ),
                name=meta.name or "image",
                axes_units=units or None,
                channel_names=names,
            )
            for dataset in meta.datasets
        )

    def _read_labels(self, path: str) -> tuple[str, ...]:
        assert self._group is not None  # noqa: S101  (`labels` looked)
        group = self._group
        names = _labels(group.store, join(path, "labels"), group.format_version)
        for name in names:
            check_array_path(name, group.where("labels"))
        return names


_RECORD_BYTES = 1536
_LEVEL_BYTES = 768
"""Measured by tests/benchmarks/bench_reading.py, rounded up."""


def _labels(store: PlateStore, path: str, format_version: str) -> tuple[str, ...]:
    key = join(path, group_document(format_version))
    data = store.read(key)
    if data is None:
        return ()
    names = envelope(document_attributes(parse_json(data, store.where(key)), key)).get(
        "labels"
    )
    if names is None:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MetadataError(
            f"{store.where(key)} has labels {names!r:.60}; expected a list of names."
        )
    return tuple(names)


def from_ome_zarr(store: Any, path: str = "") -> Multiscales:
    """Open an OME-Zarr image.

    Parameters
    ----------
    store
        As for `hcs.open_store`.
    path
        Path of the image below the root of the store, for example ``"A/1/0"``.

    Raises
    ------
    NotFoundError
        If there is no group at the place.
    MetadataError
        If what is there is not an image.
    """
    from hcs.stores.location import open_store
    from hcs.stores.root import find_version

    opened = open_store(store)
    path = path.strip("/")
    return Multiscales.open(opened, path, find_version(opened, path))
