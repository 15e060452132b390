"""Exports that a LoadData table of CellProfiler lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from hcs.errors import SourceError
from hcs.ingest import open_source, plates_of
from hcs.ingest.importing import import_plate

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "exports"

HEADER = (
    "FileName_OrigDNA,PathName_OrigDNA,FileName_OrigER,PathName_OrigER,"
    "FileName_IllumDNA,PathName_IllumDNA,Metadata_Plate,Metadata_Well,Metadata_Site"
)
FOREIGN = "D:\\images\\BR1\\Images"


def line(well: str, site: int, plate: str = "BR1", folder: str = FOREIGN) -> str:
    stem = f"{well}x{site}"
    return (
        f"{stem}a.tiff,{folder},{stem}b.tiff,{folder},DNA.npy,/illum,"
        f"{plate},{well},{site}"
    )


def source_of(tmp_path: Path, lines: Sequence[str], *names: str) -> Path:
    """Return a folder with a list, and images of the names given."""
    folder = tmp_path / "s"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, np.zeros((8, 8), "u2"))
    folder.mkdir(exist_ok=True)
    (folder / "load_data.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    return folder


def planned(source: Path, **arguments: Any) -> Any:
    return import_plate(source, dry_run=True, **arguments)


def test_a_list_with_paths_of_another_machine_places_the_files(tmp_path):
    names = [
        f"Images/{well}x{s}{c}.TIFF"
        for well in ("A01", "B02")
        for s in (1, 2)
        for c in "ab"
    ]
    lines = [line(well, site) for well in ("A01", "B02") for site in (1, 2)]
    source = source_of(tmp_path, lines, *names, "Images/overview.tif", "illum/DNA.tif")
    report = planned(source)
    assert report.preset == "loaddata"
    assert str(report.found) == "2 wells x 2 fields x 2 channels x 1 z x 1 t: 8 planes"
    assert report.channel_names == ("DNA", "ER")
    assert report.plan.export.plate == "BR1"
    assert report.plan.export.file_parts["Images/B02x2b.TIFF"].well == (1, 1)
    assert dict(report.skipped) == {
        "Images/overview.tif": "is not listed as an image of this plate",
        "illum/DNA.tif": "is not listed as an image of this plate",
    }
    assert "load_data.csv" in report.used


def test_sizes_and_wavelengths_are_those_that_all_rows_have(tmp_path):
    columns = "Metadata_ImageResolutionX,Metadata_ImageResolutionY"
    columns += ",Metadata_MainEmissionWavelength_OrigDNA"
    source = source_of(tmp_path, [], *(f"A01x1{c}.tiff" for c in "ab"), "A01x2a.tiff")

    def plan_of(*values):
        lines = [f"{line('A01', n)},{text}" for n, text in enumerate(values, 1)]
        text = "\n".join([f"{HEADER},{columns}", *lines])
        (source / "load_data.csv").write_text(text)
        return planned(source).plan

    plan = plan_of("6E-07,6E-07,456", "6E-07,6E-07,456")
    assert plan.traits.pixel_size == (0.6, 0.6)
    assert [channel.emission for channel in plan.traits.channels] == [456, None]
    assert plan_of("0.6,0.6,0", "0.6,0.6,").traits.pixel_size is None
    plan = plan_of("6E-07,6E-07,456", "3E-07,3E-07,500")
    assert plan.traits.pixel_size is None
    assert plan.traits.channels[0].emission is None


def test_images_that_are_listed_and_not_there_are_gaps(tmp_path):
    names = ["A01x1a.tiff", "A01x1b.tiff", "A01x2a.tiff"]
    lines = [line("A01", 1), line("A01", 2), line("C05", 1)]
    report = planned(source_of(tmp_path, lines, *names))
    assert [str(replace(gap, reason="")) for gap in report.gaps] == [
        "C05",
        "A01 field 2 channel ER",
    ]


def test_files_of_one_name_are_told_apart_by_the_folders_of_the_list(tmp_path):
    names = [f"{plate}/Images/A01x1{c}.tiff" for plate in ("BR1", "BR2") for c in "ab"]
    report = planned(source_of(tmp_path, [line("A01", 1)], *names))
    assert set(report.plan.grid.files) == {
        "BR1/Images/A01x1a.tiff",
        "BR1/Images/A01x1b.tiff",
    }
    other = line("A01", 1, folder="/elsewhere")
    with pytest.raises(SourceError, match="2 files could be meant"):
        planned(source_of(tmp_path, [other], *names))


def test_lists_in_two_folders_are_two_plates(tmp_path):
    for plate in ("BR1", "BR2"):
        lines = [line("A01", 1, plate)]
        names = ["Images/A01x1a.tiff", "Images/A01x1b.tiff"]
        source_of(tmp_path / plate, lines, *names)
    with open_source(tmp_path) as source:
        listing = plates_of(source)
        assert [plate.images for plate in listing] == [2, 2]
    report = planned(tmp_path, plate=listing[1].name)
    assert report.plan.export.plate == "BR2"
    assert report.found.planes == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Name,Well\na.tif,A01\n", "is no LoadData table: it needs columns FileName_"),
        (f"{HEADER}\n{line('A01', 9)}\n", "s holds none of the 2 images that"),
        (f"{HEADER}\n{line('Z0', 1)}\n", "lists a well 'Z0'"),
        (
            f"{HEADER}\n{line('A01', 1)}\n{line('A02', 1, plate='BR2')}\n",
            "lists images of 2 plates",
        ),
        (
            f"{HEADER}\n{line('A01', 1)}\n"
            + line("A01", 1).replace("A01,1", "B01,1")
            + "\n",
            "lists A01x1a.tiff twice, as A01, field 1, channel DNA and as B01",
        ),
    ],
    ids=["columns", "no-files", "well", "plates", "twice"],
)
def test_a_list_that_cannot_be_used_is_refused_in_words(tmp_path, text, message):
    names = ["A01x1a.tiff", "A01x1b.tiff", "A02x1a.tiff", "Z0x1a.tiff"]
    source = source_of(tmp_path, [], *names)
    (source / "load_data.csv").write_text(text)
    with pytest.raises(SourceError, match=message):
        planned(source, preset="loaddata")


def test_the_microscope_whose_names_the_images_have_goes_before_the_list(tmp_path):
    names = [f"r01c01f01p01-ch{c}sk1fk1fl1.tiff" for c in (1, 2)]
    assert planned(source_of(tmp_path, [], *names)).preset == "phenix"


def test_a_list_of_the_jump_consortium_is_read():
    folder = SHARED / "harmony_v5_br00121482"
    if not folder.is_dir():
        pytest.skip(f"no real exports at {SHARED}")
    report = planned(folder, preset="loaddata")
    assert report.plan.export.plate == "BR00121482"
    assert str(report.found) == "1 wells x 1 fields x 2 channels x 1 z x 1 t: 2 planes"
    assert report.expected.channels == 6
    assert report.plan.traits.pixel_size == pytest.approx(
        (0.597976, 0.597976), abs=1e-5
    )
    dna = report.plan.traits.channels[report.channel_names.index("DNA")]
    assert (dna.emission, dna.excitation) == (456, 405)


def test_a_list_in_parquet_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    folder = SHARED / "loaddata_jump"
    if not folder.is_dir():
        pytest.skip(f"no real exports at {SHARED}")
    source = tmp_path / "s"
    source.mkdir()
    name = "test_BR00126114_load_data_with_illum.parquet"
    (source / name).write_bytes((folder / name).read_bytes())
    for site in (1, 2):
        for channel in range(1, 6):
            path = source / f"r01c01f0{site}p01-ch{channel}sk1fk1fl1.tiff"
            tifffile.imwrite(path, np.zeros((8, 8), "u2"))
    report = planned(source, preset="loaddata")
    assert report.channel_names == ("AGP", "DNA", "ER", "Mito", "RNA")
    assert report.found.fields == 2
    assert report.gaps == ()
