"""Values of wells over the fields that did not fail."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.plates.values import ChannelDisplay, PlateOverview, WellState
from dashboard.progress import Progress
from dashboard.quality.judgement import Judgement
from dashboard.quality.measure_settings import AssaySettings
from dashboard.quality.metrics import StoredValue
from dashboard.quality.scores import stored_key
from dashboard.quality.values import MetricValue, MetricValues
from dashboard.quality.wells import Excluded, Stock, well_values
from hcs.qc import definition

METRIC = "mean"
NUMBERS = {"A01": {str(n): float(n) for n in range(9)}, "A02": {"0": 5.0, "1": 7.0}}
CHANNEL = ChannelDisplay(
    index=0, name="DNA", color="FFFFFF", low=0, high=1, source="", minimum=0, maximum=1
)


def stock(metric: str = METRIC) -> Stock:
    wells = tuple(
        WellState(
            label=f"A0{column}",
            path=f"A/{column}",
            row=0,
            column=column - 1,
            state="present",
            n_fields=len(NUMBERS.get(f"A0{column}", ())),
        )
        for column in (1, 2, 3)
    )
    paths = {well.label: well.path for well in wells}
    return Stock(
        overview=PlateOverview(
            key="p",
            id="p",
            name="p",
            version="0.5",
            location="p",
            writable=True,
            rows=("A",),
            columns=("1", "2", "3"),
            wells=wells,
            channels=(CHANNEL,),
        ),
        fields={
            paths[label]: [(name, None) for name in fields]
            for label, fields in NUMBERS.items()
        },
        latest={
            (paths[label], name): _stored(metric, value)
            for label, fields in NUMBERS.items()
            for name, value in fields.items()
        },
        errors={},
        progress=Progress(),
        judged=Judgement(),
        basis=AssaySettings(),
    )


def _stored(metric: str, value: float) -> dict[str, StoredValue]:
    return {stored_key(definition(metric), 0, AssaySettings()): StoredValue(value)}


def values(
    failed: dict[str, set[str]],
    minimum: int = 1,
    way: str = "",
    metric: str = METRIC,
) -> MetricValues:
    fields = frozenset((well, name) for well, names in failed.items() for name in names)
    return well_values(
        stock(metric), f"{metric}.0", None, way, Excluded(fields, minimum)
    )


def well(label: str, *given: Any, **named: Any) -> MetricValue:
    return values(*given, **named).wells[label]


def test_a_failed_field_is_left_out_and_the_value_says_so() -> None:
    value = well("A01", {"A01": {"7", "8"}})
    assert (value.value, value.n, value.of) == (3.0, 7, 9)
    assert value.reason == "7 of 9 fields; 2 failed"
    assert well("A02", {"A01": {"7", "8"}}) == well("A02", {})


def test_below_the_projects_minimum_there_is_no_value() -> None:
    value = well("A01", {"A01": {"7", "8"}}, 8)
    assert value.value is None
    assert "7 of 9 fields, fewer than the project's minimum of 8" in str(value.reason)
    # Also where nobody failed a field and there simply are few.
    assert well("A02", {}, 8).value is None
    assert well("A03", {}, 8) == well("A03", {})


def test_a_well_whose_fields_all_failed_has_no_value() -> None:
    value = well("A02", {"A02": {"0", "1"}})
    assert value.value is None
    assert value.reason == "0 of 2 fields; 2 failed"


def test_the_worst_field_that_is_left_stands_for_its_well() -> None:
    value = well("A01", {"A01": {"0"}}, metric="power_log_log_slope")
    assert (value.value, value.field) == (1.0, "1")


@pytest.mark.parametrize(("way", "expected"), [("mean", 3.0), ("max", 6.0)])
def test_the_chosen_way_holds_for_what_is_left(way: str, expected: float) -> None:
    assert well("A01", {"A01": {"7", "8"}}, way=way).value == expected


def test_a_spread_needs_two_fields_that_are_left() -> None:
    value = well("A02", {"A02": {"0"}}, way="sd")
    assert value.value is None
    assert "needs two" in str(value.reason)


def test_one_field_that_was_chosen_and_failed_has_no_value() -> None:
    assert well("A01", {"A01": {"3"}}, way="field:3").value is None
    assert well("A01", {"A01": {"3"}}, 5, "field:2").value == 2.0


def test_colours_span_what_is_left() -> None:
    assert values({}, way="max").high == pytest.approx(7.98)
    without = values({"A01": {"7", "8"}, "A02": {"0", "1"}}, way="max")
    assert (without.low, without.high) == (6.0, 6.0)
