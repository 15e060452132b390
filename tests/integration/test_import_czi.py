"""Plates in one .czi file, as the library of its maker writes it."""

from __future__ import annotations

import struct
import zipfile
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs import from_hcs_zarr
from hcs.errors import SourceError
from hcs.ingest.formats.czi_codecs import COMPRESSIONS, decode
from hcs.ingest.formats.images import read_image_file
from hcs.ingest.importing import import_plate
from tests.czi import ZSTD, Scene, value, write_czi

PLATE = (
    Scene(name="P1", array="B4", x=0, y=0),
    Scene(name="P2", array="B4", x=40, y=30),
    Scene(name="P3", array="C5", x=900, y=0),
    Scene(name="P4", array="C5", x=940, y=30),
)


def first_pixels(path, well, field):
    """Return the first pixel of each plane of a field, in the order of its axes."""
    with from_hcs_zarr(path) as plate:
        data = np.asarray(plate.well(well).fields[field].image().images[0].data)
    return data[..., 0, 0]


@pytest.mark.parametrize(
    "compression",
    ["uncompressed:", "zstd0:ExplicitLevel=3", ZSTD],
    ids=["uncompressed", "zstd0", "zstd1"],
)
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_scenes_become_fields_of_their_wells_pixel_by_pixel(
    tmp_path, compression, dtype
):
    write_czi(
        tmp_path / "plate 7.czi", PLATE, z=2, compression=compression, dtype=dtype
    )
    report = import_plate(tmp_path, tmp_path / "p.zarr")
    assert (report.preset, report.plan.export.plate) == ("czi", "plate 7")
    assert str(report.found) == str(report.expected)
    assert str(report.found).startswith("2 wells x 2 fields x 2 channels x 2 z x 1 t")
    assert report.gaps == ()
    for well, scene in (("B04", 0), ("C05", 2)):
        for field in (0, 1):
            expected = [[value(scene + field, c, z, 0) for z in (0, 1)] for c in (0, 1)]
            np.testing.assert_array_equal(
                first_pixels(tmp_path / "p.zarr", well, field),
                np.array(expected).astype(dtype),
            )


def test_channels_sizes_and_positions_come_from_the_file(tmp_path):
    write_czi(tmp_path / "p.czi", PLATE, z=2)
    plan = import_plate(tmp_path, dry_run=True).plan
    traits = plan.traits
    assert [note.name for note in traits.channels] == ["DAPI", "GFP"]
    assert [note.excitation for note in traits.channels] == [400, 488]
    assert [note.emission for note in traits.channels] == [450, 510]
    assert [note.exposure for note in traits.channels] == ["20 ms", "20 ms"]
    assert [note.clip for note in traits.channels] == [16_383, 16_383]
    assert (traits.pixel_size, traits.z_step) == ((0.5, 0.5), 2)
    assert traits.centres[(1, 3), 0] == (-7.5, -10)
    assert traits.centres[(2, 4), 1] == (7.5, 10)


@pytest.mark.parametrize(
    ("scene", "well"),
    [
        (Scene(name="P1", array="H12"), (7, 11)),
        (Scene(name="P1", shape="H12"), (7, 11)),
        (Scene(name="P1", shape="Circle", row_column=(8, 12)), (7, 11)),
    ],
    ids=["array", "shape", "row and column"],
)
def test_a_well_is_known_by_each_way_of_naming_it(tmp_path, scene, well):
    write_czi(tmp_path / "p.czi", [scene])
    assert import_plate(tmp_path, dry_run=True).plan.grid.wells == (well,)


def test_scenes_without_a_well_are_left_out_and_a_file_without_any_is_no_plate(
    tmp_path,
):
    write_czi(tmp_path / "p.czi", [PLATE[0], Scene(name="overview")])
    report = import_plate(tmp_path, dry_run=True)
    assert report.found.planes == 2
    assert "1 of 2 scenes name no well and were left out: 'overview'" in str(report)
    write_czi(tmp_path / "p.czi", [Scene(name="slide 1")])
    with pytest.raises(SourceError, match=r"is no plate.*'slide 1'"):
        import_plate(tmp_path, dry_run=True)


def test_planes_that_are_not_there_or_differ_in_size_are_gaps(tmp_path):
    write_czi(tmp_path / "p.czi", PLATE, t=2, lost=[(0, 1, 0, 1)], odd=3)
    report = import_plate(tmp_path, tmp_path / "p.zarr")
    assert [str(gap) for gap in report.gaps] == [
        "B04 field 1 channel GFP t 2",
        "C05 field 2 (has 30 x 10 pixels of type 1, unlike the others)",
    ]
    assert report.used == ("p.czi",)
    pixels = first_pixels(tmp_path / "p.zarr", "B04", 0)
    assert pixels.tolist() == [[value(0, 0, 0, 0), value(0, 1, 0, 0)], [1001, 0]]


def test_a_plane_whose_bytes_are_broken_is_a_gap_of_its_own(tmp_path):
    path = write_czi(tmp_path / "p.czi", PLATE[:2])
    data = bytearray(path.read_bytes())
    at = data.index(b"ZISRAWSUBBLOCK")
    (metadata,) = struct.unpack_from("<i", data, at + 32)
    pixels = at + 32 + 256 + metadata
    data[pixels : pixels + 10] = bytes(10)
    path.write_bytes(data)
    report = import_plate(tmp_path, tmp_path / "out.zarr")
    assert [str(gap) for gap in report.gaps] == ["B04 field 1 channel DAPI"]
    assert report.used == ("p.czi",)
    assert "cannot be decoded at page 1" in dict(report.damaged)["p.czi"]


