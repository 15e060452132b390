"""The kinds of failure that are looked for, and the cut-offs of each.

A short list on purpose: one technical metric for each kind, on the side that is bad.
The numbers are ours: they are set so that a clean plate has under 2 % suspects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RANGE = "range"
"""What a channel's fields use of the camera's range on a plate, in counts: the median
of their brightest values less the background. A share of it means the same at 8 bit, at
12 bit in 16, and with an offset."""

SIGNAL = "signal"
"""How bright a channel is on a plate, in counts: the median over its fields of the 99th
percentile less the background."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When one metric makes a field suspect."""

    kind: str
    """The failure, in one word that people read: ``"focus"``."""

    words: str = ""
    """What is wrong with a field: ``"out of focus"``; "" where that is not known."""

    metric: str
    side: int
    """-1 where low is bad, 1 where high is, 0 where both are."""

    z: float = 5.0
    """Robust z from which a field is suspect."""

    least: float
    """How far from the plate's median a field is at least, in the metric's unit; so
    that a very even plate has no suspects for nothing."""

    relative: str | None = None
    """What `least` is a share of, `RANGE` or `SIGNAL`; None: in the metric's unit."""

    wider: float = 1.0
    """Factor on `least` for channels that are not known to be the nuclear one:
    treatment can move what they show, and with it the metric."""

    limit: float | None = None
    """Value from which a field is suspect whatever the plate is like; None where the
    metric means nothing without neighbours."""

    scored: bool = True
    """Whether fields are compared with their plate at all, or only with `limit`."""

    whole: float | None = None
    """Median of the nuclear channel from which a plate is bad as a whole, where that is
    known without a limit of fields."""

    hard: bool = False
    """Beyond the cut-off nothing is left to look at: such fields stand on top."""

    asked: bool = True
    """What it means is a guess, worded as a question until a person says so."""

    usual_in: str | None = None
    """Role of wells in which it is no failure."""

    everywhere: str
    """What is said of a plate that has it as a whole."""

    why: str
    """Why its numbers stand where they do."""


FAILURE_RULES: tuple[Rule, ...] = (
    Rule(
        kind="focus",
        words="out of focus",
        metric="power_log_log_slope",
        side=-1,
        least=0.5,
        wider=2.0,
        whole=-2.5,
        everywhere="focus is bad on the whole plate",
        why=(
            "No cut-off fits all plates: the slope depends on lens, stain and cells. "
            "Nuclei in focus lie between -1.1 and -2.3 on the plates that we know, a "
            "blur of 6 px takes about 1.5 away. A plate whose nuclei have a median "
            "below -2.5 is reported as a whole."
        ),
    ),
    Rule(
        kind="saturation",
        words="saturated",
        metric="percent_saturated",
        side=1,
        least=1.0,
        limit=1.0,
        scored=False,
        asked=False,
        everywhere="pixels are saturated on the whole plate",
        why=(
            "A clipped pixel has lost its value whatever its neighbours are like; from "
            "1 % on, means and totals of cells are too low."
        ),
    ),
    Rule(
        kind="background",
        words="unusual background",
        metric="background_level",
        side=0,
        least=0.03,
        relative=RANGE,
        z=6.0,
        everywhere="the background is odd on the whole plate",
        why=(
            "Media, stains and cameras differ, so there is no limit. Confluent wells "
            "raise the background by up to 2 % of the range; a well that glows raises "
            "it by more."
        ),
    ),
    Rule(
        kind="uneven light",
        words="uneven light",
        metric="background_unevenness",
        side=1,
        least=6.0,
        z=6.0,
        limit=50.0,
        everywhere="light is uneven on the whole plate",
        why=(
            "Light that falls by half over a field makes cells of one corner twice as "
            "bright as equal ones of another. Healthy sets lie below 40 %, a plate "
            "whose lamp was off at 60 to 110 %."
        ),
    ),
    Rule(
        kind="empty",
        words="empty",
        metric="empty_tiles",
        side=1,
        least=0.0,
        limit=95.0,
        scored=False,
        hard=True,
        asked=False,
        usual_in="empty",
        everywhere="the whole plate is empty",
        why=(
            "With 61 of 64 tiles empty there is next to nothing to measure. Toxic "
            "treatment empties tiles too, rarely that many. Wells whose role is "
            "*empty* are not suspect for it."
        ),
    ),
    Rule(
        kind="debris",
        words="debris",
        metric="bright_debris",
        side=1,
        least=0.3,
        wider=2.0,
        z=6.0,
        everywhere="debris is on the whole plate",
        why=(
            "Bright spots may be what the assay is about, so there is no limit. Bright "
            "cells and spots cover up to 0.13 % in nuclear and 0.37 % in other "
            "channels of healthy plates; fibres and clumps 0.4 % and more."
        ),
    ),
    Rule(
        kind="channel shift",
        words="channel shift",
        metric="channel_shift",
        side=1,
        least=6.0,
        z=6.0,
        everywhere="channels are shifted on the whole plate",
        why=(
            "A filter cube shifts all fields alike, which analyses correct; a field "
            "that is shifted otherwise was moved between two exposures."
        ),
    ),
)
"""One rule for each kind of failure; `missing`, `unreadable` and `constant` are seen
without a metric."""

BRIGHTNESS = Rule(
    kind="brightness",
    metric=SIGNAL,
    side=0,
    least=0.3,
    relative=SIGNAL,
    scored=False,
    everywhere="the whole plate is darker or brighter",
    why=(
        "Treatment moves it, so no field is suspect for it. A whole plate that is 30 % "
        "off the others has another lamp, stain or exposure."
    ),
)
"""What only whole plates are compared by."""


def with_limits(limits: Mapping[str, float]) -> tuple[Rule, ...]:
    """Return the rules with the limits that a project has set, by metric.

    Only kinds that have a limit can be given another one.

    Parameters
    ----------
    limits
        The value from which on a field is suspect in any case, by metric.

    Examples
    --------
    >>> {r.metric: r.limit for r in with_limits({"empty_tiles": 80.0}) if r.limit}
    {'percent_saturated': 1.0, 'background_unevenness': 50.0, 'empty_tiles': 80.0}
    """
    return tuple(
        replace(rule, limit=limits.get(rule.metric, rule.limit))
        if rule.limit is not None
        else rule
        for rule in FAILURE_RULES
    )
