"""Values of wells over the fields that did not fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashboard.plates.values import ChannelDisplay, PlateOverview, WellState
from dashboard.progress import Progress
from dashboard.quality.judgement import Judgement
from dashboard.quality.measure_settings import AssaySettings
from dashboard.quality.metrics import StoredValue
from dashboard.quality.scores import stored_key
from dashboard.quality.stock import Excluded, Stock
from dashboard.quality.values import MetricValue, MetricValues
from dashboard.quality.wells import values_of, well_values
from hcs.qc import definition

METRIC = "mean"
USUAL = "background_level"
"""A metric whose worst field is the one that is furthest from what is usual."""

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
    return {stored_key(definition(metric), 0, AssaySettings()): value}


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


class Asked(dict[Any, Any]):
    """What is stored of fields, and which of them were asked for."""

    def __init__(self, stored: Any) -> None:
        super().__init__(stored)
        self.places: set[Any] = set()

    def get(self, place: Any, default: Any = None) -> Any:
        self.places.add(place)
        return super().get(place, default)


def test_values_of_one_well_are_those_that_its_plate_has() -> None:
    plate = replace(stock(), clips={})
    of_well = values_of(plate, {"A02"}, lambda _: {})
    assert len(of_well) > 20
    for metric, wells in of_well.items():
        assert list(wells) == ["A02"]
        assert wells["A02"] == well_values(plate, metric, None).wells["A02"], metric
    assert of_well[f"{METRIC}.0"]["A02"].value == 6.0


def test_who_judges_a_well_does_not_wait_for_the_values_of_others() -> None:
    plate = replace(stock(), clips={})
    usual = f"{USUAL}.0"
    # How far from usual a field lies asks all of them, once for all verdicts.
    plate.middles[usual, None, plate.overview.revision] = 0.0
    asked = Asked(plate.latest)
    values_of(replace(plate, latest=asked), {"A02"}, lambda _: {})
    assert asked.places == {("A/2", "0"), ("A/2", "1")}


def test_what_is_usual_on_a_plate_is_found_once() -> None:
    plate = replace(stock(USUAL), clips={})
    first = values_of(plate, {"A01"}, lambda _: {})[f"{USUAL}.0"]["A01"]
    asked = Asked(plate.latest)
    again = values_of(replace(plate, latest=asked), {"A01"}, lambda _: {})
    assert again[f"{USUAL}.0"]["A01"] == first
    assert {well for well, _ in asked.places} == {"A/1"}
    assert first.value == 0.0  # the median of all fields is 5, and 0 is furthest
