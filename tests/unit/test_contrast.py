"""One contrast for a plate: stored windows where they make sense, else its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.plates.contrast import may_be_empty, plate_channels
from hcs import contrast
from hcs.metadata import Channel, Window


def window(start: float, end: float) -> Window:
    return Window(start=start, end=end, min=0, max=65535)


def camera(low: int = 100, high: int = 900) -> np.ndarray:
    return np.linspace(low, high, 64 * 64).reshape(64, 64).astype("u2")


def limits(planes: list[np.ndarray]) -> contrast.SampleLimits | None:
    return contrast.limits(contrast.sample(planes), contrast.PLATE)


def only(stored: list[list[Channel]], plane: np.ndarray | None) -> object:
    samples = [[plane]] if plane is not None else []
    return plate_channels(stored, samples, plane.dtype if plane is not None else None)[
        0
    ]


def test_equal_stored_windows_are_used_and_said() -> None:
    stored = [[Channel(name="DNA", window=window(90, 1000))]] * 3
    channel = only(stored, camera())
    assert (channel.low, channel.high, channel.source) == (90, 1000, "stored")


def test_windows_that_differ_between_fields_are_not_used() -> None:
    stored = [[Channel(window=window(0, 500))], [Channel(window=window(0, 900))]]
    assert only(stored, camera()).source == "plate"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(0, 65535, id="full range over 12 bits: all black"),
        pytest.param(0, 4095, id="full range of a camera: nearly black"),
        pytest.param(0, 1000, id="half of the plate white"),
        pytest.param(5, 5, id="empty"),
        pytest.param(9, 2, id="falling"),
        pytest.param(0, 50, id="all white"),
        pytest.param(float("nan"), 4, id="not a number"),
        pytest.param(70000, 80000, id="outside the dtype"),
    ],
)
def test_windows_that_nobody_can_have_meant_are_not_used(
    start: float, end: float
) -> None:
    plane = camera(100, 2000)
    channel = only([[Channel(window=window(start, end))]], plane)
    assert channel.source == "plate"
    assert plane.min() <= channel.low < channel.high <= plane.max()


def test_a_few_hot_pixels_do_not_decide() -> None:
    plane = camera()
    plane[0, :3] = 65535
    assert limits([plane]).high < 1000


def test_limits_are_pooled_over_fields() -> None:
    pooled = limits([np.full((9, 9), 10, "u2"), np.full((9, 9), 200, "u2")])
    assert (pooled.low, pooled.high) == (10, 200)


def test_a_flat_plate_still_has_a_rising_window() -> None:
    pooled = limits([np.zeros((8, 8), "u2")])
    assert pooled.high > pooled.low


def test_non_finite_pixels_are_left_out() -> None:
    plane = np.array([[np.nan, np.inf, 1.0, 2.0]])
    pooled = limits([plane])
    assert pooled.maximum == 2.0
    assert limits([np.full((2, 2), np.nan)]) is None


def test_without_pixels_the_dtype_decides() -> None:
    channel = only([[Channel(name="a")]], None)
    assert channel.source == "dtype"


def test_channels_are_told_apart_by_colour_and_named() -> None:
    stored = [[Channel(), Channel(color="FF8800"), Channel(color="000000")]]
    channels = plate_channels(stored, [], None)
    assert channels[1].color == "FF8800"
    assert channels[2].color != "000000", "black on black shows nothing"
    assert len({channel.color for channel in channels}) == 3
    assert [channel.name for channel in channels] == [
        "channel 0",
        "channel 1",
        "channel 2",
    ]


def test_a_single_channel_without_colour_is_white() -> None:
    assert plate_channels([[Channel()]], [], None)[0].color == "FFFFFF"


def test_a_channel_without_a_signal_is_said_to_be_empty_and_drawn_dark() -> None:
    draw = np.random.default_rng(1)
    noise = [draw.normal(100, 4, (99, 99)).round().astype("u2") for _ in range(2)]
    shown, empty = plate_channels(
        [[Channel(), Channel(window=window(90, 113))]],
        [[camera()], noise],
        camera().dtype,
        [[], noise],
    )
    assert not shown.empty
    assert empty.empty
    assert empty.source == "plate", "the stored window is as wide as the noise"
    assert empty.high - empty.low >= empty.least > 70
    assert shown.least == pytest.approx(0.05 * (shown.high - shown.low))


def test_full_resolution_is_read_only_where_a_channel_may_be_empty() -> None:
    noise = np.random.default_rng(1).normal(100, 4, (99, 99)).round()
    assert may_be_empty([noise])
    assert may_be_empty([np.full((9, 9), 7, "u1")])
    assert not may_be_empty([camera()])
    assert not may_be_empty([])
