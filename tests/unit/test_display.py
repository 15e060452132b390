from __future__ import annotations

import numpy as np
import pytest

from hcs.metadata import Channel, Window
from hcs.writing.encoding.display import (
    channel_entry,
    describe_channels,
    read_channels,
)


def window_of(plane: np.ndarray) -> Window:
    (channel,) = describe_channels((), [plane])
    assert channel.window is not None
    return channel.window


def test_a_window_leaves_out_the_rarest_pixels_and_says_who_made_it() -> None:
    plane = np.full((100, 100), 500, "u2")
    plane[:50] = 100
    plane[0, 0], plane[0, 1] = 0, 65535
    window = window_of(plane)
    assert (window.start, window.end) == (100, 500)
    assert (window.min, window.max) == (0, 65535)
    assert window.policy == "field"


def test_pixels_that_are_no_numbers_do_not_count() -> None:
    plane = np.array([[np.nan, np.inf], [1.0, 3.0]], "f4")
    assert window_of(plane) == window_of(plane[1:])
    assert window_of(np.full((2, 2), np.nan, "f4")) == Window(
        start=0, end=1, min=0, max=1, policy="field"
    )


def test_what_is_known_of_a_channel_stands() -> None:
    window = Window(start=1, end=2, min=0, max=3)
    given = (Channel(name="a", color="123456", window=window), Channel(name="b"))
    first, second = describe_channels(given, [np.ones((2, 2)), np.ones((2, 2))])
    assert first == given[0]
    assert second.name == "b"
    assert second.color
    assert second.window


def test_a_single_channel_is_grey() -> None:
    (only,) = describe_channels((), [np.ones((2, 2), "u2")])
    assert only.color == "FFFFFF"


def test_channels_come_back_from_the_plate_document() -> None:
    channels = describe_channels((), [np.ones((2, 2), "u2")] * 2)
    content = {"channels": [channel_entry(channel) for channel in channels]}
    assert read_channels(content) == channels


@pytest.mark.parametrize(
    "content",
    [{}, {"channels": 5}, {"channels": [5]}, {"channels": {}}],
)
def test_channels_that_are_none_are_left_out(content: dict[str, object]) -> None:
    assert read_channels(content) == ()


@pytest.mark.parametrize(
    "window", [5, {}, {"start": 1}, {"start": "a", "end": 1, "min": 0, "max": 1}]
)
def test_a_window_that_is_none_is_left_out(window: object) -> None:
    (channel,) = read_channels({"channels": [{"name": "a", "window": window}]})
    assert channel == Channel(name="a")
