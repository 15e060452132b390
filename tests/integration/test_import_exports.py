"""Every set of `shared/data/exports`, looked through as its README says it is right.

A row is a set. Where only metadata is at hand, `images` writes blank TIFFs by the names
that the metadata gives.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hcs
from hcs.errors import SourceError
from hcs.ingest.importing import import_plate
from hcs.ingest.plate.provenance import DONE, annotations_of, plate_of
from hcs.layout import parse_well
from hcs.ngff.envelope import extension
from tests.exports import (
    names_in_index,
    names_in_list,
    names_in_stack,
    names_in_table,
    plant_name,
    writable_copy,
    write_blanks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Um = tuple[float, float]
"""Micrometres along y and x."""


@dataclass(frozen=True, kw_only=True)
class ExportSet:
    """A set, and what importing it by `auto` yields."""

    folder: str
    """Below `exports`: what the import is pointed at."""

    images: Callable[[Path], None] = lambda folder: None
    """Writes the images that the set lacks into a copy of the folder."""

    preset: str
    plate: str
    present: str
    expected: str
    channels: tuple[str, ...]
    barcode: str | None = None
    format: str = "96"
    pixel_size: Um | None = None
    z_step: float | None = None
    centres: Mapping[tuple[str, str], Um] = field(default_factory=dict)
    """Of fields from the centre of the well, by well and the field's label."""

    files: Mapping[tuple[str, str, str, int, int], str] = field(default_factory=dict)
    """The file of a plane, by well, field's label, channel, z and t (from 0)."""

    clips: tuple[int, ...] | None = None
    """Largest value of the camera by channel."""

    acquired: tuple[str, str] | None = None
    """First and last time, where the set lists them."""

    notes: tuple[str, ...] = ()
    """Parts of what the report says."""


def listed_images(folder: Path, name: str = "MeasurementData.mlf") -> None:
    """Write the images that a list of a CellVoyager names, and leave no other list."""
    write_blanks(folder, names_in_list(folder / name), (64, 64))
    for other in folder.glob("*.mlf"):
        if other.name != name:
            other.unlink()


def unpack(folder: Path) -> None:
    """Put the members of a folder's archives in their place."""
    for archive in folder.glob("*.zip"):
        with zipfile.ZipFile(archive) as members:
            members.extractall(folder)
        archive.unlink()


ANOTHER_WELL = (
    "MeasurementData_SingleWell2Sites_MultiZ_another_well_name_in_plate_name.mlf"
)
CV8000 = "CV8000-Minimal-DataSet-2C-3W-4S-FP2-stack"


def planes_of_table(folder: Path) -> list[str]:
    return names_in_table(
        folder / "image_metadata_1.csv", "ImageSubFolderPath", "ImageFileName"
    )


def name_as_cellinsight_does(folder: Path) -> None:
    """Give the one image, which was renamed, a name of its microscope."""
    (folder / "iamac01file.c01").rename(folder / "MFGTMP_141029170001_A01f00d0.C01")


LEICA = "20180807_CrispR_20xd1_Dapi"

