"""Adding a label image to a field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import ShapeError, UnsafeDataError
from hcs.images.companions import LABELS
from hcs.images.image import Multiscales
from hcs.images.ngff_image import to_ngff_image
from hcs.ngff.envelope import with_block
from hcs.ngff.multiscale import write_image
from hcs.writing.encoding.encode import encode_levels
from hcs.writing.encoding.field_input import as_field_input, made_here, with_axes_of
from hcs.writing.encoding.storage import array_layouts, array_storage
from hcs.writing.encoding.verify import verify_levels
from hcs.writing.targets.target import GroupSink
from hcs.writing.versions.attachment import attach

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hcs.images.ngff_image import NgffImage
    from hcs.writing.targets.target import Target
    from hcs.writing.versions.attachment import Place


def write_labels(
    store: str | Path | Target,
    well: str,
    field: str | int,
    name: str,
    array: Any,
    *,
    acquisition: int | None = None,
    base: str | None = None,
    overwrite: bool = False,
    **storage: Any,
) -> str:
    """Add a label image to the version of a field that is live now.

    It belongs to that version: a correction of the field leaves it behind, and a revert
    brings it back. It is complete, and read back, before anything lists it.

    Parameters
    ----------
    store
        A plate that exists: its place, or an `HCSPlate` that is open.
    well, field, acquisition
        In any spelling that `stage_field` takes; the field must be there.
    name
        Of the label image, such as ``"nuclei"``: letters, digits, ``_ . -``.
    array
        Integers, 0 being no object, with the axes of the field but for the channel
        (``y x``, where z or t have one plane), or an image with axes of its own.
    base
        Id of the version that it was made of; by default the live one.
    overwrite
        Replace one of that name. In a folder that is one step; elsewhere there is none
        for a moment.
    **storage
        ``chunks``, ``shards``, ``codec``: as of `HCSPlateWriter.write_well_image`. It
        gets as many levels as the field has, as NGFF demands, of every second pixel.

    Returns
    -------
        Its path below the plate.

    Raises
    ------
    ArgumentError
        If one of that name is there and `overwrite` is false.
    ShapeError, UnsafeDataError
        If the array has another size than the field, or no integers from 0 on.
    ConflictError
        If the field does not show `base` any more.
    NotFoundError, HCSError
        If there is no such field, or the store fails.
    """
    options = array_storage(storage)

    def fill(place: Place, key: str) -> Mapping[str, Any]:
        target, version = place.target, place.state.version
        image = Multiscales.open(target.reader(), place.image, version)
        source = as_field_input(_labels_image(array, image))
        source = with_axes_of(source, image.metadata)
        levels = len(image.metadata.datasets)
        layouts = array_layouts(version, source, replace(options, levels=levels))
        encoded = encode_levels(
            source.levels[0].planes(), layouts, GroupSink(target, key), "labels"
        )
        if options.verify:
            verify_levels(
                target.zarr_store(),
                key,
                [layout.path for layout in layouts],
                encoded.digests,
                layouts[0].zarr_format,
                layouts[0].stored,
            )
        datasets = source.datasets([layout.shape for layout in layouts])
        metadata = replace(source.metadata, datasets=list(datasets), name=name)
        written = write_image(metadata, version, {}, made_here("nearest"))
        settings: dict[str, Any] = {"source": {"image": "../../"}}
        if version == "0.4":
            settings["version"] = version
        return with_block(written, version, {"image-label": settings})

    address = well, field, acquisition
    return attach(store, address, LABELS, name, fill, base=base, overwrite=overwrite)


def _labels_image(array: Any, image: Multiscales) -> NgffImage:
    """Return an array as an image that lies where the field does.

    Raises
    ------
    ShapeError, UnsafeDataError
        See `write_labels`.
    """
    array = array.images[0] if isinstance(array, Multiscales) else array
    stated = getattr(array, "dims", None)
    data = np.asarray(array.data if stated is not None else array)
    level = image.images[0]
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    dims = tuple(dim for dim in level.dims if dim != "c")
    shape = tuple(int(sizes[dim]) for dim in dims)
    if stated is not None and tuple(stated) != dims:
        data = _without_channel(data, tuple(stated))
    if data.ndim < len(dims) and data.shape == shape[-data.ndim :]:
        data = data.reshape((1,) * (len(dims) - data.ndim) + data.shape)
    if data.shape != shape:
        raise ShapeError(
            f"The label image has shape {data.shape}; the field has {shape} along "
            f"{' '.join(dims)}."
        )
    if data.dtype.kind not in "bui" or (data.dtype.kind == "i" and data.min() < 0):
        raise UnsafeDataError(
            f"The label image is {data.dtype}"
            f"{'' if data.dtype.kind != 'i' else ' with negative numbers'}; expected "
            f"integers from 0 on."
        )
    scale = dict(zip(image.dims, image.metadata.datasets[0].scale, strict=True))
    start = image.metadata.datasets[0].translation
    return to_ngff_image(
        data.astype(np.uint8) if data.dtype.kind == "b" else data,
        dims=dims,
        scale={dim: scale[dim] for dim in dims},
        translation=None
        if start is None
        else {
            dim: value
            for dim, value in zip(image.dims, start, strict=True)
            if dim in dims
        },
        axes_units={
            dim: axis.unit
            for dim, axis in zip(image.dims, image.axes, strict=True)
            if dim in dims and axis.unit
        },
    )


def _without_channel(data: Any, dims: tuple[str, ...]) -> Any:
    if "c" in dims and data.shape[dims.index("c")] == 1:
        return np.squeeze(data, dims.index("c"))
    return data
