"""What rules propose for the use of a plate."""

from __future__ import annotations

import pytest

from dashboard.errors import DashboardError
from dashboard.projects.rules import ReviewRules, rules_from_json
from dashboard.projects.use_rules import (
    RULES,
    USES,
    UseFact,
    checked_limits,
    proposed,
    use_lines,
)

GOOD = {
    "unmeasured": 0.0,
    "completeness": 100.0,
    "plate": 0.0,
    "open": 0.0,
    "flagged": 0.0,
    "stale": 0.0,
    "failed": 5.0,
    "assay": 0.5,
}


def proposal(limits: tuple = (), **numbers: float | None) -> str:
    facts = {id: UseFact(value=value) for id, value in {**GOOD, **numbers}.items()}
    return proposed(use_lines(facts, limits))


def test_every_rule_is_tried_here() -> None:
    assert {rule.id for rule in RULES} == GOOD.keys()


def test_a_plate_at_every_limit_is_to_be_used() -> None:
    assert proposal() == "use"


@pytest.mark.parametrize(
    ("rule", "care", "refuse"),
    [
        ("unmeasured", 0.1, None),
        ("completeness", 99.9, 79.9),
        ("plate", 1, None),
        ("open", 1, None),
        ("flagged", 1, None),
        ("stale", 1, None),
        ("failed", 5.1, 25.1),
        ("assay", 0.49, -0.01),
    ],
)
def test_beyond_its_first_limit_a_number_asks_for_care_beyond_its_second_for_no_use(
    rule: str, care: float, refuse: float | None
) -> None:
    assert proposal(**{rule: care}) == "care"
    if refuse is not None:
        assert proposal(**{rule: refuse}) == "none"


def test_the_gravest_outcome_is_proposed() -> None:
    assert proposal(open=1, failed=30) == "none"
    assert USES.index("none") > USES.index("care") > USES.index("use")


def test_what_is_not_known_leads_to_nothing() -> None:
    assert proposal(assay=None, completeness=None) == "use"


def test_a_project_sets_its_own_limits_and_takes_limits_away() -> None:
    limits = (("assay", None, -1.0), ("failed", 50.0, 60.0))
    assert proposal(limits, assay=-0.5, failed=40) == "use"
    assert proposal(limits, assay=-2) == "none"
    assert proposal(limits, failed=55) == "care"


def test_limits_that_are_ours_anyway_are_not_kept() -> None:
    assert checked_limits([("assay", 0.5, 0.0), ("failed", 10.0, 25.0)]) == (
        ("failed", 10.0, 25.0),
    )


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (("speed", 1.0, 2.0), "no rule 'speed'"),
        (("failed", 30.0, 20.0), "must lie beyond"),
        (("assay", 0.0, 0.5), "must lie beyond"),
        (("failed", float("nan"), None), "no finite number"),
        (("failed", 1.0, float("inf")), "no finite number"),
    ],
)
def test_limits_without_sense_are_refused_in_words(
    limits: tuple[str, float | None, float | None], text: str
) -> None:
    with pytest.raises(DashboardError, match=text):
        checked_limits([limits])


def test_rules_of_a_project_that_were_stored_before_have_our_limits() -> None:
    stored = {"reasons": [["focus", "out of focus"]], "min_fields": 2, "keys": []}
    assert rules_from_json(stored).use == ()
    with_limits = {**stored, "use": [["failed", 10, None]]}
    assert rules_from_json(with_limits).use == (("failed", 10.0, None),)
    assert ReviewRules().use == ()
