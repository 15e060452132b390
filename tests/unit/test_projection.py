"""A stack becomes one plane, whatever its dtype and however few planes fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard.pictures import cancellation, projection
from dashboard.pictures.projection import project


@given(
    arrays.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int16, np.int64, np.float32]),
        st.tuples(*[st.integers(1, 5)] * 3),
        elements=st.integers(0, 100),
    ),
    st.integers(1, 200),
)
def test_projections_are_numpy_s(stack: np.ndarray, plane_bytes: int) -> None:
    # So few bytes a block that planes come one by one.
    plane_bytes = projection._BLOCK_BYTES // min(plane_bytes, 3)
    plane = project(lambda z: stack[z], len(stack), plane_bytes, "max")
    assert np.array_equal(plane, stack.max(axis=0))
    assert plane.dtype == stack.dtype
    mean = project(lambda z: stack[z], len(stack), plane_bytes, "mean")
    assert mean.dtype == stack.dtype
    assert np.abs(mean - stack.astype(float).mean(axis=0)).max() <= 0.5


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "u8", "i8"])
@pytest.mark.parametrize("end", ["min", "max"])
def test_a_stack_at_an_end_of_its_type_stays_there(dtype: str, end: str) -> None:
    value = int(getattr(np.iinfo(dtype), end))
    stack = np.full((3, 1, 2), value, dtype)
    assert (project(lambda z: stack[z], 3, 2, "max") == value).all()
    mean = [int(pixel) for pixel in project(lambda z: stack[z], 3, 2, "mean")[0]]
    # Means are made in floats, which have 53 bits.
    assert mean == pytest.approx([value, value], rel=2**-52, abs=0)


@pytest.mark.parametrize("how", ["max", "mean"])
def test_a_pixel_that_is_no_number_counts_only_where_all_are_none(how: str) -> None:
    stack = np.array([[[np.nan, np.nan]], [[4.0, np.nan]]], np.float32)
    plane = project(lambda z: stack[z], 2, 8, how)
    assert plane[0, 0] == 4
    assert np.isnan(plane[0, 1])


@pytest.mark.parametrize("how", ["max", "mean"])
def test_no_further_block_is_read_once_nobody_waits(how: str) -> None:
    stack = np.zeros((9, 2, 2), np.uint16)
    read: list[slice] = []

    def block(z: slice) -> np.ndarray:
        read.append(z)
        return stack[z]

    with pytest.raises(cancellation.LeftError):
        cancellation.until_left(
            lambda: len(read) == 2,
            lambda: project(block, 9, projection._BLOCK_BYTES, how),
        )
    assert len(read) == 2
    # Outside of a request nothing ends it.
    project(block, 9, projection._BLOCK_BYTES, how)
    assert len(read) == 11
