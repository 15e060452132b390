"""Small exports named as MetaXpress names them, for inboxes and imports of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tifffile

from hcs.layout import well_label

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (96, 112)
_NUCLEI = 24


def write_plane(path: Path, seed: int) -> None:
    """Write a plane of its own nuclei, in focus, so that nothing about it is odd."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    light = np.full(SIZE, 200.0)
    for row, column in random.uniform((4, 4), np.subtract(SIZE, 4), (_NUCLEI, 2)):
        light += 1500 * (((y - row) ** 2 + (x - column) ** 2) < 16)
    tifffile.imwrite(path, random.poisson(light).astype("u2"))


def write_export(
    folder: Path, *, wells: int = 4, sites: int = 2, plate: str = ""
) -> Path:
    """Write an export of one channel, the wells row by row; return its folder.

    What is there already stays as it is, so that an export can grow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for well in range(wells):
        label = well_label(*divmod(well, 12), 12)
        for site in range(1, sites + 1):
            path = folder / f"{plate or folder.name}_{label}_s{site}_w1.TIF"
            if not path.exists():
                write_plane(path, well * 100 + site)
    return folder
