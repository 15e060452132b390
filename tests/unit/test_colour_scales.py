"""The ramps: to be told apart by every eye, in either theme; what is well is quiet."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dashboard.categories import CATEGORY_COLOURS, category_colours
from dashboard.colour_scales import (
    RAMPS,
    ends,
    mixed,
    part_of,
    stands_out,
    steps,
)
from dashboard.theme import DARK, LIGHT, component_css, css

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]
WHITE = np.array([0.95047, 1, 1.08883])


def lab(color: str, eye: str = "usual") -> np.ndarray:
    """CIELAB of ``#rrggbb`` as an eye sees it, D65."""
    parts = np.array(list(bytes.fromhex(color[1:]))) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(EYES[eye]) @ linear, 0, 1)
    ratio = np.array(XYZ) @ seen / WHITE
    light = np.where(
        ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116
    )
    return np.array(
        [
            116 * light[1] - 16,
            500 * (light[0] - light[1]),
            200 * (light[1] - light[2]),
        ]
    )


def lightness(colors: tuple[str, ...]) -> list[float]:
    return [float(lab(color)[0]) for color in colors]


CASES = [(ground, scale) for ground, ramps in RAMPS.items() for scale in ramps]


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(("ground", "scale"), CASES)
def test_seven_steps_of_a_ramp_can_be_told_apart(ground, scale, eye):
    seen = [lab(color, eye) for color in steps(RAMPS[ground][scale], 7)]
    apart = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[i + 1 :]]
    assert min(apart) >= 10


@pytest.mark.parametrize(("ground", "scale"), CASES)
def test_lightness_goes_one_way_from_where_all_is_well(ground, scale):
    values = lightness(steps(RAMPS[ground][scale], 21))
    halves = [values[10::-1], values[10:]] if scale == "diverging" else [values]
    for half in halves:
        ways = {b > a for a, b in pairwise(half)}
        assert len(ways) == 1
        if scale != "sequential":
            assert ways == {ground == "dark"}  # away from the ground


@pytest.mark.parametrize(("ground", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_where_all_is_well_a_well_is_quiet_and_still_seen(ground, palette):
    middle = RAMPS[ground]["diverging"][3]
    assert middle == RAMPS[ground]["deviation"][0]
    for name in ("surface", "sunken"):
        away = abs(lightness((middle,))[0] - lightness((getattr(palette, name),))[0])
        assert 5 <= away <= 20, name
    loud = RAMPS[ground]["deviation"][-1]
    assert abs(lightness((loud,))[0] - lightness((palette.sunken,))[0]) >= 60


def test_the_page_and_components_elsewhere_get_the_ramps_of_their_theme():
    for sheet in (css(), component_css()):
        for ground in ("light", "dark"):
            assert f"--hcs-deviation:{' '.join(RAMPS[ground]['deviation'])};" in sheet
        stage = " ".join(RAMPS["dark"]["diverging"])
        assert sheet.count(f"--hcs-stage-diverging:{stage};") == 1


def test_the_ends_of_a_deviation_are_alike_on_every_plate():
    for low, high in ((0.0, 0.0), (0.0, 50.0)):
        assert ends("deviation", low, high, notable=1) == (0, 3)
    assert ends("deviation", 50, 100, right=100, notable=-5) == (100, 85)


def test_the_ends_of_a_deviation_without_a_limit_reach_its_far_values():
    assert ends("deviation", 0.5, 4) == (0, 4)
    assert ends("deviation", 0.2, 1.1, right=1) == (1, 0.2)


def test_zero_is_in_the_middle_of_what_diverges():
    low, high = ends("diverging", -1, 4)
    assert part_of(0, low, high, scale="diverging") == 0.5
    assert ends("sequential", 2, 5) == (2, 5)


def test_a_value_stands_out_from_its_limit_on_and_to_its_side():
    assert [stands_out("deviation", value, 0, 1) for value in (0.9, 1, 9)] == [0, 1, 1]
    sides = [stands_out("deviation", value, 100, -5) for value in (100, 96, 95, 0)]
    assert sides == [0, 0, -1, -1]
    assert [stands_out("diverging", value, 0, 3) for value in (-3, 2, 3)] == [-1, 0, 1]
    assert stands_out("sequential", 1e9, 0, None) == 0


def test_doses_are_an_order_words_and_codes_of_two_are_none():
    scale, colours = category_colours(["0", "0.1", "1", "10"])
    assert scale == "ordinal"
    assert len(set(colours)) == 4
    assert lightness(tuple(colours)) == sorted(lightness(tuple(colours)))
    assert category_colours(["-1", "1"]) == ("categorical", list(CATEGORY_COLOURS[:2]))
    assert category_colours(["1", "2", "DMSO"])[0] == "categorical"


def test_a_part_beyond_the_ramp_has_the_colour_of_its_end():
    ramp = RAMPS["light"]["deviation"]
    assert (mixed(ramp, -1), mixed(ramp, 2)) == (ramp[0], ramp[-1])
