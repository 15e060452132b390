"""Families whose names say all: CellInsight, the Leica matrix screener; and `auto`."""

from __future__ import annotations

import numpy as np
import pytest

from hcs import from_hcs_zarr
from hcs.errors import SourceError
from hcs.ingest.importing import import_plate
from hcs.ingest.matching.name_guess import describe_name
from hcs.ingest.microscopes.registry import microscopes, read_export
from hcs.ingest.sources import ExportFile, open_source
from tests.c01 import c01
from tests.exports import write_blanks

PIXELS = np.full((32, 40), 7, "<u2")


def test_a_broken_image_of_a_cellinsight_is_a_gap(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for well in ("A01", "A02", "A03"):
        (folder / f"MFGTMP_1_{well}f00d0.C01").write_bytes(c01(PIXELS))
    (folder / "MFGTMP_1_A02f00d0.C01").write_bytes(c01(PIXELS)[:20])
    (folder / "MFGTMP_1_A03f00d0.C01").write_bytes(c01(PIXELS)[:-9] + bytes(9))
    (folder / "MFGTMP_1_A01f00o1.C01").write_bytes(c01(PIXELS))
    report = import_plate(folder, tmp_path / "p.zarr")
    assert [gap.well for gap in report.gaps] == ["A02", "A03"]
    assert "cannot be decoded" in report.gaps[1].reason
    reasons = dict(report.skipped)
    assert "drawing of the objects" in reasons["MFGTMP_1_A01f00o1.C01"]
    assert "cannot be decoded" in reasons["MFGTMP_1_A03f00d0.C01"]
    with from_hcs_zarr(tmp_path / "p.zarr") as plate:
        pixels = np.asarray(plate.well("A01").fields[0].image().images[0].data)
    assert pixels.max() == pixels.min() == 7


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["one_A01f00d0.C01", "two_A01f00d0.C01"], r"2 plates \('one', 'two'\)"),
        (
            [
                f"{plate}--B9--x--W0021--P000--T0000--Z000--C00.ome.tif"
                for plate in ("one", "two")
            ],
            "2 plates",
        ),
        (
            [
                f"{folder}/W0021--B9--x/P000--B9--x/"
                f"run--B9--x--W0021--P000--T0000--Z000--C00.ome.tif"
                for folder in ("day1", "day2")
            ],
            r"2 plates \('day1', 'day2'\)",
        ),
    ],
    ids=["cellinsight", "leica names", "leica folders"],
)
def test_several_plates_in_one_source_are_named(tmp_path, names, message):
    write_blanks(tmp_path, names, (32, 40))
    with pytest.raises(SourceError, match=message):
        read_export(open_source(tmp_path))


@pytest.mark.parametrize(
    ("names", "format"),
    [
        ([("B9", 21), ("C3", 27)], "96"),
        ([("B9", 33), ("C3", 51)], "384"),
        ([("B9", 20), ("C3", 26)], None),
        ([("A1", 1)], None),
    ],
    ids=["96", "384", "counted from 0", "the first row alone"],
)
def test_a_leica_plate_is_known_where_its_numbers_fit_one(tmp_path, names, format):
    write_blanks(
        tmp_path,
        [
            f"20xd1_Dapi--{well}--d--2--W{number:04d}--P001--T0000--Z002--C01.tif"
            for well, number in names
        ],
        (32, 40),
    )
    export = read_export(open_source(tmp_path))
    assert (export.format and export.format.name) == format
    assert {parts.well for parts in export.file_parts.values()} == {
        ("ABC".index(well[0]), int(well[1:]) - 1) for well, _ in names
    }


NAMES = {
    "cellinsight": ["MFGTMP_141029170001_A01f00d0.C01", "plate_1_P24f12d3.tif"],
    "cellvoyager": [
        "plate_B03_C05_T0001F001L01A01Z01C01.tif",
        "A#1-2_AF48_T0001F0012L02A03Z100C05.png",
        "W0029F0001T0001Z000C1.tif",
    ],
    "czi": ["plate_B02_s1.czi"],
    "imagexpress": ["9987_B02_s1_w2.TIF", "plate_B02_w1_thumb.tif", "x_B02_s1.tif"],
    "incell": ["C - 03(fld 01 wv UV - DAPI).tif", "A - 1(wv Cy3 - Cy3 z 2).tif"],
    "leica": ["run_w1_s2--B9--x--W0021--P000--T0000--Z000--C00.ome.tif"],
    "phenix": ["r01c01f01p01-ch1sk1fk1fl1.tiff"],
    "scanr": [
        "B2--W00014--P00001--Z00000--T00000--405 nm #1.tif",
        "A_s1_w1--W00014--P00001--Z00000--T00000--C01.tif",
    ],
}


@pytest.mark.parametrize("preset", NAMES)
def test_no_name_is_taken_by_two_families(preset):
    for name in NAMES[preset]:
        file = ExportFile(name, 1)
        takers = [family.preset for family in microscopes() if family.matches(file)]
        assert takers == [preset], name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "B2--W00014--P00003--Z00000--T00001--405 nm #1.tif",
            "B02, field P00003, channel 405 nm #1, z Z00000, t T00001",
        ),
        (
            "20xd1--B9--x--W0021--P000--T0000--Z000--C01.ome.tif",
            "B09, field P000, channel C01, z Z000, t T0000",
        ),
        ("C - 03(fld 01 wv UV - DAPI).tif", "C03, field fld 01, channel UV - DAPI"),
        ("MFGTMP_141029170001_A01f02d1.C01", "A01, field f02, channel d1"),
        (
            "my_B03_C05_T0001F002L01A01Z03C04.tif",
            "C05, field F002, channel C04, z Z03, t T0001",
        ),
        ("W0029F0001T0001Z000C1.tif", "field F0001, channel C1, z Z000, t T0001"),
    ],
)
def test_an_upload_named_by_a_microscope_is_understood_as_its_export_is(name, said):
    assert str(describe_name(name)) == said


@pytest.mark.parametrize(
    "name",
    [
        "image--L0000--S00--U00--V00--J08--E00--O00--X00--Y00--T0000--Z00--C00.ome.tif",
        "A1_-1_1_1_Stitched[DAPI 377,447]_001.tif",
        "VID123_A1_1_2020y01m02d_03h04m.tif",
        "WellA01_ChannelDAPI_Seq0000.nd2",
        "plate_A01.czi.tif",
    ],
)
def test_what_was_not_seen_in_real_files_is_never_guessed(tmp_path, name):
    write_blanks(tmp_path, [name], (32, 40))
    with pytest.raises(SourceError, match="no export that is known"):
        import_plate(tmp_path, dry_run=True)
