"""Several plates in one source: listed, chosen, never mixed."""

import pytest

from hcs.errors import SourceError
from hcs.ingest import open_source, plates_of
from hcs.ingest.microscopes import registry
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import by_plate, choose_plate
from hcs.ingest.microscopes.registry import microscopes, read_export
from tests.unit.test_ingest_exports import HTD, folder_of

PATTERN = r"(?P<plate>\w+?)_(?P<well>[A-H]\d\d)\.tif"


def listed(source, **choices):
    return [(plate.name, plate.images) for plate in plates_of(source, **choices)]


def test_names_of_several_plates_in_one_folder_are_several_plates(tmp_path):
    source = folder_of(
        tmp_path, "P_A01_s1_w1.TIF", "P_A02_s1_w1.TIF", "Q_A03_s1_w1.TIF"
    )
    assert listed(source) == [("P", 2), ("Q", 1)]
    with pytest.raises(SourceError, match=r"holds 2 plates \('P', 'Q'\); choose one"):
        read_export(source)
    export = read_export(source, plate="Q")
    assert (export.plate, list(export.file_parts)) == ("Q", ["Q_A03_s1_w1.TIF"])
    assert "2 images of other plates were left aside: 'P'" in export.notes[0]


def test_each_plate_of_a_folder_has_the_description_that_is_called_as_it_is(tmp_path):
    names = ("P_A01_s1_w1.TIF", "Q_A01_s1_w1.TIF")
    contents = {
        "P__HTD": HTD.replace("abc", "of-p").encode(),
        "Q__HTD": HTD.replace("abc", "of-q").encode(),
    }
    source = folder_of(tmp_path, *names, **contents)
    assert read_export(source, plate="P").identity == "of-p"
    assert read_export(source, plate="Q").identity == "of-q"


def test_plates_of_one_name_are_told_by_their_folders(tmp_path):
    source = folder_of(
        tmp_path,
        "run/1334/TimePoint_1/P_A01_s1_w1.TIF",
        "run/1335/TimePoint_1/P_A01_s1_w1.TIF",
        "run/1335/TimePoint_2/P_A01_s1_w1.TIF",
    )
    assert listed(source) == [("run/1334", 1), ("run/1335", 2)]
    assert len(read_export(source, plate="run/1335").file_parts) == 2
    assert len(read_export(source, plate="1334").file_parts) == 1
    with pytest.raises(SourceError, match="2 plates are called 'P'"):
        read_export(source, plate="P")


def test_a_plate_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    source = folder_of(tmp_path, "P_A01_s1_w1.TIF", "Q_A01_s1_w1.TIF")
    with pytest.raises(SourceError, match=r"no plate is called 'R'; there is 'P', 'Q'"):
        read_export(source, plate="R")


def test_the_only_plate_is_called_as_it_is_listed(tmp_path):
    source = folder_of(tmp_path, "P_A01_s1_w1.TIF", "notes.txt")
    ((name, images),) = listed(source)
    assert (name, images) == ("P", 1)
    assert read_export(source, plate=name).plate == "P"


def test_plates_of_a_pattern_are_those_of_its_group(tmp_path):
    source = folder_of(tmp_path, "x_A01.tif", "y_A01.tif", "y_A02.tif", "notes.txt")
    assert listed(source, pattern=PATTERN) == [("x", 1), ("y", 2)]
    export = read_export(source, pattern=PATTERN, plate="y")
    assert (export.plate, len(export.file_parts)) == ("y", 2)
    assert [name for name, _ in export.skipped] == ["notes.txt"]
    simple = "{plate}_{well}.tif"
    assert listed(source, pattern=simple) == [("x", 1), ("y", 2)]
    with pytest.raises(SourceError, match="holds 2 plates"):
        read_export(source, pattern=simple)


IMAGES = {
    "imagexpress": "TimePoint_1/P_A01_s1_w1.TIF",
    "phenix": "Images/r01c01f01p01-ch1sk1fk1fl1.tiff",
    "cellvoyager": "P_A01_T0001F001L01A01Z01C01.tif",
    "incell": "C - 03(fld 01 wv UV - DAPI).tif",
    "cellinsight": "MFGTMP_1410_A01f00d0.C01",
    "leica": "W0021--B9--e/P000--B9--e/r--B9--e--W0021--P000--T0000--Z000--C00.ome.tif",
    "czi": "plate.czi",
    "loaddata": "load_data.csv",
    "scanr": "data/A1--W00001--P00001--Z00000--T00000--DAPI.tif",
}
"""An image as each family names it, in the folders that it puts images into."""


@pytest.mark.parametrize(
    "microscope", [m for m in microscopes() if not m.source], ids=lambda m: m.preset
)
def test_folders_of_every_family_are_plates_that_can_be_chosen(microscope, tmp_path):
    name = IMAGES[microscope.preset]
    source = folder_of(tmp_path, f"a/{name}", f"b/{name}", "notes.txt")
    listing = plates_of(source)
    assert {(plate.preset, plate.images) for plate in listing} == {
        (microscope.preset, 1)
    }
    plates = by_plate(source.files, microscope.plates(source.files))
    chosen = [choose_plate(plates, plate.name, source.name) for plate in listing]
    assert [[file.name for file in plate.images] for plate in chosen] == [
        [f"a/{name}"],
        [f"b/{name}"],
    ]
    with pytest.raises(SourceError, match="holds 2 plates"):
        read_export(source)


def test_a_source_whose_files_are_of_no_plate_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no export that is known"):
        plates_of(folder_of(tmp_path, "notes.txt"))


def test_listing_plates_opens_no_file(tmp_path, monkeypatch):
    folder_of(tmp_path, "P_A01_s1_w1.TIF", P__HTD=b"damaged")
    source = open_source(tmp_path)
    monkeypatch.setattr(type(source), "opener", None)
    assert listed(source) == [("P", 1)]


def test_folders_that_a_pattern_joins_are_told(tmp_path):
    source = folder_of(tmp_path, "a/A01.tif", "b/B01.tif")
    export = read_export(source, pattern="{well}.tif")
    assert "Files of 2 folders were taken as one plate: 'a', 'b'" in export.notes[0]
    assert listed(source, pattern="{plate}/{well}.tif") == [("a", 1), ("b", 1)]
    assert read_export(source, pattern="{plate}/{well}.tif", plate="b").notes[1:] == ()


def test_images_of_a_family_that_tells_no_plates_apart_are_counted(
    tmp_path, monkeypatch
):
    family = Microscope(
        preset="own",
        maker="Own",
        matches=lambda file: file.base.endswith(".own"),
        read=lambda *_, **__: None,
    )
    monkeypatch.setattr(registry, "_registered", lambda: ((family,), ()))
    source = folder_of(tmp_path, "1.own", "2.own", "notes.txt")
    assert listed(source) == [(tmp_path.name, 2)]
