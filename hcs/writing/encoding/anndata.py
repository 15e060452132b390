"""A table as the files of a group in AnnData's layout, which Fractal's tools read."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_DICTS = ("layers", "obsm", "obsp", "uns", "varm", "varp")


def anndata_files(
    numbers: Mapping[str, NDArray[np.float64]],
    others: Mapping[str, Sequence[str] | NDArray[np.int64]],
    index: tuple[str, Sequence[str]],
    attributes: Mapping[str, Any],
    zarr_format: int,
) -> dict[str, bytes]:
    """Return the files of the group of a table, by their keys below it.

    Parameters
    ----------
    numbers
        Columns of numbers, one-dimensional: the variables.
    others
        Columns of text and of whole numbers: those of the observations.
    index
        Name of the column that tells the rows apart, and its cells.
    attributes
        Of the group, beside those that say that it is AnnData.
    zarr_format
        2 or 3.
    """
    import zarr
    from zarr.storage import MemoryStore

    files: dict[str, Any] = {}
    name, rows = index
    with warnings.catch_warnings():
        # Text has no final specification in Zarr 3; AnnData writes it the same way.
        warnings.simplefilter("ignore")
        root: Any = zarr.create_group(MemoryStore(files), zarr_format=zarr_format)  # type: ignore[arg-type]
        root.attrs.update(
            {"encoding-type": "anndata", "encoding-version": "0.1.0", **attributes}
        )
        matrix = np.empty((len(rows), len(numbers)), np.float64)
        for column, values in enumerate(numbers.values()):
            matrix[:, column] = values
        _array(root, "X", matrix)
        _frame(root, "obs", name, rows, others)
        _frame(root, "var", "index", list(numbers), {})
        for empty in _DICTS:
            made = root.create_group(empty)
            made.attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
    return {key: data.to_bytes() for key, data in files.items()}


def _frame(
    root: Any,
    name: str,
    index: str,
    rows: Sequence[str],
    columns: Mapping[str, Sequence[str] | NDArray[np.int64]],
) -> None:
    made = root.create_group(name)
    made.attrs.update(
        {
            "encoding-type": "dataframe",
            "encoding-version": "0.2.0",
            "_index": index,
            "column-order": list(columns),
        }
    )
    for column, cells in {index: rows, **columns}.items():
        text = np.dtypes.StringDType()
        _array(
            made,
            column,
            cells
            if isinstance(cells, np.ndarray)
            else np.asarray(list(cells), dtype=text),
        )


def _array(parent: Any, name: str, values: NDArray[Any]) -> None:
    is_text = values.dtype.kind == "T"
    made = parent.create_array(
        name,
        shape=values.shape,
        chunks=tuple(max(1, size) for size in values.shape),
        dtype=str if is_text else values.dtype,
    )
    if all(values.shape):
        made[...] = values
    kind = "string-array" if is_text else "array"
    made.attrs.update({"encoding-type": kind, "encoding-version": "0.2.0"})
