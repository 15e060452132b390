"""Published tables of other programs, each with what a right reading of it is."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hcs import read_plate_map
from hcs.errors import SourceError
from hcs.qc import propose_mapping, read_measurements

if TYPE_CHECKING:
    from pathlib import Path

CP = "cellprofiler_tables_csv"
RUN = f"{CP}/data_a/1"
JUMP = "jump_platemaps_compound/JUMP-Target-1_compound"


@pytest.fixture
def exports(shared_data: Path) -> Path:
    """Return the folder of published exports."""
    return shared_data / "exports"


@pytest.mark.parametrize(
    ("names", "rows", "columns", "some"),
    [
        pytest.param(
            [f"{RUN}/image.csv", f"{RUN}/Cells.csv", f"{RUN}/Nuclei.csv"],
            4, 802, "Nuclei_AreaShape_Area", id="cellprofiler",
        ),
        pytest.param(
            [f"{RUN}/image.csv", f"{RUN}/object.csv"],
            4, 1077, "Cells_AreaShape_Area", id="cellprofiler-two-headers",
        ),
        pytest.param(
            ["cellprofiler_sqlite/Cell-Health/test-SQ00014613.sqlite"],
            2, 2389, "Nuclei_count", id="cellprofiler-sqlite",
        ),
        pytest.param(
            ["loaddata_jump/test_BR00126114.sqlite"],
            2, 5, "Nuclei_count", id="pycytominer-sqlite",
        ),
        pytest.param(
            ["incarta_tables_csv/*/*Day0*.csv"],
            48, 146, "objects_count", id="in-carta",
        ),
        pytest.param(
            ["cytotable_parquet_br00143976/*/*.parquet"],
            1, 3004, "objects_count", id="cytotable",
        ),
    ],
)  # fmt: skip
def test_measurements_are_joined_to_wells(exports, names, rows, columns, some):
    files = [next(exports.glob(name)) for name in names]
    table = read_measurements(files, format=384)
    assert (len(table.rows), len(table.columns)) == (rows, columns)
    assert some in {column.name for column in table.columns}


def test_a_run_of_cellprofiler_counts_its_objects(exports):
    path = exports / "cellprofiler_sqlite/Cell-Health/test-SQ00014613.sqlite"
    table = read_measurements(path, format=384)
    wells = {
        (well, site): row["Cells_count"] for (well, site), row in table.rows.items()
    }
    assert wells.keys() == {((0, 0), "2"), ((14, 17), "9")}
    assert sum(wells.values()) == 12


def test_mihcsme_gives_the_map_of_each_plate(exports):
    path = exports / "mihcsme_xlsx/test_MIHCSME.xlsx"
    for plate in ("plate1_1_013", "plate1_2_006"):
        plate_map = read_plate_map(path, format=96, plate=plate)
        assert (len(plate_map.wells), len(plate_map.columns)) == (96, 20)
        mapping = propose_mapping(
            {
                well: dict(zip(plate_map.columns, values, strict=True))
                for well, values in plate_map.wells.items()
            }
        )
        assert mapping.role == "Control Type"
        assert set(mapping.values.values()) == {"positive", "negative"}
    with pytest.raises(SourceError, match="is of 2 plates"):
        read_plate_map(path, format=96)


def test_a_map_of_jump_gets_its_roles_from_the_second_table(exports):
    plate_map = read_plate_map(
        [exports / f"{JUMP}_platemap.tsv", exports / f"{JUMP}_metadata.tsv"], format=384
    )
    roles = Counter(plate_map.column("control_type").values())
    assert roles["negcon"] == 64
    assert len(plate_map.wells) == 384
    conditions = {
        well: dict(zip(plate_map.columns, values, strict=True))
        for well, values in plate_map.wells.items()
    }
    mapping = propose_mapping(conditions)
    assert (mapping.role, mapping.compound) == ("control_type", "pert_iname")
    assert mapping.values["poscon_cp"] == "positive"


def test_layouts_of_harmony_tools_are_read_and_conflicts_named(exports):
    folder = exports / "harmony_conditions_meta"
    for name in ("drug_layout.csv", "drug_layout_utf8-dom.csv"):
        plate_map = read_plate_map(folder / "operetta-compose" / name, format=384)
        assert list(plate_map.wells) in ([(2, 2)], [(1, 2)])
    conditions = read_plate_map(folder / "1w1p1c1z1t/condition_table.csv", format=384)
    assert [problem.kind for problem in conditions.problems] == ["conflict"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (f"{CP}/ExampleHuman/Nuclei.csv", "Give the table of images with it"),
        (f"{CP}/ExampleHuman/Image.csv", "no column names wells"),
        ("mihcsme_xlsx/LEI-MIHCSME.xlsx", "sheet AssayConditions has a header for"),
        ("deepprofiler_npz/Week1_22123/Week1_22123_B02_s1.npz", "pickles that are"),
    ],
)
def test_what_names_no_wells_is_refused_in_words(exports, name, message):
    with pytest.raises(SourceError, match=message):
        read_measurements(exports / name, format=384)


def test_no_table_is_changed_by_being_read(exports, tmp_path):
    path = exports / "cellprofiler_sqlite/Cell-Health/test-SQ00014613.sqlite"
    copy = shutil.copy(path, tmp_path)
    read_measurements(copy, format=384)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()
