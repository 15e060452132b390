"""What file names seem to say, and whether it contradicts a target."""

from __future__ import annotations

import pytest

from dashboard.corrections.naming import Guess, guess, same_field, same_well
from hcs.ingest import assign_channels


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Channel1-01-A-01.tif", Guess("A01", None)),
        ("r01c01f01p01-ch2sk1fk1fl1.tiff", Guess("A01", "f01")),
        ("plate_B03_s2_w3.tif", Guess("B03", "s2")),
        ("AS_09125_050118150001_A03f00d0.TIF", Guess("A03", "f00")),
        ("image.tif", Guess()),
        ("", Guess()),
    ],
)
def test_names_of_microscopes_are_understood(name: str, expected: Guess) -> None:
    assert guess(name) == expected


def test_wells_are_compared_by_what_they_mean() -> None:
    assert same_well("B2", "B02")
    assert not same_well("B2", "B03")
    assert same_well("top/left", "B02"), "what is no well contradicts nothing"


@pytest.mark.parametrize(
    ("guessed", "name", "label", "same"),
    [
        pytest.param("s2", "1", "s2", True, id="the source's own label"),
        pytest.param("s1", "1", "s2", False, id="another label"),
        pytest.param("s1", "0", "0", True, id="counted from 1"),
        pytest.param("f0", "0", "0", True, id="counted from 0"),
        pytest.param("s3", "0", "0", False, id="neither"),
        pytest.param("s3", "a0f2", "a0f2", True, id="several acquisitions"),
    ],
)
def test_field_numbers_that_cannot_be_meant_contradict(
    guessed: str, name: str, label: str, same: bool
) -> None:
    assert same_field(guessed, name, label) is same


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["x_GFP.tif", "x_DNA.tif"], (1, 0), id="by channel name"),
        pytest.param(["x_w1.tif", "x_w2.tif"], (0, 1), id="counted from 1"),
        pytest.param(["A01f00d0.tif", "A01f00d1.tif"], (0, 1), id="counted from 0"),
        pytest.param(["x_w7.tif", "y.tif"], (None, None), id="nothing fits"),
        pytest.param(["x_w1.tif", "y_w1.tif"], (0, None), id="one file a channel"),
    ],
)
def test_files_are_assigned_to_channels(
    names: list[str], expected: tuple[int | None, ...]
) -> None:
    assert assign_channels(names, ["DNA", "GFP"]) == expected
