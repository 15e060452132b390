"""The table of metrics, and the page made from it."""

from __future__ import annotations

import pytest

from hcs.errors import ArgumentError, NotFoundError
from hcs.qc.definitions import DEFINITIONS, EVERY_METRIC, Definition
from hcs.qc.plates.failures import FAILURE_RULES
from hcs.qc.registry import chosen, definition


def test_every_metric_is_explained():
    for entry in DEFINITIONS:
        assert entry.meaning.endswith("."), entry.id
        assert entry.misleads.endswith("."), entry.id
        assert entry.title
        assert entry.version >= 1


def test_ids_titles_and_headers_are_unique():
    for name in ("id", "title"):
        values = [getattr(entry, name) for entry in DEFINITIONS]
        assert len(set(values)) == len(values)
    headers = [entry.header("DNA") for entry in DEFINITIONS]
    assert len(set(headers)) == len(headers)


def test_headers_are_cellprofilers_where_it_has_the_metric():
    assert definition("focus_score").header("DNA") == "ImageQuality_FocusScore_DNA"
    local = definition("local_focus_score").header("DNA")
    assert local == "ImageQuality_LocalFocusScore_DNA_10"
    otsu = definition("threshold_otsu").header("DNA")
    assert otsu == "ImageQuality_ThresholdOtsu_DNA_2W"
    assert definition("mean").header("DNA") == "ImageQuality_Mean_DNA"


def test_suspicion_rests_on_technical_metrics_alone():
    for rule in FAILURE_RULES:
        assert definition(rule.metric).kind == "technical", rule.kind
    assert len({rule.kind for rule in FAILURE_RULES}) == len(FAILURE_RULES)


def test_rules_look_at_the_side_that_the_table_calls_bad():
    sides = {"low": -1, "high": 1, "both": 0}
    for rule in FAILURE_RULES:
        assert rule.side == sides[definition(rule.metric).bad], rule.kind


def test_metrics_are_chosen_in_the_order_of_the_table():
    assert [entry.id for entry in chosen(["p99", "mean"])] == ["mean", "p99"]
    assert tuple(entry.id for entry in chosen(None)) == EVERY_METRIC
    with pytest.raises(NotFoundError, match="no metric 'blur'"):
        chosen(["blur"])
    for alone in ("mean", definition("mean")):
        with pytest.raises(ArgumentError, match="'mean' alone; expected a list"):
            chosen(alone)


def test_every_metric_of_ours_says_what_question_it_answers():
    assert [entry.id for entry in DEFINITIONS if entry.question == "other"] == []


def test_deviations_have_a_rule_that_says_when_they_stand_out():
    ruled = {rule.metric for rule in FAILURE_RULES}
    deviations = {entry.id for entry in DEFINITIONS if entry.scale == "deviation"}
    assert deviations == {"percent_saturated", "bright_debris", "channel_shift"}
    assert deviations <= ruled


@pytest.mark.parametrize("more", [{"scale": "round"}, {"question": "why"}], ids=str)
def test_a_metric_of_an_unknown_scale_or_question_is_refused(more):
    (what,) = more
    with pytest.raises(ArgumentError, match=f"The {what} of own is"):
        Definition(
            id="own",
            title="Own",
            unit="",
            meaning=".",
            misleads=".",
            compute=len,
            **more,
        )
