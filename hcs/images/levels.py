"""Coarser resolutions of an image in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import ArgumentError, ShapeError
from hcs.images.image import Multiscales
from hcs.images.ngff_image import NgffImage, to_ngff_image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


_MEANS = ("mean", "itkwasm_bin_shrink", "itk_bin_shrink", "dask_bin_shrink")
"""Methods by the names of ngff-zarr that average bins, of which ours is one."""


def to_multiscales(
    data: Any,
    scale_factors: int | Sequence[int | Mapping[str, int]] | None = None,
    method: Any = None,
    chunks: Any = None,
    *,
    progress: Any = None,
    cache: bool | None = None,
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
        None, ``"mean"``, or one of ngff-zarr's that takes the mean of bins
        (``"itkwasm_bin_shrink"``, ...), also as its `Methods`.
    chunks
        For the writer, see `HCSPlateWriter.write_well_image`.
    progress, cache
        How ngff-zarr goes about it; neither changes the result, and neither is used.

    Raises
    ------
    ArgumentError
        If `method` is another one: there is nothing but means here.
    ShapeError
        If a factor is not the next power of two, or the axes do not end with y and x.
    """
    check_method(method)
    from hcs.images.pyramid import MEAN

    image = data if hasattr(data, "dims") else to_ngff_image(data)
    levels, smallest = _levels(scale_factors)
    images = [image, *_coarser(image, levels, smallest)]
    factors = [2**level for level in range(1, len(images))]
    return Multiscales(images, scale_factors=factors, method=MEAN, chunks=chunks)


def check_method(method: Any) -> None:
    """Refuse a method whose result would be another than the mean of 2x2 pixels.

    Raises
    ------
    ArgumentError
        If it is one.
    """
    name = getattr(method, "value", method)
    if name is not None and name not in _MEANS:
        raise ArgumentError(
            f"method is {name!r}; coarser levels are made by means of 2x2 pixels. Give "
            f"None, {', '.join(map(repr, _MEANS))}, or levels made elsewhere."
        )


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
            if not isinstance(factor, int)
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

    from hcs.images.pyramid import SMALLEST, downsample, level_factors, level_shapes

    dims = tuple(image.dims)
    if dims[-2:] != ("y", "x"):
        raise ShapeError(f"The axes are {dims}; expected y and x as the last two.")
    shapes = level_shapes(
        tuple(image.data.shape), levels, smallest=smallest or SMALLEST
    )
    coarser: list[NgffImage] = []
    if len(shapes) == 1:
        return coarser  # and no pixel is read
    data: NDArray[Any] = np.asarray(image.data)
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
