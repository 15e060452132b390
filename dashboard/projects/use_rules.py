"""When the results of a plate can be used: the rules, and what they propose; pure.

A rule looks at one number of a plate and has two limits: beyond the first the plate is
to be used with care, beyond the second not at all. The gravest outcome is proposed. A
project may set the limits; a person may decide otherwise, see `dashboard.reviews`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from dashboard.errors import DashboardError
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Use = Literal["use", "care", "none"]
"""What a plate's results are good for; the graver ones last."""

USES: tuple[Use, ...] = get_args(Use)

Limits = tuple[str, float | None, float | None]
"""Id of a rule, and its two limits; None for a limit that there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRule:
    """A number of a plate, and what is too much or too little of it."""

    id: str
    title: str
    unit: str = ""
    more_is_worse: bool = True
    care: float | None = None
    """From beyond here on the plate is to be used with care."""

    refuse: float | None = None
    """From beyond here on it is not to be used."""

    meaning: str = ""

    def outcome(self, value: float | None) -> Use:
        """Return what a value leads to; one that is not known leads to nothing."""
        if value is None:
            return "use"
        if _beyond(value, self.refuse, self.more_is_worse):
            return "none"
        return "care" if _beyond(value, self.care, self.more_is_worse) else "use"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseFact:
    """A number of a plate that a rule looks at."""

    value: float | None = None
    note: str = ""
    """What it is of, or why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLine:
    """What one rule says of a plate."""

    rule: UseRule
    """With the limits of the project."""

    fact: UseFact
    outcome: Use


RULES: tuple[UseRule, ...] = (
    UseRule(
        id="unmeasured",
        title="Fields not measured",
        unit="%",
        care=0.0,
        meaning="Until all fields are measured, nobody knows which wells are suspect.",
    ),
    UseRule(
        id="completeness",
        title="Fields that can be read",
        unit="%",
        more_is_worse=False,
        care=100.0,
        refuse=80.0,
        meaning="Of the fields that the plate should have.",
    ),
    UseRule(
        id="plate",
        title="Warnings about the whole plate",
        care=0.0,
        meaning="Such as uneven light or focus in most wells.",
    ),
    UseRule(
        id="open",
        title="Suspect wells without a verdict",
        care=0.0,
        meaning="Wells beyond a cut-off that nobody has judged.",
    ),
    UseRule(
        id="flagged",
        title="Flagged wells",
        care=0.0,
        meaning="Wells on which the reviewers have not decided yet.",
    ),
    UseRule(
        id="stale",
        title="Outdated verdicts",
        care=0.0,
        meaning="Verdicts on pictures that have been replaced since.",
    ),
    UseRule(
        id="failed",
        title="Failed wells",
        unit="%",
        care=5.0,
        refuse=25.0,
        meaning="Of the wells that the plate has. Analysis leaves them out.",
    ),
    UseRule(
        id="assay",
        title="Assay window (Z')",
        more_is_worse=False,
        care=0.5,
        refuse=0.0,
        meaning=(
            "Z' of the project's assay metric, without failed wells: 0.5 and more is "
            "excellent, below 0 the controls overlap (Zhang, Chung & Oldenburg 1999)."
        ),
    ),
)
"""All rules with the limits that hold where a project has none of its own."""


def use_lines(
    facts: Mapping[str, UseFact], limits: Iterable[Limits] = ()
) -> tuple[UseLine, ...]:
    """Return what each rule says of a plate.

    Parameters
    ----------
    facts
        By id of the rule; what is missing is not known.
    limits
        Of the project, where they differ from those of `RULES`.

    Examples
    --------
    >>> lines = use_lines({"failed": UseFact(value=30.0)})
    >>> proposed(lines)
    'none'
    >>> proposed(use_lines({"failed": UseFact(value=30.0)}, [("failed", 50.0, None)]))
    'use'
    """
    rules = with_limits(limits)
    known = ((rule, facts.get(rule.id, UseFact())) for rule in rules)
    return tuple(
        UseLine(rule=rule, fact=fact, outcome=rule.outcome(fact.value))
        for rule, fact in known
    )


def proposed(lines: Iterable[UseLine]) -> Use:
    """Return the gravest outcome."""
    return max((line.outcome for line in lines), key=USES.index, default="use")


def with_limits(limits: Iterable[Limits]) -> tuple[UseRule, ...]:
    """Return the rules with a project's limits."""
    own = {id: (care, refuse) for id, care, refuse in limits}
    both = ((rule, *own.get(rule.id, (rule.care, rule.refuse))) for rule in RULES)
    return tuple(replace(rule, care=care, refuse=refuse) for rule, care, refuse in both)


def checked_limits(limits: Iterable[Limits]) -> tuple[Limits, ...]:
    """Return limits of a project, without those that are ours anyway.

    Raises
    ------
    DashboardError
        If there is no such rule, a limit is no number, or the second comes first.
    """
    rules = {rule.id: rule for rule in RULES}
    changed: dict[str, Limits] = {}
    for id, care, refuse in limits:
        rule = rules.get(id)
        if rule is None:
            raise DashboardError(
                f"There is no rule {plain_text(id, 40)!r} for the use of a plate; "
                f"there are {', '.join(rules)}."
            )
        numbers = [number for number in (care, refuse) if number is not None]
        if not all(math.isfinite(number) for number in numbers):
            raise DashboardError(
                f"A limit of {rule.title!r} is no finite number: {care}, {refuse}."
            )
        if len(numbers) == 2 and _beyond(numbers[0], numbers[1], rule.more_is_worse):
            side = "above" if rule.more_is_worse else "below"
            raise DashboardError(
                f"{rule.title}: 'use with care' begins {side} {care:g} and 'do not "
                f"use' {side} {refuse:g}; the second must lie beyond the first."
            )
        if (care, refuse) != (rule.care, rule.refuse):
            changed[id] = (id, care, refuse)
    return tuple(changed.values())


def _beyond(value: float, limit: float | None, more_is_worse: bool) -> bool:
    if limit is None:
        return False
    return value > limit if more_is_worse else value < limit
