"""Whether a plate's results can be used: what rules propose, what a person says.

The verdict on the whole plate is the person's word: passed is to be used, flagged to
be used with care, failed not to be used. Where it says otherwise than the rules it
needs a reason. The sign-off states what held.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dashboard.errors import DashboardError
from dashboard.projects.use_rules import Use, UseFact, UseLine, proposed, use_lines
from dashboard.quality.scores import COMPLETENESS
from dashboard.reviews.acts import Subject
from dashboard.reviews.queue import tally
from dashboard.reviews.verdict_table import VERDICT_LOOKS
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.access import Access
    from dashboard.plates.values import PlateOverview
    from dashboard.progress import Progress
    from dashboard.projects.desk import ProjectDesk
    from dashboard.quality.desk import QualityDesk
    from dashboard.quality.judgement import Judgement
    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.values import HeldVerdict, PlateReview

USE_WORDS: dict[str, str] = {
    "use": "Use",
    "care": "Use with care",
    "none": "Do not use",
}

_WINDOW = "z_prime"
_MOST_PLATES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Usability:
    """What a plate's results are good for."""

    lines: tuple[UseLine, ...] = ()
    """Of each rule of the project."""

    held: HeldVerdict | None = None
    """The verdict on the whole plate, None where nobody has given one."""

    @property
    def proposed(self) -> Use:
        """What the rules propose."""
        return proposed(self.lines)

    @property
    def use(self) -> Use:
        """What holds: the person's word, else the proposal."""
        return use_of(self.held.act.verdict) if self.held else self.proposed

    @property
    def reasons(self) -> tuple[UseLine, ...]:
        """The lines that lead to something else than use."""
        return tuple(line for line in self.lines if line.outcome != "use")


class _Known(NamedTuple):
    """What was worked out, and of what: kept, else another object gets its place."""

    usability: Usability
    made_of: tuple[object, ...]