SETS = (
    ExportSet(
        folder="harmony_v5_br00121482",
        images=lambda folder: None,
        preset="phenix",
        plate="BR00121482",
        barcode="BR00121482",
        acquired=("2021-03-29T20:55:29.207+00:00", "2021-03-29T20:55:29.517+00:00"),
        format="384",
        present="1 wells x 1 fields x 2 channels x 1 z x 1 t: 2 planes",
        expected="1 wells x 1 fields x 6 channels x 1 z x 1 t: 6 planes",
        channels=("488 long", "HOECHST 33342"),
        pixel_size=(0.597976, 0.597976),
        files={
            ("A01", "f01", "488 long", 0, 0): "images/r01c01f01p01-ch3sk1fk1fl1.tiff"
        },
        notes=("every well: channel Brightfield",),
    ),
    ExportSet(
        folder="harmony_conditions_meta/1w1p1c1z1t",
        images=lambda folder: write_blanks(
            folder / "Images", names_in_index(folder / "Images/Index.idx.xml"), (64, 64)
        ),
        preset="phenix",
        plate="2025-11-13-SingleWell-SingleFOV-SingleChannel",
        barcode="2025-11-13-SingleWell-SingleFOV-SingleChannel",
        acquired=("2025-11-13T10:05:27.753+00:00", "2025-11-13T10:05:27.753+00:00"),
        format="384",
        present="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        expected="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        channels=("Fluorescein (FITC)",),
        pixel_size=(0.597976, 0.597976),
        centres={("C11", "f01"): (-645.814, -645.814)},
    ),
    ExportSet(
        folder="leica_matrix_zero_based/ALMF-EMBL-ZeroBased-P2-S4-C2-T1",
        preset="leica",
        plate=LEICA,
        present="2 wells x 1 fields x 2 channels x 1 z x 1 t: 3 planes",
        expected="2 wells x 1 fields x 2 channels x 1 z x 1 t: 4 planes",
        channels=("C00", "C01"),
        files={
            ("C3", "P000", "C00", 0, 0): (
                "W0027--C3--empty/P000--C3--empty/"
                f"{LEICA}--C3--empty--W0027--P000--T0000--Z000--C00.ome.tif"
            )
        },
        clips=(16_383, 16_383),
        notes=(
            "Gaps        1",
            "C03 field P000 channel C01",
            "saturates at 16,383: 2 of 3 images",
        ),
    ),
    ExportSet(
        folder="cellomics_c01",
        images=name_as_cellinsight_does,
        preset="cellinsight",
        plate="MFGTMP_141029170001",
        present="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        expected="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        channels=("d0",),
        # 775,193 pixels a metre stand in the image's own header.
        pixel_size=(1.29, 1.29),
    ),
    ExportSet(
        folder="cv8000_minimal_stack",
        preset="cellvoyager",
        plate=CV8000,
        acquired=("2023-09-18T11:58:44.438+00:00", "2023-09-18T11:59:14.914+00:00"),
        present="3 wells x 4 fields x 2 channels x 4 z x 1 t: 96 planes",
        expected="3 wells x 4 fields x 2 channels x 4 z x 1 t: 96 planes",
        channels=("405", "488"),
        pixel_size=(0.325, 0.325),
        z_step=3,
        # As the README has them (x, y up): (-567.1, 402.9) and (82.8, -247.0).
        centres={
            ("D08", "F001"): (-402.9, -567.1),
            ("E03", "F004"): (247.0, 82.8),
        },
        files={
            ("E03", "F002", "488", 2, 0): (
                f"{CV8000}_20230918_135839/{CV8000}/"
                f"{CV8000}_E03_T0001F002L01A02Z03C02.tif"
            )
        },
        notes=(
            "405 (445 nm), 488 (525 nm)",
            "4 channels, of which 2 were not taken: '561', '640'",
            "and 5 more: is a correction image of the microscope",
        ),
    ),
    ExportSet(
        folder="cv7000_z_projection_meta/CV7000_z_processed",
        images=listed_images,
        preset="cellvoyager",
        plate="AssayPlate_Cellvis_#384-1.5H-N",
        acquired=("2025-02-27T14:05:19.219+00:00", "2025-02-27T14:08:32.253+00:00"),
        present="5 wells x 9 fields x 3 channels x 1 z x 1 t: 135 planes",
        # The protocol names 24 wells; the list was cut.
        expected="24 wells x 9 fields x 3 channels x 1 z x 1 t: 648 planes",
        channels=("405", "561", "640"),
        format="384",
        pixel_size=(0.1083333, 0.1083333),
        centres={
            ("C03", "F001"): (-625, -625),
            ("E03", "F005"): (0, 0),
            ("E03", "F009"): (625, 625),
        },
        files={
            ("C03", "F001", "405", 0, 0): (
                "AssayPlate_Cellvis_#384-1.5H-N_C03_T0001F001L01A03Z01C01.tif"
            )
        },
        notes=("along z a projection: maximum of 3 planes, 1 µm apart",),
    ),
    ExportSet(
        folder="cv7000_fractal_png/png",
        preset="cellvoyager",
        plate="20200812-CardiomyocyteDifferentiation14-Cycle1",
        acquired=("2020-08-12T15:36:36.234+00:00", "2020-08-12T15:36:46.322+00:00"),
        present="1 wells x 2 fields x 1 channels x 2 z x 1 t: 4 planes",
        expected="1 wells x 72 fields x 1 channels x 42 z x 5 t: 15120 planes",
        channels=("C01",),
        pixel_size=(0.1625, 0.1625),
        z_step=1,
        centres={
            ("B03", "F001"): (-1517.7, -1448.3),
            ("B03", "F002"): (-1517.7, -1032.3),
        },
        files={("B03", "F002", "C01", 1, 0): "myplate_B03_T0002F002L01A01Z02C01.png"},
    ),
    ExportSet(
        folder="cv7000_fractal_png/metadata_files",
        images=lambda folder: listed_images(folder, ANOTHER_WELL),
        preset="cellvoyager",
        plate="20200812-CardiomyocyteDifferentiation14-Cycle1",
        acquired=("2020-08-12T15:36:36.234+00:00", "2020-08-12T15:36:46.322+00:00"),
        present="3 wells x 4 fields x 1 channels x 2 z x 1 t: 16 planes",
        expected="3 wells x 72 fields x 1 channels x 42 z x 5 t: 45360 planes",
        channels=("C01",),
        pixel_size=(0.1625, 0.1625),
        z_step=1,
        centres={("D04", "F004"): (-1517.7, 30032.3)},
        files={
            ("C03", "F001", "C01", 0, 0): "myplate_B03_C03_T0002F001L01A01Z01C01.tif"
        },
    ),
    ExportSet(
        folder="cq3000_mip_meta/2w1p1c1z1t_mip",
        images=listed_images,
        preset="cellvoyager",
        plate="20251020T100401_BVC_Channel_WellTestC5F9_MIP_Only",
        acquired=("2025-10-20T08:04:04.336+00:00", "2025-10-20T08:04:07.786+00:00"),
        present="2 wells x 1 fields x 1 channels x 1 z x 1 t: 2 planes",
        expected="2 wells x 1 fields x 1 channels x 1 z x 1 t: 2 planes",
        channels=("C1",),
        pixel_size=(0.324222, 0.324222),
        centres={("C05", "F0001"): (1303.2, -1460.8)},
        files={("F09", "F0001", "C1", 0, 0): "Projection/W0069F0001T0001Z000C1.tif"},
        notes=("along z a projection: maximum over 200 µm",),
    ),
    ExportSet(
        folder="scanr_embl_a1_b2",
        images=unpack,
        preset="scanr",
        plate="SCANR-C2-S1-T1",
        present="2 wells x 1 fields x 2 channels x 1 z x 1 t: 4 planes",
        expected="2 wells x 1 fields x 2 channels x 1 z x 1 t: 4 planes",
        channels=("GFP", "mcherry"),
        clips=(36_863, 36_863),
        files={
            ("B2", "P00001", "GFP", 0, 0): (
                "SCANR-C2-S1-T1/B2--W00014--P00001--Z00000--T00000--GFP.tif"
            )
        },
        notes=("saturates at 36,863, which 2 of them reach",),
    ),
    ExportSet(
        folder="scanr_evident_omexml_meta/1w1p1c1z1t",
        images=lambda folder: write_blanks(
            folder / "data",
            ["B2--W00014--P00001--Z00000--T00000--405 nm #1.tif"],
            (64, 64),
        ),
        preset="scanr",
        plate="1w1p1c1z1t",
        present="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        expected="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        channels=("405 nm #1",),
        pixel_size=(0.325, 0.325),
        files={
            ("B2", "P00001", "405 nm #1", 0, 0): (
                "data/B2--W00014--P00001--Z00000--T00000--405 nm #1.tif"
            )
        },
    ),
    ExportSet(
        folder="hcsai_jdce_zt_meta/experiment_z_stack",
        images=lambda folder: write_blanks(
            folder, planes_of_table(folder), (2304, 2304)
        ),
        preset="imagexpress",
        plate="3500009044",
        barcode="3500009044",
        present="2 wells x 2 fields x 2 channels x 3 z x 2 t: 48 planes",
        expected="2 wells x 2 fields x 2 channels x 11 z x 9 t: 792 planes",
        channels=("TL", "FITC"),
        pixel_size=(0.5817, 0.5817),
        z_step=3.0,
        centres={
            ("B07", "s0"): (-603.11, -603.11),
            ("B08", "s1"): (603.11, -603.11),
        },
        files={
            ("B08", "s1", "FITC", 2, 1): (
                "timepoint1/Wellscan_96well_TL_488_t1_B08_s1_w1_z2.tif"
            ),
        },
        acquired=("2026-08-04T17:31:10.188+00:00", "2026-08-04T23:35:51.614+00:00"),
        notes=(
            "Gaps        15",
            "every well: z z3",
            "every well: t t5",
            "Planes of FITC lie 6.8 µm above those of TL",
            "interval 216",
        ),
    ),
    ExportSet(
        folder="hcsai_jdce_1w_meta/experiment",
        images=lambda folder: write_blanks(folder, planes_of_table(folder), (576, 576)),
        preset="imagexpress",
        plate="1w1s1t1c1z_binning4x4 2026-03-02, 13:57:52",
        present="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        expected="1 wells x 1 fields x 1 channels x 1 z x 1 t: 1 planes",
        channels=("DAPI",),
        pixel_size=(1.294, 1.294),
        centres={("C05", "s0"): (745.34, -372.67)},
        acquired=("2026-03-02T12:57:52.450+00:00", "2026-03-02T12:57:52.450+00:00"),
        notes=("Gaps        none", "DAPI (440 nm)"),
    ),
    ExportSet(
        folder="incell6000_xdce_meta/cycle_0",
        images=lambda folder: write_blanks(
            folder, names_in_stack(folder / "test_data.xdce"), (64, 64)
        ),
        preset="incell",
        plate="test_plate",
        barcode="test_plate",
        acquired=("2024-01-24T11:05:34.332+00:00", "2024-01-24T11:06:03.919+00:00"),
        present="2 wells x 2 fields x 4 channels x 1 z x 1 t: 16 planes",
        # 360 of 384 wells are excluded.
        expected="24 wells x 16 fields x 4 channels x 1 z x 1 t: 1536 planes",
        channels=("UV - DAPI", "Blue - FITC", "Green - dsRed", "Red - Cy5"),
        format="384",
        pixel_size=(0.1625, 0.1625),
        centres={
            ("C03", "fld 01"): (-1295.458, -1248.487),
            ("D03", "fld 02"): (-1295.458, -915.687),
        },
        files={("D03", "fld 02", "Red - Cy5", 0, 0): "D - 03(fld 02 wv Red - Cy5).tif"},
        notes=(
            "declares 1,536 images and lists 16",
            "along z a projection: maximum of 13 planes, 1.3 µm apart",
            "UV - DAPI (455 nm), Blue - FITC (525 nm), Green - dsRed (605 nm), "
            "Red - Cy5 (706 nm)",
        ),
    ),
    ExportSet(
        folder="harmony_v7_meta/images",
        images=lambda folder: write_blanks(
            folder, names_in_index(folder / "Index.xml"), (64, 64)
        ),
        preset="phenix",
        plate="240624_WES_Perturbs_n_densities_1.1",
        barcode="240624_WES_Perturbs_n_densities_1.1",
        acquired=("2024-06-24T15:48:55.515+00:00", "2024-06-24T15:48:56.763+00:00"),
        present="1 wells x 1 fields x 7 channels x 1 z x 1 t: 7 planes",
        expected="1 wells x 1 fields x 7 channels x 1 z x 1 t: 7 planes",
        channels=(
            "Alexa 488",
            "Alexa 568",
            "Alexa 488 Em 650",
            "405ex, 570-630-em)",
            "Alexa 647",
            "HOECHST 33342",
            "Brightfield",
        ),
        clips=(65535,) * 7,
        pixel_size=(0.296688, 0.296688),
    ),
)


