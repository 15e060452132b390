"""One well of a plate: its fields of view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.images.image import Multiscales
from hcs.plates.field_list import (
    field_records,
    find_field,
    is_list_of,
    list_fields,
    path_at,
    path_of,
)
from hcs.plates.placed_well import PlacedWell
from hcs.plates.well_images import WellImages
from hcs.settings import config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hcs.metadata import FieldVersion, PlateWell, Well
    from hcs.plates.field import Field
    from hcs.plates.well_names import WellNames


class HCSWell(PlacedWell):
    """The fields of view of one well.

    Parameters
    ----------
    store
        The plate's store.
    well_path
        ``<row name>/<column name>``.
    well_metadata
        What the plate document says of the well.
    well_group_metadata
        What the well document says; None reads it when it is first needed.
    image_cache_size
        Most images to keep; by default ``config.hcs_image_cache_size``.
    format_version
        NGFF version of the plate; found out where not given.
    names, changed
        For the plate that opens the well: how its wells are called, and what to call
        when an image was read.

    Notes
    -----
    Thread safety: wells may be shared between threads.

    Examples
    --------
    >>> import hcs
    >>> well = hcs.from_hcs_zarr("demo.ome.zarr").get_well("A", "1")
    >>> well.row_index, well.column_index, [image.path for image in well.images]
    (0, 0, ['0'])
    """

    __slots__ = ("_images", "_on_growth")

    def __init__(
        self,
        store: Any,
        well_path: str,
        well_metadata: PlateWell,
        well_group_metadata: Well | None = None,
        image_cache_size: int | None = None,
        *,
        format_version: str | None = None,
        names: WellNames | None = None,
        changed: Callable[[HCSWell], None] | None = None,
    ) -> None:
        super().__init__(store, well_path, well_metadata, format_version, names)
        size = (
            config.hcs_image_cache_size
            if image_cache_size is None
            else image_cache_size
        )
        self._images = WellImages(size)
        self._well = well_group_metadata
        self._on_growth = changed

    @classmethod
    def from_store(
        cls,
        store: Any,
        well_path: str,
        well_metadata: PlateWell,
        image_cache_size: int | None = None,
        *,
        format_version: str | None = None,
    ) -> HCSWell:
        """Return the well at a path, its document read and checked.

        Parameters
        ----------
        store
            The plate's store, as `hcs.open_store` returns it, or what that takes.
        well_path
            ``<row name>/<column name>``, below the plate.
        well_metadata
            What the plate document says of the well.
        image_cache_size
            Most images to keep; by default ``config.hcs_image_cache_size``.
        format_version
            NGFF version of the plate; found out where not given.

        Raises
        ------
        NotFoundError
            If there is no such group.
        MetadataError
            If its document cannot be understood.

        Examples
        --------
        >>> import hcs
        >>> entry = hcs.PlateWell("A/1", rowIndex=0, columnIndex=0)
        >>> len(HCSWell.from_store("demo.ome.zarr", "A/1", entry).images)
        1
        """
        well = cls(
            store,
            well_path,
            well_metadata,
            image_cache_size=image_cache_size,
            format_version=format_version,
        )
        well.load()
        return well

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the well document.

        Raises
        ------
        NotFoundError, MetadataError
            If the document is missing or broken.
        """
        fields = self._fields
        if fields is None or not is_list_of(fields, self.images):
            fields = self._fields = list_fields(self)
        return fields

    def field(self, name: str | int, acquisition: int | None = None) -> Field:
        """Return a field by its name or the label that people know it by.

        Parameters
        ----------
        name
            Name, label or path of the field.
        acquisition
            Id of its acquisition, where the name alone does not tell.

        Raises
        ------
        NotFoundError
            If there is none, or several in different acquisitions.
        """
        return find_field(self, str(name), acquisition)

    def get_image(self, field_index: int = 0) -> Multiscales | None:
        """Return the image at a position of the well's list, None beyond its end.

        Each caller gets an image of its own, around pixels that all share.

        Parameters
        ----------
        field_index
            From 0, in the order of the well's list.

        Raises
        ------
        NotFoundError, MetadataError
            If the image is listed, but missing or broken.

        Examples
        --------
        >>> import hcs
        >>> well = hcs.from_hcs_zarr("demo.ome.zarr").get_well("A", "1")
        >>> image = well.get_image(0).images[0]
        >>> image.dims, image.data.shape, image.scale["y"]
        (('c', 'y', 'x'), (2, 64, 64), 0.65)
        >>> well.get_image(1) is None
        True
        """
        images = self.metadata.images
        if not _is_index(field_index) or field_index >= len(images):
            return None
        return self._open(
            images[field_index].path, lambda: path_at(self.images, field_index)
        )

    def get_image_by_acquisition(
        self, acquisition_id: int, field_index: int = 0
    ) -> Multiscales | None:
        """Return the image at a position among those of one acquisition.

        None where the acquisition has no image there.
        Images that name no acquisition belong to acquisition 0, so that the default of
        a plate that declares none finds them.

        Parameters
        ----------
        acquisition_id
            Id of the acquisition, which is no index.
        field_index
            From 0, among the images of that acquisition.

        Raises
        ------
        NotFoundError, MetadataError
            If the image is listed, but missing or broken.

        Examples
        --------
        >>> import hcs
        >>> well = hcs.from_hcs_zarr("demo.ome.zarr").get_well("A", "1")
        >>> well.get_image_by_acquisition(0, 0).images[0].data.shape
        (2, 64, 64)
        """
        if not _is_index(field_index):
            return None
        path = path_at(self.images, field_index, acquisition_id)
        if path is None:
            return None
        return self._open(
            path, lambda: path_at(self.images, field_index, acquisition_id)
        )

    def open_field(self, field: Field) -> Multiscales:
        """Return the image of a field; see `Field.image`.

        Parameters
        ----------
        field
            One of `fields`.

        Raises
        ------
        NotFoundError
            If the image is listed, but not there.
        StaleVersionError
            If the well no longer lists the field.
        MetadataError
            If its document cannot be understood.
        """
        return self._open(field.path, lambda: path_of(self.fields, field))

    def history(self, name: str | int) -> tuple[FieldVersion, ...]:
        """Return the events of a field, oldest first; none for a foreign plate.

        Parameters
        ----------
        name
            Name of the field.

        Raises
        ------
        NotFoundError
            If there is no such field.
        """
        record = field_records(self).get(self.field(name).name)
        return () if record is None else record.versions

    def refresh(self) -> bool:
        """Look at the well document again; return whether it had changed.

        A well that was never read is not looked at: False.

        Raises
        ------
        NotFoundError, MetadataError
            If the document is gone or broken.
        """
        if not self._may_have_changed():
            return False
        old = self._well, self._extension
        self._images.clear()
        self.load()
        return (self._well, self._extension) != old

    def mosaic(self, **selection: Any) -> Any:
        """Return one plane of the well, with every field at its place.

        Parameters
        ----------
        **selection
            ``level``: resolution, 0 being full size; a field with fewer gives its
            coarsest. ``channel``, ``z``, ``t``: which plane, from 0. ``acquisition``:
            its id; by default that of the first field.

        Returns
        -------
            An `NgffImage` with axes ``y x``, in memory; 0 where no field is. Fields
            whose recorded stage positions differ are placed by them, later ones over
            earlier ones; otherwise they fill a grid, row by row, in their order.

        Raises
        ------
        NotFoundError
            If there is no field, or the plane lies outside of an image.
        ShapeError
            If fields differ in pixel size or type.
        UnsafeDataError
            If the picture would be larger than ``config.max_read_bytes``.
        """
        from hcs.plates.mosaic import stitch

        return stitch(self, **selection)

    @property
    def nbytes(self) -> int:
        """Rough bytes of this record and its images in memory."""
        count = len(self._well.images) if self._well is not None else 0
        return _WELL_BYTES + _FIELD_BYTES * count + self._images.nbytes

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.metadata.images)

    def __repr__(self) -> str:
        read = "not read" if self._well is None else f"{len(self._well.images)} fields"
        return f"<HCSWell {self.path} ({self.label}) of {self.store.location}: {read}>"

    def _repr_html_(self) -> str:
        from hcs.plates.html import well_html

        return well_html(self)

    def __getstate__(self) -> dict[str, Any]:
        names = (*PlacedWell.__slots__, *HCSWell.__slots__)
        state = {name: getattr(self, name) for name in names}
        return {**state, **dict.fromkeys(("_fields", "_on_growth", "_stamp"))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def _open(self, path: str, find: Callable[[], str | None]) -> Multiscales:
        """Return an image of its own around what is opened; see `WellImages.open`."""
        image, is_new = self._images.open(self, path, find)
        if is_new and self._on_growth is not None:
            self._on_growth(self)
        return Multiscales.of(image)


_WELL_BYTES = 1024
_FIELD_BYTES = 256
"""Measured by tests/benchmarks/bench_reading.py, rounded up."""


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
