"""A whole well as one image: its fields, placed by where the stage was."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import NotFoundError, ShapeError, UnsafeDataError
from hcs.images.ngff_image import NgffImage
from hcs.plates.stored_tables import stage_position
from hcs.settings import config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hcs.images.image import Multiscales
    from hcs.plates.field import Field
    from hcs.plates.well import HCSWell


def stitch(
    well: HCSWell,
    *,
    level: int = 0,
    channel: int = 0,
    z: int = 0,
    t: int = 0,
    acquisition: int | None = None,
) -> NgffImage:
    """Return one plane of a well, with every field at its place.

    Parameters
    ----------
    well
        The well.
    level
        Resolution, 0 being full size; a field with fewer gives its coarsest.
    channel, z, t
        Which plane; axes that the images lack are not looked at.
    acquisition
        Which acquisition; by default that of the first field.

    Returns
    -------
        An image ``y x`` in memory; 0 where no field is. Fields whose recorded stage
        positions differ are placed by them, later ones over earlier ones; otherwise
        they fill a grid, row by row, in their order.

    Raises
    ------
    NotFoundError
        If there is no field, or the plane lies outside of an image.
    ShapeError
        If fields differ in pixel size or type.
    UnsafeDataError
        If the picture would be larger than ``config.max_read_bytes``.
    """
    fields = _chosen(well, acquisition)
    images = [field.image() for field in fields]
    levels = [image.images[min(level, len(image) - 1)] for image in images]
    _check_alike(fields, levels)
    shapes = [_plane_shape(image) for image in levels]
    corners, origin = _corners(fields, images, levels, shapes)
    shape = tuple(
        max(
            corner[axis] + size[axis]
            for corner, size in zip(corners, shapes, strict=True)
        )
        for axis in (0, 1)
    )
    size = math.prod(shape) * np.dtype(levels[0].data.dtype).itemsize
    if size > config.max_read_bytes:
        raise UnsafeDataError(
            f"Well {well.path!r} as one picture has {shape} pixels, {size} bytes; at "
            f"most {config.max_read_bytes} are made. Choose a coarser level."
        )
    picture: NDArray[Any] = np.zeros(shape, levels[0].data.dtype)
    for field, image, (y, x) in zip(fields, levels, corners, strict=True):
        plane = _plane(field, image, {"c": channel, "z": z, "t": t})
        picture[y : y + plane.shape[0], x : x + plane.shape[1]] = plane
    first = levels[0]
    return NgffImage(
        data=picture,
        dims=("y", "x"),
        scale={dim: first.scale[dim] for dim in "yx"},
        translation=dict(zip("yx", origin, strict=True)),
        name=well.label,
        axes_units=first.axes_units,
    )


def _chosen(well: HCSWell, acquisition: int | None) -> list[Field]:
    fields = list(well.fields)
    if fields and acquisition is None:
        acquisition = fields[0].acquisition
    chosen = [field for field in fields if field.acquisition == acquisition]
    if not chosen:
        raise NotFoundError(
            f"Well {well.path!r} has no field"
            f"{'' if acquisition is None else f' in acquisition {acquisition}'}."
        )
    return chosen


def _check_alike(fields: Sequence[Field], levels: Sequence[NgffImage]) -> None:
    first = levels[0]
    for field, image in zip(fields, levels, strict=True):
        if not {"y", "x"} <= set(image.dims):
            raise ShapeError(
                f"Field {field.name!r} of {field.well!r} has the axes {image.dims}; a "
                f"picture of the well needs y and x."
            )
        if image.data.dtype != first.data.dtype or not all(
            math.isclose(image.scale[dim], first.scale[dim], rel_tol=1e-3)
            for dim in "yx"
        ):
            raise ShapeError(
                f"Field {field.name!r} of {field.well!r} has pixels of "
                f"{image.data.dtype} and size {_sizes(image)}; the first field has "
                f"{first.data.dtype} and {_sizes(first)}, so they make no one picture."
            )


def _sizes(image: NgffImage) -> tuple[float, float]:
    return image.scale["y"], image.scale["x"]


def _plane_shape(image: NgffImage) -> tuple[int, int]:
    shape = dict(zip(image.dims, image.data.shape, strict=True))
    return shape["y"], shape["x"]


def _corners(
    fields: Sequence[Field],
    images: Sequence[Multiscales],
    levels: Sequence[NgffImage],
    shapes: Sequence[tuple[int, int]],
) -> tuple[list[tuple[int, int]], tuple[float, float]]:
    """Return where each field's first pixel goes, and where the picture's first is."""
    places = [
        (position["y"], position["x"])
        for field, image in zip(fields, images, strict=True)
        if (position := image.position or stage_position(field)) is not None
        and "y" in position
        and "x" in position
    ]
    if len(places) < len(images) or len(set(places)) < len(places):
        return _grid(shapes), (0.0, 0.0)
    scale = _sizes(levels[0])
    origin = min(y for y, _ in places), min(x for _, x in places)
    corners = [
        (
            round((y - origin[0]) / abs(scale[0] or 1.0)),
            round((x - origin[1]) / abs(scale[1] or 1.0)),
        )
        for y, x in places
    ]
    return corners, origin


def _grid(shapes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    across = math.ceil(math.sqrt(len(shapes)))
    height, width = max(y for y, _ in shapes), max(x for _, x in shapes)
    return [
        (index // across * height, index % across * width)
        for index in range(len(shapes))
    ]


def _plane(field: Field, image: NgffImage, position: Mapping[str, int]) -> NDArray[Any]:
    key: list[int | slice] = []
    for dim, size in zip(image.dims, image.data.shape, strict=True):
        if dim in "yx":
            key.append(slice(None))
            continue
        index = position.get(dim, 0)
        if not 0 <= index < size:
            raise NotFoundError(
                f"Field {field.name!r} of {field.well!r} has {size} along {dim}; there "
                f"is no {dim} {index}."
            )
        key.append(index)
    plane: NDArray[Any] = np.asarray(image.data[tuple(key)])
    dims = [dim for dim in image.dims if dim in "yx"]
    return plane if dims == ["y", "x"] else plane.T
