"""Imports of made exports: what is written, what stops, what goes on."""

import json
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hcs
from hcs.cli import main
from hcs.errors import SourceError, StoreError
from hcs.gaps import read_gap
from hcs.ingest.importing import import_plate
from hcs.ingest.plate import decoding
from hcs.layout import parse_well, well_label
from hcs.validation import validate

PATTERN = r"(?P<well>[A-P]\d+)_s(?P<field>\d+)_w(?P<channel>\d+)(?:_z(?P<z>\d+))?\.tif"


def value(row, column, field, channel, z=1):
    return row * 1000 + column * 100 + field * 10 + channel + (z - 1) * 5000


def export(folder, wells=((0, 0), (1, 2)), fields=2, channels=2, z=1):
    """Write one TIFF a plane; each says in every pixel which one it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for row, column in wells:
        for field in range(1, fields + 1):
            for channel in range(1, channels + 1):
                for step in range(1, z + 1):
                    name = f"{well_label(row, column)}_s{field}_w{channel}"
                    name += f"_z{step}" if z > 1 else ""
                    number = value(row, column, field, channel, step)
                    plane = np.full((40, 50), number, "u2")
                    tifffile.imwrite(folder / f"{name}.tif", plane)
    return folder


def run(source, target, **arguments):
    arguments.setdefault("pattern", PATTERN)
    return import_plate(source, target, **arguments)


def pixels_of(plate, well, field):
    return np.asarray(plate.well(well).fields[field].image().images[0].data)


def extension_of(path):
    document = path / "zarr.json"
    if document.exists():
        return json.loads(document.read_bytes())["attributes"]["hcs"]
    return json.loads((path / ".zattrs").read_bytes())["hcs"]


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_every_plane_is_where_its_name_says(tmp_path, version):
    source = export(tmp_path / "run7", z=2)
    report = run(source, tmp_path / "p.zarr", version=version)
    assert str(report.found) == (
        "2 wells x 2 fields x 2 channels x 2 z x 1 t: 16 planes"
    )
    assert report.gaps == ()
    assert len(report.used) == 16
    assert report.state == "written"
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert plate.version == version
        assert plate.name == "run7"
        assert [row.name for row in plate.rows] == list("ABCDEFGH")
        assert [column.name for column in plate.columns][-1] == "12"
        for well, (row, column) in (("A01", (0, 0)), ("B03", (1, 2))):
            labels = [field.label for field in plate.well(well).fields]
            assert labels == ["s1", "s2"]
            for field in (0, 1):
                pixels = pixels_of(plate, well, field)
                expected = [
                    [value(row, column, field + 1, channel, z) for z in (1, 2)]
                    for channel in (1, 2)
                ]
                assert pixels.shape == (2, 2, 40, 50)
                np.testing.assert_array_equal(pixels[..., 0, 0], expected)
                np.testing.assert_array_equal(pixels[..., -1, -1], expected)
        image = plate.well("A01").fields[0].image()
        assert [channel.name for channel in image.channels] == ["w1", "w2"]
    problems = validate(tmp_path / "p.zarr", pixels=True)
    assert [problem for problem in problems if problem.severity == "error"] == []


def test_a_dry_run_tells_and_writes_nothing(tmp_path):
    source = export(tmp_path / "s")
    (source / "A01_s2_w1.tif").unlink()
    before = sorted(tmp_path.rglob("*"))
    report = run(source, None, dry_run=True)
    assert run(source, tmp_path / "p.zarr", dry_run=True).state == "planned"
    assert sorted(tmp_path.rglob("*")) == before
    assert (report.found.planes, report.expected.planes) == (7, 8)
    text = str(report)
    assert "2 wells x 2 fields x 2 channels x 1 z x 1 t: 7 planes" in text
    assert "A01 field s2 channel w1" in text
    assert "Read as     A01_s1_w1.tif: A01, field s1, channel w1" in text
    assert report.as_dict()["examples"][-1] == [
        "B03_s2_w2.tif",
        "B03, field s2, channel w2",
    ]
    assert "nothing was written (dry run)" in text
    json.dumps(report.as_dict(), allow_nan=False)


def test_a_target_is_needed_to_write(tmp_path):
    with pytest.raises(SourceError, match="No target"):
        run(export(tmp_path / "s"), None)


def test_missing_planes_are_zero_and_recorded(tmp_path):
    source = export(tmp_path / "s")
    (source / "A01_s2_w1.tif").unlink()
    for path in source.glob("B03_s1_*"):
        path.write_bytes(b"")
    run(source, tmp_path / "p.zarr")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert not pixels_of(plate, "A01", 1)[0].any()
        assert pixels_of(plate, "A01", 1)[1, 0, 0] == value(0, 0, 2, 2)
        # The other field of B03 keeps the name that s2 has everywhere.
        (field,) = plate.well("B03").fields
        assert (field.name, field.label) == ("1", "s2")
        gaps = [dict(gap) for gap in plate.gaps]
        assert "it is empty" in gaps[1].pop("reason")
        assert gaps == [
            {
                "well": "A/1",
                "field": "1",
                "label": "s2",
                "channel": "w1",
                "z": None,
                "t": None,
            },
            {
                "well": "B/3",
                "field": "0",
                "label": "s1",
                "channel": None,
                "z": None,
                "t": None,
            },
        ]


def test_every_file_is_used_or_skipped_with_a_reason(tmp_path):
    source = export(tmp_path / "s")
    (source / "notes.txt").write_text("x")
    (source / "Thumbs.db").write_bytes(b"x")
    (source / "C01_s1_w1.tif").write_bytes(b"not a picture")
    colour = np.zeros((40, 50, 3), "u1")
    tifffile.imwrite(source / "C02_s1_w1.tif", colour, photometric="rgb")
    tifffile.imwrite(source / "overview.tif", colour[..., 0])
    files = {path.name for path in source.iterdir()}
    report = run(source, tmp_path / "p.zarr")
    reasons = dict(report.skipped)
    assert set(report.used) | set(reasons) == files
    assert set(report.used) & set(reasons) == set()
    assert reasons == {
        "notes.txt": "is no image by its name",
        "Thumbs.db": "is a file of the operating system",
        "C01_s1_w1.tif": "is not an image that can be read: its content is neither "
        "TIFF, PNG, JPEG nor C01",
        "C02_s1_w1.tif": "is a colour picture (RGB), not intensities",
        "overview.tif": "is not named as the images of this plate are",
    }
    known = extension_of(tmp_path / "p.zarr")["import"]
    assert (known["used_count"], known["skipped_count"]) == (8, 5)
    assert dict(known["skipped"]) == reasons


@pytest.mark.parametrize("trouble", ["two-files", "size", "dtype"])
def test_nothing_is_written_where_the_source_contradicts_itself(tmp_path, trouble):
    source = export(tmp_path / "s")
    if trouble == "two-files":
        (source / "again").mkdir()
        tifffile.imwrite(source / "again" / "A01_s1_w1.tif", np.zeros((40, 50), "u2"))
        message = r"A01 field s1 channel w1: A01_s1_w1\.tif and again/A01_s1_w1\.tif"
    else:
        shape = (41, 50) if trouble == "size" else (40, 50)
        dtype = "u2" if trouble == "size" else "u1"
        for path in source.glob("A01_*"):
            tifffile.imwrite(path, np.zeros(shape, dtype))
        message = "The images differ: 4 of 8 are 50 x 4"
    with pytest.raises(SourceError, match=message):
        run(source, tmp_path / "p.zarr")
    assert not (tmp_path / "p.zarr").exists()


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.zeros((20, 25), "u2"), "is 25 x 20, as 1 of 8 files, where the others are"),
        (np.zeros((40, 50), "u1"), "is uint8, as 1 of 8 files, where the others are"),
        (np.zeros((3, 40, 50), "u2"), "holds 3 z planes, as 1 of 4 files of channel w"),
    ],
    ids=["size", "dtype", "pages"],
)
def test_one_odd_file_is_a_gap_that_says_why(tmp_path, pixels, reason):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    tifffile.imwrite(source / "B03_s2_w1.tif", pixels, photometric="minisblack")
    with pytest.raises(
        SourceError, match=f"strict import does not do: B03_s2.*{reason}"
    ):
        run(source, target, strict=True)
    assert not target.exists()
    report = run(source, target)
    (gap,) = report.gaps
    assert str(gap).startswith(f"B03 field s2 channel w1 (its file {reason}")
    ((name, why),) = report.skipped
    assert name == "B03_s2_w1.tif"
    assert why.startswith(reason)
    assert any("left out" in note for note in report.plan.notes)
    assert str(report.found).endswith("1 z x 1 t: 7 planes")
    assert extension_of(target)["import"]["skipped"] == [[name, why]]
    with hcs.from_hcs_zarr(target) as plate:
        first, second = pixels_of(plate, "B03", 1)
        assert not first.any()
        assert (second == value(1, 2, 2, 2)).all()


def test_the_command_stops_at_an_odd_file_only_where_it_is_strict(tmp_path, capsys):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    tifffile.imwrite(source / "B03_s2_w1.tif", np.zeros((20, 25), "u2"))
    arguments = ["import", str(source), str(target), "--pattern", PATTERN]
    assert main([*arguments, "--strict"]) == 1
    assert "B03_s2_w1.tif: is 25 x 20" in capsys.readouterr().err
    assert not target.exists()
    assert main(arguments) == 0
    assert "1 of 8 files is 25 x 20 where the others are 50 x 40: left out." in (
        capsys.readouterr().out
    )


def test_a_binned_channel_is_left_out_as_a_whole(tmp_path):
    source, target = export(tmp_path / "s", channels=3), tmp_path / "p.zarr"
    for path in source.glob("*_w2.tif"):
        tifffile.imwrite(path, np.zeros((20, 25), "u2"))
    report = run(source, target)
    assert [str(gap) for gap in report.gaps] == [
        "every well: channel w2 (its file is 25 x 20, as 4 of 4 files of channel w2, "
        "where the others are 50 x 40)"
    ]
    assert report.channel_names == ("w1", "w3")
    assert len(report.skipped) == 4
    assert report.plan.notes[0] == (
        "4 of 4 files of channel w2 are 25 x 20 where the others are 50 x 40: left out."
    )


def test_strict_passes_what_is_whole_and_stops_at_what_cannot_be_read(tmp_path):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    (source / "notes.txt").write_text("no image, and so nothing to be strict about")
    assert run(source, None, dry_run=True, strict=True).state == "planned"
    (source / "A01_s1_w1.tif").write_bytes(b"")
    with pytest.raises(SourceError, match=r"A01_s1_w1\.tif: .*it is empty"):
        run(source, target, strict=True)
    assert not target.exists()


class Stopped(Exception):
    pass


def stop_after(count):
    def progress(done, total):
        if done >= count:
            raise Stopped

    return progress


def test_an_interrupted_import_goes_on_with_what_is_missing(tmp_path):
    source, target = export(tmp_path / "s", fields=3), tmp_path / "p.zarr"
    with pytest.raises(Stopped):
        run(source, target, progress=stop_after(2), workers=1)
    assert extension_of(target)["import"]["state"] == "unfinished"
    with hcs.from_hcs_zarr(target) as plate:
        identity = plate.id
        first = [field.version for field in plate.fields()]
    assert 0 < len(first) < 6
    calls = []
    report = run(source, target, progress=lambda *counts: calls.append(counts))
    assert report.state == "resumed"
    assert calls[0] == (len(first), 6)
    assert calls[-1] == (6, 6)
    with hcs.from_hcs_zarr(target) as plate:
        assert plate.id == identity
        assert set(first) <= {field.version for field in plate.fields()}
        assert pixels_of(plate, "B03", 2)[1, 0, 0] == value(1, 2, 3, 2)
    assert extension_of(target)["import"]["state"] == "done"
    assert run(source, target).state == "unchanged"


KILLED = """
import os, signal, sys
from hcs.ingest.importing import import_plate

