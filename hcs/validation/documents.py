"""Documents of a store, with what cannot be read turned into problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError
from hcs.ngff.document import array_document, group_document, parse_json
from hcs.ngff.names import join
from hcs.rules.problem import Problem
from hcs.validation.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.stores.store import PlateStore


@dataclass(slots=True)
class LoadedDocument:
    """A document of a store, or why there is none."""

    document: dict[str, Any] | None = None
    """None where there is none, or where it cannot be read."""

    problem: Problem | None = None
    """Why it cannot be read, None where it is absent."""

    @property
    def absent(self) -> bool:
        """Whether there is no such document."""
        return self.document is None and self.problem is None


@dataclass(slots=True)
class Group:
    """A group: its attributes, and what is wrong with it as a Zarr group."""

    path: str
    attributes: Any = None
    present: bool = False
    """Whether its document is there and can be read."""

    problems: list[Problem] = field(default_factory=list)

    @property
    def absent(self) -> bool:
        """Whether nothing is there, not even something broken."""
        return not self.present and not self.problems


class DocumentReader:
    """Reads groups and arrays of one hierarchy, many at a time.

    Parameters
    ----------
    store
        Where they are.
    version
        NGFF version of the hierarchy, which decides where documents lie.
    pixels
        Whether chunks are to be decoded too.
    """

    def __init__(
        self, store: PlateStore, version: str, *, pixels: bool = False
    ) -> None:
        self.store = store
        self.version = version
        self.pixels = pixels
        self.judge = Judge(version)
        self._group = group_document(version)
        self._array = array_document(version)

    def groups(self, paths: Sequence[str]) -> list[Group]:
        """Return the groups at some paths, in their order."""
        documents = self.load(join(path, self._group) for path in paths)
        groups = [
            self._as_group(path, documents[join(path, self._group)]) for path in paths
        ]
        if self.version == "0.4":
            self._check_markers([group for group in groups if group.present])
        return groups

    def arrays(self, paths: Sequence[str]) -> list[LoadedDocument]:
        """Return the documents of arrays at some paths, in their order."""
        documents = self.load(join(path, self._array) for path in paths)
        return [documents[join(path, self._array)] for path in paths]

    def load(self, keys: Iterable[str]) -> dict[str, LoadedDocument]:
        """Return documents by key; whatever is wrong with one leaves the others."""
        unique = list(dict.fromkeys(keys))
        try:
            data = self.store.documents(unique)
        except HCSError:
            return {key: self._load(key) for key in unique}
        return {key: self._parse(key, data.get(key)) for key in unique}

    def exists(self, keys: Sequence[str]) -> list[bool]:
        """Tell for each key whether something is there."""
        if self.store.is_remote:
            documents = self.load(keys)
            return [not documents[key].absent for key in keys]
        return [self.store.stamp(key) is not None for key in keys]

    def children(self, path: str) -> list[str]:
        """Return the sorted names below a path; none where they cannot be listed."""
        try:
            return sorted(self.store.children(path))
        except (HCSError, NotImplementedError):
            # Plain web servers list nothing; then nothing unlisted can be reported.
            return []

    def _load(self, key: str) -> LoadedDocument:
        try:
            return self._parse(key, self.store.read(key))
        except HCSError as error:
            return LoadedDocument(problem=unreadable(key, error))

    def _parse(self, key: str, data: bytes | None) -> LoadedDocument:
        if data is None:
            return LoadedDocument()
        try:
            return LoadedDocument(document=parse_json(data, key))
        except HCSError as error:
            return LoadedDocument(problem=unreadable(key, error))

    def _as_group(self, path: str, loaded: LoadedDocument) -> Group:
        if loaded.document is None:
            return Group(path, problems=[loaded.problem] if loaded.problem else [])
        if self.version == "0.4":
            return Group(path, loaded.document, present=True)
        document = loaded.document
        group = Group(path, document.get("attributes", {}), present=True)
        if document.get("zarr_format") != 3 or document.get("node_type") != "group":
            kind = document.get("node_type")
            text = (
                f"zarr.json says zarr_format {document.get('zarr_format')!r} and "
                f"node_type {kind!r}; a group must say 3 and 'group'."
            )
            group.problems.append(
                Problem("group-type", "error", path, text, "Zarr v3 group")
            )
        return group

    def _check_markers(self, groups: list[Group]) -> None:
        keys = [join(group.path, ".zgroup") for group in groups]
        for group, there in zip(groups, self.exists(keys), strict=True):
            if not there:
                text = (
                    "There are attributes but no .zgroup beside them; without it, "
                    "this is no Zarr group."
                )
                group.problems.append(
                    Problem("group-missing", "error", group.path, text, "Zarr v2 group")
                )


def unreadable(key: str, error: HCSError) -> Problem:
    """Return the problem of a document that cannot be read."""
    return Problem("document-unreadable", "error", key, str(error), "Zarr metadata")
