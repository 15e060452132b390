"""What is asked of measured plates costs no more than the plates that are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.quality import scores
from dashboard.reviews.tables import PlateTables
from tests import plates
from tests.integration.serving import service

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"
CHANNELS = 2


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that all fields of a plate are looked through."""
    found: list[int] = []
    infer = scores.infer_clip

    def counted(tops):
        tops = list(tops)
        found.append(len(tops))
        return infer(tops)

    monkeypatch.setattr(scores, "infer_clip", counted)
    return found


@pytest.mark.parametrize("columns", [1, 4])
def test_a_table_looks_through_the_plate_as_often_however_many_wells(
    columns: int, tmp_path: Path, workspace: Path, passes: list[int]
) -> None:
    path = plates.make(tmp_path / KEY, rows=2, columns=columns, pixels="random")
    with service(workspace, path) as made:
        made.measure(KEY)
        passes.clear()
        table = PlateTables(made, KEY).fields()
    assert len(table.rows) == 2 * columns
    # For the two maps of saturation, and once for all fields.
    assert len(passes) == 2 * CHANNELS
    assert set(passes) == {2 * columns}


def test_a_clip_level_that_a_person_gives_shows_in_every_field(
    tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=2)
    with service(workspace, path) as made:
        made.measure(KEY)

        def saturated() -> list[float | None]:
            return [
                made.field_values(KEY, label)[0].values["percent_saturated.0"]
                for label in ("A1", "A2")
            ]

        assert saturated() == [None, None]
        made.choices.keep_clip(KEY, 0, 65535.0)
        made.measure(KEY)
        assert saturated() == [0.0, 0.0]