def test_a_file_in_a_zip_and_one_of_two_are_read(tmp_path):
    path = write_czi(tmp_path / "one.czi", PLATE[:1])
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(path, "one.czi")
        archive.write(path, "two.czi")
    with pytest.raises(SourceError, match=r"2 plates \('one', 'two'\)"):
        import_plate(tmp_path / "both.zip", dry_run=True)
    report = import_plate(tmp_path / "both.zip", tmp_path / "p.zarr", plate="two")
    assert report.plan.export.plate == "two"
    assert first_pixels(tmp_path / "p.zarr", "B04", 0).tolist() == [1000, 1100]


@pytest.mark.parametrize(
    ("place", "data", "message"),
    [
        (84, struct.pack("<q", 0), "no directory"),
        (84, struct.pack("<q", -5), "before its start"),
        (80, struct.pack("<i", 1), "several files"),
        (92, struct.pack("<q", 10**9), "no metadata"),
    ],
    ids=["not closed", "below zero", "a part", "beyond the end"],
)
def test_a_head_that_leads_nowhere_is_refused(tmp_path, place, data, message):
    path = write_czi(tmp_path / "p.czi", PLATE[:1])
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + data + whole[place + len(data) :])
    with pytest.raises(SourceError, match=message):
        import_plate(tmp_path, dry_run=True)


def test_any_change_of_bytes_gives_an_image_or_an_error_of_the_source(tmp_path):
    whole = write_czi(tmp_path / "p.czi", PLATE[:1]).read_bytes()

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, len(whole) - 1), st.binary(min_size=1, max_size=16))
    def changed(at, data):
        try:
            image = read_image_file(whole[:at] + data + whole[at + len(data) :])
            for position in image.positions:
                image.reader.read(position)
        except SourceError:
            return

    changed()


PIXELS = np.arange(12, dtype="u2").reshape(3, 4) * 5000


@pytest.mark.parametrize("pixels", [PIXELS, (PIXELS >> 8).astype("u1")])
def test_jpeg_xr_is_decoded(pixels):
    imagecodecs = pytest.importorskip("imagecodecs")
    packed = imagecodecs.jpegxr_encode(pixels, level=1.0)
    plane = decode(packed, COMPRESSIONS["JPEG XR"], pixels.shape, pixels.dtype)
    np.testing.assert_array_equal(plane, pixels)


@pytest.mark.parametrize(
    ("data", "compression", "message"),
    [
        (PIXELS.tobytes()[:-1], "none", "23 bytes where 24 were to be"),
        (b"\2" + bytes(30), "zstd 1", "its head is none"),
        (b"", "zstd 1", "its head is none"),
        (bytes(30), "zstd 0", "ZSTD|zstd"),
        (bytes(30), "JPEG XR", "Unrecognized|WMP|JXR|codec"),
        (bytes(30), "JPEG", "JPEG|jpeg"),
    ],
)
def test_data_that_give_no_plane_are_refused(data, compression, message):
    with pytest.raises(ValueError, match=message):
        decode(data, COMPRESSIONS[compression], (3, 4), np.dtype("u2"))


def test_nothing_larger_than_a_plane_is_unpacked():
    imagecodecs = pytest.importorskip("imagecodecs")
    bomb = imagecodecs.zstd_encode(bytes(64 << 20))
    with pytest.raises(ValueError, match="ZSTD"):
        decode(bomb, COMPRESSIONS["zstd 0"], (3, 4), np.dtype("u2"))
    with pytest.raises(ValueError, match="packed in a way that is not read"):
        decode(bomb, 2, (3, 4), np.dtype("u2"))


def test_a_file_of_one_field_is_an_image_with_its_axes_names_and_place(tmp_path):
    path = write_czi(tmp_path / "field.czi", PLATE[:1], z=3, t=2)
    with read_image_file(path) as image:
        for t, c, z in product((0, 1), (0, 1), (0, 1, 2)):
            assert image.plane(t=t, c=c, z=z)[0, 0] == value(0, c, z, t)
    assert (image.axes, image.shape) == (("t", "c", "z", "y", "x"), (2, 2, 3, 20, 30))
    assert (image.channel_names, image.wavelengths) == (("DAPI", "GFP"), (450, 510))
    assert (image.pixel_size, image.z_step, image.bits) == ((0.5, 0.5), 2, 14)
    assert image.place.well == (1, 3)
    report = import_plate(tmp_path, tmp_path / "p.zarr")
    assert str(report.found).startswith("1 wells x 1 fields x 2 channels x 3 z x 2 t")
    assert (report.gaps, report.channel_names) == ((), ("DAPI", "GFP"))
    assert first_pixels(tmp_path / "p.zarr", "B04", 0)[1, 1].tolist() == [
        value(0, 1, z, 1) for z in (0, 1, 2)
    ]


def test_a_file_of_a_whole_plate_does_not_pass_for_one_field(tmp_path):
    image = read_image_file(write_czi(tmp_path / "plate.czi", PLATE))
    assert (image.axes, image.pages, image.place) == (("z", "y", "x"), 8, None)
