"""A plate whose document lists rows and columns in any order, and only some of them.

Two plates hold the same; the document of one lists its lines unsorted. People see no
difference, and what documents and programs say by index stays as it is.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dashboard.exports.tables import PlateTables
from dashboard.plates.values import ChannelSetting
from dashboard.projects.plate_maps import as_csv
from hcs import HCSPlateWriter, from_hcs_zarr
from hcs.cli import main
from tests import plates
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.service import Service

ROWS, COLUMNS = 7, 10
SORTED, UNSORTED = "sorted.zarr", "unsorted.zarr"
ROW_NAMES = list("ABCDEFG")
COLUMN_NAMES = [str(number) for number in range(1, COLUMNS + 1)]
LISTED_ROWS = list("GBADCFE")
LISTED_COLUMNS = ["10", "1", "9", "2", "8", "3", "7", "4", "6", "5"]
MEAN = "mean.0"
MEAN_COLUMN = "ImageQuality_Mean_DNA"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plates")
    plates.make(
        folder / SORTED,
        rows=ROWS,
        columns=COLUMNS,
        channels=1,
        shape=(8, 8),
        annotations={
            "conditions": {
                "columns": ["drug"],
                "wells": {f"{row}/1": [f"of {row}"] for row in ROW_NAMES},
            }
        },
    )
    shutil.copytree(folder / SORTED, folder / UNSORTED)
    plates.relist(folder / UNSORTED, LISTED_ROWS, LISTED_COLUMNS)
    for gone in ("C/10", "B/2"):
        for name in (SORTED, UNSORTED):
            shutil.rmtree(folder / name / gone)
    return folder


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("work"), folder) as made:
        for key in (SORTED, UNSORTED):
            surveyed(made, key)
            made.quality.measure(key)
        yield made


def test_the_page_shows_lines_and_wells_in_their_order(made: Service) -> None:
    first, second = (made.plates.overview(key) for key in (SORTED, UNSORTED))
    assert second.rows == tuple(ROW_NAMES)
    assert second.columns == tuple(COLUMN_NAMES)
    seen = [
        [replace(well, error=None) for well in overview.wells]
        for overview in (first, second)
    ]
    assert seen[1] == seen[0]
    assert second.banner == first.banner
    assert as_csv(second) == as_csv(first)
    assert second.digest != first.digest, "a kept picture of the old order would show"


def test_the_picture_of_the_plate_is_the_same(made: Service) -> None:
    channels = (ChannelSetting(index=0, color="FFFFFF", low=0, high=60000),)
    first, second = (
        made.sprites.of_plate(key, made.plates.overview(key).digest, 8, channels)
        for key in (SORTED, UNSORTED)
    )
    assert second.data == first.data


def test_statistics_follow_the_plate_and_not_the_document(made: Service) -> None:
    first, second = (made.quality.statistics(key, MEAN) for key in (SORTED, UNSORTED))
    effects = {effect.title: effect for effect in first.positions.effects}
    assert effects["drift along rows"].material
    assert second.positions == first.positions
    assert second.b_score == first.b_score
    assert second.assumed == "96-well plate (A01 to H12)"


def test_tables_list_wells_in_order_with_the_documents_indices(made: Service) -> None:
    first, second = (
        [
            row
            for table in (
                PlateTables(made, key).wells(),
                PlateTables(made, key).fields(),
            )
            for row in table.records()
        ]
        for key in (SORTED, UNSORTED)
    )
    names = ("Metadata_Well", "Metadata_Row", "Metadata_Column", MEAN_COLUMN)
    assert [[row.get(name) for name in names] for row in second] == [
        [row.get(name) for name in names] for row in first
    ]
    for row in second:
        assert row["Metadata_RowIndex"] == LISTED_ROWS.index(str(row["Metadata_Row"]))
        assert row["Metadata_ColumnIndex"] == LISTED_COLUMNS.index(
            str(row["Metadata_Column"])
        )


def test_the_library_keeps_the_documents_indices(folder: Path) -> None:
    with from_hcs_zarr(folder / UNSORTED) as plate:
        assert [row.name for row in plate.rows] == LISTED_ROWS
        well = plate.get_well_by_indices(0, 0)
        assert well is not None
        assert (well.path, well.row_index, well.column_index) == ("G/10", 0, 0)
        assert next(iter(plate)).path == "G/10"


def test_a_correction_writes_no_other_order(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    shutil.copytree(folder / UNSORTED, path)
    before = json.loads((path / "zarr.json").read_text())
    with from_hcs_zarr(path) as plate:
        metadata = replace(plate.metadata)
    with HCSPlateWriter(path, metadata, overwrite=False) as writer:
        writer.write_well_image(
            plates.multiscales(3, 4, 0, channels=1, shape=(8, 8)), "D", "5"
        )
    after = json.loads((path / "zarr.json").read_text())
    assert after["attributes"]["ome"]["plate"] == before["attributes"]["ome"]["plate"]


def test_info_lists_wells_in_order_and_says_what_is_assumed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(folder / UNSORTED)]) == 0
    out = capsys.readouterr().out
    assert "7 rows x 10 columns (assumed to be of a plate of 96 wells)" in out
    assert "2 missing: B02, C10" in out
    main(["info", str(folder / UNSORTED), "--json"])
    content = json.loads(capsys.readouterr().out)
    assert (content["format"], content["format_assumed"]) == ("96 wells", True)
    assert (content["rows"], content["columns"]) == (7, 10)


def test_measurements_are_written_in_order(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wells = []
    for name in (SORTED, UNSORTED):
        target = tmp_path / f"{name}.csv"
        main(["measure", str(folder / name), "-o", str(target), "--metrics", "mean"])
        capsys.readouterr()
        rows = csv.DictReader(io.StringIO(target.read_text()))
        wells.append([row["Metadata_Well"] for row in rows])
    assert wells[0] == wells[1]
    assert wells[0][:3] == ["A01", "A02", "A03"]
