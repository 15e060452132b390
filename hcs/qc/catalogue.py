"""The metrics and their rules as a page of the documentation, made from the tables.

``python -m hcs.qc.catalogue docs/metrics.md`` brings the page up to date; a test tells
when it is not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.qc.definitions import DEFINITIONS, Definition
from hcs.qc.plates import banner, baseline, dose, position, screen
from hcs.qc.plates.failures import BRIGHTNESS, FAILURE_RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BEGIN, END = (
    "<!-- made from the tables: begin -->",
    "<!-- made from the tables: end -->",
)

_SIDES = {-1: "low", 0: "both", 1: "high"}


def catalogue() -> str:
    """Return the part of the page that is made from the tables."""
    return "\n".join(
        (
            "## Metrics of a field",
            "",
            *_table(
                ("metric", "unit", "range", "bad side", "kind", "column"),
                (_row(entry) for entry in DEFINITIONS),
            ),
            "",
            "### What each means, and when it misleads",
            "",
            *(line for entry in DEFINITIONS for line in _prose(entry)),
            "## What makes a field suspect",
            "",
            *_table(
                ("failure", "metric", "side", "away from the plate", "in any case"),
                (_rule(rule) for rule in FAILURE_RULES),
            ),
            "",
            "### Why there, and not elsewhere",
            "",
            *(
                line
                for rule in (*FAILURE_RULES, BRIGHTNESS)
                for line in (f"**{rule.kind.capitalize()}.** {rule.why}", "")
            ),
            "## Least number of wells",
            "",
            *_table(("statistic", "wells"), _least()),
            "",
        )
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _row(entry: Definition) -> tuple[str, ...]:
    low = "" if entry.low is None else f"{entry.low:g}"
    high = "" if entry.high is None else f"{entry.high:g}"
    return (
        f"{entry.title} (`{entry.key}`)",
        entry.unit or "–",
        f"{low} to {high}".strip() if low or high else "any",
        entry.bad,
        entry.kind,
        f"`{entry.header('<channel>')}`" + ("" if entry.cellprofiler else " (ours)"),
    )


def _prose(entry: Definition) -> tuple[str, ...]:
    return (f"**{entry.title}.** {entry.meaning} *Misleads:* {entry.misleads}", "")


def _rule(rule: Rule) -> tuple[str, ...]:
    least = f"{rule.least:g}"
    if rule.relative is not None:
        least = f"{100 * rule.least:g} % of the {rule.relative}"
    away = f"{rule.z:g} MAD and {least}" if rule.scored else "–"
    if rule.scored and rule.wider != 1:
        away += f" ({rule.least * rule.wider:g} in other channels than the nuclear)"
    limit = "–" if rule.limit is None else f"{rule.limit:g} and more"
    return rule.kind, f"`{rule.metric}`", _SIDES[rule.side], away, limit


def _least() -> tuple[tuple[str, str], ...]:
    return (
        (
            "Z', SSMD, S/B, S/N, signal window",
            f"{screen.LEAST_CONTROLS} of each role; "
            f"under {screen.STABLE_CONTROLS} marked unstable",
        ),
        ("CV", f"{screen.LEAST_CONTROLS} of the role"),
        ("robust z", f"{screen.LEAST_WELLS} samples"),
        ("replicate correlation", f"{screen.LEAST_WELLS} on both plates"),
        ("B-score", "9 samples, and some residual"),
        ("edge, row, column, pattern", f"{position.LEAST_GROUP} in each group"),
        ("drift", f"{position.LEAST_STEPS} rows or columns"),
        ("dose point", f"{dose.LEAST_WELLS}"),
        ("baseline of suspicion", f"{baseline.LEAST_FIELDS} fields of the channel"),
        ("comparison of whole plates", f"{banner.LEAST_PLATES} other plates"),
    )


def updated(page: str) -> str:
    """Return a page with the part between the marks made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{catalogue()}\n{END}{after}"


def main(arguments: Sequence[str]) -> None:
    """Bring the named page up to date."""
    path = Path(arguments[0])
    path.write_text(updated(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
