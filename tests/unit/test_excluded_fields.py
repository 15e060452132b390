"""Values of wells over the fields that did not fail."""

from __future__ import annotations

import pytest
from dashboard.reviews.kept import kept_values

from dashboard.plates.values import MetricInfo, MetricValue, MetricValues

NUMBERS = {"A01": {str(n): float(n) for n in range(9)}, "A02": {"0": 5.0, "1": 7.0}}


def values(id: str = "mean.0", **more: object) -> MetricValues:
    info = MetricInfo(id=id, title="x", channel=0, **more)  # type: ignore[arg-type]
    return MetricValues(
        metric=info,
        wells={
            "A01": MetricValue(value=4.0, n=9, of=9),
            "A02": MetricValue(value=6.0, n=2, of=2),
            "A03": MetricValue(value=None, reason="missing", n=0, of=0),
        },
    )


def test_a_failed_field_is_left_out_and_the_value_says_so() -> None:
    found = kept_values(values(), {"A01": {"7", "8"}}, lambda: NUMBERS, 1)
    one = found.wells["A01"]
    assert (one.value, one.n, one.of) == (3.0, 7, 9)
    assert one.reason == "7 of 9 fields; 2 failed"
    assert found.wells["A02"] == values().wells["A02"]


def test_below_the_projects_minimum_there_is_no_value() -> None:
    found = kept_values(values(), {"A01": {"7", "8"}}, lambda: NUMBERS, 8)
    assert found.wells["A01"].value is None
    assert found.wells["A01"].reason is not None
    assert "7 of 9 fields, fewer than the project's minimum of 8" in (
        found.wells["A01"].reason
    )
    # Also where nobody failed a field and there simply are few.
    assert found.wells["A02"].value is None
    assert found.wells["A03"].reason == "missing"


def test_a_well_whose_fields_all_failed_has_no_value() -> None:
    found = kept_values(values(), {"A02": {"0", "1"}}, lambda: NUMBERS, 1)
    assert found.wells["A02"].value is None
    assert found.wells["A02"].reason == "0 of 2 fields; 2 failed"


def test_the_worst_field_that_is_left_stands_for_its_well() -> None:
    blur = values("power_log_log_slope.0", direction="low")
    found = kept_values(blur, {"A01": {"0"}}, lambda: NUMBERS, 1)
    assert (found.wells["A01"].value, found.wells["A01"].field) == (1.0, "1")


@pytest.mark.parametrize(("way", "value"), [("mean", 3.0), ("max", 6.0), ("sd", None)])
def test_the_chosen_way_is_kept(way: str, value: float | None) -> None:
    found = kept_values(values(), {"A01": {"7", "8"}}, lambda: NUMBERS, 1, way)
    if value is not None:
        assert found.wells["A01"].value == value
    failed = {"A02": {"0"}}
    one = kept_values(values(), failed, lambda: NUMBERS, 1, "sd").wells["A02"]
    assert one.value is None
    assert "needs two" in str(one.reason)


def test_one_field_that_was_chosen_and_failed_has_no_value() -> None:
    found = kept_values(values(), {"A01": {"3"}}, lambda: NUMBERS, 1, "field:3")
    assert found.wells["A01"].value is None
    same = kept_values(values(), {"A01": {"3"}}, lambda: NUMBERS, 5, "field:2")
    assert same.wells["A01"].value == 4.0


def test_nothing_is_asked_and_nothing_changes_where_no_field_failed() -> None:
    before = values()

    def never() -> dict[str, dict[str, float]]:
        raise AssertionError("asked for numbers")

    assert kept_values(before, {}, never, 1) is before
