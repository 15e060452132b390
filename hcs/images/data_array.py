"""Images as dask and xarray know them: lazy, with coordinates in units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.extras import extra

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    import xarray

    from hcs.images.ngff_image import NgffImage


def dask_array(data: Any, chunks: Any = None) -> Any:
    """Return an array of dask over an array, which may be one of dask.

    Parameters
    ----------
    data
        A `LazyArray`, or an array of numpy or dask.
    chunks
        As dask takes them; by default those of a `LazyArray`, else dask's own choice.

    Raises
    ------
    MissingExtraError
        If dask is not installed.
    """
    if hasattr(data, "dask"):
        return data
    with extra("xarray", "to_dask()"):
        from dask.array import from_array
    make: Any = from_array  # dask is not typed
    if isinstance(data, np.ndarray):
        return make(data, chunks="auto" if chunks is None else chunks)
    return make(data, chunks=data.chunks if chunks is None else chunks, asarray=False)


def data_array(image: NgffImage, channel_names: Sequence[str] = ()) -> xarray.DataArray:
    """Return an image with its geometry as coordinates; no pixels are read.

    Parameters
    ----------
    image
        One resolution.
    channel_names
        Names along c; by default those of the image. Channels without a name are called
        by their number.

    Returns
    -------
        An array over one of dask. Along t, z, y and x the coordinates are where the
        centres of the pixels are, ``translation + scale * index``, with the unit as
        ``attrs["units"]``; along c they are names.

    Raises
    ------
    MissingExtraError
        If xarray or dask is not installed.
    """
    module = load()
    units = image.axes_units or {}
    names = channel_names or image.channel_names or ()
    coordinates: dict[str, Any] = {}
    for dim, size in zip(image.dims, image.shape, strict=True):
        if dim == "c":
            named = [*names[:size], *("",) * (size - len(names))]
            coordinates[dim] = [
                name or f"Channel {index}" for index, name in enumerate(named)
            ]
        else:
            start, step = image.translation.get(dim, 0.0), image.scale.get(dim, 1.0)
            places = [start + step * index for index in range(size)]
            attributes = {"units": units[dim]} if units.get(dim) else {}
            coordinates[dim] = dim, places, attributes
    array: xarray.DataArray = module.DataArray(
        image.to_dask(), coordinates, tuple(image.dims), name=image.name
    )
    return array


def load() -> ModuleType:
    """Return the module xarray.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    with extra("xarray", "to_xarray()"):
        import xarray
    return xarray
