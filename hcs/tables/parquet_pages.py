"""How large the pages of a Parquet file unpack, by what stands before each of them.

What the end of the file says of its columns is only said: a column is read by
its pages. Each begins with a header in Thrift's compact protocol
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md),
whose second and third field are the bytes of the page unpacked and as it stands there
(`PageHeader` in https://github.com/apache/parquet-format).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNPACKED, _PACKED = 2, 3
"""Ids of the fields of a page's header."""

_SLACK = 100
"""Bytes by which some writers say that a column is shorter than it is: they forget the
header of its dictionary, and readers go on for so long."""

_DEPTH = 16
"""Structures within each other; a header has three."""

_TRUE, _FALSE, _BYTE = 1, 2, 3
_NUMBERS = (4, 5, 6)
_DOUBLE, _TEXT, _LIST, _SET, _MAP, _STRUCT = 7, 8, 9, 10, 11, 12


def unpacked_bytes(data: memoryview, chunks: Iterable[tuple[int, int]]) -> int:
    """Return the bytes that the pages of some columns say that they unpack to.

    Parameters
    ----------
    data
        The file.
    chunks
        Where each column that holds anything begins, and how many bytes it has there.

    Raises
    ------
    ValueError
        If a page's header cannot be read, or a page lies outside its column.
    """
    total = 0
    for start, length in chunks:
        at, end = start, start + length
        if min(at, length) < 0:
            raise ValueError(f"a column begins at byte {start}")
        while at < end or at == start:
            header = _Header(data, at)
            sizes = header.sizes()
            unpacked, packed = sizes.get(_UNPACKED, -1), sizes.get(_PACKED, -1)
            if unpacked < 0 or packed < 0:
                raise ValueError(f"the page at byte {at} has no size")
            total += unpacked
            at = header.at + packed
        if at > min(end + _SLACK, len(data)):
            raise ValueError(f"the page that ends at byte {at} reaches too far")
    return total


class _Header:
    """A place in the header of a page."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data = data
        self.at = at

    def sizes(self) -> dict[int, int]:
        """Read the header to its end; return the numbers in it by their fields."""
        sizes: dict[int, int] = {}
        for field, type in self._fields():
            if type in _NUMBERS:
                sizes[field] = self._number()
            else:
                self._skip(type, 0)
        return sizes

    def _fields(self) -> Iterable[tuple[int, int]]:
        """Yield id and type of each field; what it holds is read before the next."""
        field = 0
        while byte := self._byte():
            field = field + (byte >> 4) if byte >> 4 else self._number()
            yield field, byte & 0x0F

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise ValueError("the header of a page has no end")
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return number
        raise ValueError(f"a number before byte {self.at} has no end")

    def _number(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _skip(self, type: int, depth: int) -> None:
        if depth > _DEPTH:
            raise ValueError(f"too much lies within each other before byte {self.at}")
        if type in (_TRUE, _FALSE):
            return
        if type in _NUMBERS:
            self._varint()
        elif type in (_BYTE, _DOUBLE):
            self._over(1 if type == _BYTE else 8)
        elif type == _TEXT:
            self._over(self._varint())
        elif type == _STRUCT:
            for _, of_field in self._fields():
                self._skip(of_field, depth + 1)
        elif type in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            self._skip_each(count, (head & 0x0F,), depth)
        elif type == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            self._skip_each(count, (kinds >> 4, kinds & 0x0F), depth)
        else:
            raise ValueError(f"something before byte {self.at} is of no known type")

    def _skip_each(self, count: int, types: tuple[int, ...], depth: int) -> None:
        for _ in range(count):
            for type in types:
                # A truth value that is no field has a byte of its own.
                self._skip(_BYTE if type in (_TRUE, _FALSE) else type, depth + 1)

    def _over(self, length: int) -> None:
        self.at += length
        if self.at > len(self._data):
            raise ValueError("the header of a page has no end")
