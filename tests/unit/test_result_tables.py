"""Tables of results: names that never collide, joined plates, cells as they are."""

from __future__ import annotations

import io

import pytest
from pyarrow import parquet

from dashboard.exports.features import features_of
from dashboard.plates.values import ChannelDisplay
from dashboard.quality.values import MetricInfo
from hcs.errors import SourceError
from hcs.qc.columns import condition_columns, well_name
from hcs.tables import Feature, joined, result_table

MEAN = Feature(column="ImageQuality_Mean_DNA", metric="mean", channel="DNA")


def channels(*names: str) -> list[ChannelDisplay]:
    return [
        ChannelDisplay(
            index=index,
            name=name,
            color="ffffff",
            low=0.0,
            high=1.0,
            source="plate",
            minimum=0.0,
            maximum=1.0,
        )
        for index, name in enumerate(names)
    ]


def test_channels_of_one_name_and_imported_columns_have_columns_of_their_own() -> None:
    metrics = [
        *(
            MetricInfo(id=f"mean.{index}", title="Mean", channel=index)
            for index in (0, 1, 2)
        ),
        MetricInfo(id="imported:Cells_Count", title="Cells_Count", kind="imported"),
        MetricInfo(id="imported:Metadata_Well", title="Metadata_Well", kind="imported"),
        MetricInfo(
            id="imported:ImageQuality_Mean_GFP (1)", title="theirs", kind="imported"
        ),
    ]
    features = features_of(metrics, channels("GFP", "GFP", "channel 2"))
    assert [feature.column for feature in features.values()] == [
        "ImageQuality_Mean_GFP (1)",
        "ImageQuality_Mean_GFP (2)",
        "ImageQuality_Mean_2",
        "Cells_Count",
        "Imported_Metadata_Well",
        "Imported_ImageQuality_Mean_GFP (1)",
    ]


def test_no_condition_takes_the_place_of_a_column_of_ours() -> None:
    names = ["dose", "Well", "verdict", "Condition_x", "BestZ_DNA"]
    columns = condition_columns(names)
    assert columns["dose"] == "Metadata_dose"
    assert len({column.lower() for column in columns.values()}) == len(names)
    assert not {"metadata_well", "metadata_verdict"} & {
        column.lower() for column in columns.values()
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [("A/1", "A01"), ("A/01", "A01"), ("AF/48", "AF48"), ("r1/c2", "r1/c2")],
)
def test_wells_are_named_alike_whatever_the_plate(path: str, name: str) -> None:
    assert well_name(path) == name


def test_plates_with_other_columns_go_into_one_table() -> None:
    first = result_table([{"Metadata_Well": "A01", MEAN.column: 1.5}], [MEAN])
    second = result_table([{"Metadata_Well": "A01", "Metadata_dose": "2"}])
    both = joined([first, second])
    assert both.records() == [
        {"Metadata_Well": "A01", MEAN.column: 1.5, "Metadata_dose": None},
        {"Metadata_Well": "A01", MEAN.column: None, "Metadata_dose": "2"},
    ]
    assert both.features == (MEAN,)
    assert [row["Value"] for row in both.tidy().records()] == [1.5]
    assert joined([result_table([])]).columns == ()


def test_numbers_that_are_missing_are_empty_cells_of_their_type() -> None:
    rows = [{MEAN.column: float("nan"), "n": 1}, {MEAN.column: 2.5, "n": None}]
    table = result_table(rows, [MEAN])
    assert table.csv() == f"{MEAN.column},n\r\n,1\r\n2.5,\r\n"
    read = parquet.read_table(io.BytesIO(table.parquet()))
    assert read.to_pylist() == [
        {MEAN.column: None, "n": 1},
        {MEAN.column: 2.5, "n": None},
    ]
    frame = table.to_pandas()
    assert frame[MEAN.column].isna().tolist() == [True, False]


def test_a_table_goes_to_no_file_of_another_kind(tmp_path) -> None:
    with pytest.raises(SourceError, match="- for standard output"):
        result_table([]).write(tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []
