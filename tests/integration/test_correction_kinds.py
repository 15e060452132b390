"""Every kind of file that people send corrects a field, or is called what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import hcs
from hcs.ingest import match_pictures, match_target, open_pictures
from hcs.ingest.matching.field_pixels import compose_field, plan_field
from tests import plates
from tests.czi import Scene, write_czi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from hcs.ingest import Match


@dataclass(frozen=True)
class Kind:
    """A file of the collections and what is said of it."""

    file: str
    problem: str = ""
    """Why it cannot be used; "" where it can."""

    help: str = ""
    doubt: str = ""
    channels: int = 1
    z: int = 1
    pages: str = ""


_VARIANTS, _MICROSCOPY = "tiff_format_variants", "tiff_microscopy"
_JUMP = "jump_phenix_r01c01"
_RGB = "colour picture (RGB)"

KINDS = (
    Kind(f"{_VARIANTS}/12bit.cropped.tiff"),
    Kind(f"{_VARIANTS}/bigtiff/BigTIFF.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/bigtiff/BigTIFFLong.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/bigtiff/BigTIFFMotorola.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/cmyk-3c-16b.tiff", "inks (CMYK)", "greyscale TIFF"),
    Kind(f"{_VARIANTS}/gradient-1c-32b-float.tiff"),
    Kind(f"{_VARIANTS}/gradient-1c-32b.tiff"),
    Kind(f"{_VARIANTS}/gradient-1c-64b.tiff"),
    Kind(f"{_VARIANTS}/int16.tif"),
    Kind(f"{_VARIANTS}/int16_zstd.tif"),
    Kind(f"{_VARIANTS}/int8.tif"),
    Kind(f"{_VARIANTS}/issue_69_lzw.tiff"),
    Kind(f"{_VARIANTS}/issue_69_packbits.tiff"),
    Kind(f"{_VARIANTS}/minisblack-1c-16b.tiff"),
    Kind(f"{_VARIANTS}/minisblack-1c-i16b.tiff"),
    Kind(f"{_VARIANTS}/minisblack-2c-8b-alpha.tiff"),
    Kind(f"{_VARIANTS}/miniswhite-1c-1b.tiff"),
    Kind(f"{_VARIANTS}/no_rows_per_strip.tiff", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/palette-1c-8b.tiff", doubt="index values are taken"),
    Kind(f"{_VARIANTS}/planar-rgb-u8.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/predictor-3-gray-f32.tif"),
    Kind(f"{_VARIANTS}/quad-tile.jpg.tiff", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/random-fp16-pred3.tiff"),
    Kind(f"{_VARIANTS}/rgb-3c-16b.tiff", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/tiled-jpeg-rgb-u8.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/tiled-rgb-u8.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_VARIANTS}/white-fp16.tiff"),
    Kind(f"{_VARIANTS}/README.txt", "not an image", "Export it as TIFF"),
    Kind(f"{_MICROSCOPY}/01_POS002_D.TIF"),
    Kind(f"{_MICROSCOPY}/3d_monolayer_xy1_ch2_labels.tiff", z=60, pages="z"),
    Kind(f"{_MICROSCOPY}/5channel.tif", channels=5),
    Kind(f"{_MICROSCOPY}/MetamorphImage.tif"),
    Kind(f"{_MICROSCOPY}/NikonTIF.tif", _RGB, "greyscale", channels=3),
    Kind(f"{_MICROSCOPY}/ball.tif", z=9, pages="z"),
    Kind(f"{_MICROSCOPY}/ball.tif", channels=9, pages="c"),
    Kind(f"{_MICROSCOPY}/cells.tiff"),
    Kind(f"{_JUMP}/orig/r01c01f01p01-ch2sk1fk1fl1.tiff"),
    Kind(f"{_JUMP}/orig/r01c01f01p01-ch3sk1fk1fl1.tiff"),
    Kind(f"{_JUMP}/orig/r01c01f01p01-ch5sk1fk1fl1.tiff"),
    Kind(f"{_JUMP}/outlines/r01c01f01p01-ch3sk1fk1fl1_cell_outlines.png"),
    Kind(f"{_JUMP}/outlines/r01c01f01p01-ch5sk1fk1fl1_nuclei_outlines.png"),
)


def test_every_file_of_the_collections_is_in_the_table(shared_data: Path) -> None:
    listed = {kind.file for kind in KINDS}
    here = {
        str(path.relative_to(shared_data))
        for folder in (_VARIANTS, _MICROSCOPY, _JUMP)
        for path in (shared_data / folder).rglob("*.*")
        if path.is_file()
    }
    assert here == listed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.file}-{kind.pages}")
def test_a_file_of_this_kind_corrects_a_field_or_says_what_would_help(
    kind: Kind, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / kind.file
    with open_pictures([path]) as files:
        if not files.pictures:
            (left,) = files.leftovers
            assert kind.problem in left.reason
            assert kind.help in left.help
            assert kind.problem
            return
        (picture,) = files.pictures
        shape = (kind.channels, kind.z, picture.size("y"), picture.size("x"))
        match, pixels = _corrected(files, tmp_path / "p.zarr", shape, picture.dtype)
    assert kind.problem in match.problem
    assert bool(kind.problem) == bool(match.problem)
    assert kind.help in match.help
    assert kind.doubt in " ".join(match.doubts)
    assert match.pages == kind.pages
    if pixels is not None:
        expected = tifffile.imread(path) if path.suffix != ".png" else _png(path)
        if not picture.facts or kind.pages:
            np.testing.assert_array_equal(pixels.reshape(expected.shape), expected)


def _png(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image)


def _corrected(
    files: Any, path: Path, shape: tuple[int, ...], dtype: str
) -> tuple[Match, NDArray[Any] | None]:
    """Match one file to the only field of a plate of its own kind."""
    with hcs.HCSPlateWriter(path, plates.document(1, 1), "0.5") as writer:
        data = np.zeros(shape, dtype)
        names = [f"channel {index}" for index in range(shape[0])]
        writer.write_well_image(
            hcs.to_ngff_image(data, dims=("c", "z", "y", "x"), channel_names=names),
            "A",
            "1",
            0,
        )
    with hcs.from_hcs_zarr(path) as plate:
        table = match_pictures(files.pictures, match_target(plate))
        table = table.with_change([table.matches[0].id], well="A1", field="0")
        (match,) = table.matches
        if match.problem:
            return match, None
        image = plate.well("A1").field("0").image()
        plan = plan_field(image, table.fields[0], files.image)
        composed = compose_field(image, plan)
    staged = hcs.stage_field(
        path, "A1", "0", composed, base=_live(path), source=match.name
    )
    staged.commit(who="Ada", reason="imaged again")
    with hcs.from_hcs_zarr(path) as plate:
        return match, np.asarray(plate.well("A1").field("0").image().images[0].data)


def _live(path: Path) -> str:
    with hcs.from_hcs_zarr(path) as plate:
        return plate.well("A1").field("0").version


def test_pages_that_an_export_places_are_matched_one_by_one(tmp_path: Path) -> None:
    scenes = [
        Scene(name=f"P{number}", array=array, x=50 * number, y=0)
        for number, array in enumerate(("B4", "B4", "C5"))
    ]
    source = tmp_path / "export"
    source.mkdir()
    write_czi(source / "plate 7.czi", scenes, z=2)
    path = tmp_path / "p.zarr"
    hcs.import_plate(source, path)
    with open_pictures([source]) as files, hcs.from_hcs_zarr(path) as plate:
        table = match_pictures(files.pictures, match_target(plate))
        assert {match.certainty for match in table.matches} == {"sure"}
        assert len(table.fields) == 3
        for correction in table.fields:
            assert correction.unchanged == ()
            image = plate.well(correction.well).field(correction.field.name).image()
            plan = plan_field(image, correction, files.image)
            composed = compose_field(image, plan)
            np.testing.assert_array_equal(
                composed.data, np.asarray(image.images[0].data)
            )


def _jpeg(path: Path, mode: str) -> Path:
    array = np.full((16, 16) if mode == "L" else (16, 16, 3), 90, "u1")
    Image.fromarray(array).save(path, "JPEG")
    return path


@pytest.mark.parametrize(
    ("make", "problem", "doubt"),
    [
        (lambda path: _jpeg(path / "a.jpg", "L"), "", "changes intensities"),
        (lambda path: _jpeg(path / "a.jpg", "RGB"), _RGB, ""),
    ],
    ids=["grey", "colour"],
)
def test_a_jpeg_is_taken_with_a_warning_and_a_photograph_is_not(
    make: Callable[[Path], Path], problem: str, doubt: str, tmp_path: Path
) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    make(folder)
    with open_pictures([folder]) as files:
        channels = 3 if problem else 1
        match, _ = _corrected(
            files, tmp_path / "p.zarr", (channels, 1, 16, 16), "uint8"
        )
    assert problem in match.problem
    assert doubt in " ".join(match.doubts)
