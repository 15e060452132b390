"""Clip levels, baselines, suspects and banners, on results made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.qc.clip import Clip, Top, infer_clip, percent_at, top_of
from hcs.qc.fields.nuclei import propose_channel
from hcs.qc.fields.plane import Plane
from hcs.qc.plates.aggregation import (
    aggregate,
    best_plane,
    default_way,
    planes_in_focus,
)
from hcs.qc.plates.banner import plate_banner, plate_medians
from hcs.qc.plates.baseline import make_baselines
from hcs.qc.plates.check import checks
from hcs.qc.plates.cutoff import cut_offs
from hcs.qc.plates.failures import FAILURE_RULES, with_limits
from hcs.qc.plates.readings import Readings
from hcs.qc.plates.suspicion import find_suspects, find_unusual
from hcs.qc.registry import definition
from hcs.qc.results import FieldResult, MeasureSettings, PlaneResult, settle_clips
from hcs.qc.run.quality import measure_plane

USUAL = {
    "power_log_log_slope": -1.4,
    "percent_saturated": 0.0,
    "background_level": 150.0,
    "background_unevenness": 1.0,
    "empty_tiles": 5.0,
    "bright_debris": 0.0,
    "percent_maximal": 0.01,
    "mean": 200.0,
    "nucleus_count": 100.0,
}

TOP = Top(2000.0, None, 0.01)
"""The brightest of the counts that the fields of `plate` use."""


def plane(channel="DNA", z=0, t=0, top=None, reasons=None, **values):
    index = {"DNA": 0, "GFP": 1}[channel]
    return PlaneResult(
        channel=channel,
        channel_index=index,
        z=z,
        t=t,
        values=values,
        reasons=reasons or {},
        top=top,
    )


def field(well, name="0", *planes, **changed):
    return FieldResult(
        well=well,
        field=name,
        label=f"s{int(name) + 1}",
        acquisition=None,
        version="v",
        planes=planes or (plane(**USUAL | changed),),
    )


def plate(seed=0, wells=24, **changed):
    """Return a plate of two fields a well, with a little noise on everything."""
    rng = np.random.default_rng(seed)
    return [
        field(
            f"{'ABCD'[well // 6]}/{well % 6 + 1}",
            name,
            plane(top=TOP, **noisy(rng, changed)),
            plane(
                "GFP",
                top=TOP,
                **noisy(rng, changed),
                channel_shift=float(rng.integers(2)),
            ),
        )
        for well in range(wells)
        for name in ("0", "1")
    ]


def noisy(rng, changed):
    values = {
        id: value + (rng.uniform(-0.05, 0.05) * abs(value) if value else 0.0)
        for id, value in (USUAL | changed).items()
    }
    return {"p99": 900.0} | values


def spoiled(results, at, **values):
    """Return results with one field's first channel changed."""
    result = results[at]
    first, *others = result.planes
    bad = replace(first, values=first.values | values)
    return [*results[:at], replace(result, planes=(bad, *others)), *results[at + 1 :]]


def judged(results, **options):
    return find_suspects(results, make_baselines(results), **options)


# Suspects


def test_a_clean_plate_has_no_suspects():
    assert judged(plate()) == []
    assert plate_banner(plate(), nuclear="DNA") == []


@pytest.mark.parametrize(
    ("metric", "value", "kind", "words"),
    [
        ("power_log_log_slope", -2.6, "focus", "out of focus? (focus -2.6)"),
        ("percent_saturated", 1.5, "saturation", "saturated (1.5 %)"),
        ("background_level", 260.0, "background", "unusual background? ("),
        ("background_level", 60.0, "background", "unusual background? ("),
        ("background_unevenness", 18.0, "uneven light", "uneven light? (18 %)"),
        ("empty_tiles", 100.0, "empty", "empty (100 %)"),
        ("bright_debris", 0.8, "debris", "debris? (0.8 %)"),
    ],
)
def test_each_kind_of_failure_is_told_in_words_with_its_number(
    metric, value, kind, words
):
    (suspect,) = judged(spoiled(plate(), 7, **{metric: value}), nuclear="DNA")
    assert (suspect.well, suspect.field) == ("A/4", "1")
    (reason,) = suspect.reasons
    assert reason.kind == kind
    assert reason.text.startswith(f"channel DNA, field s2: {words}")
    assert "worst" in reason.text