def copy_of(case: ExportSet, shared_data: Path, tmp_path: Path) -> Path:
    """Return a copy of a set with the images that it lacks."""
    source = writable_copy(
        shared_data / "exports" / case.folder,
        tmp_path / case.folder.rpartition("/")[2],
    )
    case.images(source)
    return source


@pytest.mark.parametrize("case", SETS, ids=lambda case: case.folder)
def test_a_set_is_understood_as_its_readme_says(case, shared_data, tmp_path):
    source = copy_of(case, shared_data, tmp_path)
    report = import_plate(source, dry_run=True)
    plan = report.plan
    assert (report.preset, plan.export.plate) == (case.preset, case.plate)
    assert (str(report.found), str(report.expected)) == (case.present, case.expected)
    assert report.channel_names == case.channels
    assert plan.format.name == case.format
    assert plan.traits.pixel_size == (
        case.pixel_size and pytest.approx(case.pixel_size, rel=1e-4)
    )
    assert plan.traits.z_step == (case.z_step and pytest.approx(case.z_step, rel=1e-2))
    labels = [part.label for part in plan.grid.fields]
    for (well, label), centre in case.centres.items():
        key = parse_well(well), labels.index(label)
        assert plan.traits.centres[key] == pytest.approx(centre, abs=0.1)
    for (well, label, channel, z, t), name in case.files.items():
        c = report.channel_names.index(channel)
        planes = plan.grid.planes[parse_well(well), labels.index(label)]
        assert planes[t, c, z].file == name
    if case.clips is not None:
        assert tuple(note.clip for note in plan.traits.channels) == case.clips
    assert plan.export.barcode == case.barcode
    assert plan.traits.acquired == case.acquired
    for text in case.notes:
        assert text in str(report)
    listed = {*report.used, *(name for name, _ in report.skipped)}
    assert listed == {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file()
    }


