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
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dashboard.errors import RefusedError
from dashboard.exports.tables import PlateTables
from hcs.metadata import distinct_names
from hcs.writing import anndata_files, locked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dashboard.service import Service
    from hcs.tables import Cell, ResultTable

FOLDER = "tables"
NAMES = {"wells": "qc", "fields": "qc_fields"}
_INDEX = ("Metadata_Well", "Metadata_FieldName", "Metadata_Acquisition")

_MARK = "hcs-dashboard"
"""An attribute of the tables that are ours, to be replaced."""


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
        # Of the other version, or none of ours.
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
    records = table.records()
    names = ["/".join(str(row[part] or "") for part in index) for row in records]
    names = [name.rstrip("/") for name in names]
    known = [feature.column for feature in table.features]
    numbers = {
        name: np.asarray([_number(row[name]) for row in records], np.float64)
        for name in known
    }
    others = [name for name in table.columns if name not in known]
    # Zarr would make a group of what stands before a slash, so AnnData refuses one.
    spelled = distinct_names(name.replace("/", "_") for name in others)
    cells = {
        spelling: _column([row[name] for row in records])
        for spelling, name in zip(spelled, others, strict=True)
    }
    attributes = {
        "type": "condition_table",
        "table_version": "1",
        "backend": "anndata",
        "index_key": "index",
        "index_type": "str",
        _MARK: True,
    }
    files = anndata_files(numbers, cells, ("index", names), attributes, form)
    for key, data in files.items():
        file = place / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _column(cells: Sequence[Cell]) -> list[str] | NDArray[np.int64]:
    """Return whole numbers as such, and all else as text."""
    if cells and all(isinstance(cell, int) for cell in cells):
        # What a document numbers as it likes, may take more than 64 bits.
        with contextlib.suppress(OverflowError):
            return np.asarray(cells, np.int64)
    return ["" if cell is None else str(cell) for cell in cells]


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