def test_a_shift_of_a_channel_is_told_of_that_channel():
    results = plate()
    first, second = results[0].planes
    moved = replace(second, values=second.values | {"channel_shift": 12.0})
    results[0] = replace(results[0], planes=(first, moved))
    (suspect,) = judged(results, nuclear="DNA")
    assert suspect.reasons[0].text == (
        "channel GFP, field s1: channel shift? (12 px), worst of 48"
    )


def test_the_text_says_channel_field_value_and_rank():
    (suspect,) = judged(spoiled(plate(), 0, power_log_log_slope=-6.1))
    assert (
        suspect.reasons[0].text
        == "channel DNA, field s1: out of focus? (focus -6.1), worst of 48"
    )


def test_the_good_side_raises_no_suspicion():
    results = spoiled(plate(), 0, power_log_log_slope=0.9)
    results = spoiled(results, 1, background_unevenness=0.0, empty_tiles=0.0)
    assert judged(results) == []


def test_what_treatment_moves_never_raises_suspicion():
    results = spoiled(plate(), 0, nucleus_count=3.0, mean=4000.0)
    assert judged(results) == []
    (unusual,) = find_unusual(results, ["nucleus_count", "mean"])
    assert {reason.metric for reason in unusual.reasons} == {"nucleus_count", "mean"}


def test_the_unusual_is_judged_within_its_role():
    results = plate()
    roles = {r.well: "positive" if r.well[0] == "D" else "sample" for r in results}
    results = [
        spoiled([r], 0, nucleus_count=r.planes[0].values["nucleus_count"] / 4)[0]
        if roles[r.well] == "positive"
        else r
        for r in results
    ]
    assert find_unusual(results, ["nucleus_count"], roles=roles) == []
    assert len(find_unusual(results, ["nucleus_count"])) == 12


def test_a_very_even_plate_has_no_suspects_for_nothing():
    results = [field(f"A/{i}") for i in range(1, 30)]
    results = spoiled(results, 3, power_log_log_slope=-1.6, bright_debris=0.05)
    assert judged(results) == []


def test_other_channels_than_the_nuclear_have_wider_limits():
    results = plate()
    first, second = results[0].planes
    dim = replace(second, values=second.values | {"power_log_log_slope": -2.1})
    results[0] = replace(results[0], planes=(first, dim))
    assert judged(results, nuclear="DNA") == []
    assert len(judged(results, nuclear="GFP")) == 1
    # Where nobody knows the nuclear channel, treatment may move what any shows.
    assert judged(results) == []


def test_the_only_field_of_a_well_is_not_named_by_its_path():
    zero = replace(field("A/1", percent_maximal=100.0, mean=0.0), label="")
    (suspect,) = find_suspects([zero], {})
    assert suspect.reasons[0].text == "channel DNA: all pixels are 0"
    second = replace(zero, field="1", planes=())
    first, *_ = find_suspects([zero, second], {})
    assert first.reasons[0].text == f"channel DNA, field {zero.field}: all pixels are 0"


def test_constant_images_are_suspect_without_any_baseline():
    zero = field("A/1", percent_maximal=100.0, mean=0.0)
    flat = field("A/2", percent_maximal=100.0, mean=7.0)
    first, second = find_suspects([zero, flat], {})
    assert first.reasons[0].text == "channel DNA, field s1: all pixels are 0"
    assert second.reasons[0].text == "channel DNA, field s1: all pixels are equal"


