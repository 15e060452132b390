"""Images of one field: all resolutions, their geometry, channels and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hcs.axes import is_spatial
from hcs.errors import (
    ArgumentError,
    NotFoundError,
    ShapeError,
)
from hcs.images.digest import field_digest
from hcs.images.label_names import read_label_names
from hcs.images.ngff_image import describe
from hcs.images.opened import OpenedImage, record_bytes
from hcs.metadata import Axis, Channel, ImageMetadata
from hcs.ngff.names import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import xarray

    from hcs.images.companions import Companions
    from hcs.images.image_group import ImageGroup
    from hcs.images.ngff_image import NgffImage
    from hcs.stores.store import PlateStore

T = TypeVar("T")


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

    Notes
    -----
    An image is the caller's to change: images that were read share their pixels, which
    nobody can write to, and nothing else. What is changed is in memory; it is on the
    disk once the image is written.
    """

    __slots__ = (
        "_images",
        "_metadata",
        "_opened",
        "chunks",
        "method",
        "scale_factors",
    )

    def __init__(
        self,
        images: Iterable[NgffImage],
        metadata: ImageMetadata | None = None,
        scale_factors: Sequence[Any] | None = None,
        method: Any = None,
        chunks: Any = None,
    ) -> None:
        self._opened: OpenedImage | None = None
        self._metadata = metadata
        self._images: list[NgffImage] | None = None
        self.images = list(images)
        self.scale_factors = scale_factors
        self.method = method
        self.chunks = chunks

    @classmethod
    def of(cls, opened: OpenedImage) -> Multiscales:
        """Return an image of its own around what was read, which others share.

        Parameters
        ----------
        opened
            The image group as it was opened; its pixels are shared, its document is
            copied.
        """
        self = cls.__new__(cls)
        self._opened = opened
        self._images = self._metadata = None
        self.scale_factors = self.method = self.chunks = None
        return self

    @classmethod
    def open(cls, store: PlateStore, path: str, format_version: str) -> Multiscales:
        """Return the image whose group is at a path; one document is read.

        Parameters
        ----------
        store
            Where the image is, as `hcs.open_store` returns it.
        path
            Of the group, below the root of the store, such as ``"A/1/0"``.
        format_version
            NGFF version of the image: ``"0.4"``, ``"0.5"`` or ``"0.6"``.

        Raises
        ------
        NotFoundError
            If there is no group.
        MetadataError
            If its document cannot be understood.
        """
        return cls.of(OpenedImage.open(store, path, format_version))

    @property
    def images(self) -> list[NgffImage]:
        """The resolutions, full size first; pixels are read when they are sliced."""
        if self._images is None:
            assert self._opened is not None  # noqa: S101  (else images were given)
            self._images = self._opened.levels()
        return self._images

    @images.setter
    def images(self, images: list[NgffImage]) -> None:
        if not images:
            raise ShapeError("A multiscale has no images; expected one or more.")
        self._images = images

    @property
    def metadata(self) -> ImageMetadata:
        """What the image document says, or will say.

        For an image that was made of arrays it is made of its `images` when it is first
        asked for, and again once it was set to None.
        """
        if self._metadata is None:
            described = self._description
            self._metadata = described if self._opened is None else described.copy()
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: ImageMetadata | None) -> None:
        again = metadata is None and self._opened is not None
        self._metadata = describe(self.images) if again else metadata

    @property
    def _description(self) -> ImageMetadata:
        """What `metadata` is, to be read and not to be handed out."""
        if self._metadata is not None:
            return self._metadata
        if self._opened is not None:
            return self._opened.metadata
        return describe(self.images)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes in the order of `dims`, called as the document calls them."""
        return tuple(self.metadata.axes)

    @property
    def dims(self) -> tuple[str, ...]:
        """What the axes of the pixels are: of ``t c z y x``, in this order."""
        return self._description.dims

    @property
    def channels(self) -> tuple[Channel, ...]:
        """One for each channel of the array: names, colours, windows where known."""
        return self._channels(self.metadata)

    def _channels(self, metadata: ImageMetadata) -> tuple[Channel, ...]:
        known, dims = metadata.channels, metadata.dims
        count = self._shape[dims.index("c")] if "c" in dims else 1
        return (*known[:count], *(Channel() for _ in range(count - len(known))))

    @property
    def _shape(self) -> tuple[int, ...]:
        """Shape of full size, without making `images` for it."""
        if self._images is None and self._opened is not None:
            return self._opened.arrays[0].shape
        return self.images[0].shape

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels; their number where the document names none."""
        return tuple(
            channel.name if channel.name is not None else f"Channel {index}"
            for index, channel in enumerate(self._channels(self._description))
        )

    @property
    def pixel_size(self) -> dict[str, float]:
        """Size of a full-size pixel along each spatial axis, in `units`."""
        return self._along_space(self._description.datasets[0].scale)

    @property
    def units(self) -> dict[str, str | None]:
        """Unit of each spatial axis; None where the document names none."""
        return self._along_space([axis.unit for axis in self._description.axes])

    @property
    def position(self) -> dict[str, float] | None:
        """Stage position of the first pixel along each spatial axis, if recorded.

        In `units`, as the document says it of the full size; None where it does not.
        """
        translation = self._description.datasets[0].translation
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
        if self._opened is None:
            return None
        group, datasets = self._opened.group, self._opened.metadata.datasets
        return group.version or field_digest(
            group, [dataset.path for dataset in datasets]
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the group, read again; {} while in memory.

        Raises
        ------
        NotFoundError
            If the group is no longer there.
        """
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
        group = self._group
        return group.run(lambda path: read_label_names(group, path))

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

        Parameters
        ----------
        name
            Name of the label image.

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

    def level(self, number: int) -> NgffImage:
        """Return a resolution; 0 is the full size.

        Parameters
        ----------
        number
            Index of the level, 0 is full size.

        Raises
        ------
        ArgumentError
            If there is none of that number.
        """
        if not 0 <= number < len(self):
            raise ArgumentError(
                f"level is {number!r}; {self!r} has the levels 0 to {len(self) - 1}."
            )
        return self.images[number]

    def to_dask(self, level: int = 0) -> Any:
        """Return the pixels of a resolution as a dask array; no pixels are read.

        Parameters
        ----------
        level
            Index of the level, 0 is full size.

        Returns
        -------
            Axes in the order of `dims`, shape and chunks those of the level.

        Raises
        ------
        ArgumentError
            If there is no such level.
        MissingExtraError
            If dask is not installed.
        """
        return self.level(level).to_dask()

    def to_xarray(self, level: int = 0) -> xarray.DataArray:
        """Return a resolution with coordinates, as `NgffImage.to_xarray` does.

        Parameters
        ----------
        level
            Index of the level, 0 is full size.

        Raises
        ------
        ArgumentError
            If there is no such level.
        MissingExtraError
            If xarray or dask is not installed.
        """
        from hcs.images.data_array import data_array

        return data_array(self.level(level), self.channel_names)

    @property
    def nbytes(self) -> int:
        """Rough bytes of this record in memory, its levels opened; no pixels."""
        return record_bytes(len(self))

    def __len__(self) -> int:
        if self._images is None:
            return len(self._description.datasets)
        return len(self._images)

    def __iter__(self) -> Iterator[NgffImage]:
        return iter(self.images)

    def __repr__(self) -> str:
        where = "in memory" if self._group is None else self._group.where()
        names = [channel.name for channel in self._description.channels]
        return (
            f"<Multiscales {where}: {' '.join(self.dims)}, {len(self)} levels"
            f"{f', channels {names}' if names else ''}>"
        )

    def _repr_html_(self) -> str:
        from hcs.images.html import image_html

        return image_html(self)

    @property
    def _group(self) -> ImageGroup | None:
        return None if self._opened is None else self._opened.group

    def _along_space(self, values: Sequence[T]) -> dict[str, T]:
        axes, dims = self._description.axes, self._description.dims
        return {
            dim: value
            for axis, dim, value in zip(axes, dims, values, strict=True)
            if is_spatial(axis, dim)
        }
