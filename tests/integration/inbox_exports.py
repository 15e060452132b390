"""Small exports named as MetaXpress names them, for inboxes and imports of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tifffile

from hcs.layout import well_label

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (48, 56)


def write_plane(path: Path, seed: int) -> None:
    """Write a plane that tells which one it is, with light that metrics can measure."""
    pixels = np.random.default_rng(seed).poisson(400 + seed % 50, SIZE)
    tifffile.imwrite(path, pixels.astype("u2"))


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
