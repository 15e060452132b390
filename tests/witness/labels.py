"""Labels and tables of images, as each library that knows any reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.witness.image import Image

if TYPE_CHECKING:
    from pathlib import Path

    from tests.witness.image import Reader, Wells

LABEL = "nuclei"
TABLE = "FOV_ROI_table"
REGIONS = 1
"""Rows of the table: the image is one region."""


def by_hcs(path: Path) -> Wells:
    import hcs

    with hcs.from_hcs_zarr(path) as plate:
        return {
            well.path: [_of_hcs(field.image()) for field in well.fields]
            for well in plate
        }


def _of_hcs(image: Any) -> Image:
    labels = image.label(LABEL)
    return Image(np.asarray(labels.images[0].data), tuple(labels.dims))


def by_ngio(path: Path) -> Wells:
    from ngio import open_ome_zarr_plate

    wells: dict[str, list[Image]] = {}
    for name, container in open_ome_zarr_plate(path, mode="r").get_images().items():
        labels = container.get_label(LABEL)
        rows = container.get_table(TABLE).rois()
        assert len(rows) == REGIONS, f"{len(rows)} rows in {TABLE} of {name}"
        wells.setdefault(name.rpartition("/")[0], []).append(
            Image(np.asarray(labels.get_as_numpy()), tuple(labels.axes))
        )
    return wells


def by_iohub(path: Path) -> Wells:
    from iohub.ngff import open_ome_zarr

    wells: dict[str, list[Image]] = {}
    with open_ome_zarr(path, mode="r") as plate:
        for name, position in plate.positions():
            pixels = np.asarray(position.get_label(LABEL)["0"][...])
            wells.setdefault(name.rpartition("/")[0], []).append(Image(pixels))
    return wells


def by_ome_zarr(path: Path) -> Wells:
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Label, Reader

    import hcs

    with hcs.from_hcs_zarr(path) as plate:
        places = {well.path: [field.path for field in well.fields] for well in plate}
    wells = {}
    for well, names in places.items():
        images = []
        for name in names:
            place = path / well / name / "labels" / LABEL
            nodes = Reader(parse_url(str(place)))()  # the image first
            node = next(node for node in nodes if node.first(Label) is not None)
            axes = tuple(axis["name"] for axis in node.metadata["axes"])
            images.append(Image(np.asarray(node.data[0]), axes))
        wells[well] = images
    return wells


READERS: dict[str, Reader] = {
    "hcs": by_hcs,
    "ngio": by_ngio,
    "iohub": by_iohub,
    "ome-zarr": by_ome_zarr,
}
