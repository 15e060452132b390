"""Names of people, logins and passwords in an export never come into a plate."""

from __future__ import annotations

import pytest

from hcs.ingest.importing import import_plate
from hcs.ingest.microscopes.registry import OF_PATTERNS, presets
from tests import cellvoyager, incell
from tests.czi import Scene, write_czi
from tests.exports import write_blanks

SECRETS = ("Ada Operator", "s3cret", "ada-pc")


def cellvoyager_export(folder):
    name = cellvoyager.name_of("B02", 1, 1)
    cellvoyager.write_list(folder, [cellvoyager.record(name)])
    cellvoyager.write_detail(folder)
    cellvoyager.blanks(folder, [name])


def incell_export(folder):
    name = "B - 02(fld 1 wv UV - DAPI).tif"
    incell.write_stack(folder, [incell.image(name)])
    incell.blanks(folder, [name])


def scanr_export(folder):
    name = "B2--W00014--P00001--Z00000--T00000--DAPI.tif"
    write_blanks(folder, [name], (32, 40))
    (folder / "metadata.ome.xml").write_text(
        "<OME><Experimenter FirstName='Ada Operator' UserName='s3cret'/><Image "
        "Name='Well 14, Position 1 (B2)'><Pixels><Channel Name='DAPI'/><TiffData>"
        f"<UUID FileName='{name}'/></TiffData></Pixels></Image></OME>"
    )


def imagexpress_export(folder):
    write_blanks(folder, ["plate_B02_s1_w1.TIF"], (32, 40))
    (folder / "plate.HTD").write_text(
        '"HTSInfoFile", Version 1.0\n"XWells", 12\n"YWells", 8\n'
        '"UserName", "Ada Operator"\n"Password", "s3cret"\n'
    )


def phenix_export(folder):
    write_blanks(folder, ["r02c02f01p01-ch1sk1fk1fl1.tiff"], (32, 40))
    (folder / "Index.idx.xml").write_text(
        "<EvaluationInputData><User>Ada Operator</User><InstrumentType>ada-pc"
        "</InstrumentType><Plates><Plate><Name>p</Name><PlateRows>8</PlateRows>"
        "<PlateColumns>12</PlateColumns><User>Ada Operator</User></Plate></Plates>"
        "<Images><Image><URL>r02c02f01p01-ch1sk1fk1fl1.tiff</URL></Image></Images>"
        "</EvaluationInputData>"
    )


def loaddata_export(folder):
    write_blanks(folder, ["one.tif"], (32, 40))
    (folder / "load_data.csv").write_text(
        "FileName_OrigDNA,PathName_OrigDNA,Metadata_Plate,Metadata_Well,Metadata_User\n"
        "one.tif,/home/ada-pc/s3cret,BR1,B02,Ada Operator\n"
    )


def czi_export(folder):
    write_czi(folder / "plate.czi", [Scene(name="P1", array="B2")])


EXPORTS = {
    "cellvoyager": cellvoyager_export,
    "czi": czi_export,
    "imagexpress": imagexpress_export,
    "incell": incell_export,
    "loaddata": loaddata_export,
    "phenix": phenix_export,
    "scanr": scanr_export,
}


NAMES_ALONE = {"cellinsight", "leica"}
"""Families of which no description is read."""


def test_every_family_is_tried():
    families = {*presets()} - {"auto", *OF_PATTERNS}
    assert set(EXPORTS) | NAMES_ALONE == families


@pytest.mark.parametrize("preset", EXPORTS)
def test_no_byte_of_a_plate_names_who_acquired_it(tmp_path, preset):
    folder = tmp_path / "run"
    folder.mkdir()
    EXPORTS[preset](folder)
    planted = b"".join(path.read_bytes() for path in folder.iterdir())
    assert any(secret.encode() in planted for secret in SECRETS)
    report = import_plate(folder, tmp_path / "p.zarr")
    assert report.preset == preset
    assert len(report.plan.export.documents) >= 1
    files = [path for path in (tmp_path / "p.zarr").rglob("*") if path.is_file()]
    for path in files:
        data = path.read_bytes()
        assert not [secret for secret in SECRETS if secret.encode() in data], path
    assert not [secret for secret in SECRETS if secret in str(report.as_dict())]
