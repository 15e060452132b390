"""The page's address holds the whole state, and takes anything without failing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.addresses import Urls, decode_channels, encode_channels, sprite_columns
from dashboard.pictures.projection import PROJECTIONS
from dashboard.plates.values import ChannelSetting
from dashboard.state import MONTAGES, ORDERS, SessionState, ViewState, decode, encode

names = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), max_size=30)
numbers = st.none() | st.integers(0, 2**31 - 1)
settings = st.builds(
    ChannelSetting,
    index=st.integers(0, 40),
    color=st.from_regex(r"[0-9A-F]{6}", fullmatch=True),
    low=st.integers(-(2**31), 2**31).map(float),
    high=st.integers(-(2**31), 2**31).map(float),
    gamma=st.sampled_from([0.1, 0.5, 1.0, 2.25]),
)
views = st.builds(
    ViewState,
    plate=names,
    well=names,
    field=names,
    acquisition=numbers,
    metric=names,
    z=numbers,
    t=numbers,
    channels=st.lists(settings, max_size=5).map(tuple),
    hidden=st.booleans(),
    projection=st.sampled_from(PROJECTIONS),
    order=st.sampled_from(ORDERS),
    outlines=names,
    contrast=names,
    montage=st.sampled_from(MONTAGES),
    seed=st.integers(0, 2**31 - 1),
)


@given(views)
def test_an_address_restores_the_state(view: ViewState) -> None:
    assert decode("?" + encode(view)) == view


@given(st.text(max_size=300))
def test_no_address_is_an_error(text: str) -> None:
    assert isinstance(decode(text), ViewState)


def test_acquisition_0_is_said_and_read() -> None:
    assert "acquisition=0" in encode(ViewState(acquisition=0))
    assert decode("?acquisition=0").acquisition == 0


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "１", "1_0", "99999999999", ""])
def test_what_is_not_a_whole_number_counts_as_not_given(text: str) -> None:
    assert decode(f"z={text}").z is None


def test_an_address_can_be_read_by_people() -> None:
    view = ViewState(plate="2024/plate 1.zarr", well="B02", acquisition=0)
    assert encode(view) == (
        "plate=2024/plate+1.zarr&well=B02&acquisition=0&z=middle&t=first"
    )


def test_update_notifies_once_with_everything_changed() -> None:
    state = SessionState()
    seen: list[ViewState] = []
    state.on_change(seen.append)
    state.update(plate="p", well="B02", acquisition=0)
    assert seen == [ViewState(plate="p", well="B02", acquisition=0)]


def test_watching_one_name_is_quiet_about_others() -> None:
    state = SessionState()
    seen: list[ViewState] = []
    state.on_change(seen.append, "well")
    state.update(metric="focus")
    assert seen == []


@given(st.lists(settings, max_size=6).map(tuple))
def test_channels_survive_their_spelling(channels: tuple[ChannelSetting, ...]) -> None:
    assert decode_channels(encode_channels(channels)) == channels


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "0:zz0000:1:2",
        "0:00FF00:nan:2",
        "-1:00FF00:0:1",
        "0:00FF00:0:1:0",
        "a:b:c:d",
        ";".join(["0:00FF00:0:1"] * 65),
    ],
)
def test_malformed_channels_are_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_channels(text)


def test_nobody_is_told_of_a_state_that_is_the_present_one() -> None:
    """Of channels neither, which `param` takes for others whenever they are set."""
    state, seen = SessionState(), []
    channels = (ChannelSetting(index=1, color="FF0000", low=0.0, high=9.0, gamma=1.0),)
    state.update(well="B2", channels=channels)
    state.on_change(seen.append)
    state.show(state.view())
    assert seen == []
    view = state.update(well="B3")
    assert seen == [view]
    assert (view.well, view.channels) == ("B3", channels)


def test_addresses_hold_the_prefix_and_escape_every_part() -> None:
    url = Urls("/hcs").plane("a/b c", "B02", "0", "v#1", level=0, channel=1, z=0)
    assert url == "/hcs/pixels/a%2Fb%20c/B02/0/v%231/plane.bin?level=0&channel=1&z=0"


def test_a_sprite_is_as_square_as_it_can_be() -> None:
    assert [sprite_columns(count) for count in (1, 9, 12)] == [1, 3, 4]
