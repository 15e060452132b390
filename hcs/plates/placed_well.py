"""Where a well is, and what its document says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.ngff.document import group_document
from hcs.ngff.names import check_well_path, join
from hcs.plates.well_document import read_well_document
from hcs.stores.root import find_version

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from hcs.metadata import PlateWell, Well, WellImage
    from hcs.plates.field import Field
    from hcs.plates.well_names import WellNames
    from hcs.stores.store import PlateStore


class PlacedWell:
    """A well at its place in a plate's store, with its document once it is needed."""

    __slots__ = (
        "_extension",
        "_fields",
        "_names",
        "_stamp",
        "_well",
        "format_version",
        "path",
        "plate_metadata",
        "store",
    )

    def __init__(
        self,
        store: Any,
        well_path: str,
        well_metadata: PlateWell,
        format_version: str | None,
        names: WellNames | None,
    ) -> None:
        from hcs.stores.location import open_store

        self.store: PlateStore = open_store(store)
        self.path = check_well_path(well_path, self.store.location)
        self.plate_metadata = well_metadata
        self.format_version = format_version or find_version(self.store, self.path)
        self._well: Well | None = None
        self._extension: dict[str, Any] | None = None
        self._fields: tuple[Field, ...] | None = None
        """As they were last listed; those of a document that is read again are not."""

        self._stamp: Hashable | None = None
        self._names = names

    def load(self, *, ahead: bool = False) -> None:
        """Read the well document, again where it was read before.

        Parameters
        ----------
        ahead
            Ask a remote store for the first image at the same time.

        Raises
        ------
        NotFoundError
            If there is no such group.
        MetadataError
            If the document is missing, or cannot be understood.
        """
        document = read_well_document(
            self.store, self.path, self.format_version, ahead=ahead
        )
        self._well, self._extension = document.metadata, document.extension
        self._fields, self._stamp = None, document.stamp

    @property
    def metadata(self) -> Well:
        """What the well document says.

        Raises
        ------
        NotFoundError, MetadataError
            If the document is missing or broken.
        """
        if self._well is None:
            self.load()
        assert self._well is not None  # noqa: S101  (load() set it or raised)
        return self._well

    @metadata.setter
    def metadata(self, metadata: Well) -> None:
        self._well = metadata

    @property
    def images(self) -> list[WellImage]:
        """The images in the order of the well document: the list of `metadata`.

        Raises
        ------
        NotFoundError, MetadataError
            If the document is missing or broken.
        """
        return self.metadata.images

    @property
    def label(self) -> str:
        """The well as people write it, ``"B02"``."""
        if self._names is None:
            return self.path
        return self._names.label(self.plate_metadata.path)

    @property
    def row_index(self) -> int:
        """Zero-based row."""
        return self.plate_metadata.rowIndex

    @property
    def column_index(self) -> int:
        """Zero-based column."""
        return self.plate_metadata.columnIndex

    @property
    def extension(self) -> Mapping[str, Any]:
        """What the well document holds under our own key."""
        if self._extension is None:
            self.load()
        return self._extension or {}

    def has_group(self, path: str) -> bool:
        """Whether the document of a group below the well is there.

        Parameters
        ----------
        path
            Of the group, below the well, such as a field's ``"0"``.
        """
        key = join(self.path, path, group_document(self.format_version))
        return self.store.stamp(key) is not None

    def _may_have_changed(self) -> bool:
        """Whether the document was read, and is not known to be what it was then."""
        if self._well is None:
            return False
        key = join(self.path, group_document(self.format_version))
        return self._stamp is None or self.store.stamp(key) != self._stamp
