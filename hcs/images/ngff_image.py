"""One resolution of an image: pixels with their geometry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hcs.axes import TYPES
from hcs.errors import ShapeError
from hcs.metadata import Axis, Channel, Dataset, ImageMetadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray
    from numpy.typing import NDArray

    from hcs.images.lazy_array import LazyArray

_DEFAULT_DIMS = {
    1: ("x",),
    2: ("y", "x"),
    3: ("z", "y", "x"),
    4: ("c", "z", "y", "x"),
    5: ("t", "c", "z", "y", "x"),
}


@dataclass(slots=True, eq=False)
class NgffImage:
    """One resolution of an image: pixels and geometry.

    ``scale`` and ``translation`` are per axis name, in ``axes_units``; axes that are
    absent have scale 1 and translation 0.
    """

    data: LazyArray | NDArray[Any]
    """Array of shape `dims`: a `LazyArray`, or any array of numpy or dask."""

    dims: Sequence[str]
    """Axis names in array order, drawn from ``t c z y x``."""

    scale: dict[str, float]
    """Size of one pixel along each axis."""

    translation: dict[str, float]
    """Position of the centre of the first pixel."""

    name: str = "image"
    axes_units: Mapping[str, str | None] | None = None
    """Unit of each axis, None where an axis has none; None where nothing is known."""

    axes_orientations: Mapping[str, Any] | None = None
    axes_types: Mapping[str, Any] | None = None
    channel_names: Sequence[str] | None = None
    channel_colors: Sequence[str] | None = None
    computed_callbacks: Sequence[Any] = field(default=(), repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis, in the order of `dims`."""
        return tuple(self.data.shape)

    def to_dask(self) -> Any:
        """Return the pixels as a dask array; see `LazyArray.to_dask`.

        Returns
        -------
            Axes in the order of `dims`; an array of dask comes back as it is.

        Raises
        ------
        MissingExtraError
            If dask is not installed.
        """
        from hcs.images.data_array import dask_array

        return dask_array(self.data)

    def to_xarray(self) -> xarray.DataArray:
        """Return the pixels with coordinates, over an array of dask: none are read.

        Along t, z, y and x the coordinates are where the centres of the pixels are,
        ``translation + scale * index``, with the unit as ``attrs["units"]``; along c
        they are the names of the channels, ``Channel 0`` where one has none.

        Raises
        ------
        MissingExtraError
            If xarray or dask is not installed.
        """
        from hcs.images.data_array import data_array

        return data_array(self)


def to_ngff_image(
    data: Any,
    dims: Sequence[str] | None = None,
    scale: Mapping[str, float] | None = None,
    translation: Mapping[str, float] | None = None,
    name: str = "image",
    axes_units: Mapping[str, str | None] | None = None,
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
    name
        What the image is called in its document.
    axes_units
        Unit by axis, such as ``{"y": "micrometer"}``; what is not named has none.
    channel_names, channel_colors
        One for each channel; colours as six hexadecimal digits.

    Raises
    ------
    ShapeError
        If the axes do not fit the array, or are not drawn from ``t c z y x``.

    Examples
    --------
    >>> import numpy as np
    >>> image = to_ngff_image(
    ...     np.zeros((2, 64, 64), "uint16"),
    ...     dims=("c", "y", "x"),
    ...     scale={"y": 0.65, "x": 0.65},
    ...     axes_units={"y": "micrometer", "x": "micrometer"},
    ...     channel_names=["DNA", "GFP"],
    ... )
    >>> image.dims, image.data.shape
    (('c', 'y', 'x'), (2, 64, 64))
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
        channel_names=list(channel_names) if channel_names is not None else None,
        channel_colors=list(channel_colors) if channel_colors is not None else None,
    )


def describe(images: Sequence[NgffImage]) -> ImageMetadata:
    """Return metadata for images that came without any."""
    first = images[0]
    units, types = first.axes_units or {}, first.axes_types or {}
    names, colors = first.channel_names or (), first.channel_colors or ()
    return ImageMetadata(
        axes=tuple(
            Axis(
                name=dim,
                type=str(types.get(dim) or TYPES.get(dim, "space")),
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
