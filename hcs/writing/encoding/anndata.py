"""A table as the files of a group in AnnData's layout, which Fractal's tools read."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ATTRIBUTES = {"encoding-type": "anndata", "encoding-version": "0.1.0"}
"""Of the group itself."""

_DICTS = ("layers", "obsm", "obsp", "uns", "varm", "varp")


def anndata_files(
    numbers: Mapping[str, NDArray[np.float64]],
    texts: Mapping[str, Sequence[str]],
    index: tuple[str, Sequence[str]],
    zarr_format: int,
) -> dict[str, bytes]:
    """Return the files below the group of a table, without the group's own documents.

    Parameters
    ----------
    numbers
        Columns of numbers: the variables.
    texts
        Columns of text, which become those of the observations.
    index
        Name of the column that tells the rows apart, and its cells.
    """
    import zarr
    from zarr.storage import MemoryStore

    files: dict[str, Any] = {}
    name, cells = index
    with warnings.catch_warnings():
        # Text has no final specification in Zarr 3; AnnData writes it the same way.
        warnings.simplefilter("ignore")
        root: Any = zarr.create_group(MemoryStore(files), zarr_format=zarr_format)  # type: ignore[arg-type]
        matrix = np.column_stack(list(numbers.values())) if numbers else None
        shape = (len(cells), len(numbers))
        _array(root, "X", np.empty(shape) if matrix is None else matrix)
        _frame(root, "obs", name, cells, texts)
        _frame(root, "var", "_index", list(numbers), {})
        for empty in _DICTS:
            made = root.create_group(empty)
            made.attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
    own = ("zarr.json", ".zgroup", ".zattrs")
    return {key: data.to_bytes() for key, data in files.items() if key not in own}


def _frame(
    root: Any,
    name: str,
    index: str,
    cells: Sequence[str],
    columns: Mapping[str, Sequence[str]],
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
    for column, texts in {index: cells, **columns}.items():
        _array(made, column, np.asarray(list(texts), dtype=np.dtypes.StringDType()))


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
