"""Tables inside a plate, as ngio and Fractal's tools keep them in ``tables/``.

A table is a group with attributes that say what it is; its cells are in AnnData's
layout, or in a CSV or Parquet file. They are read into columns, and nothing is decoded
that could run code.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import CorruptDataError, HCSError, NotFoundError, UnsafeDataError
from hcs.extras import extra
from hcs.images.companions import TABLES, listed_names
from hcs.images.text_array import is_text
from hcs.ngff.document import (
    array_document,
    document_attributes,
    group_document,
    parse_json,
)
from hcs.ngff.names import is_safe_name, join
from hcs.tables.table import MAX_CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from hcs.stores.store import PlateStore
    from hcs.tables.results import Cell

OURS: Final = "hcs-dashboard"
"""An attribute of the tables that the dashboard writes: verdicts, no conditions."""

_MOST_BYTES = 64 << 20
_FILES = {"csv": "table.csv", "parquet": "table.parquet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTable:
    """One table, read."""

    name: str
    kind: str
    """``"feature_table"``, ``"condition_table"``, ``"roi_table"`` ...; "" if unsaid."""

    index: str
    """The column that tells the rows apart."""

    columns: Mapping[str, Sequence[Cell]]
    """Cells by column, of equal length; a missing one is None."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    """All that the group says of it."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def rows(self) -> Iterator[dict[str, Cell]]:
        """Yield the rows as mappings."""
        names = list(self.columns)
        for cells in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, cells, strict=True))


class StoredTables(Mapping[str, StoredTable]):
    """The tables of one group, by name; each is read when it is asked for.

    Parameters
    ----------
    store
        The plate's.
    path
        Of the plate, or of an image, below the root.
    format_version
        NGFF version, which decides how documents are named.
    """

    def __init__(self, store: PlateStore, path: str, format_version: str) -> None:
        self._store = store
        self._path = join(path, TABLES)
        self._version = format_version
        self._names = listed_names(store, self._path, format_version, TABLES)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> StoredTable:
        """Read a table.

        Raises
        ------
        NotFoundError
            If none of this name is listed or there.
        CorruptDataError, UnsafeDataError
            If it cannot be read.
        MissingExtraError
            If it is Parquet, and pyarrow is not installed.
        """
        if name not in self._names:
            raise NotFoundError(
                f"{self._store.where(self._path)} has no table {name!r}; it lists "
                f"{', '.join(self._names) or 'none'}."
            )
        return _TableReader(self._store, join(self._path, name), self._version).table(
            name
        )

    def kind(self, name: str) -> str:
        """Return the type of a table; "" where it does not say it or is not there.

        Parameters
        ----------
        name
            Of the table's group.
        """
        try:
            reader = _TableReader(self._store, join(self._path, name), self._version)
            return str(reader.attributes().get("type", ""))
        except HCSError:
            return ""


