"""Where an opened image is, and whether it still is the version that was opened.

A correction puts a new image group beside the old one and, later, may bring it to the
old one's path (see `hcs.writing.versions`). So after each read the group is looked at:
a version that moved is followed by its id, one that is gone raises
`StaleVersionError`. No read returns pixels of two versions.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from hcs.errors import HCSError, NotFoundError, StaleVersionError
from hcs.ngff.document import (
    array_document,
    document_attributes,
    group_document,
    parse_json,
)
from hcs.ngff.envelope import extension
from hcs.ngff.names import is_version_path, join, well_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from hcs.stores.store import PlateStore

T = TypeVar("T")

ATTEMPTS = 3
"""A version moves twice in its life: to its own path, and back to the first one."""


class ImageGroup:
    """The group of one image in a store.

    Attributes
    ----------
    store, path
        Where the group is; the path changes when the version is moved.
    format_version
        NGFF version, which decides how documents are named.
    version
        Our id of the version; None for an image that no writer of ours made.
    consolidated
        Documents of the arrays that came with the group's own. Only kept for remote
        stores, where they save a round of requests.

    Notes
    -----
    Thread safety: attributes are replaced whole; two threads that both find the version
    moved both find it at the same new path.
    """

    __slots__ = (
        "_mark",
        "_stamp",
        "consolidated",
        "format_version",
        "path",
        "store",
        "version",
    )

    def __init__(
        self,
        store: PlateStore,
        path: str,
        format_version: str,
        version: str | None,
        stamp: Hashable | None,
        mark: int,
    ) -> None:
        self.store = store
        self.path = path
        self.format_version = format_version
        self.version = version
        self.consolidated: Mapping[str, Any] | None = None
        self._stamp = stamp
        self._mark = mark

    @classmethod
    def open(
        cls, store: PlateStore, path: str, format_version: str
    ) -> tuple[ImageGroup, dict[str, Any]]:
        """Return the source of an image, and its group's attributes.

        Raises
        ------
        NotFoundError
            If there is no group.
        MetadataError
            If its document is broken.
        """
        key = join(path, group_document(format_version))
        data, stamp = store.read_stamped(key)
        if data is None:
            raise NotFoundError(f"There is no image at {store.where(path)}.")
        document = parse_json(data, store.where(key))
        attributes = document_attributes(document, store.where(key))
        if is_incomplete(attributes):
            raise NotFoundError(
                f"The image at {store.where(path)} is being written or removed; it is "
                f"not there."
            )
        group = cls(
            store, path, format_version, version_id(attributes), stamp, _mark(data)
        )
        if store.is_remote:
            group.consolidated = _consolidated(document)
        return group, attributes

    @property
    def array_document(self) -> str:
        """Name of the document of an array."""
        return array_document(self.format_version)

    def where(self, key: str = "") -> str:
        """Return the location of something below the image, for messages."""
        return self.store.where(join(self.path, key))

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the group, read again."""

        def read(path: str) -> dict[str, Any]:
            key = join(path, group_document(self.format_version))
            data = self.store.read(key)
            if data is None:
                raise NotFoundError(f"There is no image at {self.store.where(path)}.")
            return _attributes(data, self.store.where(key))

        return self.run(read)

    def run(self, read: Callable[[str], T], *, pixels: bool = False) -> T:
        """Return ``read(path)``, all of it from the version that was opened.

        Parameters
        ----------
        read
            Reads documents or pixels below the path that it gets.
        pixels
            Whether it reads pixels. For documents alone a remote store is not asked
            whether the version is still there: the pixels will tell.

        Raises
        ------
        StaleVersionError
            If that version is no longer in the plate.
        """
        for _ in range(ATTEMPTS):
            path = self.path
            try:
                value = read(path)
            except HCSError:
                if self._is_current(path):
                    raise
            else:
                if (self.store.is_remote and not pixels) or self._is_current(path):
                    return value
            self.path = self._moved_to(path)
        raise StaleVersionError(
            f"{self.where()} was moved {ATTEMPTS} times while it was read. Try again."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the stamp, the first read looks whether the version is still there.
        arguments = (self.store, self.path, self.format_version, self.version)
        return type(self), (*arguments, None, self._mark)

    def _is_current(self, path: str) -> bool:
        # Elsewhere than in plates of ours groups do not move, and a look at a remote
        # one costs as much as reading a chunk.
        if self.version is None and self.store.is_remote:
            return True
        key = join(path, group_document(self.format_version))
        stamp = self.store.stamp(key)
        if stamp is not None and stamp == self._stamp:
            return True
        if not self._is_same(key):
            return False
        self._stamp = stamp
        return True

    def _is_same(self, key: str) -> bool:
        data = self.store.read(key)
        if data is None:
            return False
        if _mark(data) == self._mark:
            return True
        if self.version is None:
            return False
        try:
            attributes = _attributes(data, key)
        except HCSError:
            return False
        # One that is being removed still has its id, but no longer all its chunks.
        return version_id(attributes) == self.version and not is_incomplete(attributes)

    def _moved_to(self, path: str) -> str:
        if self.version is not None:
            for candidate in self._candidates(path):
                key = join(candidate, group_document(self.format_version))
                stamp = self.store.stamp(key)
                if self._is_same(key):
                    self._stamp = stamp
                    return candidate
        raise StaleVersionError(
            f"The image at {self.store.where(path)} is no longer the version that was "
            f"opened{f' ({self.version})' if self.version else ''}. Call refresh() on "
            f"the plate and open it again."
        )

    def _candidates(self, path: str) -> Iterator[str]:
        """Yield where the well document says that the version may be now."""
        well = well_of(path)
        key = join(well, group_document(self.format_version))
        data = self.store.read(key)
        if data is None:
            return
        try:
            fields = extension(_attributes(data, self.store.where(key))).get("fields")
        except HCSError:
            return
        for entry in fields.values() if isinstance(fields, dict) else ():
            versions = entry.get("versions") if isinstance(entry, dict) else None
            for version in versions if isinstance(versions, list) else ():
                if isinstance(version, dict) and version.get("id") == self.version:
                    for name in (version.get("path"), entry.get("path")):
                        if is_version_path(name):
                            yield join(well, str(name))


def version_id(attributes: Mapping[str, Any]) -> str | None:
    """Return our id of the version in an image group's attributes."""
    identifier = extension(attributes).get("version")
    return identifier if isinstance(identifier, str) and identifier else None


def is_incomplete(attributes: Mapping[str, Any]) -> bool:
    """Whether a group bears our mark of what is not, or no longer, whole."""
    return extension(attributes).get("state") is not None


def _consolidated(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    consolidated = document.get("consolidated_metadata")
    consolidated = (
        consolidated.get("metadata") if isinstance(consolidated, dict) else None
    )
    return consolidated if isinstance(consolidated, dict) and consolidated else None


def _attributes(data: bytes, where: str) -> dict[str, Any]:
    return document_attributes(parse_json(data, where), where)


def _mark(data: bytes) -> int:
    return len(data) << 32 | zlib.crc32(data)
