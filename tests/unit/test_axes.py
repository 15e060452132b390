"""Which of t c z y x an axis is, and images whose documents call or order them else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hcs.axes import ORDER, TYPES, dims_of, inverse, reading_order
from hcs.metadata import Axis


def axes(*spelled: str) -> tuple[Axis, ...]:
    """Return axes from ``name:type``; ``name`` alone has no type."""
    parts = [text.partition(":") for text in spelled]
    return tuple(Axis(name=name, type=kind or None) for name, _, kind in parts)


@pytest.mark.parametrize(
    ("spelled", "dims"),
    [
        pytest.param("T:time C:channel Z:space Y:space X:space", "tczyx", id="iohub"),
        pytest.param("c:channel y:space x:space", "cyx", id="usual"),
        pytest.param("c y x", "cyx", id="no types"),
        pytest.param("C Y X", "cyx", id="no types, capitals"),
        pytest.param("row:space column:space", "yx", id="named by place"),
        pytest.param("w:channel plane:space row:space col:space", "czyx", id="places"),
        pytest.param("x:space y:space c:channel", "xyc", id="another order"),
        pytest.param("depth:space x:space y:space", "zxy", id="only depth by place"),
        pytest.param("y:time x:channel a:space b:space", "tcyx", id="types come first"),
        pytest.param("z y:space x:space", "zyx", id="z without a type"),
        pytest.param("z a:space b:space", "zyx", id="z without a type, two by place"),
        pytest.param("c:fluorescence y:space x:space", "cyx", id="a type of no one"),
    ],
)
def test_an_axis_is_told_by_its_type_then_by_its_name_then_by_its_place(
    spelled: str, dims: str
) -> None:
    assert dims_of(axes(*spelled.split())) == tuple(dims)


def test_what_is_none_of_the_five_keeps_its_own_name() -> None:
    assert dims_of(axes("angle:phase", "y:space", "x:space")) == ("angle", "y", "x")
    more = axes("s:space", "z:space", "y:space", "x:space")
    assert dims_of(more) == ("s", "z", "y", "x")
    assert dims_of(axes("c:channel", "c2:channel", "y", "x")) == ("c", "c2", "y", "x")
    assert dims_of(axes("x:phase", "a:space", "b:space")) == ("x_", "y", "x")


@given(
    st.permutations(ORDER).flatmap(
        lambda order: st.integers(2, 5).map(lambda count: order[:count])
    ),
    st.booleans(),
)
def test_typed_axes_of_any_order_and_case_come_out_in_ours(
    order: list[str], upper: bool
) -> None:
    spelled = tuple(
        Axis(name=dim.upper() if upper else dim, type=TYPES[dim]) for dim in order
    )
    dims = dims_of(spelled)
    assert list(dims) == order
    picked = [dims[place] for place in reading_order(dims)]
    assert picked == [dim for dim in ORDER if dim in order]
    assert [picked[place] for place in inverse(reading_order(dims))] == order


@given(
    st.lists(
        st.builds(
            Axis,
            name=st.sampled_from(["t", "C", "z", "Y", "x", "row", "", "angle", "x_"]),
            type=st.sampled_from([None, "time", "channel", "space", "array", "phase"]),
        ),
        max_size=6,
    ).map(tuple)
)
@example((Axis(name="x", type="space"), Axis(name="x", type="space")))
def test_no_two_axes_are_the_same_and_arranging_does_not_change_what_they_are(
    image_axes: tuple[Axis, ...],
) -> None:
    dims = dims_of(image_axes)
    assert len(dims) == len(image_axes) == len(set(dims))
    order = reading_order(dims)
    again = dims_of(tuple(image_axes[place] for place in order))
    assert again == tuple(dims[place] for place in order)