class _TableReader:
    """Reads one table."""

    def __init__(self, store: PlateStore, path: str, version: str) -> None:
        self.store, self.path, self.version = store, path, version

    def attributes(self, path: str = "", *, array: bool = False) -> dict[str, Any]:
        """Return the attributes of a node at or below the table's group."""
        name = array_document if array else group_document
        document = self._document(path, name(self.version))
        if document is None and self.version == "0.4":
            # A group may have no attributes; then it is no table of anybody.
            return {}
        key = join(self.path, path)
        if document is None:
            raise NotFoundError(f"There is no table at {self.store.where(key)}.")
        return document_attributes(document, join(key, name(self.version)))

    def _document(self, path: str, name: str) -> Any:
        key = join(self.path, path, name)
        data = self.store.read(key)
        return None if data is None else parse_json(data, self.store.where(key))

    def table(self, name: str) -> StoredTable:
        """Return the table."""
        attributes = self.attributes()
        backend = str(attributes.get("backend", "anndata"))
        try:
            columns = self._columns(backend, attributes)
        except HCSError:
            raise
        except Exception as error:
            raise CorruptDataError(
                f"The table {self.store.where(self.path)} cannot be read: "
                f"{type(error).__name__}: {error}."
            ) from error
        index = str(attributes.get("index_key") or next(iter(columns), ""))
        if attributes.get("index_type") == "int" and index in columns:
            columns[index] = [_whole(cell) for cell in columns[index]]
        lengths = {len(cells) for cells in columns.values()}
        if len(lengths) > 1:
            raise CorruptDataError(
                f"The columns of the table {self.store.where(self.path)} have the "
                f"lengths {sorted(lengths)}."
            )
        return StoredTable(
            name=name,
            kind=str(attributes.get("type", "")),
            index=index,
            columns=columns,
            attributes=attributes,
        )

    def _columns(
        self, backend: str, attributes: Mapping[str, Any]
    ) -> dict[str, Sequence[Cell]]:
        for form, file in _FILES.items():
            if form in backend:
                data = self.store.fetch(join(self.path, file), limit=_MOST_BYTES)
                if data is None:
                    raise NotFoundError(f"{self.store.where(self.path)} has no {file}.")
                return _from_csv(data) if form == "csv" else _from_parquet(data)
        if attributes.get("encoding-type") != "anndata":
            raise CorruptDataError(
                f"The table {self.store.where(self.path)} has the back end "
                f"{backend!r}; read are anndata, csv and parquet."
            )
        return self._anndata(str(attributes.get("index_key") or ""))

    def _anndata(self, index: str) -> dict[str, Sequence[Cell]]:
        names = self._frame("var")
        rows = self._frame("obs")
        key, labels = next(iter(rows.items()))
        columns: dict[str, Sequence[Cell]] = {index or key: labels}
        features = [str(name) for name in next(iter(names.values()))]
        if features and len(labels):
            matrix = self._array("X")
            if matrix.shape != (len(labels), len(features)):
                raise CorruptDataError(
                    f"X of the table {self.store.where(self.path)} has the shape "
                    f"{matrix.shape} for {len(labels)} rows and {len(features)} "
                    f"columns."
                )
            for place, feature in enumerate(features):
                columns[feature] = _cells(matrix[:, place])
        columns |= {name: rows[name] for name in rows if name not in (key, index)}
        return columns

    def _frame(self, path: str) -> dict[str, Sequence[Cell]]:
        """Return the columns of a data frame of AnnData's, its index first."""
        attributes = self.attributes(path)
        index = str(attributes.get("_index", "_index"))
        order = attributes.get("column-order")
        names = [index, *(order if isinstance(order, list) else [])]
        return {
            str(name): self._column(f"{path}/{name}")
            for name in dict.fromkeys(names)
            if is_safe_name(str(name))
        }

    def _column(self, path: str) -> Sequence[Cell]:
        if self._document(path, array_document(self.version)) is not None and (
            self.version == "0.4" or self._node_type(path) == "array"
        ):
            return _cells(self._array(path))
        kind = self.attributes(path).get("encoding-type")
        if kind == "categorical":
            names, codes = (
                self._column(f"{path}/categories"),
                self._array(f"{path}/codes"),
            )
            return [names[code] if code >= 0 else None for code in codes.tolist()]
        if isinstance(kind, str) and kind.startswith("nullable"):
            values, mask = self._array(f"{path}/values"), self._array(f"{path}/mask")
            cells = _cells(values)
            return [
                None if absent else cell
                for cell, absent in zip(cells, mask.tolist(), strict=True)
            ]
        raise CorruptDataError(
            f"{self.store.where(join(self.path, path))} is a column of the kind "
            f"{kind!r}, which is not read."
        )

    def _node_type(self, path: str) -> Any:
        document = self._document(path, "zarr.json")
        return document.get("node_type") if isinstance(document, dict) else None

    def _array(self, path: str) -> np.ndarray[Any, Any]:
        """Return an array of numbers, or of text as an array of objects."""
        # Loaded here: whoever asks what a plate is loads neither, where no table is.
        import numpy as np
        import zarr

        from hcs.tables.text_cells import read_text

        document = self._document(path, array_document(self.version))
        key = join(self.path, path)
        where = self.store.where(key)
        if not isinstance(document, dict):
            raise NotFoundError(f"There is no array at {where}.")
        shape = document.get("shape")
        if not isinstance(shape, list) or math.prod(shape) > MAX_CELLS:
            raise UnsafeDataError(
                f"{where} has the shape {shape}; up to {MAX_CELLS:,} cells are read."
            )
        if is_text(document) or document.get("data_type") == "string":
            return np.array(read_text(self.store, key, document), object)
        array = zarr.open_array(self.store.zarr_store(), path=key, mode="r")
        return np.asarray(array[...])


def _cells(values: np.ndarray[Any, Any]) -> list[Cell]:
    if values.dtype.kind == "b":
        return [int(value) for value in values.tolist()]
    if values.dtype.kind == "f":
        return [None if math.isnan(value) else value for value in values.tolist()]
    if values.dtype.kind in "iu":
        return list(values.tolist())
    return [str(value) for value in values.tolist()]


def _whole(cell: Cell) -> Cell:
    try:
        return int(float(cell)) if cell is not None else None
    except ValueError:
        return cell


def _from_csv(data: bytes) -> dict[str, Sequence[Cell]]:
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    names = next(reader, [])
    rows = list(reader)
    if len(names) * len(rows) > MAX_CELLS:
        raise UnsafeDataError(f"A table has more than {MAX_CELLS:,} cells.")
    cells: list[list[str]] = [
        [row[place] if place < len(row) else "" for row in rows]
        for place in range(len(names))
    ]
    return {
        name: _parsed(texts) for name, texts in zip(names, cells, strict=True) if name
    }


def _parsed(texts: Sequence[str]) -> list[Cell]:
    """Return numbers where all cells that hold something are numbers."""
    try:
        return [None if text == "" else float(text) for text in texts]
    except ValueError:
        return [text or None for text in texts]


def _from_parquet(data: bytes) -> dict[str, Sequence[Cell]]:
    with extra("parquet", "A table in Parquet"):
        import pyarrow
        from pyarrow import parquet
    with parquet.ParquetFile(pyarrow.BufferReader(data)) as file:
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows * columns > MAX_CELLS:
            raise UnsafeDataError(f"A table has more than {MAX_CELLS:,} cells.")
        table = file.read()
    return {
        name: [_plain(value) for value in column.to_pylist()]
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _plain(value: Any) -> Cell:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return (
        value if value is None or isinstance(value, str | int | float) else str(value)
    )