class PlateUse:
    """Collects what the rules look at.

    Parameters
    ----------
    access, quality, projects, reviews
        What the numbers come from.
    """

    def __init__(
        self,
        access: Access,
        quality: QualityDesk,
        projects: ProjectDesk,
        reviews: Reviews,
    ) -> None:
        self._access = access
        self._quality = quality
        self._projects = projects
        self._reviews = reviews
        self._making: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._known: LRUCache[str, tuple[tuple[object, ...], _Known]] = LRUCache(
            _MOST_PLATES
        )

    def of(self, key: str, review: PlateReview | None = None) -> Usability:
        """Return what a plate is good for; computes statistics, so not for the loop.

        Parameters
        ----------
        key
            Of the plate.
        review
            The verdicts to go by, as whoever asks may see them; else those that hold.
        """
        review = review or self._reviews.review(key)
        with self._making[key]:
            if (known := self.known(key, review)) is not None:
                return known
            mark, made_of = self._mark(key, review)
            _, overview, judged = made_of
            limits, progress = (
                self._projects.rules(key).use,
                self._quality.progress(key),
            )
            facts = self._facts(overview, review, judged, progress)
            use = Usability(lines=use_lines(facts, limits), held=review.of(Subject()))
            self._known.set(key, (mark, _Known(use, made_of)))
        return use

    def known(self, key: str, review: PlateReview) -> Usability | None:
        """Return what `of` has worked out for whoever asked before, else None (fast).

        Pages ask after each verdict: the first has it worked out for all of them.
        """
        mark, _ = self._mark(key, review)
        known = self._known.get(key)
        return known[1].usability if known and known[0] == mark else None

    def _mark(
        self, key: str, review: PlateReview
    ) -> tuple[tuple[object, ...], tuple[PlateReview, PlateOverview, Judgement]]:
        """Return what a usability is known by, and of what it is made."""
        # All who ask get the same objects until one changes.
        made_of = (review, self._access.overview(key), self._quality.judgement(key))
        progress = self._quality.progress(key)
        numbers = (
            self._projects.rules(key).use,
            progress.done,
            progress.total,
            self._quality.assay_metric(key),
        )
        return (*map(id, made_of), numbers), made_of

    def check(self, key: str, verdict: str, reason: str, note: str) -> None:
        """Raise where a verdict on a whole plate contradicts the rules without a word.

        Raises
        ------
        DashboardError
            If it has neither reason nor note.
        """
        if reason or note.strip():
            return
        use = self.of(key)
        if verdict not in VERDICT_LOOKS or use.proposed == use_of(verdict):
            return
        why = "; ".join(line_text(line) for line in use.reasons[:3])
        raise DashboardError(
            f"The rules of this project propose “{USE_WORDS[use.proposed]}”"
            f"{f' ({why})' if why else ''}, and this verdict on the whole plate says "
            f"“{USE_WORDS[use_of(verdict)]}”. Say why: choose a reason or write a "
            f"note. Nothing was recorded."
        )

    def _facts(
        self,
        overview: PlateOverview,
        review: PlateReview,
        judged: Judgement,
        progress: Progress,
    ) -> Mapping[str, UseFact]:
        listed = [well for well in overview.wells if well.listed]
        counts = tally(overview, review)
        on_wells = review.on_wells()
        current = {
            well.label
            for well in listed
            if (held := on_wells.get(well.path)) and not held.stale
        }
        still = [s.well for s in judged.suspects if s.well not in current]
        return {
            "unmeasured": _unmeasured(progress.done, progress.total, judged.ready),
            "completeness": self._completeness(overview),
            "plate": UseFact(
                value=float(len(judged.banner)), note=" ".join(judged.banner)
            ),
            "open": UseFact(value=float(len(still)), note=_some(still)),
            "flagged": UseFact(value=float(counts.verdicts.get("flag", 0))),
            "stale": UseFact(value=float(counts.stale)),
            "failed": UseFact(
                value=_percent(counts.verdicts.get("fail", 0), counts.total),
                note=f"{counts.verdicts.get('fail', 0)} of {counts.total}",
            ),
            "assay": self._window(overview.key),
        }

    def _completeness(self, overview: PlateOverview) -> UseFact:
        if not overview.surveyed:
            return UseFact(note="the wells are still being read")
        values = self._quality.values(overview.key, COMPLETENESS).wells
        wells = [
            (value.value, max(well.expected_fields or 0, 1))
            for well in overview.wells
            if (value := values.get(well.label)) and value.value is not None
        ]
        expected = sum(number for _, number in wells)
        if not expected:
            return UseFact(note="no well is listed")
        mean = sum(percent * number for percent, number in wells) / expected
        return UseFact(value=mean, note=overview.banner)

    def _window(self, key: str) -> UseFact:
        metric = self._quality.assay_metric(key)
        if not metric:
            return UseFact(note="no assay metric is set for this project")
        if metric not in {info.id for info in self._quality.metrics(key)}:
            return UseFact(note="this plate does not have the project's assay metric")
        statistics = self._quality.statistics(key, metric)
        line = next((c for c in statistics.controls if c.id == _WINDOW), None)
        title = statistics.metric.title
        if line is None or line.counted is None:
            return UseFact(note=f"{title}: {line.note if line else 'no controls'}")
        return UseFact(value=line.counted, note=f"{title}, controls {line.n}")


def use_of(verdict: str) -> Use:
    """Return what a verdict says of a whole plate; of a later version, the worst."""
    return VERDICT_LOOKS[verdict].use if verdict in VERDICT_LOOKS else "none"


def line_text(line: UseLine) -> str:
    """Return a rule's title and number: ``"Failed wells 6.2 %"``."""
    unit = f" {line.rule.unit}" if line.rule.unit else ""
    return f"{line.rule.title} {value_text(line.fact.value)}{unit}"


def value_text(value: float | None) -> str:
    """Return a number of a rule as people read it, "–" where it is not known.

    >>> value_text(98.4375), value_text(3.0), value_text(None)
    ('98.4', '3', '–')
    """
    return "–" if value is None else f"{value:.3g}"


def _unmeasured(done: int, total: int, ready: bool) -> UseFact:
    if ready:
        return UseFact(value=0.0)
    left = _percent(total - done, total) if total else 100.0
    return UseFact(value=max(left, 0.1), note=f"{done} of {total} fields are measured")


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 0.0


def _some(labels: list[str]) -> str:
    more = f" and {len(labels) - 8} more" if len(labels) > 8 else ""
    return ", ".join(labels[:8]) + more
