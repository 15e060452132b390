"""Measurements of CellVoyagers: what records, counts and protocols say of planes."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from dashboard.plates.overview import banner
from hcs import from_hcs_zarr
from hcs.cli import main
from hcs.errors import SourceError
from hcs.gaps import read_gap
from hcs.ingest.importing import import_plate
from hcs.ingest.microscopes.registry import read_export
from hcs.ingest.sources import open_source
from hcs.plates.summary import summarise
from hcs.validation import validate
from tests.cellvoyager import (
    blanks,
    name_of,
    record,
    write_detail,
    write_list,
    write_protocol,
)

B02, C03 = {"Row": 2, "Column": 2}, {"Row": 3, "Column": 3}


def plan(folder, **arguments):
    return import_plate(folder, dry_run=True, **arguments)


def test_a_failed_autofocus_is_a_gap_that_gives_its_reason_in_every_place(tmp_path):
    folder = tmp_path / "run"
    fields = [name_of("B02", f, c) for f in (1, 2, 3) for c in (1, 2)]
    names = [name for name in fields if "F002" not in name]
    failed = "AF Error at B02 No. 2 (my_plate)"
    write_list(
        folder,
        [
            *(record(n, FieldIndex=n[21], Ch=n[-5]) for n in names),
            record(failed, kind="ERR", FieldIndex=2),
            record("AF Error at C03", kind="ERR", **C03, FieldIndex=None),
        ],
    )
    write_detail(folder, channels=2)
    blanks(folder, names)
    report = import_plate(folder, tmp_path / "p.zarr")
    assert [str(gap) for gap in report.gaps] == [
        "C03 (AF Error at C03)",
        f"B02 field F002 ({failed})",
    ]
    assert failed in str(report)
    with from_hcs_zarr(tmp_path / "p.zarr") as plate:
        gaps = tuple(read_gap(entry, {"B/2": "B02"}) for entry in plate.gaps)
        assert failed in json.dumps(summarise(plate)["gaps"])
    texts = [problem.message for problem in validate(tmp_path / "p.zarr")]
    assert any(failed in text for text in texts)
    assert gaps[1].account == f"field F002 ({failed})"
    assert failed in banner([], gaps)


def test_a_tile_that_failed_is_known_by_its_index(tmp_path):
    names = [name_of("B02", f, 1) for f in (1, 3)]
    write_list(
        tmp_path,
        [
            *(record(n, FieldIndex=n[21]) for n in names),
            record("AF Error", kind="ERR", FieldIndex=None, PartialTileIndex=2),
        ],
    )
    blanks(tmp_path, names)
    assert [str(gap) for gap in plan(tmp_path).gaps] == ["B02 field F002 (AF Error)"]


def test_timelines_with_a_channel_each_are_one_time_point(tmp_path):
    """The microscope counts time points on through all timelines."""
    lines = range(1, 5)
    names = {n: f"p_B02_T000{n}F001L0{n}A01Z01C0{n}.tif" for n in lines}
    write_list(
        tmp_path,
        [
            *(record(names[n], TimePoint=n, TimelineIndex=n, Ch=n) for n in lines),
            record("AF Error", kind="ERR", FieldIndex=2, TimePoint=4, TimelineIndex=4),
        ],
    )
    blanks(tmp_path, names.values())
    report = plan(tmp_path)
    assert str(report.found).endswith("4 channels x 1 z x 1 t: 4 planes")
    assert [str(gap) for gap in report.gaps] == ["B02 field F002 (AF Error)"]
    assert "4 timelines" in str(report)
    # Channels 1 to 3 had no field 2 to lose: only channel 4 was expected there.
    assert report.expected.planes == 5


def test_timelines_that_share_a_channel_follow_one_another(tmp_path):
    names = {n: f"p_B02_T000{n}F001L0{n}A01Z01C01.tif" for n in (1, 2)}
    write_list(
        tmp_path,
        [record(names[n], TimePoint=n, TimelineIndex=n) for n in (1, 2)],
    )
    blanks(tmp_path, names.values())
    assert plan(tmp_path).found.t == 2


def test_actions_that_took_one_channel_twice_are_two_channels(tmp_path):
    names = [f"p_B02_T0001F001L01A0{a}Z01C01.tif" for a in (1, 2)]
    write_list(
        tmp_path, [record(n, ActionIndex=a) for a, n in enumerate(names, start=1)]
    )
    blanks(tmp_path, names)
    report = plan(tmp_path)
    assert report.channel_names == ("C01A01", "C01A02")
    assert "several actions" in str(report)


TIMELINE = """<bts:Timeline><bts:WellSequence>
<bts:TargetWell bts:Column="2" bts:Row="2">true</bts:TargetWell>
<bts:TargetWell bts:Column="3" bts:Row="3">true</bts:TargetWell>
<bts:TargetWell bts:Column="4" bts:Row="4">false</bts:TargetWell>
</bts:WellSequence><bts:PointSequence bts:Method="FixedPosition"><bts:FixedPosition>
<bts:Point bts:X="0" bts:Y="0"/><bts:Point bts:X="1" bts:Y="0"/>
</bts:FixedPosition></bts:PointSequence><bts:ActionList>
<bts:ActionAcquire3D bts:TopDistance="1" bts:BottomDistance="-1" bts:SliceLength="1">
<bts:Ch>1</bts:Ch></bts:ActionAcquire3D>
<bts:ActionAcquireBF><bts:Ch>2</bts:Ch></bts:ActionAcquireBF>
</bts:ActionList></bts:Timeline>"""
CHANNELS = """<bts:Channel bts:Ch="1" bts:Target="GFP" bts:Acquisition="BP525/50"
bts:ExposureTime="100"><bts:LightSourceName>488nm</bts:LightSourceName></bts:Channel>
<bts:Channel bts:Ch="2" bts:Target="Brightfield" bts:Acquisition="LP600">
<bts:LightSourceName>Lamp</bts:LightSourceName></bts:Channel>
<bts:Channel bts:Ch="3" bts:Target="RFP"/>"""


def test_a_protocol_says_what_was_to_be_taken_and_uneven_stacks_are_told(tmp_path):
    stack = [name_of("B02", f, 1, z=z) for f in (1, 2) for z in (1, 2, 3)]
    flat = [name_of("B02", f, 2) for f in (1, 2)]
    folder = tmp_path / "run"
    write_list(
        folder,
        [
            record(n, FieldIndex=n[21], ZIndex=n[-8], Z=int(n[-8]) * 2, Ch=n[-5])
            for n in (*stack, *flat)
        ],
    )
    write_detail(folder, channels=3, MeasurementSettingFileName="run.mes")
    write_protocol(folder, TIMELINE, CHANNELS)
    blanks(folder, [*stack, *flat])
    report = import_plate(folder, tmp_path / "p.zarr")
    # 2 wells x 2 fields x (3 planes of GFP and 1 of brightfield)
    assert (report.found.planes, report.expected.planes) == (8, 16)
    assert [str(gap) for gap in report.gaps] == ["C03"]
    assert report.channel_names == ("GFP", "Brightfield")
    gfp, brightfield = report.plan.traits.channels
    assert (gfp.excitation, gfp.emission, gfp.exposure) == (488, 525, "100 ms")
    assert (brightfield.excitation, brightfield.emission) == (None, None)
    assert report.plan.traits.z_step == 2
    text = str(report)
    assert "Channel Brightfield was to be taken in 1 of 3 z planes" in text
    assert "3 channels, of which 1 were not taken: 'RFP'" in text


def test_planes_that_were_never_taken_use_no_room_in_the_plate(tmp_path):
    names = [name_of("B02", 1, 1, z=z) for z in (1, 2, 3)] + [name_of("B02", 1, 2)]
    folder = tmp_path / "run"
    write_list(folder, [record(n, ZIndex=n[-8], Ch=n[-5]) for n in names])
    noise = np.random.default_rng(0)
    for name in names:
        tifffile.imwrite(folder / name, noise.integers(0, 65536, (64, 64), "u2"))
    import_plate(folder, tmp_path / "p.zarr")
    level = tmp_path / "p.zarr/B/2/0/0"
    used = sum(path.stat().st_size for path in level.rglob("*") if path.is_file())
    # Four planes that cannot be compressed; the array has room for six.
    assert 4 * 64 * 64 * 2 <= used < 5 * 64 * 64 * 2


def test_counts_without_a_protocol_leave_flat_channels_flat(tmp_path):
    names = [name_of("B02", 1, 1, z=z) for z in (1, 2)] + [name_of("B02", 1, 2)]
    write_list(tmp_path, [record(n, ZIndex=n[-8], Ch=n[-5]) for n in names])
    write_detail(tmp_path, channels=2, FieldCount=1, ZCount=3, TimePointCount=1)
    blanks(tmp_path, names)
    report = plan(tmp_path)
    assert [str(gap) for gap in report.gaps] == ["every well: z Z03"]
    assert report.expected.planes == 4


def test_planes_are_taken_where_their_projection_is_there_too(tmp_path):
    planes = [f"Image/W0001F0001T0001Z00{z}C1.tif" for z in (1, 2)]
    flat = "Projection/W0001F0001T0001Z000C1.tif"
    place = {"Row": 1, "Column": 1}
    write_list(
        tmp_path,
        [
            *(record(n, **place, ZIndex=z, Z=z) for z, n in enumerate(planes, start=1)),
            record(flat, **place, ZImageProcessing="Maximum", ZTop=3, ZBottom=1),
        ],
    )
    blanks(tmp_path, [*planes, flat])
    stack, projected = plan(tmp_path), plan(tmp_path, projection=True)
    assert (stack.found.z, stack.plan.export.projection) == (2, "")
    assert "is a projection along z" in dict(stack.skipped)[flat]
    assert projected.plan.export.projection == "maximum over 2 µm"
    assert "along z a projection: maximum over 2 µm" in str(projected)
    assert [file for file in projected.used if file.endswith("tif")] == [flat]


@pytest.mark.parametrize(
    ("listed", "there"),
    [
        (name_of("B02", 1, 1), name_of("B02", 1, 1).replace(".tif", ".png")),
        (rf"Images\{name_of('B02', 1, 1)}", f"Images/{name_of('B02', 1, 1)}"),
        (f"Images/{name_of('B02', 1, 1)}", name_of("B02", 1, 1)),
        (name_of("B02", 1, 1), name_of("B02", 1, 1).upper()),
    ],
    ids=["png", "backslash", "flattened", "upper case"],
)
def test_a_listed_image_is_known_where_it_lies(tmp_path, listed, there):
    write_list(tmp_path, [record(listed)])
    blanks(tmp_path, [there])
    (name,) = read_export(open_source(tmp_path)).file_parts
    assert name == there


def test_images_of_no_record_are_left_out_with_their_reason(tmp_path):
    stray = name_of("H12", 1, 1)
    write_list(tmp_path, [record(name_of("B02", 1, 1)), record("../../etc/passwd")])
    blanks(tmp_path, [name_of("B02", 1, 1), stray, "DC_DCAM#1_CAM3.tif"])
    reasons = dict(read_export(open_source(tmp_path)).skipped)
    assert reasons == {
        stray: "is not listed in MeasurementData.mlf",
        "DC_DCAM#1_CAM3.tif": "is a correction image of the microscope",
    }


def test_names_alone_place_images_and_counted_wells_need_the_plate(tmp_path):
    named = tmp_path / "named"
    blanks(named, ["plate_B03_C05_T0001F001L01A01Z01C01.tif"])
    (parts,) = read_export(open_source(named)).file_parts.values()
    assert parts.well == (2, 4)
    counted = tmp_path / "counted"
    blanks(counted, ["W0029F0001T0001Z001C1.tif"])
    with pytest.raises(SourceError, match="counts its wells"):
        plan(counted)
    write_detail(counted)
    (parts,) = read_export(open_source(counted)).file_parts.values()
    assert parts.well == (2, 4)


def test_a_plate_of_projections_says_so_wherever_z_is_told(tmp_path, capsys):
    name = name_of("B02", 1, 1)
    folder = tmp_path / "run"
    write_list(folder, [record(name, ZImageProcessing="Maximum", ZTop=3, ZBottom=1)])
    blanks(folder, [name])
    report = import_plate(folder, tmp_path / "p.zarr")
    assert report.as_dict()["projection"] == "maximum over 2 µm"
    with from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert plate.projection == "maximum over 2 µm"
    assert main(["info", str(tmp_path / "p.zarr")]) == 0
    assert "a projection: maximum over 2 µm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("end", "complete"),
    [
        ("2025-01-01T10:00:10+01:00", True),
        ("2025-01-01T10:00:00+01:00", False),
        ("", None),
        ("2025-01-01T10:00:10", None),
    ],
    ids=["after the last image", "before it", "none", "without a zone"],
)
def test_a_measurement_has_ended_where_no_image_is_later(tmp_path, end, complete):
    name = name_of("B02", 1, 1)
    write_list(tmp_path, [record(name, Time="2025-01-01T10:00:05+01:00")])
    write_detail(tmp_path, EndTime=end)
    blanks(tmp_path, [name])
    assert read_export(open_source(tmp_path)).complete is complete


def test_two_measurements_in_one_source_are_named(tmp_path):
    for folder in ("one", "two"):
        write_list(tmp_path / folder, [record(name_of("B02", 1, 1))])
        blanks(tmp_path / folder, [name_of("B02", 1, 1)])
    with pytest.raises(SourceError, match=r"2 plates \('one', 'two'\)"):
        plan(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "document type"),
        ("<a>" * 100 + "</a>" * 100, "deeper than 64"),
        ("<bts:MeasurementData", "cannot be read"),
        ("<x/>", "lists no image that it gives a place"),
    ],
)
def test_a_list_that_is_damaged_or_hostile_is_refused(tmp_path, text, message):
    blanks(tmp_path, [name_of("B02", 1, 1)])
    (tmp_path / "MeasurementData.mlf").write_text(text)
    with pytest.raises(SourceError, match=message):
        plan(tmp_path)


@given(
    st.dictionaries(
        st.sampled_from(["Row", "Column", "FieldIndex", "Ch", "TimePoint", "X", "Z"]),
        st.sampled_from(["", "-1", "0", "1", "²", "1e999", "nan", "9" * 400, "1.5"]),
    )
)
def test_any_numbers_of_a_record_place_a_plane_or_nothing(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("any")
    write_list(folder, [record(name_of("B02", 1, 1), **values)])
    blanks(folder, [name_of("B02", 1, 1)])
    with contextlib.suppress(SourceError):
        plan(folder)


def test_two_plates_in_one_folder_without_a_list_are_never_one(tmp_path):
    names = [f"1_{name_of('A01', 1, 1)}", f"2_{name_of('B02', 1, 1)}"]
    blanks(tmp_path, names)
    with pytest.raises(SourceError, match=r"2 plates .'1_my_plate', '2_my_plate'"):
        import_plate(tmp_path, dry_run=True)
    report = import_plate(tmp_path, dry_run=True, plate="2_my_plate")
    assert list(report.used) == names[1:]


def test_a_list_says_which_plate_its_images_are_of_whatever_they_are_called(tmp_path):
    names = [name_of("A01", 1, 1), f"Other_{name_of('B02', 1, 1)}"]
    blanks(tmp_path, names)
    write_list(
        tmp_path,
        [record(names[0], Row=1, Column=1), record(names[1], Row=2, Column=2)],
    )
    assert str(import_plate(tmp_path, dry_run=True).found).startswith("2 wells")
