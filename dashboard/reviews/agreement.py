"""How far two reviewers agree; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.reviews.verdict_table import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.reviews.acts import ReviewAct, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two reviewers over the wells that both looked at and judged one by one."""

    reviewers: tuple[str, str]
    n: int
    """Wells that both judged individually."""

    table: tuple[tuple[int, ...], ...]
    """Wells by the first one's verdict (rows) and the second one's (columns), in the
    order of `VERDICTS`."""

    raw: float | None
    """Share of the wells on which they agree; None without any."""

    kappa: float | None
    """Cohen's kappa: agreement beyond what chance would give. None where chance alone
    gives full agreement (both gave one and the same verdict to all) or n is 0."""

    left_out: int = 0
    """Wells that both judged, at least one of them in bulk or unseen."""

    @property
    def text(self) -> str:
        """One line for people."""
        if not self.n:
            return "No well was judged individually by both."
        kappa = (
            f"Cohen's kappa {self.kappa:.2f}"
            if self.kappa is not None
            else "Cohen's kappa is not defined (one verdict throughout)"
        )
        return f"{kappa}, raw agreement {self.raw:.0%}, n = {self.n} wells"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A well or field that two reviewers judged differently."""

    subject: Subject
    acts: tuple[ReviewAct, ReviewAct]
    """In the order of the reviewers."""

    settled: ReviewAct | None = None
    """What was decided after the round, None while it is to be settled."""


def agreement(
    reviewers: tuple[str, str], pairs: Iterable[tuple[str, str]], left_out: int = 0
) -> Agreement:
    """Return how far two agree.

    Parameters
    ----------
    reviewers
        Their names.
    pairs
        Verdict of the first and of the second, a pair a well.
    left_out
        Wells that both judged and that do not count.

    Examples
    --------
    >>> pair = agreement(("a", "b"), [("pass", "pass")] * 3 + [("fail", "pass")])
    >>> pair.raw, pair.kappa
    (0.75, 0.0)
    """
    counts = Counter(pairs)
    table = tuple(
        tuple(counts[first, second] for second in VERDICTS) for first in VERDICTS
    )
    n = sum(map(sum, table))
    if not n:
        return Agreement(
            reviewers=reviewers,
            n=0,
            table=table,
            raw=None,
            kappa=None,
            left_out=left_out,
        )
    same = sum(table[index][index] for index in range(len(VERDICTS)))
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    # In whole numbers, so that full agreement is exactly 1.
    chance = sum(a * b for a, b in zip(rows, columns, strict=True))
    return Agreement(
        reviewers=reviewers,
        n=n,
        table=table,
        raw=same / n,
        kappa=None if chance == n * n else (same * n - chance) / (n * n - chance),
        left_out=left_out,
    )
