"""One file whose name gives no well that a plate can have, beside many that do."""

import io

import numpy as np
import pytest
import tifffile

from hcs import import_plate
from hcs.errors import SourceError

NAMES = {
    "imagexpress": ("p_{}_s1_w1.tif", ("A999", "A00")),
    "hcs.ai": ("timepoint0/p_t0_{}_s0_w0_z0.tif", ("A999", "A00")),
    "cellvoyager": ("p_{}_T0001F001L01A01Z01C01.tif", ("A00", "A999")),
    "incell": ("{} (fld 1 wv UV - DAPI).tif", ("A - 00",)),
    "cellinsight": ("M_1_{}f00d0.tif", ("A00", "A999")),
    "leica": ("r--{}--x--W0000--P000--T0000--Z000--C00.ome.tif", ("A0", "A999")),
}
WELLS = ("A01", "B02", "C03")


def write(folder, *names):
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((8, 8), "u2"))
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stream.getvalue())


@pytest.mark.parametrize(
    ("pattern", "odd"),
    [
        pytest.param(pattern, odd, id=f"{family} {odd}")
        for family, (pattern, wells) in NAMES.items()
        for odd in wells
    ],
)
def test_a_file_of_no_well_is_skipped_by_name_and_the_others_are_used(
    pattern, odd, tmp_path
):
    spelled = [
        well.replace("0", " - 0") if "fld" in pattern else well for well in WELLS
    ]
    names = [pattern.format(well).replace(" (", "(") for well in spelled]
    odd_name = pattern.format(odd).replace(" (", "(")
    write(tmp_path, *names, odd_name)
    report = import_plate(tmp_path, dry_run=True)
    assert sorted(report.used) == sorted(names)
    assert (
        dict(report.skipped)[odd_name] == "is not named as the images of this plate are"
    )


def scanr_name(well, number, channel="DAPI"):
    return f"{well}--W{number:05}--P00001--Z00000--T00000--{channel}.tif"


def test_a_well_of_scanr_that_files_name_in_two_ways_is_of_neither(tmp_path):
    names = [scanr_name("A2", 2), scanr_name("B2", 14), scanr_name("A1", 14, "GFP")]
    write(tmp_path, *names)
    with pytest.raises(SourceError, match="W00014 is called 'A01', 'B02'"):
        import_plate(tmp_path, dry_run=True)


def test_a_number_outside_of_the_plate_of_the_others_is_named(tmp_path):
    write(
        tmp_path, *(scanr_name(*well) for well in (("A1", 1), ("B2", 14), ("x", 999)))
    )
    with pytest.raises(
        SourceError, match=r"W00999 has no name.*outside of the 96-well"
    ):
        import_plate(tmp_path, dry_run=True)
