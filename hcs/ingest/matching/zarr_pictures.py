"""Images in OME-Zarr as files that may correct a field: alone, nested, of a plate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.axes import MICROMETRES, ORDER
from hcs.errors import HCSError, SourceError
from hcs.ingest.formats.image_file import ImageFile
from hcs.ingest.formats.place import ImagePlace
from hcs.ngff.envelope import envelope
from hcs.plates.opening import from_hcs_zarr
from hcs.stores.root import read_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hcs.images.image import Multiscales
    from hcs.plates.plate import HCSPlate
    from hcs.stores.store import PlateStore

MAX_DEPTH = 6
"""Groups inside groups that are looked into for images."""

_MAX_IMAGES = 100_000


def zarr_images(store: PlateStore, name: str) -> Iterator[ImageFile]:
    """Yield the images in a store: the image at its root, nested ones, a plate's.

    Parameters
    ----------
    store
        Of a folder or of an archive.
    name
        What people call it.

    Raises
    ------
    SourceError
        If it holds no image, or one that cannot be understood.
    """
    count = 0
    for file in _below(store, "", name, 0):
        yield file
        count += 1
        if count > _MAX_IMAGES:
            raise SourceError(f"{name} holds more than {_MAX_IMAGES:,} images.")
    if not count:
        raise SourceError(f"{name} is a Zarr hierarchy without an image in it.")


def _below(store: PlateStore, path: str, name: str, depth: int) -> Iterator[ImageFile]:
    try:
        attributes, _, _ = read_group(store, path)
        block = envelope(attributes)
    except HCSError:
        block = {}
    shown = f"{name}/{path}" if path else name
    if "multiscales" in block:
        from hcs.images.opening import from_ome_zarr

        try:
            image = from_ome_zarr(store, path)
        except HCSError as error:
            raise SourceError(f"{shown} cannot be read: {error}") from error
        yield image_of(image, shown)
    elif "plate" in block and not path:
        yield from _of_plate(from_hcs_zarr(store), name)
    elif depth < MAX_DEPTH:
        for child in sorted(store.children(path)):
            below = f"{path}/{child}" if path else child
            yield from _below(store, below, name, depth + 1)


def _of_plate(plate: HCSPlate, name: str) -> Iterator[ImageFile]:
    """Yield the fields of a plate; those that cannot be read are left out."""
    for field in plate.fields(errors=[], missing="skip"):
        listed = next(well for well in plate.wells if well.path == field.well)
        try:
            image = field.image()
        except HCSError:
            continue
        yield image_of(
            image,
            f"{name}/{field.well}/{field.path}",
            ImagePlace(
                well=(listed.rowIndex, listed.columnIndex),
                field=field.label,
                field_name=field.name,
                plate=plate.name or None,
                said_by="the plate that it lies in",
            ),
        )


def image_of(
    image: Multiscales, name: str, place: ImagePlace | None = None
) -> ImageFile:
    """Return an OME-Zarr image as a file is described; its planes are read lazily.

    Raises
    ------
    SourceError
        If its axes are not some of t, c, z, y and x.
    """
    level = image.images[0]
    dims = tuple(level.dims)
    if set(dims) - set(ORDER) or not {"y", "x"} <= set(dims):
        raise SourceError(f"{name} has the axes {dims}; t, c, z, y and x are read.")
    axes = tuple(axis for axis in ORDER if axis in dims)
    sizes = dict(zip(dims, level.data.shape, strict=True))
    named = "c" in axes and bool(image.channel_names)
    return ImageFile(
        name=name,
        kind="OME-Zarr",
        axes=axes,
        shape=tuple(int(sizes[axis]) for axis in axes),
        dtype=np.dtype(level.data.dtype),
        reader=_ZarrPlanes(level.data, dims, axes, name),
        channel_names=tuple(image.channel_names) if named else (),
        pixel_size=_pixel_size(image),
        place=place,
    )


def _pixel_size(image: Multiscales) -> tuple[float, float] | None:
    factors = [MICROMETRES.get(image.units.get(axis) or "") for axis in "yx"]
    if None in factors:
        return None
    size = image.pixel_size
    y, x = (
        size[axis] * (factor or 1) for axis, factor in zip("yx", factors, strict=True)
    )
    return y, x


class _ZarrPlanes:
    """Reads planes of an array, whatever order its axes are in."""

    def __init__(
        self, data: Any, dims: tuple[str, ...], axes: tuple[str, ...], name: str
    ) -> None:
        self._data, self._dims, self._axes, self._name = data, dims, axes, name

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane at an index along the axes before y and x."""
        place = dict(zip(self._axes[:-2], position, strict=True))
        key = tuple(place.get(axis, slice(None)) for axis in self._dims)
        try:
            plane = np.asarray(self._data[key])
        except HCSError as error:
            raise SourceError(f"{self._name} cannot be decoded: {error}") from error
        turned = self._dims.index("y") > self._dims.index("x")
        return np.ascontiguousarray(plane.T if turned else plane)

    def close(self) -> None:
        """Nothing stays open."""
