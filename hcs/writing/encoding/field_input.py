"""What is to be written: any library's multiscale, seen as planes and metadata.

Nothing here imports the libraries whose objects are accepted: an object counts by its
attributes (`images` with `data`, `dims`, `scale` and `translation`, and `metadata`).
"""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.axes import ORDER, TYPES, dims_of
from hcs.errors import ShapeError, UnsafeDataError
from hcs.images.image import Multiscales
from hcs.images.pyramid import MEAN, METHODS, level_factors
from hcs.metadata import Axis, Channel, Dataset, ImageMetadata, Window
from hcs.ngff.envelope import EXTENSION, envelope
from hcs.writing.encoding.pixels import Pixels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STALE = ("type", "metadata")
"""Keys of a multiscale that tell how its levels were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInput:
    """One field as it was handed in, checked and ready to encode."""

    levels: tuple[Pixels, ...]
    """Full size first; where there is one, coarser levels are made from it."""

    metadata: ImageMetadata
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of the image group that no specification defines."""

    method: Mapping[str, Any] = field(default_factory=dict)
    """What is known of how coarser levels that came along were made, see `made_by`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of level 0."""
        return self.levels[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of every level."""
        return self.levels[0].dtype

    @property
    def dims(self) -> tuple[str, ...]:
        """Axis names in the order of `hcs.axes.ORDER`."""
        return self.levels[0].dims

    @property
    def made_by(self) -> Mapping[str, Any]:
        """How the levels are made: ``type`` and ``metadata`` of the multiscale."""
        if len(self.levels) > 1:
            return self.method
        return made_here("nearest" if self.dtype.kind == "b" else MEAN)

    def datasets(self, shapes: Sequence[Sequence[int]]) -> tuple[Dataset, ...]:
        """Return the levels' entries for the metadata, given their shapes.

        Scales grow as the shapes shrink; the first pixel's centre moves by half of
        what its side grows.
        """
        if len(self.levels) > 1:
            return tuple(self.metadata.datasets)
        first, dims = self.metadata.datasets[0], self.dims
        start = first.translation or (0.0,) * len(dims)
        datasets = []
        for number, (y, x) in enumerate(level_factors(shapes)):
            factor = [{"y": y, "x": x}.get(name, 1) for name in dims]
            datasets.append(
                Dataset(
                    path=str(number),
                    scale=tuple(
                        s * f for s, f in zip(first.scale, factor, strict=True)
                    ),
                    translation=tuple(
                        t + s * (f - 1) / 2
                        for t, s, f in zip(start, first.scale, factor, strict=True)
                    )
                    if number or first.translation
                    else None,
                )
            )
        return tuple(datasets)


def as_field_input(multiscales: Any) -> FieldInput:
    """Return what `multiscales` holds, checked.

    Parameters
    ----------
    multiscales
        A `Multiscales`, an `NgffImage`, or another library's objects of those shapes.

    Raises
    ------
    ShapeError
        If it is none of these, or its levels, axes or scales do not fit together.
    UnsafeDataError
        If the dtype is not bool, integer or float.
    """
    images = _images(multiscales)
    levels = tuple(_pixels(image, number) for number, image in enumerate(images))
    first = levels[0]
    for number, level in enumerate(levels):
        if (level.dims, level.dtype) != (first.dims, first.dtype):
            raise ShapeError(
                f"Level {number} has axes {''.join(level.dims)} and dtype "
                f"{level.dtype}; level 0 has {''.join(first.dims)} and {first.dtype}."
            )
    source_metadata = getattr(multiscales, "metadata", None)
    if isinstance(multiscales, Multiscales):
        _check_agreement(images, multiscales.metadata)
    axes, stored = _axes(first.dims, images[0], source_metadata)
    metadata = ImageMetadata(
        axes=axes,
        stored=stored,
        datasets=tuple(
            _dataset(number, image, level.dims)
            for number, (image, level) in enumerate(zip(images, levels, strict=True))
        ),
        channels=_channels(images[0], source_metadata),
        name=_name(images[0], source_metadata),
        omero=_mapping(getattr(source_metadata, "omero", None)),
    )
    _check_channels(metadata, first)
    attributes = _mapping(getattr(multiscales, "attributes", None))
    return FieldInput(
        levels=levels,
        metadata=metadata,
        attributes=own_attributes(attributes),
        method=_method(multiscales, source_metadata, attributes),
    )


def made_here(method: str) -> dict[str, Any]:
    """Return how levels are made here, as a multiscale tells it."""
    return {
        "type": method,
        "metadata": {
            "description": METHODS[method],
            "method": "hcs.images.pyramid.downsample",
        },
    }


def _method(
    multiscales: Any, metadata: Any, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the source tells of how its coarser levels were made."""
    if getattr(multiscales, "method", None) == MEAN:
        return made_here(MEAN)
    entries = envelope(attributes).get("multiscales")
    if isinstance(entries, list) and entries and isinstance(entries[0], dict):
        kind, details = (entries[0].get(key) for key in _STALE)
    else:
        kind, details = (getattr(metadata, key, None) for key in _STALE)
    method: dict[str, Any] = {"type": kind} if isinstance(kind, str) else {}
    if is_dataclass(details) and not isinstance(details, type):
        details = asdict(details)
    if isinstance(details, dict):
        # Other libraries keep objects there that JSON does not know.
        method["metadata"] = json.loads(
            json.dumps(details, default=str), parse_constant=str
        )
    return method


def own_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a new version takes over from an image group.

    Our own key belongs to the old version; its other multiscales point to arrays that
    stay there, and how its levels were made is no longer true.
    """
    inherited = copy.deepcopy(dict(attributes))
    inherited.pop(EXTENSION, None)
    multiscales = envelope(inherited).get("multiscales")
    if isinstance(multiscales, list):
        del multiscales[1:]
        for stale in _STALE:
            if multiscales and isinstance(multiscales[0], dict):
                multiscales[0].pop(stale, None)
    return inherited


def full_size_only(source: FieldInput) -> FieldInput:
    """Return `source` without the coarser levels that came with it."""
    metadata = replace(source.metadata, datasets=source.metadata.datasets[:1])
    return replace(source, levels=source.levels[:1], metadata=metadata)


def _images(multiscales: Any) -> list[Any]:
    if hasattr(multiscales, "data") and hasattr(multiscales, "dims"):
        return [multiscales]
    images = getattr(multiscales, "images", None)
    if not images:
        raise ShapeError(
            f"{type(multiscales).__name__} has no images; expected a Multiscales or an "
            f"NgffImage, as to_multiscales and to_ngff_image make them."
        )
    return list(images)


def _pixels(image: Any, number: int) -> Pixels:
    dims, shape = tuple(image.dims), tuple(image.data.shape)
    if len(dims) != len(shape) or len(set(dims)) != len(dims):
        raise ShapeError(f"Level {number} has shape {shape} but axes {dims}.")
    if not set(dims) <= set(ORDER) or not {"y", "x"} <= set(dims):
        raise ShapeError(
            f"Level {number} has axes {dims}; expected y and x, and of t, c and z at "
            f"most one each."
        )
    if min(shape) < 1:
        raise ShapeError(f"Level {number} has shape {shape}: an axis is empty.")
    dtype = np.dtype(image.data.dtype)
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise UnsafeDataError(
            f"Level {number} has dtype {dtype}; expected bool, an integer or a float "
            f"of at most 64 bits."
        )
    return Pixels(image.data, dims)


def _axes(
    dims: tuple[str, ...], image: Any, metadata: Any
) -> tuple[tuple[Axis, ...], tuple[int, ...]]:
    """Return the axes in the order of `dims`, and the order of arrays on disk.

    Names and order are those of the document that the image was read from.
    """
    units = getattr(image, "axes_units", None) or {}
    axes_of = _given_axes(metadata)
    axes = tuple(
        Axis(
            name=axes_of[dim].name if dim in axes_of else dim,
            type=TYPES[dim],
            unit=units.get(dim) or (axes_of[dim].unit if dim in axes_of else None),
        )
        for dim in dims
    )
    same = isinstance(metadata, ImageMetadata) and metadata.dims == dims
    return axes, metadata.stored if same else ()


def _given_axes(metadata: Any) -> dict[str, Axis]:
    """Return the axes that came with an image, by what they are."""
    axes = tuple(
        Axis(
            name=axis.name,
            type=getattr(axis, "type", None),
            unit=getattr(axis, "unit", None),
        )
        for axis in getattr(metadata, "axes", None) or ()
    )
    return dict(zip(dims_of(axes), axes, strict=True))


def with_axes_of(source: FieldInput, present: ImageMetadata) -> FieldInput:
    """Return `source` with its axes called and stored as those of another image.

    Where that has other axes, those that both have are called as there.
    """
    metadata = source.metadata
    present_axes = dict(zip(present.dims, present.axes, strict=True))
    axes = [
        replace(axis, name=present_axes[dim].name) if dim in present_axes else axis
        for dim, axis in zip(metadata.dims, metadata.axes, strict=True)
    ]
    stored = present.stored if present.dims == metadata.dims else metadata.stored
    return replace(source, metadata=replace(metadata, axes=axes, stored=stored))


def _dataset(number: int, image: Any, dims: tuple[str, ...]) -> Dataset:
    scale = _numbers(getattr(image, "scale", None), dims, 1.0)
    translation = _numbers(getattr(image, "translation", None), dims, 0.0)
    if not all(np.isfinite(scale)) or not all(np.isfinite(translation)):
        raise ShapeError(
            f"Level {number} has scale {scale}, translation {translation}."
        )
    return Dataset(
        path=str(number),
        scale=scale,
        translation=translation if any(translation) else None,
    )


def _numbers(values: Any, dims: tuple[str, ...], default: float) -> tuple[float, ...]:
    if isinstance(values, dict) or hasattr(values, "get"):
        return tuple(float(values.get(name, default)) for name in dims)
    if values is None:
        return (default,) * len(dims)
    if len(values) != len(dims):
        raise ShapeError(f"{len(values)} numbers {values!r} for axes {''.join(dims)}.")
    return tuple(float(number) for number in values)


def _channels(image: Any, metadata: Any) -> tuple[Channel, ...]:
    for channels in (
        getattr(metadata, "channels", None),
        getattr(getattr(metadata, "omero", None), "channels", None),
    ):
        if channels:
            return tuple(_channel(channel) for channel in channels)
    names = getattr(image, "channel_names", None)
    if not names:
        return ()
    colors = getattr(image, "channel_colors", None) or [None] * len(names)
    return tuple(
        Channel(name=str(name), color=color)
        for name, color in zip(names, colors, strict=True)
    )


def _channel(channel: Any) -> Channel:
    if isinstance(channel, Channel):
        return channel.copy()
    window = getattr(channel, "window", None)
    return Channel(
        name=getattr(channel, "label", None) or getattr(channel, "name", None),
        color=getattr(channel, "color", None),
        window=None
        if window is None
        else Window(start=window.start, end=window.end, min=window.min, max=window.max),
        active=bool(getattr(channel, "active", True)),
    )


def _check_channels(metadata: ImageMetadata, pixels: Pixels) -> None:
    count = dict(zip(pixels.dims, pixels.shape, strict=True)).get("c", 1)
    if metadata.channels and len(metadata.channels) != count:
        raise ShapeError(
            f"{len(metadata.channels)} channels are described but the image has "
            f"{count}."
        )


def _check_agreement(images: Sequence[Any], metadata: ImageMetadata) -> None:
    """Check that images and metadata say the same where both say something.

    Either may have been changed alone, and nobody knows which one is meant.

    Raises
    ------
    ShapeError
        If they differ.
    """
    first = images[0]
    names = [channel.name or "" for channel in metadata.channels]
    units = dict(zip(metadata.dims, (axis.unit for axis in metadata.axes), strict=True))
    stated: dict[str, tuple[Any, Any]] = {
        "channel names": (first.channel_names and list(first.channel_names), names),
        "units": (first.axes_units and {**units, **first.axes_units}, units),
        "name": (first.name != "image" and first.name, metadata.name),
    }
    for number, (image, dataset) in enumerate(
        zip(images, metadata.datasets, strict=False)
    ):
        dims = metadata.dims
        scale = _numbers(image.scale, dims, 1.0)
        stated[f"scale of level {number}"] = (scale, tuple(dataset.scale))
        origin = _numbers(image.translation, dims, 0.0)
        stated[f"translation of level {number}"] = (
            origin,
            tuple(dataset.translation or (0.0,) * len(dims)),
        )
    for what, (of_image, of_metadata) in stated.items():
        if of_image and of_metadata and of_image != of_metadata:
            raise ShapeError(
                f"The {what} of the image: {of_image}, of its metadata: {of_metadata}. "
                f"Change both alike, or set metadata to None to have it made of the "
                f"images."
            )


def _name(image: Any, metadata: Any) -> str | None:
    for holder in (metadata, image):
        name = getattr(holder, "name", None)
        if isinstance(name, str) and name:
            return name
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
