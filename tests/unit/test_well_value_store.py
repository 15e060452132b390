"""Values of the wells of judged plates, as lists of many plates read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import event

from dashboard.quality.values import MetricInfo, MetricValue, MetricValues
from dashboard.quality.well_value_store import WellValueStore
from dashboard.settings import Settings
from dashboard.storage.engine import open_database

if TYPE_CHECKING:
    from pathlib import Path


def values(metric: str, number: float) -> MetricValues:
    return MetricValues(
        metric=MetricInfo(id=metric, title=metric),
        wells={
            "A01": MetricValue(value=number, n=9),
            "A02": MetricValue(value=None, reason="missing"),
        },
    )


def test_the_values_of_a_plate_are_kept_at_once_and_only_where_they_differ(
    tmp_path: Path,
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    settings = Settings(engine)
    store = WellValueStore(settings)
    commits: list[object] = []
    statements: list[str] = []
    event.listen(engine, "commit", commits.append)
    event.listen(
        engine, "before_cursor_execute", lambda *about: statements.append(about[2])
    )
    # A commit each would keep whoever judges from the database a hundred times, and a
    # statement each would for as long as a hundred take.
    store.keep("p", [values("mean.0", 1.0), values("mean.1", 2.0)])
    assert len(commits) == 1
    assert [text[:6] for text in statements if "SELECT" not in text] == ["INSERT"]
    store.keep("p", [values("mean.0", 1.0), values("mean.1", 2.0)])
    assert len(commits) == 1
    store.keep("p", [values("mean.0", 1.0), values("mean.1", 3.0)])
    assert store.numbers("p", "mean.1") == {"A01": (3.0, 9)}
    assert [metric["id"] for metric in store.metrics("p")] == ["mean.0", "mean.1"]
    settings.close()
    engine.dispose()


def test_only_the_metrics_that_differ_are_written_again(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    settings = Settings(engine)
    store = WellValueStore(settings)
    store.keep("p", [values("mean.0", 1.0), values("mean.1", 2.0)])
    # What another server writes stays where this one has nothing new to say.
    settings.put({"A01": [7.0, 9]}, "well-values", "p", "mean.0")
    mark = store.keep("p", [values("mean.0", 1.0), values("mean.1", 3.0)])
    assert store.numbers("p", "mean.0") == {"A01": (7.0, 9)}
    assert store.numbers("p", "mean.1") == {"A01": (3.0, 9)}
    assert store.mark("p") == mark
    # A list of before knew no digests: then all are written.
    settings.put({"mark": "old", "metrics": []}, "well-metrics", "p")
    store.keep("p", [values("mean.0", 1.0), values("mean.1", 3.0)])
    assert store.numbers("p", "mean.0") == {"A01": (1.0, 9)}
    settings.close()
    engine.dispose()