def test_unreadable_and_missing_fields_are_suspect():
    results = plate()
    results[0] = replace(results[0], planes=(), error="chunk 0/1 is damaged")
    gone = replace(results[0], well="D/6", field="", label="", error="nothing there")
    expected = dict.fromkeys({r.well for r in results}, 2) | {"D/6": 2, "B/1": 3}
    results = [r for r in results if r.well != "D/6"] + [gone]
    texts = {s.well: s.reasons[0].text for s in judged(results, expected=expected)}
    assert texts == {
        "A/1": "field s1: unreadable: chunk 0/1 is damaged",
        "D/6": "missing: nothing there",
        "B/1": "missing: 1 of 3 fields",
    }


def test_a_field_with_pixels_that_are_no_numbers_is_suspect_for_want_of_any_metric():
    pixels = np.random.default_rng(0).normal(100, 5, (64, 64)).astype("f4")
    pixels[3, 3] = np.nan
    measured = measure_plane(pixels)
    odd = plane(reasons=measured.reasons, **measured.values)
    (suspect,) = judged([field("E/1", "0", odd), *plate()])
    assert suspect.well == "E/1"
    assert suspect.reasons[0].kind == "not finite"
    assert suspect.reasons[0].text == (
        "channel DNA, field s1: not measured: "
        "1 of 4096 pixels is not finite (NaN or infinite)"
    )


def test_baselines_stay_what_they_are_when_the_plate_changes():
    results = plate()
    baselines = make_baselines(results)
    worse = [
        replace(r, planes=tuple(
            replace(p, values=p.values | {"power_log_log_slope": -2.6})
            for p in r.planes
        ))
        for r in results
    ]  # fmt: skip
    assert len(find_suspects(worse, baselines)) == len(worse)


def test_the_background_is_judged_by_the_range_that_the_camera_uses():
    dark = plate(background_level=1.0, mean=50.0)
    assert judged(spoiled(dark, 0, background_level=50.0)) == []
    assert len(judged(spoiled(dark, 0, background_level=70.0))) == 1


@pytest.mark.parametrize(
    ("scale", "offset", "dtype"),
    [(1, 0, "uint8"), (16, 0, "uint16"), (16, 32768, "uint16")],
    ids=["8 bit", "12 bit in 16", "12 bit with an offset"],
)
@pytest.mark.parametrize(("glow", "suspect"), [(4, False), (16, True)])
def test_cameras_of_any_depth_and_offset_are_judged_alike(
    scale, offset, dtype, glow, suspect
):
    rng = np.random.default_rng(8)
    results = []
    for number in range(20):
        counts = rng.poisson(6.0, (80, 80)) + (glow if number == 3 else 0)
        counts[20:30, 20:30] += 200
        pixels = (counts * scale + offset).astype(dtype)
        own = measure_plane(pixels, metrics=["background_level", "mean"])
        results.append(field(f"A/{number + 1}", "0", plane(top=own.top, **own.values)))
    suspects = judged(results, nuclear="DNA")
    assert [listed.well for listed in suspects] == (["A/4"] if suspect else [])


def test_bright_cells_and_spots_of_the_assay_are_no_debris():
    # What the SBS plate's brightest wells have, in either channel.
    assert judged(spoiled(plate(), 0, bright_debris=0.37)) == []
    assert judged(spoiled(plate(), 0, bright_debris=0.13), nuclear="DNA") == []
    assert len(judged(spoiled(plate(), 0, bright_debris=0.44), nuclear="DNA")) == 1


def test_a_few_fields_make_no_baseline():
    few = plate(wells=4)
    assert make_baselines(few) == {}
    assert find_suspects(spoiled(few, 0, power_log_log_slope=-9.0), {}) == []


@pytest.mark.parametrize(
    ("metric", "value", "kind"),
    [
        ("background_unevenness", 62.0, "uneven light"),
        ("percent_saturated", 3.0, "saturation"),
        ("empty_tiles", 98.0, "empty"),
    ],
)
def test_limits_need_no_neighbours(metric, value, kind):
    (suspect,) = find_suspects([field("A/1", **{metric: value})], {})
    assert [reason.kind for reason in suspect.reasons] == [kind]


def test_light_that_is_uneven_everywhere_is_suspect_in_every_field():
    # The values of a real plate that was missed: 62 to 111 % of the mean.
    results = [
        field(f"A/{at + 1}", background_unevenness=62.0 + at) for at in range(50)
    ]
    assert len(judged(results)) == 50
    (sentence,) = plate_banner(results)
    assert sentence.startswith(
        "light is uneven on the whole plate (channel DNA, median "
    )


def test_an_entirely_empty_well_stands_above_everything_that_is_only_far_off():
    results = spoiled(plate(), 0, power_log_log_slope=-60.0, background_unevenness=99.0)
    results = spoiled(results, 7, empty_tiles=100.0)
    first, second = judged(results, nuclear="DNA")
    assert (first.well, first.score) == ("A/4", math.inf)
    assert second.well == "A/1"


def test_a_well_that_is_said_to_be_empty_is_not_suspect_for_that():
    results = spoiled(plate(), 7, empty_tiles=100.0)
    assert judged(results, roles={"A/4": "empty"}) == []
    assert len(judged(results, roles={"A/4": "negative"})) == 1


@given(
    st.sampled_from([rule.metric for rule in FAILURE_RULES]),
    st.floats(-60, 300),
    st.sampled_from(["A/1", "A/4", "D/6"]),
)
def test_a_field_is_suspect_if_and_only_if_it_lies_beyond_what_is_drawn(
    metric, value, well
):
    clean = plate()
    roles = {r.well: "positive" if r.well[0] == "D" else "sample" for r in clean}
    usual = make_baselines(clean, roles=roles)
    at = next(n for n, result in enumerate(clean) if result.well == well)
    first, second = clean[at].planes
    planes = first, replace(second, values=second.values | {metric: value})
    results = [*clean[:at], replace(clean[at], planes=planes), *clean[at + 1 :]]
    low, high = cut_offs(results, usual, nuclear="DNA")[metric, "GFP"]
    outside = (low is not None and value <= low) or (high is not None and value >= high)
    suspects = find_suspects(results, usual, nuclear="DNA", roles=roles)
    assert [suspect.well for suspect in suspects] == ([well] if outside else [])
    assert all(suspect.score >= 1 for suspect in suspects)


def test_cut_offs_that_no_field_can_reach_are_none():
    dark = plate(background_level=2.0, empty_tiles=1.0)
    drawn = cut_offs(dark, make_baselines(dark))
    assert drawn["background_level", "DNA"] == (None, pytest.approx(61.9, abs=1))
    for (metric, _), (low, high) in drawn.items():
        entry = definition(metric)
        assert low is None or entry.low is None or low >= entry.low
        assert high is None or entry.high is None or high <= entry.high


def test_every_kind_says_what_it_was_compared_with():
    results = plate()
    others = {("power_log_log_slope", "DNA"): [-1.4] * 6}
    texts = {
        check.kind: check.text
        for check in checks(results, make_baselines(results), others=others)
    }
    assert texts["focus"] == (
        "compared with 48 fields of this plate; compared with 6 other plates"
    )
    assert texts["saturation"] == "limit 1 %"
    assert texts["uneven light"].startswith("limit 50 %; compared with 48 fields")
    assert texts["debris"].endswith("too few other plates to compare (0 of 5)")
    assert set(texts) >= {rule.kind for rule in FAILURE_RULES} | {"brightness"}


def test_two_fields_are_too_few_and_say_what_needs_none():
    few = plate(wells=1)
    by_kind = {check.kind: check for check in checks(few, make_baselines(few))}
    assert by_kind["focus"].text.startswith("too few fields to compare (2 of 16); ")
    assert by_kind["uneven light"].text.startswith("limit 50 %; too few fields")
    assert not any(check.fields for check in by_kind.values())


def test_a_kind_without_numbers_says_why():
    why = {"percent_saturated": "the clip level is not known"}
    blank = {"percent_saturated": math.nan}
    results = [field("A/1", "0", plane(**USUAL | blank, reasons=why))]
    by_kind = {check.kind: check for check in checks(results, {})}
    assert by_kind["saturation"].text == "not checked: the clip level is not known"
    assert not by_kind["saturation"].measured


