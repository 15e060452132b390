"""Metrics and their values as pages see them: plain frozen values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dashboard.progress import Progress

if TYPE_CHECKING:
    from hcs.qc import Question, Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """A metric that can colour the plate."""

    id: str
    """Stable, with the channel where there is one: ``"focus.0"``."""

    title: str
    name: str = ""
    """The title without the channel; "" where they are the same."""

    unit: str = ""
    direction: Literal["low", "high", "both", "none"] = "none"
    """Which side is suspicious."""

    channel: int | None = None
    definition: str = ""
    """What it is and when it misleads, in a sentence or two."""

    kind: Literal["technical", "treatment", "imported", ""] = ""
    """Whether treatment moves it; "" for what is no measurement."""

    log: bool = False
    """Skewed: better looked at on a logarithmic scale."""

    question: Question | Literal["review", "imported"] = "other"
    scale: Scale = "sequential"
    right: float = 0.0
    """Where all is well, of a deviation."""

    notable: float | None = None
    """How far from there a value stands out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A well's value of a metric."""

    value: float | None
    reason: str | None = None
    """Why there is none, in words: not measured yet, missing, unreadable ..."""

    field: str | None = None
    """The field that the value comes from, where it is that of the worst field."""

    n: int | None = None
    """Fields that it is based on; None where it does not come from fields."""

    of: int | None = None
    """Fields that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValues:
    """A metric over the plate."""

    metric: MetricInfo
    wells: dict[str, MetricValue] = dataclasses.field(default_factory=dict)
    """By well label; every well of the grid that the plate lists."""

    low: float | None = None
    """Where the colours begin, see `colour_scales.ends`; None without values."""

    high: float | None = None
    progress: Progress = dataclasses.field(default_factory=Progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValues:
    """All metrics of one field."""

    field: str
    acquisition: int | None
    version: str
    values: dict[str, float | None] = dataclasses.field(default_factory=dict)
    """By metric id."""
