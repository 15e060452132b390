"""Parquet files of tables, bounded before they are unpacked."""

from __future__ import annotations

import mmap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs.errors import SourceError
from hcs.extras import extra
from hcs.tables.parquet_pages import unpacked_bytes
from hcs.tables.table import MAX_CELLS, Table, refuse_large, typed_table
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_BYTES = 64 << 20
"""Parquet may be a thousandth of what it unpacks to."""


def read_parquet(source: Path | bytes, name: str) -> Table:
    """Return the cells of a Parquet file; the names of its columns are the first row.

    Raises
    ------
    SourceError
        If it is damaged, or unpacks to more than 4 million cells or 64 MiB.
    MissingExtraError
        If pyarrow is not installed.
    """
    with extra("parquet", f"{name}, a table in Parquet,"):
        import pyarrow
        from pyarrow import parquet
    try:
        data = pyarrow.BufferReader(source) if isinstance(source, bytes) else source
        with parquet.ParquetFile(data) as file:
            refuse_large(name, 1, file.metadata.num_columns)
            _refuse_large(name, *_unpacked(file.metadata))
            _refuse_large(name, 0, _paged(source, name, file.metadata))
            schema = file.schema_arrow
        nested = tuple(column.name for column in schema if _is_nested(column.type))
        flat = [column.name for column in schema if not _is_nested(column.type)]
        _refuse_alike(name, flat, nested)
        # Texts that repeat stay where they are until it is known how long they are.
        texts = [column.name for column in schema if _is_text(column.type)]
        if isinstance(source, bytes):
            data = pyarrow.BufferReader(source)
        with parquet.ParquetFile(data, read_dictionary=texts) as file:
            table = file.read(columns=flat if nested else None)
        _refuse_large(name, table.num_rows * table.num_columns, _text_bytes(table))
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{name} cannot be read as Parquet: {error}.") from error
    columns = [[_cell_text(v) for v in column.to_pylist()] for column in table.columns]
    rows = (tuple(table.column_names), *zip(*columns, strict=True))
    cells = typed_table(enumerate(rows, 1), name, "", "parquet")
    if not nested:
        return cells
    note = f"{name} holds lists or records in {some(nested, 4)}: left out."
    return replace(cells, notes=(note,))


def _is_nested(type: Any) -> bool:
    """Whether a column's cells are no single values.

    How large they get is not known before they are there: a list of a text that repeats
    is a thousand bytes in the file, and gigabytes in memory.
    """
    from pyarrow import types

    return bool(types.is_nested(type) or types.is_fixed_size_binary(type))


def _is_text(type: Any) -> bool:
    from pyarrow import types

    kinds = (
        types.is_string,
        types.is_large_string,
        types.is_string_view,
        types.is_binary,
        types.is_large_binary,
        types.is_binary_view,
    )
    return any(is_kind(type) for is_kind in kinds)


def _refuse_alike(name: str, flat: Sequence[str], nested: Sequence[str]) -> None:
    """Refuse names by which Parquet cannot tell a column from the parts of another."""
    for column in flat:
        if any(f"{other}.".startswith(f"{column}.") for other in nested):
            raise SourceError(
                f"{name} has two columns called {column[:80]!r}, of which one holds "
                f"lists or records. Save it without that one."
            )


def _paged(source: Path | bytes, name: str, metadata: Any) -> int:
    """Return the bytes that the pages of a Parquet file unpack to.

    They are what is unpacked, whatever the end of the file says of them.
    """
    chunks = []
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        for column in (group.column(at) for at in range(group.num_columns)):
            starts = (column.dictionary_page_offset, column.data_page_offset)
            start = min((start for start in starts if start), default=-1)
            if column.num_values or column.total_compressed_size:
                chunks.append((start, column.total_compressed_size))
    try:
        if isinstance(source, bytes):
            return unpacked_bytes(memoryview(source), chunks)
        with (
            source.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as data,
        ):
            return unpacked_bytes(data, chunks)
    except ValueError as error:
        raise SourceError(f"{name} cannot be read as Parquet: {error}.") from error


def _unpacked(metadata: Any) -> tuple[int, int]:
    """Return how many values a Parquet file says that it has, and their bytes."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    values = sum(
        group.column(at).num_values
        for group in groups
        for at in range(group.num_columns)
    )
    rows = max(metadata.num_rows, sum(group.num_rows for group in groups))
    cells = max(values, rows * metadata.num_columns)
    return cells, sum(group.total_byte_size for group in groups)


def _text_bytes(table: Any) -> int:
    """Return the bytes of all texts, each counted as often as it stands there."""
    from pyarrow import compute, types

    total = 0
    for column in table.columns:
        for chunk in column.chunks if types.is_dictionary(column.type) else ():
            lengths = compute.binary_length(chunk.dictionary)
            total += compute.sum(lengths.take(chunk.indices)).as_py() or 0
    return total


def _refuse_large(name: str, cells: int, size: int) -> None:
    if cells > MAX_CELLS or size > _MOST_BYTES:
        raise SourceError(
            f"{name} unpacks to {cells:,} cells and {size >> 20:,} MiB; a table of "
            f"measurements has up to {MAX_CELLS:,} cells and {_MOST_BYTES >> 20} "
            f"MiB. Leave out columns that are not needed, or cut it by plate."
        )


def _cell_text(value: object) -> str:
    return "" if value is None else str(value)
