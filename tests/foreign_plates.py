"""Plates as other programs write them: axes of other names, types and orders.

`tests.plates` makes what we write ourselves; these are written by hand and by zarr.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from hcs.axes import TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZES = {"t": 2, "c": 2, "z": 2, "y": 24, "x": 32}
SCALE = {"t": 1.0, "c": 1.0, "z": 2.0, "y": 0.5, "x": 0.25}
WELLS = ("A/1", "A/2")


def axes_of(spelling: str) -> tuple[list[dict[str, str]], str]:
    """Return the axes of a document, and what they are."""
    axes, dims = [], ""
    for text in spelling.split():
        name, _, dim = text.partition(":")
        axes.append({"name": name} | ({"type": TYPES[dim]} if dim else {}))
        dims += dim or name.lower()
    return axes, dims


def pixels_of(column: int, dims: str) -> NDArray[Any]:
    """Return the pixels of a field of t c z y x, without the axes that are absent."""
    rng = np.random.default_rng(column)
    full = rng.integers(0, 4000, tuple(SIZES.values()), dtype="u2")
    return full[tuple(slice(None) if d in dims else 0 for d in "tczyx")]


def as_listed(data: NDArray[Any], dims: str) -> NDArray[Any]:
    """Return pixels of t c z y x in the order of a document."""
    ours = [d for d in "tczyx" if d in dims]
    return data.transpose([ours.index(d) for d in dims])


def foreign(path: Path, spelling: str, version: str = "0.5") -> Path:
    """Write a plate of two wells with one field, each of two levels."""
    axes, dims = axes_of(spelling)
    lists = {
        "rows": [{"name": "A"}],
        "columns": [{"name": "1"}, {"name": "2"}],
        "wells": [
            {"path": path, "rowIndex": 0, "columnIndex": number}
            for number, path in enumerate(WELLS)
        ],
    }
    zarr_format = 2 if version == "0.4" else 3

    def group(key: str, content: dict[str, Any]) -> None:
        (path / key).mkdir(parents=True, exist_ok=True)
        if version == "0.4":
            (path / key / ".zgroup").write_text('{"zarr_format": 2}')
            (path / key / ".zattrs").write_text(json.dumps(content))
        else:
            document = {"zarr_format": 3, "node_type": "group"}
            document["attributes"] = {"ome": {"version": version, **content}}
            (path / key / "zarr.json").write_text(json.dumps(document))

    group("", {"plate": {**lists, "version": "0.4"} if version == "0.4" else lists})
    for column, well in enumerate(WELLS):
        group(well, {"well": {"images": [{"path": "0"}]}})
        data = pixels_of(column, dims)
        for level, step in enumerate((1, 2)):
            array = as_listed(data[..., ::step, ::step], dims)
            options: dict[str, Any] = {"chunks": [min(n, 16) for n in array.shape]}
            if zarr_format == 3:
                options["dimension_names"] = [axis["name"] for axis in axes]
            else:
                options["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
            zarr.create_array(
                str(path / well / "0" / str(level)),
                data=np.ascontiguousarray(array),
                zarr_format=zarr_format,
                **options,
            )
        datasets = [
            {
                "path": str(level),
                "coordinateTransformations": [
                    {
                        "type": "scale",
                        "scale": [SCALE[d] * (step if d in "yx" else 1) for d in dims],
                    },
                    {"type": "translation", "translation": [ord(d) for d in dims]},
                ],
            }
            for level, step in enumerate((1, 2))
        ]
        channels = [{"label": name, "color": "00FF00"} for name in ("DNA", "GFP")]
        image = {
            "multiscales": [{"axes": axes, "datasets": datasets, "name": "f"}],
            "omero": {"channels": channels},
        }
        group(f"{well}/0", image)
    return path
