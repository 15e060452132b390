"""A program for another Python: plates made by the newest of other libraries.

    python newest_plates.py FOLDER PIXELS.npy

The pixels are (well, t, c, z, y, x); each plate has them in the wells A/1 and A/2.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

CHANNELS = ["DNA", "GFP"]


def by_iohub(path: Path, pixels: np.ndarray, version: str) -> None:
    from iohub.ngff import open_ome_zarr

    with open_ome_zarr(
        path, layout="hcs", mode="w", channel_names=CHANNELS, version=version
    ) as plate:
        for column, data in enumerate(pixels):
            plate.create_position("A", str(column + 1), "0").create_image("0", data)


def by_ngio(path: Path, pixels: np.ndarray, version: str) -> None:
    from ngio import ImageInWellPath, create_empty_plate, create_ome_zarr_from_array

    images = [
        ImageInWellPath(row="A", column=str(column + 1), path="0")
        for column in range(len(pixels))
    ]
    plate = create_empty_plate(path, "witness", images, ngff_version=version)
    for image, data in zip(plate.images_paths(), pixels, strict=True):
        create_ome_zarr_from_array(
            path / image,
            data,
            pixelsize=0.5,
            levels=2,
            axes_names=["t", "c", "z", "y", "x"],
            channels_meta=CHANNELS,
            ngff_version=version,
            overwrite=True,
        )


def by_ome_zarr(path: Path, pixels: np.ndarray, version: str) -> None:
    import zarr
    from ome_zarr.format import format_from_version
    from ome_zarr.writer import write_image, write_plate_metadata, write_well_metadata

    chosen = format_from_version(version)
    root = zarr.open_group(str(path), mode="w", zarr_format=chosen.zarr_format)
    columns = [str(column + 1) for column in range(len(pixels))]
    wells = [f"A/{column}" for column in columns]
    write_plate_metadata(root, ["A"], columns, wells, fmt=chosen)
    for well, data in zip(wells, pixels, strict=True):
        group = root.require_group(well)
        write_well_metadata(group, ["0"], fmt=chosen)
        image = group.require_group("0")
        write_image(data, image, scale_factors=(2,), fmt=chosen, axes="tczyx")


WRITERS = {"iohub": by_iohub, "ngio": by_ngio, "ome-zarr": by_ome_zarr}


def main(folder: Path, source: Path) -> None:
    """Write a plate with each library in each version."""
    pixels = np.load(source)
    for name, write in WRITERS.items():
        for version in ("0.4", "0.5"):
            write(folder / f"{name}-{version}.zarr", pixels, version)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
