"""Clip levels, baselines, suspects and banners, on results made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hcs.errors import NotFoundError
from hcs.qc.aggregation import best_plane, default_way, field_values, well_values
from hcs.qc.banner import plate_banner
from hcs.qc.baseline import make_baselines
from hcs.qc.clip import Clip, Top, infer_clip, percent_at, top_of
from hcs.qc.definitions import definition
from hcs.qc.failures import FAILURE_RULES
from hcs.qc.nuclei import propose_channel
from hcs.qc.plane import Plane
from hcs.qc.results import FieldResult, MeasureSettings, PlaneResult, settle_clips
from hcs.qc.suspicion import find_suspects, find_unusual

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
            plane(**noisy(rng, changed)),
            plane("GFP", **noisy(rng, changed), channel_shift=float(rng.integers(2))),
        )
        for well in range(wells)
        for name in ("0", "1")
    ]


def noisy(rng, changed):
    return {
        id: value + (rng.uniform(-0.05, 0.05) * abs(value) if value else 0.0)
        for id, value in (USUAL | changed).items()
    }


def spoiled(results, at, **values):
    """Return results with one field's first channel changed."""
    one = results[at]
    first, *others = one.planes
    bad = replace(first, values=first.values | values)
    return [*results[:at], replace(one, planes=(bad, *others)), *results[at + 1 :]]


def judged(results, **options):
    return find_suspects(results, make_baselines(results), **options)


# Suspects


def test_a_clean_plate_has_no_suspects():
    assert judged(plate()) == []
    assert plate_banner(plate(), nuclear="DNA") == []


@pytest.mark.parametrize(
    ("metric", "value", "kind"),
    [
        ("power_log_log_slope", -2.6, "focus"),
        ("percent_saturated", 1.5, "saturation"),
        ("background_level", 260.0, "background"),
        ("background_level", 60.0, "background"),
        ("background_unevenness", 18.0, "uneven light"),
        ("empty_tiles", 100.0, "empty"),
        ("bright_debris", 0.8, "debris"),
    ],
)
def test_each_kind_of_failure_is_told_with_its_reason(metric, value, kind):
    (found,) = judged(spoiled(plate(), 7, **{metric: value}), nuclear="DNA")
    assert (found.well, found.field) == ("A/4", "1")
    (reason,) = found.reasons
    assert reason.kind == kind
    assert reason.text.startswith(f"channel DNA, field s2: {kind} ")
    assert "worst" in reason.text


def test_a_shift_of_a_channel_is_told_of_that_channel():
    results = plate()
    first, second = results[0].planes
    moved = replace(second, values=second.values | {"channel_shift": 12.0})
    results[0] = replace(results[0], planes=(first, moved))
    (found,) = judged(results, nuclear="DNA")
    assert found.reasons[0].text == (
        "channel GFP, field s1: channel shift 12 px, worst of 48"
    )


def test_the_text_says_channel_field_value_and_rank():
    (found,) = judged(spoiled(plate(), 0, power_log_log_slope=-6.1))
    assert found.reasons[0].text == "channel DNA, field s1: focus -6.1, worst of 48"


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
    assert len(judged(results)) == 1


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
    found = {s.well: s.reasons[0].text for s in judged(results, expected=expected)}
    assert found == {
        "A/1": "field s1: unreadable: chunk 0/1 is damaged",
        "D/6": "missing: nothing there",
        "B/1": "missing: 1 of 3 fields",
    }


def test_baselines_stay_what_they_are_when_the_plate_changes():
    results = plate()
    kept = make_baselines(results)
    worse = [
        replace(r, planes=tuple(
            replace(p, values=p.values | {"power_log_log_slope": -2.6})
            for p in r.planes
        ))
        for r in results
    ]  # fmt: skip
    assert len(find_suspects(worse, kept)) == len(worse)


def test_the_background_is_judged_by_the_light_in_the_field():
    dark = plate(background_level=1.0, mean=50.0)
    assert judged(spoiled(dark, 0, background_level=3.0)) == []
    assert len(judged(spoiled(dark, 0, background_level=30.0))) == 1


