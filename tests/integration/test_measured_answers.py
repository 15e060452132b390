"""What is asked of measured plates costs no more than the plates that are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.colour_scales import value_limits
from dashboard.exports.tables import PlateTables
from dashboard.quality import tops
from dashboard.reviews.acts import Subject
from tests import plates
from tests.integration.judged import A1, KEY, judge
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS = 2


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that all fields of a plate are looked through."""
    counts: list[int] = []
    infer = tops.infer_clip

    def counted(tops):
        tops = list(tops)
        counts.append(len(tops))
        return infer(tops)

    monkeypatch.setattr(tops, "infer_clip", counted)
    return counts


@pytest.mark.parametrize("columns", [1, 4])
def test_a_table_looks_through_the_plate_as_often_however_many_wells(
    columns: int, tmp_path: Path, workspace: Path, passes: list[int]
) -> None:
    path = plates.make(tmp_path / KEY, rows=2, columns=columns, pixels="random")
    with service(workspace, path) as made:
        made.quality.measure(KEY)
        passes.clear()
        table = PlateTables(made, KEY).fields()
    assert len(table.rows) == 2 * columns
    # At most for the two maps of saturation, and once for all fields: what measuring
    # has found is known.
    assert len(passes) <= 2 * CHANNELS
    assert set(passes) <= {2 * columns}


def test_a_clip_level_that_a_person_gives_shows_in_every_field(
    tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=2)
    with service(workspace, path) as made:
        made.quality.measure(KEY)

        def saturated() -> list[float | None]:
            return [
                made.quality.field_values(KEY, label)[0].values["percent_saturated.0"]
                for label in ("A1", "A2")
            ]

        assert saturated() == [None, None]
        made.assay.keep_clip(KEY, 0, 65535.0)
        made.quality.measure(KEY)
        assert saturated() == [0.0, 0.0]


@pytest.fixture
def folder(tmp_path: Path, workspace: Path) -> Path:
    """Plates that another server has measured before."""
    for number, name in enumerate((KEY, "q.ome.zarr")):
        plates.make(tmp_path / "plates" / name, rows=2, columns=2 + number, fields=2)
    with service(workspace, tmp_path / "plates") as made:
        for entry in made.plates.entries():
            made.quality.measure(entry.key)
    return tmp_path / "plates"


def test_medians_over_time_look_at_no_plate_and_load_none(
    folder: Path, workspace: Path
) -> None:
    with service(workspace, folder) as made:
        answer = made.plate_trends.trend(made.plate_list.lines(), "mean.1")
        served = made.storage.plates.all()
        assert not any(plate.watched for plate in served)
        assert not any(plate.surveyed for plate in served)
        assert not any(made.quality._measuring.in_memory(plate.key) for plate in served)
    assert answer.metric["id"] == "mean.1"
    assert {metric["id"] for metric in answer.metrics} >= {
        "mean.0",
        "percent_saturated.0",
    }
    assert {median.key: median.n for median in answer.trend.medians} == {
        KEY: 4,
        "q.ome.zarr": 6,
    }


def test_wells_that_people_failed_are_in_no_median(
    folder: Path, workspace: Path
) -> None:
    with service(workspace, folder) as made:

        def wells() -> int:
            medians = made.plate_trends.trend(
                made.plate_list.lines(), "mean.1"
            ).trend.medians
            return next(median.n for median in medians if median.key == KEY)

        judge(made, A1, "fail", reason="focus")
        assert wells() == 3
        # Of a well with a failed field counts what is left of it, once it is known.
        judge(made, Subject("B/2", "0"), "fail", reason="focus")
        assert wells() == 2
        surveyed(made, KEY)
        assert wells() == 3
        # A plate that failed is what the plot is to show.
        judge(made, Subject(), "fail", reason="focus")
        assert wells() == 3


@pytest.mark.parametrize("subject", [A1, Subject("A/1", "0")], ids=["well", "field"])
def test_what_people_failed_is_in_no_common_limit(
    subject: Subject, tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=3)
    with service(workspace, path) as made:
        surveyed(made, KEY)
        made.quality.measure(KEY)
        values = {
            label: well.value
            for label, well in made.quality.values(KEY, "mean.0").wells.items()
        }
        judge(made, subject, "fail", reason="focus")
        for way in ("", "max"):
            limits = made.plate_trends.limits(KEY, "mean.0", None, way)
            assert limits == value_limits([values["A2"], values["A3"]])
