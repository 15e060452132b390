"""A program for another Python: plates made by the newest of other libraries.

    python -m tests.witness.theirs FOLDER PIXELS.npy

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


def by_ngff_zarr(path: Path, pixels: np.ndarray, version: str) -> None:
    import ngff_zarr

    wells = [
        ngff_zarr.PlateWell(f"A/{column + 1}", rowIndex=0, columnIndex=column)
        for column in range(len(pixels))
    ]
    plate = ngff_zarr.Plate(
        columns=[ngff_zarr.PlateColumn(str(at + 1)) for at in range(len(pixels))],
        rows=[ngff_zarr.PlateRow("A")],
        wells=wells,
        field_count=1,
        version=version,
    )
    with ngff_zarr.HCSPlateWriter(str(path), plate, version=version) as writer:
        for column, data in enumerate(pixels):
            image = ngff_zarr.to_ngff_image(
                data,
                dims=("t", "c", "z", "y", "x"),
                scale={"z": 2.0, "y": 0.5, "x": 0.5},
                axes_units=dict.fromkeys("zyx", "micrometer"),
                channel_names=CHANNELS,
            )
            levels = ngff_zarr.to_multiscales(image, scale_factors=[2])
            writer.write_well_image(levels, "A", str(column + 1))


def by_yaozarrs_with_tensorstore(path: Path, pixels: np.ndarray, version: str) -> None:
    from yaozarrs import v05
    from yaozarrs.write.v05 import write_plate

    space = [v05.SpaceAxis(name=name, unit="micrometer") for name in "zyx"]
    scale = v05.ScaleTransformation(scale=[1.0, 1.0, 2.0, 0.5, 0.5])
    multiscale = v05.Multiscale(
        axes=[v05.TimeAxis(name="t"), v05.ChannelAxis(name="c"), *space],
        datasets=[v05.Dataset(path="0", coordinateTransformations=[scale])],
    )
    window = v05.OmeroWindow(start=0, end=4000, min=0, max=65535)
    channels = [
        v05.OmeroChannel(label=name, color="FFFFFF", window=window) for name in CHANNELS
    ]
    image = v05.Image(multiscales=[multiscale], omero=v05.Omero(channels=channels))
    images = {
        ("A", str(column + 1), "0"): (image, [data])
        for column, data in enumerate(pixels)
    }
    write_plate(path, images, writer="tensorstore")


def by_ome_zarr_io(path: Path, pixels: np.ndarray, version: str) -> None:
    from ome_zarr_io import PlateWriter

    columns = [str(column + 1) for column in range(len(pixels))]
    with PlateWriter(path, rows=["A"], columns=columns) as plate:
        for column, data in zip(columns, pixels, strict=True):
            plate.add_field(
                "A",
                column,
                data,
                ["t", "c", "z", "y", "x"],
                {"t": "second"} | dict.fromkeys("zyx", "micrometer"),
                channels={name: {} for name in CHANNELS},
                downscale_levels=1,
            )


WRITERS = {
    "iohub": (by_iohub, ("0.4", "0.5")),
    "ngio": (by_ngio, ("0.4", "0.5")),
    "ome-zarr": (by_ome_zarr, ("0.4", "0.5")),
    "ngff-zarr": (by_ngff_zarr, ("0.4", "0.5", "0.6")),
    "yaozarrs": (by_yaozarrs_with_tensorstore, ("0.5",)),
    "ome-zarr-io": (by_ome_zarr_io, ("0.5",)),
}
"""Each library, and the versions that it writes."""


def write_all(folder: Path, pixels: np.ndarray) -> list[Path]:
    """Write a plate with each library in each of its versions; return their paths."""
    paths = []
    for name, (write, versions) in WRITERS.items():
        for version in versions:
            paths.append(folder / f"{name}-{version}.zarr")
            write(paths[-1], pixels, version)
    return paths


if __name__ == "__main__":
    write_all(Path(sys.argv[1]), np.load(sys.argv[2]))
