"""What a careful colleague says of new pixels, from values alone."""

from __future__ import annotations

import math

import numpy as np

from dashboard.corrections.comparison import histograms, metric_rows
from dashboard.corrections.pixel_traits import ChannelTraits, traits_of
from dashboard.corrections.pixel_warnings import (
    PlanePlace,
    constant_pixels,
    eight_bits,
    other_exposure,
    same_pixels,
)
from dashboard.corrections.staged_pixels import Stack
from dashboard.quality.staged_metrics import MetricChange
from hcs.qc import Plane, exact_digest
from hcs.qc.fields.digest import digest_of

RANDOM = np.random.default_rng(5)


def traits(**about: object) -> ChannelTraits:
    values = {"channel": 0, "name": "DNA", "digests": ("aa",), "low": 1.0}
    return ChannelTraits(**{**values, "high": 900.0, "mean": 100.0, **about})  # type: ignore[arg-type]


def test_what_pixels_are_known_by_is_what_measuring_keeps() -> None:
    array = RANDOM.integers(0, 4000, (2, 3, 70, 80)).astype("u2")
    first, second = traits_of(array, ("c", "z", "y", "x"), ("DNA", "GFP"), (0, 1))
    assert first.digests == tuple(exact_digest(plane) for plane in array[0])
    assert digest_of(Plane(array[1, 2])).exact == second.digests[2]
    assert (first.low, first.high) == (array[0].min(), array[0].max())
    assert math.isclose(first.mean, array[0].mean())


def test_values_that_are_not_finite_do_not_hide_the_others() -> None:
    array = np.array([[1.0, np.nan], [np.inf, 3.0]], "f4")
    (only,) = traits_of(array[np.newaxis], ("c", "y", "x"), ("DNA",), (0,))
    assert (only.low, only.high, only.mean) == (1.0, 3.0, 2.0)


def test_pixels_of_another_place_and_of_another_file_block() -> None:
    known = {
        "aa": [PlanePlace("B03", "s1", "DNA"), PlanePlace("C04", "s2", "DNA", True)]
    }
    elsewhere, twice = same_pixels([traits()], known)
    assert (elsewhere.kind, elsewhere.blocking, elsewhere.confirmable) == (
        "elsewhere",
        True,
        True,
    )
    assert "B03 field s1, channel DNA" in elsewhere.message
    assert twice.kind == "twice"
    assert "C04 field s2" in twice.message
    assert same_pixels([traits(digests=("bb",))], known) == ()


def test_a_constant_channel_is_called_so_and_not_a_copy_of_another() -> None:
    empty = traits(low=0.0, high=0.0)
    (constant,) = constant_pixels([empty, traits(name="GFP")])
    assert constant.kind == "constant"
    assert "DNA is 0 everywhere" in constant.message
    assert same_pixels([empty], {"aa": [PlanePlace("B03", "s1", "DNA")]}) == ()


def test_another_exposure_is_what_no_field_of_the_plate_has() -> None:
    usual = [100.0 + step for step in range(-10, 10)]
    (warning,) = other_exposure([traits(mean=400.0)], {0: usual})
    assert not warning.blocking
    assert "DNA is brighter than any field (mean 400" in warning.message
    assert other_exposure([traits(mean=108.0)], {0: usual}) == ()
    assert other_exposure([traits(mean=400.0)], {0: usual[:7]}) == ()


def test_eight_bits_in_a_wider_type_are_noticed_where_the_field_had_more() -> None:
    narrow = traits(high=255.0)
    (warning,) = eight_bits([narrow], "uint16", {0: 3000.0})
    assert "saved with 8 bits" in warning.message
    assert eight_bits([narrow], "uint16", {0: 200.0}) == ()
    assert eight_bits([narrow], "uint8", {0: 3000.0}) == ()


def change(kind: str, old: float, new: float, *marks: bool) -> MetricChange:
    before, after = marks
    return MetricChange(
        metric=f"{kind}.0",
        title=kind,
        unit="",
        channel=0,
        kind=kind,
        old=old,
        new=new,
        suspect_before=before,
        suspect_after=after,
    )


def test_the_verdict_of_the_rules_is_said_in_words_those_first() -> None:
    rows = metric_rows(
        [
            change("background", 10.0, 11.0, False, False),
            change("focus", -6.1, -0.3, True, False),
            change("saturation", 0.0, 4.0, False, True),
        ],
        ("DNA",),
    )
    assert [row.text for row in rows] == [
        "focus -6.1 -> -0.3: no longer suspect",
        "now saturated: 4 %",
        "background 10 -> 11",
    ]


def test_histograms_of_both_have_the_same_bins_and_count_every_pixel() -> None:
    old = RANDOM.integers(0, 100, (1, 40, 50)).astype("u2")
    new = old + 50
    (histogram,) = histograms(
        Stack(old, ("c", "y", "x")), Stack(new, ("c", "y", "x")), ("DNA",), (0,)
    )
    assert (histogram.low, histogram.high) == (old.min(), new.max())
    assert math.isclose(sum(histogram.old), 1.0)
    assert math.isclose(sum(histogram.new), 1.0)
    assert histogram.old != histogram.new