def test_a_few_fields_make_no_baseline():
    few = plate(wells=4)
    assert make_baselines(few) == {}
    assert find_suspects(spoiled(few, 0, power_log_log_slope=-9.0), {}) == []


def test_failed_fields_can_be_left_out_of_the_baseline():
    results = plate()
    kept = make_baselines(results, skip=lambda key: key[0].startswith("A/"))
    assert kept["bright_debris", "DNA", None].n == 36


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
    (told,) = plate_banner(results, nuclear="DNA")
    assert told.startswith("focus is bad on the whole plate (channel DNA, median ")


def test_a_plate_worse_than_earlier_ones_raises_the_banner():
    earlier = {("background_unevenness", "DNA"): [1.0, 1.1, 0.9, 1.0]}
    results = plate(background_unevenness=15.0)
    (told,) = plate_banner(results, nuclear="DNA", earlier=earlier)
    assert told.startswith("uneven light is worse than on 4 earlier plates")
    assert plate_banner(plate(), nuclear="DNA", earlier=earlier) == []
    few = {("background_unevenness", "DNA"): [1.0, 1.1]}
    assert plate_banner(results, nuclear="DNA", earlier=few) == []


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
    found = infer_clip(tops)
    assert found.level == 4095
    assert found.source == "seen in 3 images, whose pixels pile up at 4095"


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
    told = MeasureSettings(clips={"DNA": Clip(1000, "set by a person")})
    results = [field("A/1", "0", plane(top=Top(4095.0, 4095.0, 3.0)))]
    filled, clips = settle_clips(results, told)
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
    results = [field("A/1", "0", *planes)]
    assert field_values(results, "mean", "DNA")["A/1", "0", None] == (1.0, "")
    assert field_values(results, "mean", "DNA", z=0)["A/1", "0", None] == (0.0, "")


def test_technical_metrics_show_the_worst_field_others_the_median():
    assert default_way(definition("power_log_log_slope")) == "worst"
    assert default_way(definition("mean")) == "median"
    fields = [
        field("A/1", str(i), plane(mean=m, power_log_log_slope=s, background_level=b))
        for i, (m, s, b) in enumerate([(1, -1, 5), (2, -4, 6), (9, -2, 20)])
    ]
    assert well_values(fields, "mean", "DNA")["A/1"].value == 2
    assert well_values(fields, "power_log_log_slope", "DNA")["A/1"].value == -4
    assert well_values(fields, "background_level", "DNA")["A/1"].value == 20


@pytest.mark.parametrize(
    ("way", "expected"),
    [("mean", 4), ("min", 1), ("max", 9), ("sd", 19**0.5), ("cv", 25 * 19**0.5)],
)
def test_fields_become_wells_in_the_way_that_is_chosen(way, expected):
    fields = [field("A/1", str(i), plane(mean=m)) for i, m in enumerate((1, 2, 9))]
    found = well_values(fields, "mean", "DNA", way=way)["A/1"]
    assert found.value == pytest.approx(expected)
    assert found.fields == 3


def test_a_well_without_a_value_says_why():
    bad = plane(mean=math.nan, reasons={"mean": "some pixels are not numbers"})
    found = well_values([field("A/1", "0", bad)], "mean", "DNA")["A/1"]
    assert math.isnan(found.value)
    assert (found.fields, found.reason) == (0, "some pixels are not numbers")
    one = well_values([field("A/1")], "mean", "DNA", way="sd")["A/1"]
    assert one.reason == "needs two fields"
    skipped = well_values([field("A/1")], "mean", "DNA", skip=lambda _: True)["A/1"]
    assert skipped.reason == "left out"
    other = well_values([field("A/1")], "mean", "GFP")["A/1"]
    assert other.reason == "GFP has no such metric"


def test_ways_and_metrics_that_are_not_are_refused():
    with pytest.raises(NotFoundError, match="by 'average'; there are median"):
        well_values([], "mean", "DNA", way="average")
    with pytest.raises(NotFoundError, match="no metric 'x'"):
        well_values([], "x", "DNA")
