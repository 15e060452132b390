"""The quality table inside a plate, as AnnData keeps it, for tools that look there.

It is a foreign group `tables/qc`, which OME-Zarr readers pass over: wells as rows,
metrics as numbers, everything else as columns of the rows. Nothing of the plate itself
is changed, and a plate that cannot be written is left alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.errors import RefusedError
from dashboard.exports.tables import PlateTables
from hcs.metadata import distinct_names
from hcs.writing import locked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.service import Service
    from hcs.tables import Cell, ResultTable

FOLDER = "tables"
NAMES = {"wells": "qc", "fields": "qc_fields"}
_INDEX = ("Metadata_Well", "Metadata_FieldName", "Metadata_Acquisition")

_MARK = "hcs-dashboard"
"""An attribute of the tables that are ours, to be replaced."""

_DICTS = ("layers", "obsm", "obsp", "varm", "varp", "uns")


def write_tables(service: Service, key: str) -> Path:
    """Write the tables of wells and of fields into a plate; return their folder.

    Each replaces the one before of ours in one step; other tables there are kept.

    Raises
    ------
    UnmeasuredError
        If the plate's measurements are not all there.
    RefusedError
        If the server is read-only, the plate is no folder that can be written, or
        another program has put a table there by the same name.
    ConflictError
        If somebody else holds the plate's lock for too long.
    """
    overview = service.plates.overview(key)
    place = Path(overview.location)
    if not overview.writable or not place.is_dir():
        raise RefusedError(
            f"The plate {key!r} cannot be written where it is, so no table was put "
            f"beside it. Download the CSV or Parquet file instead."
        )
    service.quality.check_measured(key)
    tables = PlateTables(service, key)
    form = 2 if overview.version.startswith("0.4") else 3
    folder = place / FOLDER
    made = {
        NAMES["wells"]: (tables.wells(), _INDEX[:1]),
        NAMES["fields"]: (tables.fields(), _INDEX),
    }
    try:
        with locked(place):
            for name in made:
                _refuse_foreign(folder / name)
            folder.mkdir(exist_ok=True)
            for name, (table, index) in made.items():
                _replace(folder / name, table, index, form)
            _list(folder, tuple(made), form)
    except OSError as error:
        raise RefusedError(
            f"{folder} cannot be written: {error.strerror or error}."
        ) from error
    return folder


def _refuse_foreign(target: Path) -> None:
    """Raise where something is that was not written by `write_tables`."""
    if not os.path.lexists(target):
        return
    for name, inside in (("zarr.json", "attributes"), (".zattrs", "")):
        with contextlib.suppress(OSError, ValueError):
            document = json.loads((target / name).read_bytes())
            document = (
                document.get(inside)
                if inside and isinstance(document, dict)
                else document
            )
            if isinstance(document, dict) and document.get(_MARK) is True:
                return
    raise RefusedError(
        f"{target} was not written by this program, so it is left as it is. Move it "
        f"away or give it another name, and write the table again."
    )


def _replace(
    target: Path,
    table: ResultTable,
    index: Sequence[str],
    form: int,
) -> None:
    """Write a table aside, complete, and put it where the one before was."""
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _write(aside / "new", table, index, form)
        _put(aside / "new", target, aside / "old")
    finally:
        # What could not be put back is the only copy.
        if target.exists() or not (aside / "old").exists():
            shutil.rmtree(aside, ignore_errors=True)


def _put(new: Path, target: Path, old: Path) -> None:
    """Rename a folder to a place, and what was there to another, or neither."""
    before = target.exists()
    if before:
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if before:
            old.rename(target)
        raise


def _write(
    place: Path,
    table: ResultTable,
    index: Sequence[str],
    form: int,
) -> None:
    import zarr

    records = table.records()
    names = ["/".join(str(row[part] or "") for part in index) for row in records]
    names = [name.rstrip("/") for name in names]
    known = [feature.column for feature in table.features]
    numbers = [[_number(row[name]) for name in known] for row in records]
    root = zarr.create_group(str(place), zarr_format=form)  # type: ignore[arg-type]
    root.attrs.update(
        {
            "encoding-type": "anndata",
            "encoding-version": "0.1.0",
            "type": "condition_table",
            "table_version": "1",
            "backend": "anndata",
            "index_key": "index",
            "index_type": "str",
            _MARK: True,
        }
    )
    array = np.asarray(numbers, np.float64).reshape(len(records), len(known))
    _array(root, "X", array, "array")
    others = [name for name in table.columns if name not in known]
    # Zarr would make a group of what stands before a slash, so AnnData refuses one.
    spelled = distinct_names(name.replace("/", "_") for name in others)
    cells = {
        spelling: [row[name] for row in records]
        for spelling, name in zip(spelled, others, strict=True)
    }
    _frame(root, "obs", names, cells)
    _frame(root, "var", known, {})
    for name in _DICTS:
        group = root.create_group(name)
        group.attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})


def _frame(
    root: Any, name: str, index: Sequence[str], columns: dict[str, list[Cell]]
) -> None:
    group = root.create_group(name)
    group.attrs.update(
        {
            "encoding-type": "dataframe",
            "encoding-version": "0.2.0",
            "_index": "index",
            "column-order": list(columns),
        }
    )
    _array(group, "index", list(index), "string-array")
    for column, cells in columns.items():
        known = [cell for cell in cells if cell is not None]
        if known and all(isinstance(cell, int) for cell in cells):
            _array(group, column, np.asarray(cells, np.int64), "array")
        else:
            texts = ["" if cell is None else str(cell) for cell in cells]
            _array(group, column, texts, "string-array")


def _array(group: Any, name: str, values: Any, kind: str) -> None:
    shape = values.shape if isinstance(values, np.ndarray) else (len(values),)
    dtype = values.dtype if isinstance(values, np.ndarray) else str
    with warnings.catch_warnings():
        # Text has no final specification in Zarr 3; AnnData writes it the same way.
        warnings.simplefilter("ignore")
        made = group.create_array(
            name, shape=shape, chunks=tuple(max(1, n) for n in shape), dtype=dtype
        )
        if all(shape):
            made[...] = (
                values
                if isinstance(values, np.ndarray)
                else np.asarray(values, dtype=np.dtypes.StringDType())
            )
    made.attrs.update({"encoding-type": kind, "encoding-version": "0.2.0"})


def _list(folder: Path, names: tuple[str, ...], form: int) -> None:
    """Name the tables where readers look for them."""
    import zarr

    group = zarr.open_group(str(folder), mode="a", zarr_format=form)  # type: ignore[arg-type]
    listed = group.attrs.get("tables")
    others = (
        [name for name in listed if isinstance(name, str)]
        if isinstance(listed, list)
        else []
    )
    group.attrs["tables"] = [*others, *(name for name in names if name not in others)]


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else float("nan")
