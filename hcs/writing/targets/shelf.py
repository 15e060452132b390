"""The shelf of a well: an array below which the superseded versions of its fields lie.

Whoever lists the groups of a well takes each for a field. None of iohub, zarr-python,
ngio, ome-zarr-py, ome-zarr-models, tensorstore and napari's reader looks for groups
below an array, so that is where a version goes that the well no longer lists. (A group
of ours at the root makes iohub warn, a folder with a dot zarr-python, and what lies
below the array of a level is deleted with it.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.ngff.document import array_document, parse_json, to_bytes
from hcs.ngff.envelope import EXTENSION
from hcs.ngff.names import SHELF
from hcs.writing.targets import step

if TYPE_CHECKING:
    from hcs.writing.targets.target import Target

_NOTE = {
    EXTENSION: {
        "about": "Superseded versions of the fields of this well lie below; the "
        "document of the well tells which."
    }
}
"""What the attributes say to somebody who finds the array and wonders."""


def make_shelf(target: Target, version: str, well: str) -> None:
    """Make the shelf of a well, unless it is there."""
    for name, data in _documents(version).items():
        key = f"{well}/{SHELF}/{name}"
        if target.read(key) is None:
            target.replace(key, data)


def clear_shelf(target: Target, version: str, well: str) -> None:
    """Remove the shelf of a well if nothing lies on it; make it whole if it is not."""
    shelf = f"{well}/{SHELF}"
    names = target.children(shelf)
    if shelf_problem(target, version, well):
        return
    if not set(names) <= set(_documents(version)):
        make_shelf(target, version, well)
    elif names:
        step.reached("clear shelf")
        target.remove(shelf)
    else:
        target.remove_empty(shelf)


def place_on_shelf(target: Target, well: str, name: str) -> str:
    """Return a free path, below the well, for a version of the field `name`."""
    number = 1
    while target.exists(f"{well}/{SHELF}/{name}r{number}"):
        number += 1
    return f"{SHELF}/{name}r{number}{target.free_suffix()}"


def shelf_problem(target: Target, version: str, well: str) -> str:
    """Return why there can be no shelf in a well, "" where there can."""
    key = f"{well}/{SHELF}"
    if version == "0.4":
        is_other = target.read(f"{key}/.zgroup") is not None
    else:
        data = target.read(f"{key}/zarr.json")
        is_other = data is not None and (
            parse_json(data, f"{target.location}/{key}").get("node_type") != "array"
        )
    return f"{key} is a group of somebody else's" if is_other else ""


def _documents(version: str) -> dict[str, bytes]:
    """Return the documents of the array, of one number that nobody wrote, in order.

    The attributes come first: what has none of the others is no array yet.
    """
    document = array_document(version)
    if version == "0.4":
        return {".zattrs": to_bytes(_NOTE), document: to_bytes(_ARRAY_2)}
    return {document: to_bytes({**_ARRAY_3, "attributes": _NOTE})}


_ARRAY_2: dict[str, Any] = {
    "zarr_format": 2,
    "shape": [1],
    "chunks": [1],
    "dtype": "|u1",
    "compressor": None,
    "fill_value": 0,
    "order": "C",
    "filters": None,
    "dimension_separator": "/",
}
_ARRAY_3: dict[str, Any] = {
    "zarr_format": 3,
    "node_type": "array",
    "shape": [1],
    "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    "fill_value": 0,
}
