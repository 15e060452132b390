"""Values of wells that are remembered are those that would be made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.progress import Progress
from dashboard.quality.judgement import Judgement, ReasonView, SuspectView
from dashboard.quality.stock import NOTHING_EXCLUDED, Excluded, Stock
from dashboard.quality.well_memory import WellMemory
from dashboard.quality.wells import values_of, well_values
from tests.unit.test_excluded_fields import METRIC, USUAL, Asked, _stored, stock

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.quality.values import MetricValues

FOCUS = "power_log_log_slope"


def asked(
    memory: WellMemory,
    plate: Stock,
    moment: int,
    metric: str = f"{METRIC}.0",
    way: str = "",
    excluded: Excluded = NOTHING_EXCLUDED,
) -> MetricValues:
    question = metric, None, way, excluded
    known = memory.current((moment,), *question)
    return known or memory.renewed((moment,), plate, *question)


def measured(plate: Stock, well: str, field: str, metric: str, value: float) -> Stock:
    return replace(
        plate, latest={**plate.latest, (well, field): _stored(metric, value)}
    )


def with_well(plate: Stock, at: int, **changed: Any) -> Stock:
    wells = list(plate.overview.wells)
    wells[at] = replace(wells[at], **changed)
    return replace(plate, overview=replace(plate.overview, wells=tuple(wells)))


SUSPECT = SuspectView(
    well="A02",
    score=2.0,
    field="0",
    reasons=(ReasonView(kind="focus", text="focus", brief="focus"),),
)

CHANGES: dict[str, Callable[[Stock, str], Stock]] = {
    "a field was corrected": lambda p, m: measured(p, "A/1", "8", m, 80.0),
    "the field that stood for its well was": lambda p, m: measured(
        p, "A/2", "1", m, -9.0
    ),
    "a field came": lambda p, m: replace(
        measured(p, "A/3", "0", m, 3.0),
        fields={**p.fields, "A/3": [("0", None)]},
    ),
    "a field cannot be measured": lambda p, _: replace(
        p,
        latest={key: value for key, value in p.latest.items() if key != ("A/2", "0")},
        errors={("A/2", "0"): "cut off"},
    ),
    "a well cannot be read": lambda p, _: with_well(
        p, 2, state="unreadable", error="cut off"
    ),
    "a well went": lambda p, _: with_well(p, 1, state="not_acquired"),
    "a well's fields are fewer": lambda p, _: with_well(p, 0, expected_fields=10),
    "the plate was judged": lambda p, _: replace(
        p,
        judged=Judgement(ready=True, suspects=(SUSPECT,), by_well={"A02": SUSPECT}),
    ),
    "other channels are the project's": lambda p, _: replace(
        p, basis=replace(p.basis, limits={FOCUS: -2.0})
    ),
    "it is measured on": lambda p, _: replace(p, progress=Progress(done=1, total=9)),
}
METRICS = (f"{METRIC}.0", f"{USUAL}.0", f"{FOCUS}.0", "completeness", "suspicion")


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("way", ["", "sd", "field:1"])
def test_values_after_a_change_are_those_that_are_made_anew(
    change: str, metric: str, way: str
) -> None:
    name = metric.rpartition(".")[0] or METRIC
    plate, memory = replace(stock(name), clips={}), WellMemory()
    asked(memory, plate, 1, metric, way)
    # What is usual is of what is measured: another plate has another place for it.
    later = replace(CHANGES[change](plate, name), middles={})
    expected = well_values(later, metric, None, way)
    assert asked(memory, later, 2, metric, way) == expected
    # And back.
    assert asked(memory, plate, 3, metric, way) == well_values(plate, metric, None, way)


@pytest.mark.parametrize(
    "excluded",
    [
        Excluded(frozenset({("A01", "8")})),
        Excluded(frozenset({("A01", "8"), ("A02", "0"), ("A02", "1")})),
        Excluded(frozenset(), 3),
        NOTHING_EXCLUDED,
    ],
)
def test_values_follow_what_people_leave_out(excluded: Excluded) -> None:
    plate, memory = replace(stock(), clips={}), WellMemory()
    asked(memory, plate, 1, excluded=Excluded(frozenset({("A01", "7")})))
    expected = well_values(plate, f"{METRIC}.0", None, "", excluded)
    assert asked(memory, plate, 1, excluded=excluded) == expected


def test_of_a_correction_only_its_well_is_made_anew() -> None:
    plate, memory = replace(stock(), clips={}), WellMemory()
    before = asked(memory, plate, 1)
    later = measured(plate, "A/2", "0", METRIC, 40.0)
    places = Asked(later.latest)
    # The first metric that is asked for looks for what differs, those after it do not.
    asked(memory, later, 2, "completeness")
    after = asked(memory, replace(later, latest=places), 2)
    assert {well for well, _ in places.places} == {"A/2"}
    assert after.wells["A01"] is before.wells["A01"]
    assert after.wells["A02"] != before.wells["A02"]


def test_where_nothing_differs_nothing_is_made() -> None:
    plate, memory = replace(stock(), clips={}), WellMemory()
    before = asked(memory, plate, 1)
    measuring = replace(plate, progress=Progress(done=1, total=2, running=True))
    after = asked(memory, measuring, 2)
    assert after.progress == measuring.progress
    assert after.wells is before.wells


def judged(plate: Stock, memory: WellMemory, label: str) -> dict[str, Any]:
    """Return all that is noted with a verdict on a well."""
    return values_of(plate, {label}, lambda _: {}, memory.recall(plate, {label}))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("label", ["A01", "A02", "A03"])
@pytest.mark.parametrize("name", [METRIC, FOCUS])
def test_a_verdict_notes_what_would_be_made_anew(
    change: str, label: str, name: str
) -> None:
    plate, memory = replace(stock(name), clips={}), WellMemory()
    for metric in METRICS:
        asked(memory, plate, 1, metric)
    later = replace(CHANGES[change](plate, name), middles={})
    expected = values_of(later, {label}, lambda _: {})
    assert judged(later, memory, label) == expected
    asked(memory, later, 2, f"{name}.0")
    assert judged(later, memory, label) == expected


def test_what_people_leave_out_counts_in_what_a_verdict_notes() -> None:
    plate, memory = replace(stock(), clips={}), WellMemory()
    asked(memory, plate, 1, excluded=Excluded(frozenset({("A01", "8")})))
    for label in ("A01", "A02"):
        assert judged(plate, memory, label) == values_of(plate, {label}, lambda _: {})


def test_who_judges_does_not_wait_for_what_is_usual_anew() -> None:
    plate, memory = replace(stock(USUAL), clips={}), WellMemory()
    before = asked(memory, plate, 1, f"{USUAL}.0")
    later = replace(measured(plate, "A/2", "0", USUAL, 400.0), middles={})
    places = Asked(later.latest)
    noted = judged(replace(later, latest=places), memory, "A01")
    assert noted[f"{USUAL}.0"]["A01"] is before.wells["A01"]
    assert f"{USUAL}.0" not in {metric for metric, *_ in later.middles}
