"""Plates: navigation from a location to wells, fields and images."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from hcs.cache import LRUCache
from hcs.errors import (
    ArgumentError,
    HCSError,
    MetadataError,
    NotFoundError,
    StoreError,
)
from hcs.metadata import as_plate
from hcs.ngff.document import group_document
from hcs.ngff.envelope import detect_version, extension
from hcs.ngff.names import join
from hcs.ngff.plate import read_plate
from hcs.plates.identity import plate_fingerprint
from hcs.plates.well import HCSWell
from hcs.plates.well_names import WellNames
from hcs.settings import config
from hcs.stores.root import read_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from hcs.layout import PlateFormat
    from hcs.metadata import (
        Plate,
        PlateAcquisition,
        PlateColumn,
        PlateRow,
        PlateWell,
    )
    from hcs.plates.field import Field
    from hcs.stores.store import PlateStore

_AT_ONCE = 64
"""Wells whose documents a remote store is asked for ahead of their turn."""


class HCSPlate:
    """A high-content-screening plate.

    Parameters
    ----------
    store
        As for `hcs.open_store`; None for a plate that is only described, to be written.
    plate_metadata
        What the plate document says; read from the store where it is not given.
    well_cache_size
        Most wells to keep; by default ``config.hcs_well_cache_size``, 0 keeps none.
    image_cache_size
        Most images that each well keeps; by default ``config.hcs_image_cache_size``.
    metadata
        Another name of `plate_metadata`.

    Notes
    -----
    Thread safety: plates may be shared between threads. A plate is a context manager,
    and can be pickled where its store has an address.
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

        given = metadata if plate_metadata is None else plate_metadata
        self._store: PlateStore | None = None if store is None else open_store(store)
        self._lent = is_lent(store)
        self._attributes: dict[str, Any] = {}
        self._version: str | None = None
        self._lock = Lock()
        self._fingerprint: str | None = None
        self._well_cache_size = (
            config.hcs_well_cache_size if well_cache_size is None else well_cache_size
        )
        self._image_cache_size = image_cache_size
        self._wells: LRUCache[str, HCSWell] = LRUCache(
            self._well_cache_size, config.hcs_cache_bytes, lambda well: well.nbytes
        )
        if given is not None:
            self._set_metadata(as_plate(given))
            self._version = self.metadata.version
        elif self._store is not None:
            self._read()
        else:
            raise MetadataError(
                "HCSPlate() got neither a store nor metadata; expected one or both."
            )

    # --- what the plate document says ---------------------------------------------

    @property
    def name(self) -> str | None:
        """Name of the plate; may be empty or absent."""
        return self.metadata.name

    @property
    def rows(self) -> Sequence[PlateRow]:
        """The rows of the physical plate, downwards."""
        return self.metadata.rows

    @property
    def columns(self) -> Sequence[PlateColumn]:
        """The columns of the physical plate, rightwards."""
        return self.metadata.columns

    @property
    def wells(self) -> Sequence[PlateWell]:
        """The wells that the plate document lists."""
        return self.metadata.wells

    @property
    def acquisitions(self) -> Sequence[PlateAcquisition] | None:
        """The imaging runs; None where the document declares none."""
        return self.metadata.acquisitions

    @property
    def field_count(self) -> int | None:
        """Largest number of fields over the wells, as the document says."""
        return self.metadata.field_count

    @property
    def format(self) -> PlateFormat:
        """The grid that the document declares, such as 8 rows by 12 columns."""
        from hcs.layout import PlateFormat

        return PlateFormat(rows=len(self.rows), columns=len(self.columns))

    @property
    def version(self) -> str | None:
        """NGFF version; None for a plate that is only described."""
        return self._version

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the plate group as they were last read."""
        if not self._attributes and self._store is not None:
            self._attributes = read_group(self._store)[0]
        return self._attributes

    @property
    def conditions(self) -> dict[str, dict[str, Any]]:
        """Conditions of the wells by path, then by column of the plate map."""
        found = extension(self.attributes).get("conditions")
        columns = found.get("columns") if isinstance(found, dict) else None
        wells = found.get("wells") if isinstance(found, dict) else None
        if not isinstance(columns, list) or not isinstance(wells, dict):
            return {}
        return {
            path: dict(zip(map(str, columns), values, strict=False))
            for path, values in wells.items()
            if isinstance(values, list)
        }

    @property
    def gaps(self) -> tuple[dict[str, Any], ...]:
        """What the import found missing: well, field, channel, z, t of each plane."""
        found = extension(self.attributes).get("gaps")
        entries = found if isinstance(found, list) else []
        return tuple(dict(entry) for entry in entries if isinstance(entry, dict))

    # --- where it is ------------------------------------------------------------------

    @property
    def store(self) -> PlateStore | None:
        """The store; None for a plate that is only described."""
        return self._store

    @property
    def location(self) -> str | None:
        """Where the plate is, without credentials; None where it is nowhere yet."""
        return None if self._store is None else self._store.location

    @property
    def writable(self) -> bool:
        """Whether the plate can be corrected where it is."""
        return self._store is not None and self._store.writable

    @property
    def id(self) -> str:
        """What the plate is known by, wherever it is moved.

        The id in the plate document; for a plate that was never written to by this
        library, a fingerprint of its document and its first field's, which a copy
        shares.
        """
        found = extension(self.attributes).get("id")
        if isinstance(found, str) and found:
            return found
        if self._fingerprint is None:
            self._fingerprint = plate_fingerprint(self)
        return self._fingerprint

    @property
    def has_own_id(self) -> bool:
        """Whether `id` is written in the plate rather than a fingerprint."""
        found = extension(self.attributes).get("id")
        return isinstance(found, str) and bool(found)

    # --- wells ------------------------------------------------------------------------

    def get_well(self, row_name: str, column_name: str) -> HCSWell | None:
        """Return the well of a row and a column, None where the plate lists none.

        Raises
        ------
        NotFoundError
            If the plate lists it, but its group is not there.
        MetadataError
            If its document cannot be understood.
        """
        listed = self._names.by_path.get(f"{row_name}/{column_name}")
        return None if listed is None else self.open_well(listed, ahead=True)

    def get_well_by_indices(self, row_index: int, column_index: int) -> HCSWell | None:
        """Return the well at zero-based indices; as `get_well` does."""
        listed = self._names.by_indices.get((row_index, column_index))
        return None if listed is None else self.open_well(listed, ahead=True)

    def well(self, name: str) -> HCSWell:
        """Return a well by any spelling: ``"B/2"``, ``"B2"``, ``"b02"``, ``"r02c02"``.

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
                f"{_some([well.path for well in self.wells])}."
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
            fresh = self._make(listed)
            fresh.load(ahead=ahead)
            well = self._wells.setdefault(listed.path, fresh)
        return well

    def label(self, well: PlateWell | str) -> str:
        """Return a well, or the path of one, as people write it: ``"B02"``."""
        return self._names.label(well if isinstance(well, str) else well.path)

    def __iter__(self) -> Iterator[HCSWell]:
        """Yield every listed well; each reads its document when it is first needed.

        So one broken well keeps nobody from the others: its `fields` raise.
        """
        for listed in self.wells:
            kept = self._wells.get(listed.path)
            yield self._make(listed) if kept is None else kept

    def __len__(self) -> int:
        return len(self.wells)

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
            if position % _AT_ONCE == 0:
                self._ask_ahead(self.wells[position : position + _AT_ONCE])
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

    def refresh(self) -> tuple[str, ...]:
        """Look at the documents again; return the paths of wells that changed.

        Wells that were never read are not looked at: they are read when needed.

        Raises
        ------
        MetadataError, PlateNotFoundError
            If the plate document is broken or gone; the plate then stays as it was.
        """
        if self._store is None:
            return ()
        self._store.refresh()
        attributes, zarr_format, key = read_group(self._store)
        where = self._store.where(key)
        plate = read_plate(attributes, where)
        version = detect_version(attributes, zarr_format, where)
        with self._lock:
            self._attributes = attributes
            self._version = version
            self._fingerprint = None
            self._set_metadata(plate)
        return self._refresh_wells()

    def close(self) -> None:
        """Forget what was read, and release the store if the plate has opened it.

        A store that was handed over is left open, as others may read it.
        """
        self._wells.clear()
        if self._store is not None and not self._lent:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        where = "not in a store" if self._store is None else self._store.location
        return (
            f"<HCSPlate {self.name or ''!r} at {where}: {len(self.rows)} rows x "
            f"{len(self.columns)} columns, {len(self.wells)} wells, "
            f"NGFF {self.version or 'of no version yet'}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (
            self._store,
            self.metadata if self._store is None else None,
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

    def _set_metadata(self, plate: Plate) -> None:
        self.metadata = plate
        self._names = WellNames(plate)

    def _ask_ahead(self, wells: Sequence[PlateWell]) -> None:
        if self._store is not None and self._store.is_remote and self._version:
            document = group_document(self._version)
            self._store.prefetch(
                join(well.path, document)
                for well in wells
                if well.path not in self._wells
            )

    def _make(self, listed: PlateWell) -> HCSWell:
        if self._store is None:
            raise StoreError(f"{self!r} has no store, so it has no wells to open.")
        return HCSWell(
            self._store,
            listed.path,
            listed,
            image_cache_size=self._image_cache_size,
            format_version=self._version,
            names=self._names,
            changed=self._weigh,
        )

    def _weigh(self, well: HCSWell) -> None:
        # The well has grown by an image: let the cache see its new size.
        self._wells.resize(well.path)

    def _refresh_wells(self) -> tuple[str, ...]:
        changed = []
        for path, well in self._wells.items():
            try:
                if path not in self._names.by_path or well.refresh():
                    changed.append(path)
                    self._wells.discard(path)
            except HCSError:
                # Gone or broken since: whoever asks for it next gets the reason.
                changed.append(path)
                self._wells.discard(path)
        return tuple(changed)


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(map(repr, paths[:6]))
    return f"{shown}, ... ({len(paths)} in all)" if len(paths) > 6 else shown or "none"


def from_hcs_zarr(
    store: Any,
    validate: bool = False,
    well_cache_size: int | None = None,
    image_cache_size: int | None = None,
) -> HCSPlate:
    """Open a plate.

    Parameters
    ----------
    store
        As for `hcs.open_store`.
    validate
        Also check all documents, and raise where the specification is broken.
    well_cache_size, image_cache_size
        As for `HCSPlate`.

    Raises
    ------
    PlateNotFoundError
        If nothing is at the location.
    MetadataError
        If what is there is not a plate, or its document cannot be understood; with
        `validate`, if anything in the plate breaks a MUST, all of it in ``problems``.
    UnsupportedVersionError
        If the plate's version is not supported.
    """
    plate = HCSPlate(
        store, well_cache_size=well_cache_size, image_cache_size=image_cache_size
    )
    if validate:
        try:
            _validate(plate)
        except BaseException:
            plate.close()
            raise
    return plate


def _validate(plate: HCSPlate) -> None:
    from hcs.validation import validate

    problems = [
        problem for problem in validate(plate.store) if problem.severity == "error"
    ]
    if problems:
        listed = "\n".join(f"  {one.location}: {one.message}" for one in problems)
        raise MetadataError(
            f"{plate.location} breaks the specification in {len(problems)} places:\n"
            f"{listed}",
            problems=problems,
        )