NAMING_PERSONS = ("hcsai", "harmony", "cv7000", "cv8000", "cq3000", "incell")
"""How folders of sets begin whose descriptions name an operator or a login."""


@pytest.mark.parametrize(
    "case",
    [case for case in SETS if case.folder.startswith(NAMING_PERSONS)],
    ids=lambda case: case.folder,
)
def test_what_is_kept_of_a_set_names_no_person(case, shared_data, tmp_path):
    source = copy_of(case, shared_data, tmp_path)
    assert plant_name(source, b"jane.planted")
    report = import_plate(source, dry_run=True)
    texts = [
        str(report),
        json.dumps(report.as_dict()),
        json.dumps(annotations_of(report, DONE)),
        repr(plate_of(report.plan, report.plan.export.plate)),
    ]
    assert not [text for text in texts if "planted" in text]


def test_an_import_copies_no_names_or_passwords_of_persons(shared_data, tmp_path):
    source = writable_copy(
        shared_data / "exports" / "hcsai_jdce_1w_meta" / "experiment",
        tmp_path / "export",
    )
    write_blanks(source, planes_of_table(source), (32, 32))
    document = source / "1w1s1t1c1z_binning4x4.jdce"
    text = document.read_text("utf-8")
    assert text.count('"operator"') == 2
    text = text.replace('"operator"', '"jane.secretname"').replace(
        '"Operator": {', '"Operator": {"Password": "hunter2secret", '
    )
    document.write_text(text, "utf-8")
    report = import_plate(source, tmp_path / "plate.ome.zarr")
    written = [
        report_text.encode()
        for report_text in (str(report), json.dumps(report.as_dict()))
    ]
    written += [
        path.read_bytes()
        for path in (tmp_path / "plate.ome.zarr").rglob("*")
        if path.is_file()
    ]
    assert len(written) > 3
    for planted in (b"secretname", b"hunter2secret"):
        assert not [data for data in written if planted in data]


