"""Fields are shown as they lie in the well, or the worst of them first."""

from __future__ import annotations

import random

import pytest

from dashboard.plates.values import FieldState, WellView
from dashboard.quality.values import FieldValues, MetricInfo, MetricValue, MetricValues
from dashboard.state import ViewState
from dashboard.views.field_order import FieldOrder, by_position, shown_fields
from dashboard.views.snapshot import Snapshot


def field(name: str, y: float = 0.0, x: float = 0.0, **more: object) -> FieldState:
    return FieldState(
        name=name,
        label=name,
        acquisition=None,
        acquisition_name=None,
        version=name,
        axes=("y", "x"),
        shape=(100, 100),
        scale=(1.0, 1.0),
        translation=(y, x),
        **more,  # type: ignore[arg-type]
    )


def test_fields_lie_as_on_the_stage_however_they_were_acquired() -> None:
    # A stage is never exactly where it was.
    drift = random.Random(1)
    fields = [
        field(f"{row}{column}", 110 * row + drift.uniform(0, 9), 110 * column)
        for row in range(2)
        for column in range(3)
    ]
    snake = [fields[at] for at in (0, 1, 2, 5, 4, 3)]
    order = by_position(snake)
    assert order.fields == fields
    assert order.places == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert order.basis == "stage"


def test_a_gap_on_the_stage_stays_a_gap() -> None:
    fields = [field("a", 0, 0), field("b", 0, 110), field("c", 110, 110)]
    order = by_position(fields)
    assert (order.fields, order.places) == (fields, [(0, 0), (0, 1), (1, 1)])


def test_fields_all_over_the_stage_have_an_order_and_no_grid() -> None:
    fields = [field(str(at), 110 * at, 110 * at) for at in range(5)]
    order = by_position(fields[::-1])
    assert (order.fields, order.places) == (fields, [])
    assert order.basis == "stage"


def test_fields_without_a_place_stay_as_acquired_and_not_by_name() -> None:
    fields = [field("s2"), field("s1"), field("s10"), field("s3")]
    assert by_position(fields) == FieldOrder(fields, [], "acquired")
    assert by_position([]) == FieldOrder()


@pytest.mark.parametrize(
    ("way", "order"), [("low", "b2"), ("high", "2b"), ("both", "2b")]
)
def test_the_worst_come_first_by_the_side_that_is_bad(way: str, order: str) -> None:
    fields = (field("b"), field("2"), field("none"), field("bad", error="torn"))
    values = {"b": 1.0, "2": 9.0}
    metric = MetricInfo(id="m.0", title="m", direction=way)  # type: ignore[arg-type]
    wells = {str(at): MetricValue(value=2.0) for at in range(5)}
    now = Snapshot(
        state=ViewState(plate="p", well="A1", metric="m.0", order="worst"),
        well=WellView(label="A1", path="A/1", fields=fields),
        values=MetricValues(metric=metric, wells=wells),
        field_values=tuple(
            FieldValues(
                field=name, acquisition=None, version=name, values={"m.0": value}
            )
            for name, value in values.items()
        ),
    )
    shown = shown_fields(now).fields
    assert [view.name for view in shown] == ["bad", *order, "none"]
