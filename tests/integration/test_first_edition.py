"""What the first edition left in a lab opens, and says what it said then."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hcs
from dashboard.exports.decisions_file import export_decisions, import_decisions
from dashboard.exports.tables import PlateTables
from dashboard.pictures.planes import PlaneRequest
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service

ARCHIVE = Path(__file__).parents[1] / "first_edition" / "first_edition.tar.xz"
"""Made by commit e7b6ede; see `make.py` beside it."""

PLATES = ("settled.ome.zarr", "settled04.ome.zarr", "unsettled.ome.zarr", "packed.ozx")

COLUMNS = {
    "plate_id": "Metadata_PlateID",
    "plate": "Metadata_Plate",
    "well": "Metadata_Well",
    "well_path": "Metadata_WellPath",
    "row": "Metadata_Row",
    "column": "Metadata_Column",
    "row_index": "Metadata_RowIndex",
    "column_index": "Metadata_ColumnIndex",
    "field": "Metadata_Site",
    "field_name": "Metadata_FieldName",
    "field_path": "Metadata_FieldPath",
    "field_index": "Metadata_FieldIndex",
    "acquisition": "Metadata_Acquisition",
    "state": "Metadata_State",
    "fields": "Metadata_Fields",
    "fields_expected": "Metadata_FieldsExpected",
    "fields_used": "Metadata_FieldsUsed",
    "qc_exclude": "Metadata_QCExclude",
    "verdict": "Metadata_Verdict",
    "verdict_source": "Metadata_VerdictSource",
    "reviewed": "Metadata_Reviewed",
    "stale": "Metadata_Stale",
    "basis": "Metadata_Basis",
    "reason": "Metadata_Reason",
    "reason_text": "Metadata_ReasonText",
    "note": "Metadata_Note",
    "reviewer": "Metadata_Reviewer",
    "reviewer_known": "Metadata_ReviewerKnown",
    "decided_at": "Metadata_DecidedAt",
    "settings_revision": "Metadata_SettingsRevision",
    "signed_off": "Metadata_SignedOff",
    "version": "Metadata_Version",
    "corrected": "Metadata_Corrected",
    "corrected_by": "Metadata_CorrectedBy",
    "corrected_at": "Metadata_CorrectedAt",
    "corrected_why": "Metadata_CorrectedWhy",
    "completeness": "Metadata_Completeness",
    "suspicion": "Metadata_Suspicion",
}
"""What a column of the first edition's tables is called now."""

METRICS = {
    "mean": "ImageQuality_Mean_{}",
    "p99": "ImageQuality_P99_{}",
    "percent_saturated": "ImageQuality_PercentSaturated_{}",
    "power_log_log_slope": "ImageQuality_PowerLogLogSlope_{}",
    "laplacian_variance": "ImageQuality_LaplacianVariance_{}",
    "focus_score": "ImageQuality_FocusScore_{}",
    "local_focus_score": "ImageQuality_LocalFocusScore_{}_10",
    "correlation": "ImageQuality_Correlation_{}_10",
    "percent_maximal": "ImageQuality_PercentMaximal_{}",
    "percent_minimal": "ImageQuality_PercentMinimal_{}",
    "total_intensity": "ImageQuality_TotalIntensity_{}",
    "mean_intensity": "ImageQuality_MeanIntensity_{}",
    "median_intensity": "ImageQuality_MedianIntensity_{}",
    "std_intensity": "ImageQuality_StdIntensity_{}",
    "mad_intensity": "ImageQuality_MADIntensity_{}",
    "min_intensity": "ImageQuality_MinIntensity_{}",
    "max_intensity": "ImageQuality_MaxIntensity_{}",
    "total_area": "ImageQuality_TotalArea_{}",
    "scaling": "ImageQuality_Scaling_{}",
    "threshold_otsu": "ImageQuality_ThresholdOtsu_{}_2W",
    "background_level": "ImageQuality_BackgroundLevel_{}",
    "background_unevenness": "ImageQuality_BackgroundUnevenness_{}",
    "signal_to_background": "ImageQuality_SignalToBackground_{}",
    "empty_tiles": "ImageQuality_EmptyTiles_{}",
    "bright_debris": "ImageQuality_BrightDebris_{}",
    "channel_correlation": "ImageQuality_ChannelCorrelation_{}",
    "channel_shift": "ImageQuality_ChannelShift_{}",
    "nucleus_count": "ImageQuality_NucleusCount_{}",
    "nucleus_area": "ImageQuality_NucleusArea_{}",
    "nucleus_ring_ratio": "ImageQuality_NucleusRingRatio_{}",
}
"""The same of its metrics, ``mean.0``: the channel was told by its index, and is by its
name."""

