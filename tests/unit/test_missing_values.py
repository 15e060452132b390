"""A number that waits for something names the thing, and where it is set."""

from __future__ import annotations

import pytest

from dashboard.quality.missing_values import where_to_set, why_none
from dashboard.quality.values import MetricInfo, MetricValue, MetricValues


def values(*wells: tuple[float | None, str | None]) -> MetricValues:
    info = MetricInfo(id="percent_saturated.0", title="Saturated pixels", unit="%")
    well_values = {
        f"A{at}": MetricValue(value=value, reason=reason)
        for at, (value, reason) in enumerate(wells, 1)
    }
    return MetricValues(metric=info, wells=well_values)


def test_the_reason_is_that_of_most_wells() -> None:
    clip = "the camera's clip level is not known"
    assert why_none(values((None, "empty"), (None, clip), (None, clip))) == clip
    assert why_none(values((None, None))) == "there are no values yet"
    assert why_none(values((None, clip), (0.0, None))) == ""


@pytest.mark.parametrize(
    ("metric", "place"),
    [
        ("percent_saturated.0", "channels"),
        ("nucleus_count.1", "channels"),
        ("nucleus_ring_ratio.1", "channels"),
        ("imported:cells", "import"),
        ("mean.0", ""),
        ("completeness", ""),
    ],
)
def test_what_is_waited_for_has_its_place(metric: str, place: str) -> None:
    assert where_to_set(metric) == place
