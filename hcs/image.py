"""Images of one field: all resolutions, their geometry, channels and labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hcs.document import canonical, parse_json
from hcs.envelope import EXTENSION, envelope
from hcs.errors import MetadataError, NotFoundError, ShapeError
from hcs.image_group import ImageGroup, join
from hcs.metadata import Axis, Channel, Dataset, ImageMetadata
from hcs.multiscale import read_image
from hcs.names import check_array_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hcs.store import PlateStore

AXIS_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}

_DEFAULT_DIMS = {
    1: ("x",),
    2: ("y", "x"),
    3: ("z", "y", "x"),
    4: ("c", "z", "y", "x"),
    5: ("t", "c", "z", "y", "x"),
}


@dataclass(frozen=True, slots=True, eq=False)
class NgffImage:
    """One resolution of an image: pixels and geometry.

    ``scale`` and ``translation`` are per axis name, in ``axes_units``; axes that are
    absent have scale 1 and translation 0.
    """

    data: Any
    """Array of shape `dims`: a `LazyArray`, or any array of numpy or dask."""

    dims: Sequence[str]
    """Axis names in array order, drawn from ``t c z y x``."""

    scale: Mapping[str, float]
    """Size of one pixel along each axis."""

    translation: Mapping[str, float]
    """Position of the centre of the first pixel."""

    name: str = "image"
    axes_units: Mapping[str, str] | None = None
    axes_orientations: Mapping[str, Any] | None = None
    axes_types: Mapping[str, Any] | None = None
    channel_names: Sequence[str] | None = None
    channel_colors: Sequence[str] | None = None
    computed_callbacks: Sequence[Any] = field(default=(), repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return tuple(self.data.shape)

    def to_dask(self) -> Any:
        """Return the pixels as a dask array; see `LazyArray.to_dask`."""
        make = getattr(self.data, "to_dask", None)
        if make is not None:
            return make()
        if hasattr(self.data, "dask"):
            return self.data
        from dask.array import from_array

        make: Any = from_array  # dask is not typed
        return make(self.data)


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
        """The axes in array order."""
        return self.metadata.axes

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes in array order."""
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
        scale = self.metadata.datasets[0].scale
        return {
            axis.name: size
            for axis, size in zip(self.axes, scale, strict=True)
            if _is_spatial(axis)
        }

    @property
    def units(self) -> dict[str, str | None]:
        """Unit of each spatial axis; None where the document names none."""
        return {axis.name: axis.unit for axis in self.axes if _is_spatial(axis)}

    @property
    def position(self) -> dict[str, float] | None:
        """Stage position of the first pixel along each spatial axis, if recorded."""
        translation = self.metadata.datasets[0].translation
        if translation is None:
            return None
        return {
            axis.name: place
            for axis, place in zip(self.axes, translation, strict=True)
            if _is_spatial(axis)
        }

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
        return self._group.version or self._digest(self._group)

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

    @property
    def nbytes(self) -> int:
        """Rough bytes of this record in memory; levels that were opened count more."""
        return _RECORD_BYTES + _LEVEL_BYTES * len(self._images or ())

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

    def _make_images(self) -> tuple[NgffImage, ...]:
        from hcs.pixels import LazyArray

        assert self._group is not None  # noqa: S101  (else the images were given)
        meta = self.metadata
        dims = meta.dims
        units = {axis.name: axis.unit for axis in meta.axes if axis.unit}
        names = [channel.name or "" for channel in meta.channels] or None
        return tuple(
            NgffImage(
                data=LazyArray(self._group, dataset.path),
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
        found = _labels(group.store, join(path, "labels"), group.format_version)
        for name in found:
            check_array_path(name, group.where("labels"))
        return found

    def _digest(self, group: ImageGroup) -> str:
        def read(path: str) -> str:
            digest = hashlib.sha256(canonical(_without_ours(group.attributes())))
            keys = [
                join(path, dataset.path, group.array_document)
                for dataset in self.metadata.datasets
            ]
            for key, data in group.store.documents(keys).items():
                if data is not None:
                    document = parse_json(data, group.store.where(key))
                    digest.update(canonical(document))
            return f"d{digest.hexdigest()[:31]}"

        return group.run(read)


_RECORD_BYTES = 2048
_LEVEL_BYTES = 1024
"""Measured by tests/benchmarks/bench_reading.py, rounded up."""


def _is_spatial(axis: Axis) -> bool:
    return axis.type == "space" or (axis.type is None and axis.name in "zyx")


def _without_ours(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if key != EXTENSION}


def _labels(store: PlateStore, path: str, format_version: str) -> tuple[str, ...]:
    from hcs.document import attributes, group_document

    key = join(path, group_document(format_version))
    data = store.read(key)
    if data is None:
        return ()
    found = envelope(attributes(parse_json(data, store.where(key)), key)).get("labels")
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise MetadataError(
            f"{store.where(key)} has labels {found!r:.60}; expected a list of names."
        )
    return tuple(found)


# --- making --------------------------------------------------------------------------


def describe(images: Sequence[NgffImage]) -> ImageMetadata:
    """Return metadata for images that came without any."""
    first = images[0]
    units, types = first.axes_units or {}, first.axes_types or {}
    names, colors = first.channel_names or (), first.channel_colors or ()
    return ImageMetadata(
        axes=tuple(
            Axis(
                name=dim,
                type=str(types.get(dim) or AXIS_TYPES.get(dim, "space")),
                unit=units.get(dim),
            )
            for dim in first.dims
        ),
        datasets=tuple(
            Dataset(
                path=str(level),
                scale=tuple(float(image.scale.get(dim, 1.0)) for dim in first.dims),
                translation=tuple(
                    float(image.translation.get(dim, 0.0)) for dim in first.dims
                ),
            )
            for level, image in enumerate(images)
        ),
        channels=tuple(
            Channel(name=name, color=color)
            for name, color in zip(
                names, (*colors, *(None,) * (len(names) - len(colors))), strict=False
            )
        ),
        name=first.name,
    )


def to_ngff_image(
    data: Any,
    dims: Sequence[str] | None = None,
    scale: Mapping[str, float] | None = None,
    translation: Mapping[str, float] | None = None,
    name: str = "image",
    axes_units: Mapping[str, str] | None = None,
    channel_names: Sequence[str] | None = None,
    channel_colors: Sequence[str] | None = None,
) -> NgffImage:
    """Return an image of an array.

    Parameters
    ----------
    data
        Array with `shape` and `dtype`, or anything numpy makes one of.
    dims
        Axis names in array order; by default ``y x``, ``z y x``, ``c z y x`` or
        ``t c z y x``.
    scale, translation
        Per axis, in `axes_units`; 1 and 0 where they are not given.
    channel_names, channel_colors
        One for each channel; colours as six hexadecimal digits.

    Raises
    ------
    ShapeError
        If the axes do not fit the array, or are not drawn from ``t c z y x``.
    """
    import numpy as np

    if not (hasattr(data, "shape") and hasattr(data, "dtype")):
        data = np.asarray(data)
    count = len(data.shape)
    if dims is None:
        if count not in _DEFAULT_DIMS:
            raise ShapeError(f"An image of {count} axes; expected 2 to 5.")
        dims = _DEFAULT_DIMS[count]
    dims = tuple(dims)
    if len(dims) != count or len(set(dims)) != count or not set(dims) <= set("tczyx"):
        raise ShapeError(
            f"The axes are {dims} for an array of shape {tuple(data.shape)}; expected "
            f"{count} different ones of t, c, z, y, x."
        )
    if channel_names is not None:
        channels = data.shape[dims.index("c")] if "c" in dims else 1
        if len(channel_names) != channels:
            raise ShapeError(
                f"{len(channel_names)} channel names for {channels} channels."
            )
    return NgffImage(
        data=data,
        dims=dims,
        scale={dim: float((scale or {}).get(dim, 1.0)) for dim in dims},
        translation={dim: float((translation or {}).get(dim, 0.0)) for dim in dims},
        name=name,
        axes_units=dict(axes_units) if axes_units else None,
        channel_names=tuple(channel_names) if channel_names is not None else None,
        channel_colors=tuple(channel_colors) if channel_colors is not None else None,
    )


def to_multiscales(
    data: Any,
    scale_factors: int | Sequence[int | Mapping[str, int]] | None = None,
    method: Any = None,
    chunks: Any = None,
    **_kwargs: Any,
) -> Multiscales:
    """Return an image with its coarser resolutions, made by 2x2 means.

    Parameters
    ----------
    data
        An `NgffImage`, or an array, taken as `to_ngff_image` takes it.
    scale_factors
        The side in pixels at which halving stops, 256 by default; or for each coarser
        level by how much it is smaller than full size: 2, 4, 8 and so on. An empty
        list makes none.
    method
        Kept for the record; there is one method.
    chunks
        Kept for the writer.

    Raises
    ------
    ShapeError
        If a factor is not the next power of two, or the axes do not end with y and x.
    """
    image = data if hasattr(data, "dims") else to_ngff_image(data)
    levels, smallest = _levels(scale_factors)
    images = [image, *_coarser(image, levels, smallest)]
    return Multiscales(images, scale_factors=None, method=method, chunks=chunks)


def _levels(
    factors: int | Sequence[int | Mapping[str, int]] | None,
) -> tuple[int | None, int | None]:
    if factors is None:
        return None, None
    if isinstance(factors, int):
        if isinstance(factors, bool) or factors < 1:
            raise ShapeError(f"scale_factors is {factors!r}; expected at least 1.")
        return None, factors
    for level, factor in enumerate(factors, start=1):
        sides = (
            {factor.get("y", 1), factor.get("x", 1)} | (set(factor.values()) - {1})
            if hasattr(factor, "get")
            else {factor}
        )
        if sides != {2**level}:
            raise ShapeError(
                f"Level {level} has the factor {factor!r}; levels halve y and x, so "
                f"expected {2**level}."
            )
    return len(factors) + 1, None


def _coarser(
    image: NgffImage, levels: int | None, smallest: int | None
) -> list[NgffImage]:
    import numpy as np

    from hcs.pyramid import SMALLEST, downsample, level_factors, level_shapes

    dims = tuple(image.dims)
    if dims[-2:] != ("y", "x"):
        raise ShapeError(f"The axes are {dims}; expected y and x as the last two.")
    shapes = level_shapes(
        tuple(image.data.shape), levels, smallest=smallest or SMALLEST
    )
    coarser = []
    data = np.asarray(image.data) if len(shapes) > 1 else None
    for factors in level_factors(shapes)[1:]:
        data = downsample(data)
        coarser.append(_scaled(image, data, dict(zip("yx", factors, strict=True))))
    return coarser


def _scaled(image: NgffImage, data: Any, factors: Mapping[str, int]) -> NgffImage:
    scale = {dim: image.scale.get(dim, 1.0) * factors.get(dim, 1) for dim in image.dims}
    # The centre of the first pixel moves by half of what the pixel grew.
    translation = {
        dim: image.translation.get(dim, 0.0)
        + (scale[dim] - image.scale.get(dim, 1.0)) / 2
        for dim in image.dims
    }
    return NgffImage(
        data=data,
        dims=image.dims,
        scale=scale,
        translation=translation,
        name=image.name,
        axes_units=image.axes_units,
        channel_names=image.channel_names,
        channel_colors=image.channel_colors,
    )


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
    from hcs.root import find_version
    from hcs.store import open_store

    opened = open_store(store)
    path = path.strip("/")
    return Multiscales.open(opened, path, find_version(opened, path))
