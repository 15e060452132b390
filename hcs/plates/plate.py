"""Plates: navigation from a location to wells, fields and images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from hcs.errors import (
    ArgumentError,
    HCSError,
    MetadataError,
    NotFoundError,
)
from hcs.foreign_plate import as_plate
from hcs.metadata import Plate
from hcs.ngff.envelope import own_id
from hcs.plates.identity import plate_fingerprint
from hcs.plates.placed import PlacedPlate
from hcs.plates.plate_wells import PlateWells
from hcs.plates.well import HCSWell
from hcs.settings import config
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    import xarray

    from hcs.metadata import PlateWell
    from hcs.plates.field import Field

_WELLS_AHEAD = 64
"""Wells whose documents a remote store fetches at once, ahead of their turn."""


class HCSPlate(PlacedPlate):
    """A high-content-screening plate.

    Parameters
    ----------
    store
        As for `hcs.open_store`; None for a plate that is only described, to be written.
        With `plate_metadata` it may be a path at which nothing is yet, and is not
        looked at before a well is asked for.
    plate_metadata
        What the plate document says; read from the store where it is not given.
    well_cache_size
        Most wells to keep; by default ``config.hcs_well_cache_size``, 0 keeps none.
    image_cache_size
        Most images that each well keeps; by default ``config.hcs_image_cache_size``.
    metadata
        Another name of `plate_metadata`.

    Attributes
    ----------
    is_described
        Whether its metadata is what somebody said of it, not what its document says.

    Notes
    -----
    Thread safety: plates may be shared between threads. A plate is a context manager,
    and can be pickled where its store has an address.

    What it lists is the lists of its `metadata`: changing them changes this plate in
    memory. It is on the disk once it is written, by `to_hcs_zarr`.

    Examples
    --------
    >>> import hcs
    >>> plate = HCSPlate("demo.ome.zarr")  # as hcs.from_hcs_zarr does
    >>> [row.name for row in plate.rows], [column.name for column in plate.columns]
    (['A', 'B'], ['1', '2', '3'])

    One that is described, to be written:

    >>> described = hcs.Plate(
    ...     rows=[hcs.PlateRow("A")],
    ...     columns=[hcs.PlateColumn("1")],
    ...     wells=[hcs.PlateWell("A/1", 0, 0)],
    ... )
    >>> HCSPlate(metadata=described).is_described
    True
    """

    def __init__(
        self,
        store: Any = None,
        plate_metadata: Any = None,
        well_cache_size: int | None = None,
        image_cache_size: int | None = None,
        *,
        metadata: Any = None,
    ) -> None:
        from hcs.stores.location import is_lent, open_store

        described = metadata if plate_metadata is None else plate_metadata
        super().__init__(store)
        self._lent = is_lent(store)
        self._well_cache_size = (
            config.hcs_well_cache_size if well_cache_size is None else well_cache_size
        )
        self._image_cache_size = image_cache_size
        self._wells = PlateWells(self._well_cache_size)
        if described is not None:
            own = isinstance(described, Plate)
            self.metadata = described if own else as_plate(described)
            self.is_described = True
            self._version = self.metadata.version
        elif store is not None:
            self._store = open_store(store)
            self._read()
        else:
            raise MetadataError(
                "HCSPlate() got neither a store nor metadata; expected one or both."
            )

    # --- what it is known by ---------------------------------------------------------

    @property
    def id(self) -> str:
        """What the plate is known by, wherever it is moved.

        The id in the plate document; for a plate that was never written to by this
        library, a fingerprint of its document and its first field's, which a copy
        shares.
        """
        if identifier := own_id(self.attributes):
            return identifier
        if self._fingerprint is None:
            self._fingerprint = plate_fingerprint(self)
        return self._fingerprint

    # --- wells ------------------------------------------------------------------------

    def get_well(self, row_name: str, column_name: str) -> HCSWell | None:
        """Return the well of a row and a column, None where the plate lists none.

        Parameters
        ----------
        row_name
            As the plate lists it, such as ``"A"``.
        column_name
            As the plate lists it, such as ``"1"``.

        Raises
        ------
        NotFoundError
            If the plate lists it, but its group is not there.
        MetadataError
            If its document cannot be understood.

        Examples
        --------
        >>> plate = HCSPlate("demo.ome.zarr")
        >>> plate.get_well("B", "2").path, plate.get_well("C", "1")
        ('B/2', None)
        """
        listed = self._names.at_path(f"{row_name}/{column_name}")
        return None if listed is None else self.open_well(listed, ahead=True)

    def get_well_by_indices(self, row_index: int, column_index: int) -> HCSWell | None:
        """Return the well at zero-based indices, None where the plate lists none.

        Parameters
        ----------
        row_index
            From 0, in the order in which the plate lists its rows.
        column_index
            From 0, in the order in which the plate lists its columns.

        Raises
        ------
        NotFoundError
            If the plate lists it, but its group is not there.
        MetadataError
            If its document cannot be understood.

        Examples
        --------
        >>> HCSPlate("demo.ome.zarr").get_well_by_indices(1, 0).path
        'B/1'
        """
        listed = self._names.at_indices(row_index, column_index)
        return None if listed is None else self.open_well(listed, ahead=True)

    def well(self, name: str) -> HCSWell:
        """Return a well by any spelling: ``"B/2"``, ``"B2"``, ``"b02"``, ``"r02c02"``.

        Parameters
        ----------
        name
            In any spelling: ``"A/1"``, ``"A1"``, ``"A01"``.

        Raises
        ------
        NotFoundError
            If the plate lists no such well, or its group is not there.
        InvalidPathError
            If it is no well's name.
        MetadataError
            If its document cannot be understood.
        """
        listed = self._names.find(name)
        if listed is None:
            raise NotFoundError(
                f"The plate at {self.location} lists no well {name!r}. Its wells are "
                f"{some([well.path for well in self.wells]) or 'none'}."
            )
        return self.open_well(listed, ahead=True)

    def open_well(self, listed: PlateWell, *, ahead: bool = False) -> HCSWell:
        """Return a listed well, from the cache where it is there.

        Parameters
        ----------
        listed
            An entry of `wells`.
        ahead
            Ask a remote store for the first image at the same time.

        Raises
        ------
        NotFoundError
            If its group is not there.
        MetadataError
            If its document cannot be understood.
        """
        well = self._wells.get(listed.path)
        if well is None:
            fresh = self._new_well(listed)
            fresh.load(ahead=ahead)
            well = self._wells.setdefault(listed.path, fresh)
        return well

    def __iter__(self) -> Iterator[HCSWell]:
        """Yield every listed well; each reads its document when it is first needed.

        So one broken well keeps nobody from the others: its `fields` raise.
        """
        for listed in self.wells:
            cached = self._wells.get(listed.path)
            yield self._new_well(listed) if cached is None else cached

    def fields(
        self,
        errors: list[tuple[str, HCSError]] | None = None,
        *,
        missing: Literal["raise", "skip"] = "raise",
    ) -> Iterator[Field]:
        """Yield the fields of all wells.

        Parameters
        ----------
        errors
            Gets the path and the error of each well that cannot be read; without it,
            the first such well raises.
        missing
            ``"skip"`` leaves out the wells and fields that are listed and not there,
            such as wells that were not imaged; a field costs a look then. What is there
            and broken is none of these.

        Raises
        ------
        NotFoundError, MetadataError
            If a well is missing or broken, unless the arguments say otherwise.
        ArgumentError
            If `missing` is neither of the two.
        """
        if missing not in ("raise", "skip"):
            raise ArgumentError(f"missing is {missing!r}; expected 'raise' or 'skip'.")
        for position, listed in enumerate(self.wells):
            if position % _WELLS_AHEAD == 0:
                ahead = self.wells[position : position + _WELLS_AHEAD]
                self._wells.prefetch(ahead, self._store, self._version)
            try:
                fields = self.open_well(listed).fields
            except HCSError as error:
                if missing == "skip" and isinstance(error, NotFoundError):
                    continue
                if errors is None:
                    raise
                errors.append((listed.path, error))
            else:
                for field in fields:
                    if missing == "raise" or field.exists():
                        yield field

    def to_xarray(self, level: int = 0) -> xarray.DataTree:
        """Return all fields as a tree, ``row/column/field``; no pixels are read.

        Each field is as `NgffImage.to_xarray` gives it. Wells and fields that are
        listed and not there are left out.

        Parameters
        ----------
        level
            Index of the level of each image, 0 is full size.

        Raises
        ------
        MissingExtraError
            If xarray or dask is not installed.
        ArgumentError
            If an image has no such level.
        NotFoundError, MetadataError
            If a well or an image is broken.
        """
        from hcs.plates.data_tree import data_tree

        return data_tree(self, level)

    def refresh(self) -> tuple[str, ...]:
        """Look at the documents again; return the paths of wells that changed.

        Wells that were never read are not looked at.

        Raises
        ------
        MetadataError, PlateNotFoundError
            If the plate document is broken or gone; the plate then stays as it was.
        """
        store = self._opened
        if store is None:
            return ()
        store.refresh()
        self._read_documents(store)
        return self._wells.refresh(self._names)

    def close(self) -> None:
        """Forget what was read, and release the store if the plate has opened it.

        A store that was handed over is left open, as others may read it.
        """
        self._wells.clear()
        if self._store is not None and not self._lent:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = "not in a store" if self._store is None else self._store.location
        return (
            f"<HCSPlate {self.name or ''!r} at {where}: {len(self.rows)} rows x "
            f"{len(self.columns)} columns, {len(self.wells)} wells, "
            f"NGFF {self.version or 'of no version yet'}>"
        )

    def _repr_html_(self) -> str:
        from hcs.plates.html import plate_html

        return plate_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (
            self._place if self._store is None else self._store,
            None if self._is_as_read() else self.metadata,
            self._well_cache_size,
            self._image_cache_size,
        )
        return HCSPlate, arguments, {"_lent": self._lent}

    # --- inside -----------------------------------------------------------------------

    def _read(self) -> None:
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

    def _new_well(self, listed: PlateWell) -> HCSWell:
        return HCSWell(
            self._store_of(listed),
            listed.path,
            listed,
            image_cache_size=self._image_cache_size,
            format_version=self._version,
            names=self._names,
            # A well grows with each image that it caches, and its bytes count here.
            changed=lambda well: self._wells.resize(well.path),
        )
