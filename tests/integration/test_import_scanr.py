"""ScanR: counted wells, and twelve bits that stand on an offset."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import tifffile

from hcs.errors import SourceError
from hcs.ingest.importing import import_plate
from hcs.qc import measure_plate

LOW, HIGH = 32_768, 36_863


def name_of(label, number, *, field=1, channel="DAPI"):
    return f"{label}--W{number:05d}--P{field:05d}--Z00000--T00000--{channel}.tif"


def write(folder, images):
    """Write images by name; each holds the values given, repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in images.items():
        pixels = np.resize(np.array(values, "u2"), (64, 64))
        tifffile.imwrite(folder / name, pixels, metadata=None)
    return folder


def wells_of(report):
    return {"ABCDEFGHIJKLMNOP"[row] + str(c + 1) for row, c in report.plan.grid.wells}


def test_saturated_pixels_are_counted_at_the_offset_cameras_clip_level(tmp_path):
    folder = write(
        tmp_path / "run",
        {name_of("A1", 1): [33_000] * 3 + [HIGH], name_of("A2", 2): [33_000, 34_000]},
    )
    report = import_plate(folder, tmp_path / "p.zarr")
    (note,) = report.plan.traits.channels
    assert (note.offset, note.clip) == (LOW, HIGH)
    attributes = json.loads((tmp_path / "p.zarr/zarr.json").read_bytes())["attributes"]
    (channel,) = attributes["hcs"]["channels"]
    assert (channel["offset"], channel["clip"]) == (LOW, HIGH)
    shares = {
        result.well: plane.values["percent_saturated"]
        for result in measure_plate(tmp_path / "p.zarr", metrics=["percent_saturated"])
        for plane in result.planes
    }
    assert shares == {"A/1": 25, "A/2": 0}


@pytest.mark.parametrize(
    ("values", "offset", "clip"),
    [
        pytest.param([LOW, HIGH], LOW, HIGH, id="twelve bits on the offset"),
        pytest.param([33_000, 34_000], LOW, None, id="none saturated: not sure"),
        pytest.param([33_000, 40_000], None, None, id="more bits"),
        pytest.param([100, HIGH], None, None, id="values below the offset"),
        pytest.param([0, 4095], None, None, id="twelve bits from zero"),
    ],
)
def test_the_offset_is_said_where_pixels_show_it(tmp_path, values, offset, clip):
    folder = write(tmp_path, {name_of("A1", 1): values})
    (note,) = import_plate(folder, dry_run=True).plan.traits.channels
    assert (note.offset, note.clip) == (offset, clip)


def metadata(images, *, bits=None, labels=True):
    """Return an OME-XML for fields (well, number, field) at positions (x, y)."""
    significant = f'SignificantBits="{bits}"' if bits else ""
    lines = "".join(
        f'<Image Name="Well {number}, Position {field} ({label if labels else ""})">'
        f'<Pixels PhysicalSizeX="0.5" PhysicalSizeY="0.5" {significant}>'
        f'<Channel Name="DAPI"/><TiffData><UUID FileName="'
        f'{name_of(label if labels else "", number, field=field)}"/></TiffData>'
        f'<Plane TheC="0" TheZ="0" ExposureTime="0.1" PositionX="{x}" PositionY="{y}"/>'
        f"</Pixels></Image>"
        for (label, number, field), (x, y) in images.items()
    )
    return f"<OME><Experimenter UserName='ada'/>{lines}</OME>"


def test_sixteen_stated_bits_are_no_offset_and_twelve_need_no_saturated_pixel(tmp_path):
    fields = {("A1", 1, 1): (0, 0)}
    for bits, expected in ((16, (None, None)), (12, (LOW, HIGH))):
        folder = write(tmp_path / str(bits), {name_of("A1", 1): [33_000, 34_000]})
        (folder / "metadata.ome.xml").write_text(metadata(fields, bits=bits))
        (note,) = import_plate(folder, dry_run=True).plan.traits.channels
        assert (note.offset, note.clip) == expected
        assert note.exposure == "0.1 s"


def test_fields_lie_around_the_middle_of_their_well_with_y_downwards(tmp_path):
    fields = {("A1", 1, 1): (50_000, 60_000), ("A1", 1, 2): (50_300, 59_800)}
    folder = write(tmp_path, {name_of("A1", 1, field=n): [0, 1] for n in (1, 2)})
    (folder / "metadata.ome.xml").write_text(metadata(fields))
    plan = import_plate(folder, dry_run=True).plan
    assert plan.traits.centres == {((0, 0), 0): (-100, -150), ((0, 0), 1): (100, 150)}
    assert plan.traits.pixel_size == (0.5, 0.5)


def test_a_file_that_the_metadata_lists_and_that_is_not_there_is_a_gap(tmp_path):
    fields = {("A1", 1, 1): (0, 0), ("A1", 1, 2): (9, 9)}
    folder = write(tmp_path, {name_of("A1", 1): [0, 1]})
    (folder / "metadata.ome.xml").write_text(metadata(fields))
    (gap,) = import_plate(folder, dry_run=True).gaps
    assert str(gap) == "every well: field P00002"


@pytest.mark.parametrize(
    ("names", "wells", "format"),
    [
        ([("A1", 1), ("B2", 14)], {"A1", "B2"}, "96"),
        ([("A1", 1), ("B2", 26)], {"A1", "B2"}, "384"),
        ([("B2", 14), ("", 27)], {"B2", "C3"}, "96"),
        ([("DMSO", 1), ("B2", 26)], {"A1", "B2"}, "384"),
    ],
    ids=["96", "384", "a number alone", "a treatment for a name"],
)
def test_numbers_of_wells_follow_their_names(tmp_path, names, wells, format):
    folder = write(tmp_path, {name_of(*name): [0, 1] for name in names})
    report = import_plate(folder, dry_run=True)
    assert (wells_of(report), report.plan.format.name) == (wells, format)


def test_numbers_alone_are_refused_with_a_pattern_that_takes_them(tmp_path):
    folder = write(tmp_path, {name_of("", number): [0, 1] for number in (1, 26)})
    with pytest.raises(SourceError, match="nothing says of which plate") as caught:
        import_plate(folder, dry_run=True)
    pattern = re.search(r"pattern '(.*)' with", str(caught.value))[1]
    report = import_plate(folder, dry_run=True, pattern=pattern, format=384)
    assert wells_of(report) == {"A1", "B2"}


def test_an_image_that_cannot_be_opened_is_not_looked_at(tmp_path):
    folder = write(tmp_path, {name_of("A1", 1): [LOW, HIGH]})
    (folder / name_of("A2", 2)).symlink_to("nowhere")
    report = import_plate(folder, dry_run=True)
    assert report.plan.traits.channels[0].clip == HIGH
    assert [gap.well for gap in report.gaps] == ["A02"]


@pytest.mark.parametrize(
    ("largest", "clip"),
    [
        pytest.param([4095, 4095], 4095, id="two at the end of 12 bits"),
        pytest.param([4095, 4000], None, id="one alone"),
        pytest.param([4096, 4096], None, id="no end of whole bits"),
        pytest.param([16_383, 16_384], None, id="one beyond"),
        pytest.param([65_535, 65_535], None, id="the end of the type"),
    ],
)
def test_a_clip_level_is_said_where_two_images_end_at_whole_bits(
    tmp_path, largest, clip
):
    folder = write(
        tmp_path, {name_of(f"A{n}", n): [7, top] for n, top in enumerate(largest, 1)}
    )
    (note,) = import_plate(folder, dry_run=True).plan.traits.channels
    assert (note.clip, note.offset) == (clip, None)