def test_limits_of_a_project_replace_ours_and_only_where_there_are_any():
    results = spoiled(plate(), 0, empty_tiles=70.0)
    assert judged(results) == []
    strict = with_limits({"empty_tiles": 60.0, "power_log_log_slope": -1.0})
    assert len(judged(results, rules=strict)) == 1


def test_failed_fields_can_be_left_out_of_the_baseline():
    results = plate()
    baselines = make_baselines(results, skip=lambda key: key[0].startswith("A/"))
    assert baselines["bright_debris", "DNA", None].n == 36


def test_suspects_come_worst_first():
    results = spoiled(plate(), 0, power_log_log_slope=-2.6)
    results = spoiled(results, 5, power_log_log_slope=-4.0)
    assert [s.well for s in judged(results)] == ["A/3", "A/1"]


def test_cut_offs_are_the_projects():
    results = spoiled(plate(), 0, percent_saturated=0.5)
    strict = [
        replace(rule, limit=0.2) if rule.kind == "saturation" else rule
        for rule in FAILURE_RULES
    ]
    assert judged(results) == []
    assert len(judged(results, rules=strict)) == 1


# Banners


def test_a_plate_blurred_as_a_whole_raises_the_banner_not_suspects():
    results = plate(power_log_log_slope=-3.0)
    assert judged(results, nuclear="DNA") == []
    (sentence,) = plate_banner(results, nuclear="DNA")
    assert sentence.startswith("focus is bad on the whole plate (channel DNA, median ")


def test_a_plate_worse_than_five_others_raises_the_banner():
    others = {("background_unevenness", "DNA"): [1.0, 1.1, 0.9, 1.0, 1.0]}
    results = plate(background_unevenness=15.0)
    (sentence,) = plate_banner(results, nuclear="DNA", others=others)
    assert sentence.startswith("uneven light is worse than on 5 other plates")
    assert plate_banner(plate(), nuclear="DNA", others=others) == []
    few = {("background_unevenness", "DNA"): [1.0, 1.1, 0.9, 1.0]}
    assert plate_banner(results, nuclear="DNA", others=few) == []


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"power_log_log_slope": -2.45}, "focus is worse than on 5 other plates"),
        ({"p99": 500.0}, "brightness differs from that on 5 other plates"),
        ({"p99": 1500.0}, "brightness differs from that on 5 other plates"),
        ({"bright_debris": 0.9}, "debris is worse than on 5 other plates"),
        ({"background_level": 400.0}, "background differs from that on 5 other plates"),
    ],
)
def test_a_whole_plate_is_compared_with_the_projects_others(changed, kind):
    others = {}
    for seed in range(5):
        for place, median in plate_medians(plate(seed)).items():
            others.setdefault(place, []).append(median)
    banner = plate_banner(plate(9, **changed), nuclear="DNA", others=others)
    assert any(line.startswith(kind) for line in banner), banner
    assert plate_banner(plate(9), nuclear="DNA", others=others) == []


def test_a_few_fields_are_not_the_plate():
    unknown = [field(f"A/{column}", empty_tiles=math.nan) for column in range(1, 6)]
    assert plate_banner([*unknown, field("A/6", empty_tiles=100.0)]) == []
    empty = [field(f"B/{column}", empty_tiles=100.0) for column in range(1, 6)]
    (sentence,) = plate_banner([*unknown, *empty])
    assert sentence.startswith("the whole plate is empty")


def test_no_cut_off_of_blur_fits_channels_other_than_the_nuclear():
    sharp = plate()
    for result in range(len(sharp)):
        sharp = spoiled(sharp, result, power_log_log_slope=-3.0)
    assert plate_banner(sharp, nuclear="GFP") == []
    assert plate_banner(sharp) == []
    (sentence,) = plate_banner(sharp, nuclear="DNA")
    assert "channel DNA" in sentence
    # Where nobody knows the nuclear channel: not all of them are smooth.
    both = plate_banner(plate(power_log_log_slope=-3.0))
    assert [line.split()[0] for line in both] == ["focus", "focus"]


