"""XML of microscopes, read without entities, external parts or deep nesting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import BinaryIO

MAX_BYTES: Final = 64 << 20
"""For a document that is held as a tree; a longer list is read as `records`."""

_MAX_DEPTH = 64
"""Elements inside elements; OME-XML has about ten."""

_MAX_TEXT = 1 << 20
"""Characters of one element's own text in a list of records."""

_BLOCK = 1 << 20
"""Bytes parsed at a time; between two, finished records are handed on."""


class _PlainTree(TreeBuilder):
    """Builds elements with local names; refuses document type declarations."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ParseError("it declares a document type, which no microscope needs")

    def start(self, tag: str, attrs: dict[Any, Any]) -> Element:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ParseError(f"it nests elements deeper than {_MAX_DEPTH}")
        local = {local_name(key): text for key, text in attrs.items()}
        return super().start(local_name(tag), local)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(local_name(tag))


def local_name(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]


def parse(data: bytes | str, where: str) -> Element:
    """Return the root element of a small document; names are without namespaces.

    Raises
    ------
    SourceError
        If it is no XML, declares a document type, is larger than 64 MiB or nests
        deeper than 64 elements. The message names `where`.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(f"The XML of {where} is larger than {MAX_BYTES >> 20} MiB.")
    parser = XMLParser(target=_PlainTree())  # noqa: S314  # it declines all entities
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise _unreadable(where, error) from error
    return root


def records(
    stream: BinaryIO, names: Collection[str], where: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the elements called `names`, with the texts of their children by name.

    Attributes stand under ``@name``, those of a child under ``child@name``, and an
    element's own text under ``""``; names are without namespaces. For lists of any
    length: an element is forgotten when it ends.

    Raises
    ------
    SourceError
        As `parse` does.
    """
    tree = _Records(names)
    parser = XMLParser(target=tree)  # noqa: S314  # it declines all entities
    try:
        while block := stream.read(_BLOCK):
            parser.feed(block)
            yield from tree.take()
        parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise _unreadable(where, error) from error
    yield from tree.take()


class _Records:
    """A parser's target that keeps only flat records."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._path: list[str] = []
        self._open: list[tuple[int, dict[str, str]]] = []
        self._text: list[str] = []
        self._length = 0
        self._done: list[tuple[str, dict[str, str]]] = []

    def take(self) -> list[tuple[str, dict[str, str]]]:
        done, self._done = self._done, []
        return done

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ParseError("it declares a document type, which no microscope needs")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        self._path.append(name)
        self._forget_text()
        if len(self._path) > _MAX_DEPTH:
            raise ParseError(f"it nests elements deeper than {_MAX_DEPTH}")
        if self._open and len(self._path) == self._open[-1][0] + 1:
            record = self._open[-1][1]
            record.update(
                {f"{name}@{local_name(key)}": text for key, text in attributes.items()}
            )
        if name in self._names:
            own = {f"@{local_name(key)}": text for key, text in attributes.items()}
            self._open.append((len(self._path), own))

    def data(self, text: str) -> None:
        self._text.append(text)
        self._length += len(text)
        if self._length > _MAX_TEXT:
            raise ParseError(f"a text in it is longer than {_MAX_TEXT:,} characters")

    def _forget_text(self) -> None:
        self._text.clear()
        self._length = 0

    def end(self, tag: str) -> None:
        depth, name = len(self._path), self._path.pop()
        if self._open and depth == self._open[-1][0]:
            record = self._open.pop()[1]
            if text := "".join(self._text).strip():
                record[""] = text
            self._done.append((name, record))
        elif self._open and depth == self._open[-1][0] + 1:
            self._open[-1][1].setdefault(name, "".join(self._text).strip())
        self._forget_text()

    def close(self) -> None:
        return None


def _unreadable(where: str, error: Exception) -> SourceError:
    return SourceError(
        f"The XML of {where} cannot be read: {error}. Export or copy it again."
    )
