"""The kinds of failure that are looked for, and the cut-offs of each.

A short list on purpose: one technical metric for each kind, on the side that is bad.
The numbers are ours: they are set so that a clean plate has under 2 % suspects.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When one metric makes a field suspect."""

    kind: str
    """The failure, in one word that people read: ``"focus"``."""

    metric: str
    side: int
    """-1 where low is bad, 1 where high is, 0 where both are."""

    z: float = 5.0
    """Robust z from which a field is suspect."""

    least: float
    """How far from the plate's median a field is at least, in the metric's unit; so
    that a very even plate has no suspects for nothing."""

    relative: str | None = None
    """Metric of whose median on the plate `least` is a share; None: in units."""

    wider: float = 1.0
    """Factor on `least` for channels other than the nuclear one: treatment can move
    what they show, and with it the metric."""

    limit: float | None = None
    """Value from which a field is suspect whatever the plate is like."""

    scored: bool = True
    """Whether fields are compared with their plate at all, or only with `limit`."""

    whole: float | None = None
    """Median of a plate from which it is bad as a whole."""


FAILURE_RULES: tuple[Rule, ...] = (
    Rule(
        kind="focus",
        metric="power_log_log_slope",
        side=-1,
        least=0.5,
        wider=2.0,
        whole=-2.5,
    ),
    Rule(
        kind="saturation",
        metric="percent_saturated",
        side=1,
        least=1.0,
        limit=1.0,
        scored=False,
        whole=1.0,
    ),
    Rule(
        kind="background",
        metric="background_level",
        side=0,
        least=0.25,
        relative="mean",
        z=6.0,
    ),
    Rule(kind="uneven light", metric="background_unevenness", side=1, least=6.0, z=6.0),
    Rule(
        kind="empty",
        metric="empty_tiles",
        side=1,
        least=0.0,
        limit=95.0,
        scored=False,
        whole=95.0,
    ),
    Rule(kind="debris", metric="bright_debris", side=1, least=0.1, wider=4.0, z=6.0),
    Rule(kind="channel shift", metric="channel_shift", side=1, least=6.0, z=6.0),
)
"""One rule for each kind of failure; `missing`, `unreadable` and `constant` are told
without a metric."""