def test_the_barcode_and_the_end_of_acquisition_stand_in_the_plate(
    shared_data, tmp_path
):
    source = writable_copy(
        shared_data / "exports" / "hcsai_jdce_1w_meta" / "experiment",
        tmp_path / "export",
    )
    write_blanks(source, planes_of_table(source), (32, 32))
    document = source / "1w1s1t1c1z_binning4x4.jdce"
    text = document.read_text("utf-8")
    document.write_text(
        text.replace('"Barcode": ""', '"Barcode": "BC-1"').replace(
            '"CollectionComplete": true', '"CollectionComplete": false'
        ),
        "utf-8",
    )
    plate_map = b"Barcode,Well,Drug\nBC-0,C05,no\nBC-1,C05,yes\n"
    report = import_plate(source, tmp_path / "plate.ome.zarr", plate_map=plate_map)
    assert report.plan.plate_map.wells == {(2, 4): ("BC-1", "yes")}
    assert "Barcode     BC-1" in str(report)
    assert "its acquisition has not ended" in str(report)
    with hcs.from_hcs_zarr(tmp_path / "plate.ome.zarr") as plate:
        record = extension(plate.attributes)["import"]
        assert plate.barcode == "BC-1"
    assert (record["barcode"], record["complete"]) == ("BC-1", False)


def test_every_folder_of_real_data_is_imported_or_refused_in_words(shared_data):
    folders = [
        path
        for parent in (shared_data, shared_data / "exports")
        for path in sorted(parent.iterdir())
        if path.is_dir() and path.name != "exports"
    ]
    plates = {}
    refusals = {}
    for folder in folders:
        try:
            plates[folder.name] = import_plate(folder, dry_run=True).found.planes
        except SourceError as error:
            refusals[folder.name] = str(error)
    assert len(plates) + len(refusals) == len(folders) > 40
    assert plates["cv8000_minimal_stack"] == 96
    assert plates["leica_matrix_zero_based"] == 3
    assert plates["cv7000_fractal_png"] == 4
    assert all(
        text.startswith(name) and "\n" not in text for name, text in refusals.items()
    )
    assert (
        "A .jdce file is there, as in an export of ImageXpress, but not its images"
        in (refusals["hcsai_jdce_zt_meta"])
    )
    assert (
        "ExampleSBSImages_tif.zip is an archive" in refusals["sbs_translocation_96well"]
    )
