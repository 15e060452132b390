"""Plates of any size for the benchmarks of looking: a few fields of cells, many times.

Eight wells are written; the others are hard links to them, so that a large plate costs
neither time nor disk. Pixels are noise and round spots, which compress and look like
stained nuclei.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np

from hcs import HCSPlateWriter, NgffImage, to_multiscales
from hcs.layout import row_letters
from hcs.metadata import Plate, PlateColumn, PlateRow, PlateWell

MASTERS = 8
NAMES = ("DNA", "ER", "RNA", "Mito")
COLORS = ("4169E1", "00C853", "FF1744", "FFAB00")


def pixels(seed: int, channels: int, side: int) -> np.ndarray:
    """Return 16-bit planes ``(c, y, x)`` with some hundred spots on noise."""
    rng = np.random.default_rng(seed)
    out = rng.normal(300, 20, (channels, side, side)).astype(np.float32)
    radius = max(3, side // 60)
    grid = np.arange(-2 * radius, 2 * radius + 1)
    spot = np.exp(-(grid[:, None] ** 2 + grid[None, :] ** 2) / (0.8 * radius**2))
    reach = 2 * radius
    for channel in range(channels):
        for y, x in rng.integers(reach, side - reach - 1, (200, 2)):
            place = np.s_[y - reach : y + reach + 1, x - reach : x + reach + 1]
            out[channel][place] += rng.uniform(600, 3000) * spot
    return out.clip(0, 65535).astype(np.uint16)


def make(
    path: Path,
    rows: int,
    columns: int,
    *,
    fields: int = 1,
    channels: int = 2,
    side: int = 270,
    levels: int = 1,
) -> Path:
    """Write a plate of ``rows`` x ``columns`` wells, all of them acquired."""
    names = [
        (row_letters(row), str(column + 1), row, column)
        for row in range(rows)
        for column in range(columns)
    ]
    plate = Plate(
        rows=[PlateRow(name=row_letters(row)) for row in range(rows)],
        columns=[PlateColumn(name=str(column + 1)) for column in range(columns)],
        wells=[
            PlateWell(path=f"{row}/{column}", rowIndex=y, columnIndex=x)
            for row, column, y, x in names
        ],
        field_count=fields,
        name=path.name.partition(".")[0],
    )
    with HCSPlateWriter(path, plate) as writer:
        for well, (row, column, _, _) in enumerate(names[:MASTERS]):
            for field in range(fields):
                writer.write_well_image(
                    _image(well * fields + field, channels, side, levels),
                    row,
                    column,
                    field_index=field,
                )
    _list_all(path, plate)
    for at, (row, column, _, _) in enumerate(names[MASTERS:], MASTERS):
        master = names[at % MASTERS]
        _row(path, path / master[0], path / row)
        shutil.copytree(
            path / master[0] / master[1], path / row / column, copy_function=os.link
        )
    return path


def _image(seed: int, channels: int, side: int, levels: int) -> object:
    image = NgffImage(
        data=pixels(seed, channels, side),
        dims=("c", "y", "x"),
        scale={"c": 1.0, "y": 0.65, "x": 0.65},
        translation={"c": 0.0, "y": 0.0, "x": 0.0},
        axes_units={"y": "micrometer", "x": "micrometer"},
        channel_names=list(NAMES[:channels]),
        channel_colors=list(COLORS[:channels]),
    )
    return to_multiscales(image, [2**level for level in range(1, levels)])


def _row(path: Path, master: Path, row: Path) -> None:
    row.mkdir(exist_ok=True)
    document = master / "zarr.json"
    if document.exists() and not (row / "zarr.json").exists():
        os.link(document, row / "zarr.json")


def _list_all(path: Path, plate: Plate) -> None:
    """List all wells, also those that the writer has not been given."""
    document = path / "zarr.json"
    about = json.loads(document.read_text())
    about["attributes"]["ome"]["plate"]["wells"] = [
        {"path": well.path, "rowIndex": well.rowIndex, "columnIndex": well.columnIndex}
        for well in plate.wells
    ]
    document.unlink()
    document.write_text(json.dumps(about))
