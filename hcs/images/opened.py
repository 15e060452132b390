"""An image as it was read from a store, shared by all that look at it.

Caches keep this, and each caller gets a `hcs.images.image.Multiscales` of its own
around it: what somebody does to an image is seen by nobody else, and levels are opened
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.images.image_group import ImageGroup
from hcs.images.ngff_image import NgffImage
from hcs.ngff.multiscale import read_image

if TYPE_CHECKING:
    from hcs.images.lazy_array import LazyArray
    from hcs.metadata import ImageMetadata
    from hcs.stores.store import PlateStore


class OpenedImage:
    """One image group: where it is, what its document says, and its arrays.

    Attributes
    ----------
    group
        Where it is.
    metadata
        What the document says. Shared also with images whose documents say the same,
        so it is copied before anybody outside gets it.
    """

    __slots__ = ("_arrays", "group", "metadata")

    def __init__(self, group: ImageGroup, metadata: ImageMetadata) -> None:
        self.group = group
        self.metadata = metadata
        self._arrays: tuple[LazyArray, ...] | None = None

    @classmethod
    def open(cls, store: PlateStore, path: str, format_version: str) -> OpenedImage:
        """Return the image whose group is at a path; one document is read.

        Raises
        ------
        NotFoundError
            If there is no group.
        MetadataError
            If its document cannot be understood.
        """
        group, attributes = ImageGroup.open(store, path, format_version)
        metadata = read_image(attributes, group.where())
        store.likely_level = metadata.datasets[0].path
        return cls(group, metadata)

    @property
    def arrays(self) -> tuple[LazyArray, ...]:
        """The pixels of each level, read when they are sliced."""
        if self._arrays is None:
            from hcs.images.lazy_array import LazyArray

            metadata = self.metadata
            count = len(metadata.axes)
            self._arrays = tuple(
                LazyArray(self.group, dataset.path, count, metadata.stored)
                for dataset in metadata.datasets
            )
        return self._arrays

    def levels(self) -> list[NgffImage]:
        """Return the resolutions, full size first; their pixels are everybody's."""
        metadata = self.metadata
        dims = metadata.dims
        units = {dim: axis.unit for dim, axis in zip(dims, metadata.axes, strict=True)}
        names = [channel.name or "" for channel in metadata.channels]
        origin = (0.0,) * len(dims)
        return [
            NgffImage(
                data=array,
                dims=dims,
                scale=dict(zip(dims, dataset.scale, strict=True)),
                translation=dict(zip(dims, dataset.translation or origin, strict=True)),
                name=metadata.name or "image",
                axes_units=units,
                channel_names=names or None,
            )
            for array, dataset in zip(self.arrays, metadata.datasets, strict=True)
        ]

    @property
    def nbytes(self) -> int:
        """See `record_bytes`."""
        return record_bytes(len(self.metadata.datasets))

    def __getstate__(self) -> tuple[ImageGroup, ImageMetadata]:
        return self.group, self.metadata

    def __setstate__(self, state: tuple[ImageGroup, ImageMetadata]) -> None:
        self.__init__(*state)  # type: ignore[misc]


def record_bytes(levels: int) -> int:
    """Return what an image takes in memory, roughly, its levels opened; no pixels.

    Measured by tests/benchmarks/bench_reading.py, rounded up.
    """
    return 1792 + 768 * levels
