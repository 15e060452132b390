"""IN Cell Analyzers: names in words, and what an .xdce file adds and expects."""

from __future__ import annotations

import pytest

from hcs.errors import SourceError
from hcs.ingest.importing import import_plate
from hcs.ingest.microscopes.registry import read_export
from hcs.ingest.sources import open_source
from tests.incell import blanks, image, write_stack

ALL_BUT_B2 = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 3)]


@pytest.mark.parametrize(
    ("name", "well", "field", "channel", "z", "t"),
    [
        ("C - 03(fld 01 wv UV - DAPI).tif", (2, 2), 1, "UV - DAPI", 1, 1),
        ("AF - 48(fld 9 wv Cy5 - Cy5).tif", (31, 47), 9, "Cy5 - Cy5", 1, 1),
        (
            "D - 05(wv TL-Brightfield - Cy3).tif",
            (3, 4),
            1,
            "TL-Brightfield - Cy3",
            1,
            1,
        ),
        (
            "B - 03(fld 1 wv TL-Phase Contrast - Cy3 wix 1).tif",
            *((1, 2), 1, "TL-Phase Contrast - Cy3", 1, 1),
        ),
        ("A - 01(fld 1 wv Green - dsRed z 3).tif", (0, 0), 1, "Green - dsRed", 3, 1),
        (
            "A - 1(fld 2 wv Cy3 - Cy3- time 3 - 60000 ms).tif",
            *((0, 0), 2, "Cy3 - Cy3", 1, 3),
        ),
        ("A - 1(fld 2 wv 390 - Blue z 2 t 4).tif", (0, 0), 2, "390 - Blue", 2, 4),
    ],
)
def test_names_alone_are_understood(tmp_path, name, well, field, channel, z, t):
    blanks(tmp_path, [name])
    export = read_export(open_source(tmp_path))
    (parts,) = export.file_parts.values()
    assert export.preset == "incell"
    assert (parts.well, parts.channel.label) == (well, channel)
    assert (parts.field.number, parts.z.number, parts.t.number) == (field, z, t)


def planes(wells=("B - 2",), fields=(0, 1), depth=1):
    names = ("UV - DAPI", "Blue - FITC")
    for well in wells:
        for field in fields:
            for wave, dye in enumerate(names):
                for z in range(depth):
                    text = f" z {z + 1}" if depth > 1 else ""
                    row, column = well.split(" - ")
                    name = f"{row} - {column:0>2}(fld {field + 1} wv {dye}{text}).tif"
                    yield name, image(name, label=well, field=field, wave=wave, z=z)


def test_wells_that_are_not_excluded_and_files_of_the_list_are_expected(tmp_path):
    there = dict(planes())
    lost = "B - 02(fld 2 wv Blue - FITC).tif"
    write_stack(tmp_path, there.values(), excluded=ALL_BUT_B2[:4])
    blanks(tmp_path, set(there) - {lost})
    report = import_plate(tmp_path, dry_run=True)
    assert [str(gap) for gap in report.gaps] == [
        "B3",
        "B2 field fld 2 channel Blue - FITC",
    ]
    plan = report.plan
    assert report.channel_names == ("UV - DAPI", "Blue - FITC")
    assert [note.excitation for note in plan.traits.channels] == [405, 488]
    assert [note.exposure for note in plan.traits.channels] == ["60 ms", "60 ms"]
    assert plan.traits.centres[(1, 1), 1] == (-50, 100)
    assert (plan.format.name, plan.export.identity) == ("6", "u-1")


def test_a_stack_has_its_step_and_lacks_the_slices_that_are_not_there(tmp_path):
    there = dict(planes(depth=2))
    write_stack(tmp_path, there.values(), mode="3-D", slices=3, excluded=ALL_BUT_B2)
    blanks(tmp_path, there)
    report = import_plate(tmp_path, dry_run=True)
    assert [str(gap) for gap in report.gaps] == ["every well: z z3"]
    assert report.plan.traits.z_step == 1.5


@pytest.mark.parametrize(
    ("extra", "size", "complete"),
    [
        ("", (0.5, 0.5), None),
        ('<Camera><Binning value="2 X 2"/></Camera>', None, None),
        ('<Event type="PLATE_SCAN_FINISHED"/>', (0.5, 0.5), True),
    ],
    ids=["plain", "binned", "finished"],
)
def test_what_is_not_sure_is_not_taken(tmp_path, extra, size, complete):
    there = dict(planes())
    write_stack(tmp_path, there.values(), extra=extra)
    blanks(tmp_path, there)
    export = read_export(open_source(tmp_path))
    assert (export.pixel_size, export.complete) == (size, complete)


def test_two_plates_and_a_list_without_its_images_are_refused(tmp_path):
    there = dict(planes())
    for folder in ("one", "two"):
        write_stack(tmp_path / folder, there.values())
        blanks(tmp_path / folder, there)
    with pytest.raises(SourceError, match=r"2 plates \('one', 'two'\)"):
        import_plate(tmp_path, dry_run=True)
    write_stack(tmp_path / "empty", there.values())
    with pytest.raises(SourceError, match="holds none of the 4 images"):
        import_plate(tmp_path / "empty", dry_run=True, preset="incell")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!DOCTYPE x><ImageStack/>", "document type"),
        ("<x/>", "describes no images"),
        ("<ImageStack", "cannot be read"),
    ],
)
def test_a_damaged_or_hostile_xdce_is_refused_by_name(tmp_path, text, message):
    blanks(tmp_path, ["B - 02(fld 1 wv UV - DAPI).tif"])
    (tmp_path / "run.xdce").write_text(text)
    with pytest.raises(SourceError, match=f"run.xdce.*{message}"):
        import_plate(tmp_path, dry_run=True)