every_plate = pytest.mark.parametrize("key", PLATES)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def expected(lab: Path) -> dict[str, Any]:
    return dict(json.loads((lab / "expected.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def made(lab: Path) -> Iterator[Service]:
    with service(lab / "workspace", lab / "plates", settle_after=3600.0) as served:
        for key in PLATES:
            surveyed(served, key)
        yield served


@every_plate
def test_verdicts_and_ids_are_those_of_the_first_edition(
    made: Service, expected: dict[str, Any], key: str
) -> None:
    _check_verdicts(made, expected, key)


def _check_verdicts(made: Service, expected: dict[str, Any], key: str) -> None:
    verdicts = {
        f"{subject.well}|{subject.field}": [
            held.act.verdict,
            held.act.reason,
            held.act.note,
            held.act.who,
            held.stale,
        ]
        for subject, held in made.reviews.read(key).verdicts.items()
    }
    assert verdicts == expected[key]["verdicts"]
    assert made.plates.overview(key).id == expected[key]["id"]
    assert (made.signing.state(key) is not None) is expected[key]["signed"]


@every_plate
def test_every_field_has_the_history_that_the_first_edition_told(
    made: Service, expected: dict[str, Any], key: str
) -> None:
    _check_histories(made, expected, key)


def _check_histories(made: Service, expected: dict[str, Any], key: str) -> None:
    for place, versions in expected[key]["histories"].items():
        well, name = place.split("|")
        history = made.corrections.history(key, well, name)
        assert [[v.id, v.live, v.who, v.why] for v in history] == versions, place


@every_plate
def test_measured_values_are_those_of_the_first_edition(
    made: Service, expected: dict[str, Any], key: str
) -> None:
    made.quality.measure(key)
    for metric, wells in expected[key]["values"].items():
        values = made.quality.field_numbers(key, metric)
        for well, fields in wells.items():
            assert values[well] == pytest.approx(fields, rel=1e-4, nan_ok=True), metric


@every_plate
def test_exported_tables_have_every_column_and_cell_of_the_first_edition(
    made: Service, expected: dict[str, Any], key: str
) -> None:
    made.quality.measure(key)
    tables = PlateTables(made, key)
    channels = [channel.name for channel in made.plates.overview(key).channels]
    assert channels == ["DNA", "GFP"]
    for table, text in (
        ("wells", tables.wells().csv()),
        ("fields", tables.fields().csv()),
    ):
        rows, before = _rows(text), _rows(expected[key][table])
        assert len(rows) == len(before)
        for row, old in zip(rows, before, strict=True):
            renamed = _renamed(_without_revert(old), channels)
            assert len(renamed) == len(old)
            assert _differences(row, renamed) == {}


def _renamed(old: dict[str, str], channels: list[str]) -> dict[str, str]:
    """Return a row of the first edition under the names that its columns have now."""
    row = {}
    for column, cell in old.items():
        metric, dot, channel = column.rpartition(".")
        if dot:
            row[METRICS[metric].format(channels[int(channel)])] = cell
        else:
            row[COLUMNS[column]] = cell
    # Labels of wells had as many digits as the plate's format, and have two.
    row["Metadata_Well"] = re.sub(r"(\D)(\d)$", r"\g<1>0\2", row["Metadata_Well"])
    return row


def _without_revert(old: dict[str, str]) -> dict[str, str]:
    """Return a row of the first edition, in which a reverted field was corrected."""
    if old["corrected_why"] != "the first was right":
        return old
    gone = ("corrected_by", "corrected_at", "corrected_why")
    return old | {"corrected": "no"} | dict.fromkeys(gone, "")


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _differences(row: dict[str, str], old: dict[str, str]) -> dict[str, Any]:
    return {
        column: (row.get(column), cell)
        for column, cell in old.items()
        if not _equal(row.get(column), cell)
    }


def _equal(cell: str | None, old: str) -> bool:
    try:
        return float(cell or "") == pytest.approx(float(old), rel=1e-4, nan_ok=True)
    except ValueError:
        return cell == old


@every_plate
def test_decisions_that_the_first_edition_exported_are_all_known(
    made: Service, expected: dict[str, Any], key: str, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.jsonl"
    export_decisions(made, key, file)
    lines = file.read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines if line] == expected[key]["decisions"]
    if not expected[key]["signed"]:
        assert import_decisions(made, key, file) == 0


@every_plate
def test_the_library_finds_nothing_wrong_with_plates_of_the_first_edition(
    lab: Path, key: str
) -> None:
    problems = hcs.validate(lab / "plates" / key)
    assert [problem for problem in problems if problem.severity == "error"] == []


def test_verdicts_and_histories_stay_when_old_versions_are_put_away(
    lab: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    copy = tmp_path / "lab"
    shutil.copytree(lab, copy)
    for key in PLATES:
        hcs.settle(copy / "plates" / key, now=True)
        assert hcs.unsettled(copy / "plates" / key) == ()
    with service(copy / "workspace", copy / "plates") as made:
        for key in PLATES:
            surveyed(made, key)
            _check_verdicts(made, expected, key)
            _check_histories(made, expected, key)
            for place, versions in expected[key]["histories"].items():
                well, name = place.split("|")
                for version in {entry[0] for entry in versions}:
                    where = key, well, name, version
                    assert made.pictures.plane(*where, PlaneRequest()).data
