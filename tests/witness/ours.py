"""Plates of ours for others to read: every form that a plate of ours can have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hcs
from tests import plates
from tests.witness.image import CHANNELS, DIMS, Image
from tests.witness.labels import LABEL, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.witness.image import Wells

WELLS = [(row, column) for row in range(2) for column in range(2)]
FIELDS = 2
LABELS = 7
"""Values of label images, 0 among them."""
CORRECTED = {(0, 0, 0), (1, 1, 1)}
"""Row, column and field: the plate's first image, which readers go by, and another."""

_FORM: dict[str, Any] = {"t": 1, "z": 2, "channels": 2, "shape": (24, 32)}
_FORM |= {"pixels": "random"}


def write(path: Path, version: str) -> Path:
    """Write four wells of two fields."""
    return plates.make(
        path, rows=2, columns=2, fields=FIELDS, version=version, levels=2, **_FORM
    )


def correct(path: Path, *, settled: bool) -> Path:
    """Give two fields other pixels."""
    for row, column, field in sorted(CORRECTED):
        well = f"{plates.row_name(row)}/{column + 1}"
        image = plates.multiscales(data=pixels(row, column, field, new=True), **_AXES)
        with hcs.from_hcs_zarr(path) as plate:
            base = plate.well(well).fields[field].version
        staged = hcs.stage_field(path, well, str(field), image, base=base, levels=2)
        staged.commit(who=hcs.Who("Ada"), reason="blurred")
    if settled:
        left = hcs.settle(path, now=True)
        assert not left, left
    return path


_AXES = {"t": 1, "z": 2, "channels": 2}


def pixels(row: int, column: int, field: int, *, new: bool = False) -> NDArray[Any]:
    """Return the pixels of a field, or those that it was corrected to."""
    at = (row + 8, column, field) if new else (row, column, field)
    return plates.field_array(*at, **_FORM)


def label_truth() -> Wells:
    """Return the label images that `label` gives every image."""
    dims = tuple(dim for dim in DIMS if dim != "c")
    return {
        well: [Image(image.pixels[:, 0] % LABELS, dims) for image in images]
        for well, images in truth("labels").items()
    }


def label(path: Path) -> Path:
    """Give every image a label image and a table, as ngio writes them."""
    from ngio import open_ome_zarr_plate

    for container in open_ome_zarr_plate(path).get_images().values():
        made = container.derive_label(LABEL)
        made.set_array(container.get_image().get_as_numpy(c=0) % LABELS)
        made.consolidate()
        table = container.build_image_roi_table("image")
        container.add_table(TABLE, table=table)
    return path


def label_ourselves(path: Path) -> Path:
    """Give every image the same label image and a table of one region."""
    region = {"FieldIndex": ["image"]}
    region |= {f"{axis}_micrometer": [0.0] for axis in "xyz"}
    region |= {
        f"len_{axis}_micrometer": [length]
        for axis, length in (("x", 16.0), ("y", 12.0), ("z", 4.0))
    }
    for well, images in label_truth().items():
        for field, image in enumerate(images):
            hcs.write_labels(path, well, str(field), LABEL, image.pixels)
            hcs.write_table(path, well, str(field), TABLE, region, kind="roi_table")
    return path


PLATES: dict[str, Callable[[Path], Path]] = {
    "0.4": lambda folder: write(folder / "p.zarr", "0.4"),
    "0.5": lambda folder: write(folder / "p.zarr", "0.5"),
    "0.6": lambda folder: write(folder / "p.zarr", "0.6"),
    ".ozx": lambda folder: write(folder / "p.ozx", "0.5"),
    "labels 0.4": lambda folder: label(write(folder / "p.zarr", "0.4")),
    "labels 0.5": lambda folder: label(write(folder / "p.zarr", "0.5")),
    "own labels 0.4": lambda folder: label_ourselves(write(folder / "p.zarr", "0.4")),
    "own labels 0.5": lambda folder: label_ourselves(write(folder / "p.zarr", "0.5")),
    "settled 0.4": lambda folder: correct(
        write(folder / "p.zarr", "0.4"), settled=True
    ),
    "settled 0.5": lambda folder: correct(
        write(folder / "p.zarr", "0.5"), settled=True
    ),
    "settled .ozx": lambda folder: correct(
        write(folder / "p.ozx", "0.5"), settled=True
    ),
    "unsettled 0.4": lambda folder: correct(
        write(folder / "p.zarr", "0.4"), settled=False
    ),
    "unsettled 0.5": lambda folder: correct(
        write(folder / "p.zarr", "0.5"), settled=False
    ),
}


def truth(name: str) -> Wells:
    """Return what a plate holds, by well and in the order of its fields."""
    corrected = CORRECTED if "settled" in name else set()
    return {
        f"{plates.row_name(row)}/{column + 1}": [
            Image(
                pixels(row, column, field, new=(row, column, field) in corrected),
                DIMS,
                CHANNELS,
            )
            for field in range(FIELDS)
        ]
        for row, column in WELLS
    }