# Clip levels


def saturated(level, share=0.02, hot=False):
    rng = np.random.default_rng(0)
    pixels = rng.poisson(300, (100, 100)).astype("uint16")
    pixels[rng.random((100, 100)) < share] = level
    if hot:
        pixels[0, 0] = level + 7
    return Plane(pixels).distribution


def test_a_pile_at_one_value_shows_the_clip_level():
    tops = [top_of(saturated(4095)) for _ in range(3)]
    clip = infer_clip(tops)
    assert clip.level == 4095
    assert clip.source == "seen in 3 images, whose pixels pile up at 4095"


def test_piles_that_do_not_tell_the_clip_level_are_named():
    assert (
        "pile up at 4095 in 1 image, which"
        in infer_clip([top_of(saturated(4095))]).source
    )
    clip = infer_clip([top_of(saturated(level)) for level in (4095, 4095, 900, 1023)])
    assert clip.level is None
    assert "4095 in 2 images, 900 in 1 image, 1023 in 1 image" in clip.source


def test_a_hot_pixel_above_does_not_hide_the_pile():
    top = top_of(saturated(4095, hot=True))
    assert (top.highest, top.pile) == (4102, 4095)
    assert percent_at(top, 4095) == pytest.approx(2, abs=0.5)


def test_no_pile_and_no_evidence_leave_the_level_unknown():
    rng = np.random.default_rng(0)
    tops = [top_of(Plane(rng.poisson(300, (50, 50))).distribution)] * 9
    assert infer_clip(tops).level is None
    assert "not known" in infer_clip(tops).source
    assert infer_clip([]).level is None


def test_one_image_alone_shows_no_clip_level():
    assert infer_clip([top_of(saturated(4095))]).level is None


@pytest.mark.parametrize("end", [255, 65535])
def test_one_image_that_piles_up_at_the_end_of_its_type_is_saturated(end):
    rng = np.random.default_rng(0)
    usual = Top(end - 40.0, None, 0.01)
    pixels = np.where(rng.random((100, 100)) < 0.02, end, rng.poisson(99, (100, 100)))
    clip = infer_clip([usual, top_of(Plane(pixels.astype("uint16")).distribution)])
    assert clip.level == end
    assert clip.source == f"seen in 1 image with pixels at {end}, the type's end"
    assert infer_clip([usual, Top(end, None, 0.01)]).level is None  # one hot pixel
    assert infer_clip([Top(255.0, 255.0, 2.0), Top(300.0, None, 0.1)]).level is None


def test_piles_at_different_levels_show_none():
    tops = [top_of(saturated(level)) for level in (4095, 4095, 3000, 2000)]
    assert infer_clip(tops).level is None


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (Top(300.0, None, 0.01), 0.0),
        (Top(4095.0, 4095.0, 3.0), 3.0),
        (Top(4095.0, None, 0.02), 0.02),
        (Top(5000.0, None, 0.02), None),
    ],
)
def test_saturation_is_filled_in_where_it_can_be_told(top, expected):
    assert percent_at(top, 4095) == expected


def test_saturation_is_filled_in_once_the_plate_shows_the_level():
    nan = {"percent_saturated": math.nan}
    why = {"percent_saturated": "unknown"}
    tops = [Top(4095.0, 4095.0, 3.0)] * 3 + [Top(900.0, None, 0.01)]
    results = [
        field("A/1", str(i), plane(**nan, top=top, reasons=why))
        for i, top in enumerate(tops)
    ]
    filled, clips = settle_clips(results, MeasureSettings())
    assert clips["DNA"].level == 4095
    assert [r.planes[0].values["percent_saturated"] for r in filled] == [3, 3, 3, 0]
    assert filled[0].planes[0].reasons == {}


def test_a_level_that_was_set_is_not_inferred():
    chosen = MeasureSettings(clips={"DNA": Clip(1000, "set by a person")})
    results = [field("A/1", "0", plane(top=Top(4095.0, 4095.0, 3.0)))]
    filled, clips = settle_clips(results, chosen)
    assert clips["DNA"].source == "set by a person"
    assert filled == results


