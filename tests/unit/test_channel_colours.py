"""Channels whose colours are taken for each other, and colours that are not."""

from __future__ import annotations

from itertools import combinations

import pytest

from dashboard.plates import colours

PAINTING = ("0080FF", "00FF00", "FFD000", "FF8000", "FF0000")
"""The five stains of cell painting as instruments store them."""


@pytest.mark.parametrize(
    ("first", "second"),
    [("FFFF00", "00FF00"), ("FFFF00", "FF8000"), ("FFD000", "00FF00")],
)
def test_yellow_orange_and_green_are_taken_for_each_other(
    first: str, second: str
) -> None:
    assert colours.close_pairs((first, second)) == ((0, 1),)


@pytest.mark.parametrize("dim", [0x40, 0x80])
def test_a_dimmer_shade_of_a_colour_is_no_other_colour(dim: int) -> None:
    assert colours.angles("FF0000", f"{dim:02X}0000")[0] < 0.1


def test_red_and_green_differ_for_most_people_and_not_for_all() -> None:
    assert not colours.close_pairs(("FF0000", "00FF00"))
    assert colours.close_pairs(("FF0000", "00FF00"), colour_blind=True)


def test_blue_and_green_stay_as_they_are_stored() -> None:
    assert colours.distinct(("0080FF", "00FF00")) == ("0080FF", "00FF00")


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_proposed_colours_are_told_apart_by_everybody(count: int) -> None:
    proposed = colours.distinct(PAINTING[-count:])
    assert len(set(proposed)) == count
    assert not colours.close_pairs(proposed)
    assert not colours.close_pairs(proposed, colour_blind=True)


def test_six_channels_are_further_apart_than_the_stored_ones() -> None:
    def nearest(colors: tuple[str, ...]) -> float:
        return min(colours.angles(*pair)[0] for pair in combinations(colors, 2))

    stored = (*PAINTING, "FF40FF")
    assert nearest(colours.distinct(stored)) > 13 > nearest(stored)


def test_each_channel_keeps_the_colour_that_is_nearest_to_its_own() -> None:
    proposed = colours.distinct(("FF0000", "0080FF", "FF4000"))
    assert proposed[1] in ("00FFFF", "B030FF"), "what was blue stays cold"
    assert proposed[0] == "FF0000" or proposed[2] == "FF0000"


def test_transmitted_light_stays_white_and_clashes_with_nothing() -> None:
    assert colours.distinct(("FFFFFF", "00FF00", "FFFF00"))[0] == "FFFFFF"
    assert colours.close_pairs(("FFFFFF", "FFFFFF")) == ()


def test_more_than_six_colours_are_left_alone() -> None:
    many = ("FF0000",) * 7
    assert colours.distinct(many) == many
