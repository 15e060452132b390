"""Adding a table to a field, as Fractal's tools and ngio read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import ArgumentError, ShapeError
from hcs.images.companions import TABLES, companions
from hcs.ngff.document import document_attributes, group_document, parse_json
from hcs.ngff.names import is_safe_name
from hcs.writing.encoding.anndata import anndata_files
from hcs.writing.versions.attachment import attach

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hcs.writing.targets.target import Target
    from hcs.writing.versions.attachment import Place

KINDS = {
    "feature_table": ("label", "int"),
    "roi_table": ("FieldIndex", "str"),
    "condition_table": ("index", "str"),
    "generic_table": ("index", "str"),
}
"""Types of tables of Fractal's specification, and the column that tells rows apart."""

_ROI_COLUMNS = ("x_micrometer", "y_micrometer", "len_x_micrometer", "len_y_micrometer")


def write_table(
    store: str | Path | Target,
    well: str,
    field: str | int,
    name: str,
    table: Any,
    *,
    kind: str = "feature_table",
    label: str | None = None,
    acquisition: int | None = None,
    base: str | None = None,
    overwrite: bool = False,
) -> str:
    """Add a table to the version of a field that is live now.

    It belongs to that version, as label images do, see `write_labels`. It is written
    in AnnData's layout (version 1 of Fractal's tables), which ngio, anndata and
    spatialdata's readers know.

    Parameters
    ----------
    store, well, field, acquisition, base, overwrite
        As for `write_labels`.
    name
        Of the table: letters, digits, ``_ . -``.
    table
        Columns by name: a mapping to lists or arrays, or a data frame of pandas or
        polars. Numbers, also of truth, become float64; all else text. Missing numbers
        (None, NaN, pandas' NA) are NaN, and missing text is "".
    kind
        ``"feature_table"``, a row an object with its number in the column ``label``;
        ``"roi_table"`` with ``FieldIndex`` and places and lengths in micrometres;
        ``"condition_table"`` or ``"generic_table"`` with any columns.
    label
        Name of the label image whose objects the rows of a feature table are.

    Returns
    -------
        Its path below the plate.

    Raises
    ------
    ArgumentError
        If `kind` or `label` is not known, a column that the kind needs is not there,
        or a table of that name is there and `overwrite` is false.
    ShapeError
        If columns are of different lengths.
    ConflictError, NotFoundError, HCSError
        As for `write_labels`.
    """
    if kind not in KINDS:
        raise ArgumentError(f"kind is {kind!r}; there are {', '.join(KINDS)}.")
    columns = _columns(table, KINDS[kind][0])
    index, rows = _index(columns, kind)
    numbers, texts = _split(columns)
    attributes = _attributes(kind, index, label)

    def fill(place: Place, key: str) -> Mapping[str, Any]:
        target, version = place.target, place.state.version
        known = companions(target.reader(), place.image, version).labels
        if label is not None and label not in known:
            raise ArgumentError(
                f"The field has no label image {label!r}; it has "
                f"{', '.join(map(repr, known)) or 'none'}."
            )
        form = 2 if version == "0.4" else 3
        files = anndata_files(numbers, texts, (index, rows), attributes, form)
        for file, data in files.items():
            if "/" in file:
                target.put(f"{key}/{file}", data)
        own = group_document(version)
        return document_attributes(parse_json(files[own], own), own)

    address = well, field, acquisition
    return attach(store, address, TABLES, name, fill, base=base, overwrite=overwrite)


def _attributes(kind: str, index: str, label: str | None) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "type": kind,
        "table_version": "1",
        "backend": "anndata",
        "index_key": index,
        "index_type": KINDS[kind][1],
    }
    if kind == "feature_table":
        attributes["instance_key"] = index
        if label is not None:
            attributes["region"] = {"path": f"../labels/{label}"}
    return attributes


def _columns(table: Any, index: str) -> dict[str, list[Any]]:
    """Return the cells of each column, of whatever kind the table is.

    Raises
    ------
    ArgumentError
        If it has no columns, two of one name, or one that is no list of plain cells.
    ShapeError
        If they are of different lengths.
    """
    if not (hasattr(table, "columns") or isinstance(table, Mapping)):
        raise ArgumentError(
            f"The table is {type(table).__name__}; expected columns by name: a mapping "
            f"or a data frame."
        )
    names = list(table.columns if hasattr(table, "columns") else table)
    labels = [str(name) for name in names]
    if len(set(labels)) != len(labels):
        raise ArgumentError(f"Two columns of the table have one name: {labels}.")
    columns = {str(name): _plain_cells(str(name), table[name]) for name in names}
    rows = getattr(table, "index", None)
    if index not in columns and getattr(rows, "name", None) == index:
        columns = {index: [*table.index], **columns}
    if not columns or len({len(cells) for cells in columns.values()}) != 1:
        lengths = {name: len(cells) for name, cells in columns.items()}
        raise ShapeError(f"The columns of the table have the lengths {lengths}.")
    return columns


def _plain_cells(name: str, column: Any) -> list[Any]:
    nested = list, tuple, dict, set, np.ndarray
    if isinstance(column, str) or not np.iterable(column):
        raise ArgumentError(f"The column {name!r} is {column!r}; expected its cells.")
    cells = list(column)
    if any(isinstance(cell, nested) for cell in cells):
        raise ArgumentError(
            f"A cell of the column {name!r} holds several values; give each a column."
        )
    return [None if _is_missing(cell) else cell for cell in cells]


def _is_missing(cell: Any) -> bool:
    """Whether a cell has no value: None, NaN, or pandas' NA and NaT."""
    if isinstance(cell, float | np.floating):
        return bool(np.isnan(cell))
    return cell is None or type(cell).__name__ in ("NAType", "NaTType")


def _index(columns: dict[str, list[Any]], kind: str) -> tuple[str, list[str]]:
    """Take the column that tells the rows apart out of the others.

    Raises
    ------
    ArgumentError
        If the kind needs a column that is not there, or rows are not told apart.
    """
    name, form = KINDS[kind]
    needs = {"roi_table": _ROI_COLUMNS, "feature_table": (name,)}
    needed = needs.get(kind, ())
    absent = [column for column in needed if column not in columns]
    if absent:
        raise ArgumentError(
            f"A {kind} needs the column {absent[0]!r}; there are {', '.join(columns)}."
        )
    count = len(next(iter(columns.values())))
    cells = columns.pop(name, list(range(count)))
    try:
        rows = [str(int(cell)) if form == "int" else str(cell) for cell in cells]
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"The column {name!r} holds no whole numbers.") from error
    if len(set(rows)) != len(rows):
        raise ArgumentError(f"The column {name!r} has a value twice.")
    return name, rows


def _split(
    columns: Mapping[str, Sequence[Any]],
) -> tuple[dict[str, NDArray[np.float64]], dict[str, list[str]]]:
    """Return the columns of numbers, and those of text.

    Raises
    ------
    ArgumentError
        If the name of a column of text cannot be that of an array.
    """
    numbers, texts = {}, {}
    for name, cells in columns.items():
        if all(cell is None or _is_number(cell) for cell in cells):
            values = [np.nan if cell is None else float(cell) for cell in cells]
            numbers[name] = np.asarray(values, np.float64)
        elif is_safe_name(name):
            texts[name] = ["" if cell is None else str(cell) for cell in cells]
        else:
            raise ArgumentError(f"{name!r} cannot be the name of a column of text.")
    return numbers, texts


def _is_number(cell: Any) -> bool:
    return isinstance(cell, bool | int | float | np.bool_ | np.integer | np.floating)