# Channels, planes, wells


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["GFP", "DNA"], 1),
        (["Hoechst 33342", "Actin"], 0),
        (["w1 DAPI", None], 0),
        (["GFP", "RFP"], None),
        (["DAPI", "DNA"], None),
        ([], None),
    ],
)
def test_the_nuclear_channel_is_proposed_by_name(names, expected):
    assert propose_channel(names) == expected


def test_the_sharpest_plane_counts():
    planes = [plane(z=z, mean=z, power_log_log_slope=s) for z, s in enumerate((-3, -1))]
    assert best_plane(planes) == 1
    assert planes_in_focus(planes, "DNA") == [planes[1]]
    assert planes_in_focus(planes, "DNA", z=0) == [planes[0]]


def test_technical_metrics_show_the_worst_field_others_the_median():
    assert default_way(definition("power_log_log_slope")) == "worst"
    assert default_way(definition("mean")) == "median"
    assert aggregate([1, 2, 9], "median", bad="none", middle=2) == 2
    assert aggregate([-1, -4, -2], "worst", bad="low", middle=-2) == -4
    assert aggregate([5, 6, 20], "worst", bad="high", middle=6) == 20


@pytest.mark.parametrize(
    ("way", "expected"),
    [("mean", 4), ("min", 1), ("max", 9), ("sd", 19**0.5), ("cv", 25 * 19**0.5)],
)
def test_fields_become_wells_in_the_way_that_is_chosen(way, expected):
    value = aggregate([1, 2, 9], way, bad="none", middle=2)
    assert value == pytest.approx(expected)
    assert math.isnan(aggregate([1], "sd", bad="none", middle=1))


# What was read once is not read again


class Counted(dict):
    """Values of a plane that count how often one of them is looked up."""

    lookups = 0

    def get(self, *arguments):
        Counted.lookups += 1
        return super().get(*arguments)

    def __getitem__(self, name):
        Counted.lookups += 1
        return super().__getitem__(name)


def counted(results):
    return [
        replace(
            result,
            planes=tuple(
                replace(plane, values=Counted(plane.values)) for plane in result.planes
            ),
        )
        for result in results
    ]


def everything(results):
    baselines = make_baselines(results, roles={"A/1": "negative"})
    return (
        baselines,
        cut_offs(results, baselines),
        find_suspects(results, baselines),
        find_unusual(results, ["mean", "nucleus_count"]),
        checks(results, baselines),
        plate_banner(results),
        plate_medians(results),
    )


def test_a_plate_is_judged_alike_from_a_list_and_from_what_remembers():
    results = spoiled(plate(), 7, power_log_log_slope=-2.6)
    results = spoiled(results, 9, background_level=math.nan)
    results[3] = replace(results[3], planes=(), error="cut off")
    # Spelled out: a value that there is none of is not equal to itself.
    assert repr(everything(results)) == repr(everything(Readings(results)))


def test_what_was_read_of_a_plate_is_not_read_again():
    readings = Readings(counted(spoiled(plate(), 7, power_log_log_slope=-2.6)))
    everything(readings)
    before = Counted.lookups
    baselines = make_baselines(readings)
    cut_offs(readings, baselines)
    checks(readings, baselines)
    plate_banner(readings)
    assert Counted.lookups == before > 0


def test_numbers_of_stacks_are_those_of_the_plane_in_focus_and_of_lost_fields_none():
    blurred = plane(z=0, power_log_log_slope=-3.0, mean=1.0)
    early = plane(z=1, t=0, power_log_log_slope=-1.0, mean=5.0)
    late = plane(z=1, t=1, power_log_log_slope=-1.0, mean=7.0)
    results = plate()
    results[0] = replace(results[0], planes=(blurred, early, late))
    results[1] = replace(results[1], planes=(), error="cut off")
    numbers = Readings(results).numbers("mean", "DNA")
    assert numbers[results[0].key] == 6.0
    assert math.isnan(numbers[results[1].key])
    assert list(numbers) == [result.key for result in results]