def progress(done, total):
    if done == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

source, target, pattern = sys.argv[1:4]
import_plate(source, target, pattern=pattern, progress=progress, workers=2)
"""


@pytest.mark.parametrize("written", [0, 1, 5, 6])
def test_a_killed_import_goes_on_as_if_nothing_had_happened(tmp_path, written):
    source, target = export(tmp_path / "s", fields=3), tmp_path / "p.zarr"
    arguments = [str(source), str(target), PATTERN, str(written)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert extension_of(target)["import"]["state"] == "unfinished"
    assert run(source, target).state == "resumed"
    problems = validate(target, pixels=True)
    assert [problem for problem in problems if problem.severity == "error"] == []
    with hcs.from_hcs_zarr(target) as plate:
        for well, (row, column) in (("A01", (0, 0)), ("B03", (1, 2))):
            assert [field.label for field in plate.well(well).fields] == [
                "s1",
                "s2",
                "s3",
            ]
            for field in (0, 1, 2):
                pixels = pixels_of(plate, well, field)
                for channel in (0, 1):
                    expected = value(row, column, field + 1, channel + 1)
                    assert (pixels[channel] == expected).all()
                history = plate.well(well).history(str(field))
                assert [version.action for version in history] == ["write"]


@pytest.mark.parametrize("unfinished", [True, False])
def test_another_source_into_the_same_plate_is_refused(tmp_path, unfinished):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    if unfinished:
        with pytest.raises(Stopped):
            run(source, target, progress=stop_after(1), workers=1)
    else:
        run(source, target)
    before = extension_of(target)
    tifffile.imwrite(source / "A01_s1_w1.tif", np.full((40, 50), 9, "u2"))
    with pytest.raises(SourceError, match="holds an import of 's', and this source"):
        run(source, target)
    assert extension_of(target) == before


def test_a_place_that_holds_something_else_is_left_alone(tmp_path):
    source = export(tmp_path / "s")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("x")
    with pytest.raises(StoreError, match="is no plate that can be read"):
        run(source, folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    with pytest.raises(StoreError):
        run(source, folder / "thesis.txt")
    plate = hcs.Plate(
        rows=[hcs.PlateRow("A")],
        columns=[hcs.PlateColumn("1")],
        wells=[hcs.PlateWell("A/1", 0, 0)],
    )
    hcs.to_hcs_zarr(hcs.HCSPlate(metadata=plate), tmp_path / "q.zarr")
    with pytest.raises(SourceError, match="a plate that was not imported"):
        run(source, tmp_path / "q.zarr")


def damage(path):
    """Break the compressed pixels of a TIFF, leaving its header."""
    tifffile.imwrite(
        path, np.arange(2000, dtype="u2").reshape(40, 50), compression="zlib"
    )
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(bytes(data))


def test_a_damaged_file_costs_its_plane_and_no_more(tmp_path):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    damage(source / "A01_s1_w2.tif")
    for name in ("B03_s2_w1.tif", "B03_s2_w2.tif"):
        damage(source / name)
    report = run(source, target)
    reasons = dict(report.skipped)
    assert set(reasons) == {"A01_s1_w2.tif", "B03_s2_w1.tif", "B03_s2_w2.tif"}
    assert "cannot be decoded" in reasons["A01_s1_w2.tif"]
    assert "A01_s1_w2.tif" not in report.used
    with hcs.from_hcs_zarr(target) as plate:
        pixels = pixels_of(plate, "A01", 0)
        assert pixels[0, 0, 0] == value(0, 0, 1, 1)
        assert not pixels[1].any()
        # A field of which nothing can be read is missing, not black.
        assert [field.label for field in plate.well("B03").fields] == ["s1"]
        assert [(gap["well"], gap["field"], gap["channel"]) for gap in plate.gaps] == [
            ("A/1", "0", "w2"),
            ("B/3", "1", None),
        ]
    known = extension_of(target)["import"]
    assert known["state"] == "done"
    assert known["skipped_count"] == 3
    assert run(source, target).state == "unchanged"


def test_damage_that_an_interrupted_import_met_is_not_forgotten(tmp_path):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    damage(source / "A01_s1_w2.tif")
    with pytest.raises(Stopped):
        run(source, target, progress=stop_after(3), workers=1)
    report = run(source, target)
    assert "A01_s1_w2.tif" in dict(report.skipped)
    with hcs.from_hcs_zarr(target) as plate:
        assert [(gap["well"], gap["channel"]) for gap in plate.gaps] == [("A/1", "w2")]
    assert extension_of(target)["import"]["skipped_count"] == 1


def test_a_zip_gives_the_same_plate_as_its_folder(tmp_path):
    source = export(tmp_path / "s")
    with zipfile.ZipFile(tmp_path / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source.iterdir():
            archive.write(path, f"deep/{path.name}")
    run(source, tmp_path / "a.zarr")
    report = run(tmp_path / "s.zip", tmp_path / "b.zarr")
    assert report.used[0] == "deep/A01_s1_w1.tif"
    with (
        hcs.from_hcs_zarr(tmp_path / "a.zarr") as of_folder,
        hcs.from_hcs_zarr(tmp_path / "b.zarr") as of_zip,
    ):
        for well in ("A01", "B03"):
            for field in (0, 1):
                np.testing.assert_array_equal(
                    pixels_of(of_folder, well, field), pixels_of(of_zip, well, field)
                )


def test_an_archive_can_be_the_target(tmp_path):
    source, target = export(tmp_path / "s"), tmp_path / "p.ozx"
    run(source, target)
    with hcs.from_hcs_zarr(target) as plate:
        assert pixels_of(plate, "B03", 1)[0, 0, 0] == value(1, 2, 2, 1)
    assert run(source, target).state == "unchanged"


def test_the_plate_map_becomes_conditions_of_the_wells(tmp_path):
    source = export(tmp_path / "s")
    table = tmp_path / "map.csv"
    table.write_text("Well;Compound;Dose µM\nA1;DMSO;0\nB3;drug;0,5\nC4;drug;1\n")
    report = run(source, tmp_path / "p.zarr", plate_map=table)
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        conditions = plate.conditions
    assert conditions["B/3"] == {"Compound": "drug", "Dose µM": 0.5}
    assert "1 wells without images: C04" in str(report)
    assert extension_of(tmp_path / "p.zarr")["import"]["plate_map"] == {
        "name": "map.csv",
        "columns": ["Compound", "Dose µM"],
        "problems": [],
        "without_images": ["C04"],
        "not_listed": [],
    }


def test_a_plate_map_that_cannot_be_read_stops_before_writing(tmp_path):
    table = tmp_path / "map.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match=r"No column of map\.csv"):
        run(export(tmp_path / "s"), tmp_path / "p.zarr", plate_map=table)
    assert not (tmp_path / "p.zarr").exists()


def test_the_format_is_given_assumed_or_seen(tmp_path):
    source = export(tmp_path / "s")
    assert "assumed" in run(source, None, dry_run=True).plan.format_source
    given_format = run(source, None, dry_run=True, format="12x32")
    assert str(given_format.plan.format).startswith("12x32-well plate")
    whole = export(tmp_path / "six", [(r, c) for r in range(2) for c in range(3)], 1, 1)
    report = run(whole, None, dry_run=True)
    assert (report.plan.format.wells, report.plan.format_source) == (
        6,
        "all of its wells are there",
    )
    with pytest.raises(SourceError, match="1 wells lie outside of a 1x1-well plate"):
        run(source, None, dry_run=True, format="1x1")


def test_channels_can_be_renamed(tmp_path):
    source = export(tmp_path / "s")
    names = {"w1": "DNA", "2": "GFP"}
    report = run(source, tmp_path / "p.zarr", channel_names=names)
    assert report.channel_names == ("DNA", "GFP")
    for wrong, message in (
        ({"w9": "x"}, "No channel is called 'w9'; there are 'w1', 'w2'"),
        ({"w1": "w2"}, "Two channels would have one name"),
    ):
        with pytest.raises(SourceError, match=message):
            run(source, None, dry_run=True, channel_names=wrong)


def test_stacks_in_one_file_become_channels_and_planes(tmp_path):
    source = tmp_path / "s"
    source.mkdir()
    stack = np.arange(2 * 3 * 40 * 50, dtype="u2").reshape(2, 3, 40, 50)
    tifffile.imwrite(
        source / "B02.ome.tif",
        stack,
        ome=True,
        metadata={
            "axes": "CZYX",
            "Channel": {"Name": ["DAPI", "GFP"]},
            "PhysicalSizeX": 0.5,
            "PhysicalSizeY": 0.5,
            "PhysicalSizeZ": 2.0,
        },
    )
    report = run(source, tmp_path / "p.zarr", pattern=r"^(?P<well>[A-H]\d+)")
    assert report.channel_names == ("DAPI", "GFP")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        image = plate.well("B02").fields[0].image()
        np.testing.assert_array_equal(np.asarray(image.images[0].data), stack)
        assert dict(image.images[0].scale)["z"] == 2.0
        assert dict(image.images[0].scale)["x"] == 0.5


def test_a_field_too_large_for_memory_is_read_plane_by_plane(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "AT_ONCE", 1000)
    source = export(tmp_path / "s", z=2)
    (source / "A01_s1_w1_z2.tif").unlink()
    run(source, tmp_path / "p.zarr")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        pixels = pixels_of(plate, "A01", 0)
        assert pixels[0, 0, 0, 0] == value(0, 0, 1, 1, 1)
        assert not pixels[0, 1].any()
        assert pixels[1, 1, 0, 0] == value(0, 0, 1, 2, 2)


@pytest.mark.parametrize("at_once", [1000, 1 << 30], ids=["by-plane", "whole"])
def test_a_field_of_which_nothing_can_be_decoded_is_not_in_the_plate(
    tmp_path, monkeypatch, at_once
):
    monkeypatch.setattr(decoding, "AT_ONCE", at_once)
    source = export(tmp_path / "s", z=2)
    for path in source.glob("A01_s1_*"):
        spoiled = np.full((40, 50), 7, "u2")
        tifffile.imwrite(path, spoiled, compression="zlib")
        data = bytearray(path.read_bytes())
        at = data.index(b"\x78\x9c") if b"\x78\x9c" in data else 8
        data[at : at + 6] = b"\0" * 6
        path.write_bytes(bytes(data))
    report = run(source, tmp_path / "p.zarr")
    (gap,) = report.gaps
    assert str(gap).startswith("A01 field s1 (its file cannot be decoded")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert [field.label for field in plate.well("A01").fields] == ["s2"]


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_any_set_of_planes_comes_back_and_the_rest_are_gaps(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("import")
    source = folder / "s"
    source.mkdir()
    places = data.draw(
        st.sets(
            st.tuples(
                st.integers(0, 3),
                st.integers(0, 3),
                st.integers(1, 2),
                st.integers(1, 2),
            ),
            min_size=1,
            max_size=12,
        )
    )
    for row, column, field, channel in places:
        name = f"{well_label(row, column)}_s{field}_w{channel}.tif"
        tifffile.imwrite(
            source / name, np.full((8, 8), value(row, column, field, channel), "u2")
        )
    report = run(source, folder / "p.zarr")
    assert report.found.planes == len(places)
    fields = sorted({field for _, _, field, _ in places})
    channels = sorted({channel for *_, channel in places})
    with hcs.from_hcs_zarr(folder / "p.zarr") as plate:
        seen = 0
        for imaged in plate.fields():
            row, column = parse_well(imaged.well)
            pixels = np.asarray(imaged.image().images[0].data)
            for index, channel in enumerate(channels):
                field = fields[int(imaged.name)]
                there = (row, column, field, channel) in places
                seen += there
                expected = value(row, column, field, channel) if there else 0
                assert (pixels[index] == expected).all()
        assert seen == len(places)


def write_planes(folder, names, pixels=lambda number: np.full((8, 8), number, "u2")):
    """Write a TIFF of each name; every pixel of it is the number of the name."""
    for number, name in enumerate(names, 1):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / name, pixels(number))
    return folder


@pytest.mark.parametrize("plate", ["P", "my_s1_plate", "run_s12_w10"])
def test_imagexpress_sites_of_two_digits_stay_in_their_wells(tmp_path, plate):
    names = [
        f"{plate}_{well}_s{site}_w{wave}.TIF"
        for well in ("A01", "B02")
        for site in range(1, 13)
        for wave in (1, 2)
    ]
    report = import_plate(write_planes(tmp_path / "s", names), tmp_path / "p.zarr")
    assert report.preset == "imagexpress"
    assert (
        str(report.found) == "2 wells x 12 fields x 2 channels x 1 z x 1 t: 48 planes"
    )
    assert report.gaps == ()
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert [well.label for well in plate] == ["A01", "B02"]
        fields = plate.well("B02").fields
        assert [field.label for field in fields] == [f"s{n}" for n in range(1, 13)]
        assert pixels_of(plate, "B02", 9)[:, 0, 0].tolist() == [43, 44]


def test_what_an_operating_system_left_is_no_image_whatever_its_name(tmp_path):
    source = write_planes(tmp_path / "s", ["e/P_A01_s1_w1.TIF"])
    for name in ("__MACOSX/e/._P_A01_s1_w1.TIF", "e/._P_A01_s2_w1.TIF"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(b"\0\5\26\7")
    report = import_plate(source, None, dry_run=True)
    assert (report.found.planes, report.gaps) == (1, ())
    assert {reason for _, reason in report.skipped} == {
        "is a file of the operating system"
    }


def test_samples_of_a_pixel_are_decoded_once_to_look_and_once_to_write(
    tmp_path, monkeypatch
):
    pixels = np.arange(8 * 9 * 6, dtype="u2").reshape(8, 9, 6)
    (tmp_path / "s").mkdir()
    tifffile.imwrite(
        tmp_path / "s" / "A01.tif",
        pixels,
        photometric="minisblack",
        planarconfig="contig",
        metadata=None,
    )
    decoded, decode = [], tifffile.TiffPage.asarray
    monkeypatch.setattr(
        tifffile.TiffPage,
        "asarray",
        lambda page, *a, **k: decoded.append(page.index) or decode(page, *a, **k),
    )
    run(tmp_path / "s", tmp_path / "p.zarr", pattern=r"(?P<well>A\d\d)")
    assert decoded == [0, 0]
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        np.testing.assert_array_equal(
            pixels_of(plate, "A01", 0), np.moveaxis(pixels, -1, 0)
        )


@pytest.mark.parametrize(
    ("names", "arguments", "message"),
    [
        (
            ["TimePoint_1/ZStep_1/P_A01_s1_w1.TIF"],
            {},
            "holds no projections: none of its 1 images is in a folder ZStep_0",
        ),
        (["r01c01f01p01-ch1sk1fk1fl1.tiff"], {}, "preset phenix, which knows no proj"),
        (["A01.tif"], {"pattern": r"(?P<well>A\d\d)"}, "preset regex, which knows no"),
    ],
)
def test_projections_of_an_export_without_any_are_refused_in_words(
    tmp_path, names, arguments, message
):
    source = write_planes(tmp_path / "s", names)
    with pytest.raises(SourceError, match=message):
        import_plate(source, tmp_path / "p.zarr", projection=True, **arguments)
    assert not (tmp_path / "p.zarr").exists()


def gaps_of(source, target, **arguments):
    """Return the gaps of an import, of a second one, and of its document, in words."""
    first, second = (run(source, target, **arguments) for _ in range(2))
    assert (first.state, second.state) == ("written", "unchanged")
    texts = [str(gap) for gap in first.gaps]
    assert [str(gap) for gap in second.gaps] == texts
    assert second.skipped == first.skipped
    with hcs.from_hcs_zarr(target) as plate:
        labels = {well.path: well.label for well in plate}
        labels |= {"B/3": "B03", "A/1": "A01"}
        assert [str(read_gap(entry, labels)) for entry in plate.gaps] == texts
    return texts


@pytest.mark.parametrize("harm", ["empty", "cut", "damaged", "link"])
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("B03_s2_w2.tif", ["B03 field s2 channel w2"]),
        ("B03_s2_*", ["B03 field s2"]),
        ("B03_*", ["B03"]),
        ("*_w2.tif", ["every well: channel w2"]),
        ("*_s2_*", ["every well: field s2"]),
    ],
)
def test_whatever_is_named_and_cannot_be_read_is_a_gap(
    tmp_path, harm, pattern, expected
):
    source = export(tmp_path / "s")
    for path in source.glob(pattern):
        if harm == "damaged":
            damage(path)
        elif harm == "cut":
            path.write_bytes(path.read_bytes()[:60])
        else:
            path.unlink()
            path.symlink_to("nowhere") if harm == "link" else path.touch()
    gaps = [text.partition(" (") for text in gaps_of(source, tmp_path / "p.zarr")]
    assert [place for place, _, _ in gaps] == expected
    why = {"empty": "it is empty", "link": "cannot be read", "cut": "", "damaged": ""}
    for _, _, reason in gaps:
        assert reason.startswith("its file ")
        assert why[harm] in reason
    assert validated(tmp_path / "p.zarr") == []


def validated(path):
    problems = validate(path, pixels=True)
    return [problem for problem in problems if problem.severity == "error"]


def test_damage_in_the_document_that_is_not_ours_is_passed_over(tmp_path):
    source, target = export(tmp_path / "s"), tmp_path / "p.zarr"
    run(source, target)
    document = json.loads((target / "zarr.json").read_bytes())
    document["attributes"]["hcs"]["import"] |= {
        "damaged": [["a", "b"], 7, ["x"]],
        "damaged_planes": [None, [0, 0, 0, 0, 0, 0], [9] * 6, ["a"] * 6],
    }
    (target / "zarr.json").write_text(json.dumps(document))
    report = run(source, target)
    assert report.damaged == (("a", "b"),)
    assert [str(gap) for gap in report.gaps] == ["A01 field s1 channel w1"]


def paged(folder, names, pages=2):
    """Write TIFFs of plain pages: ten times the number of the name, and the page."""
    folder.mkdir()
    for number, name in enumerate(names, 1):
        stack = np.stack(
            [np.full((8, 9), 10 * number + page, "u2") for page in range(pages)]
        )
        tifffile.imwrite(folder / name, stack, photometric="minisblack", metadata=None)
    return folder


@pytest.mark.parametrize(
    ("pages", "dims", "what"),
    [
        ("channels", ("c", "y", "x"), "channels"),
        ("z", ("c", "z", "y", "x"), "planes along z"),
        ("t", ("t", "c", "y", "x"), "time points"),
        (None, ("c", "z", "y", "x"), "planes along z"),
    ],
)
def test_pages_are_what_a_person_says(tmp_path, pages, dims, what):
    source = paged(tmp_path / "s", ["A01.tif", "B03.tif"])
    report = run(source, tmp_path / "p.zarr", pattern=r"(?P<well>..\d)", pages=pages)
    assert "In 2 files: It holds 2 pages and does not" in str(report)
    assert f"they are taken as {what}." in str(report)
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert plate.well("A01").fields[0].image().metadata.dims == dims
        assert np.unique(pixels_of(plate, "B03", 0)).tolist() == [20, 21]


def test_pages_of_an_export_that_names_as_many_channels_are_those(tmp_path):
    source = paged(tmp_path / "s", ["P_A01_s1.TIF"])
    (source / "P.HTD").write_text(
        '"HTSInfoFile"\n"XWells", 12\n"YWells", 8\n"WellsSelection1", TRUE\n'
        '"Waves", TRUE\n"NWavelengths", 2\n"WaveName1", "DAPI"\n"WaveName2", "GFP"\n'
    )
    report = import_plate(source, tmp_path / "p.zarr")
    assert (report.channel_names, report.gaps) == (("DAPI", "GFP"), ())
    taken = import_plate(source, None, pages="z", dry_run=True)
    assert (taken.found.channels, taken.found.z) == (1, 2)


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ("c", "Pages cannot be 'c'; they are one of channels, z, t"),
        ("channels", "No image has pages that could be taken as channels"),
    ],
)
def test_pages_that_are_none_are_refused(tmp_path, pages, message):
    with pytest.raises(SourceError, match=message):
        run(export(tmp_path / "s"), tmp_path / "p.zarr", pages=pages)
