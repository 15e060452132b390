"""A directive for the tables of metrics, made from the definitions in `hcs.qc`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from hcs.qc.definitions import DEFINITIONS, Definition
from hcs.qc.plates import banner, baseline, dose, position, screen
from hcs.qc.plates.failures import BRIGHTNESS, FAILURE_RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docutils.nodes import Node
    from sphinx.application import Sphinx

_SIDES = {-1: "low", 0: "both", 1: "high"}


class MetricTables(SphinxDirective):
    """What is measured, what it means, and what is concluded from it."""

    def run(self) -> list[Node]:
        """Return the sections."""
        text = StringList(sections().splitlines(), source="hcs.qc.DEFINITIONS")
        container = nodes.Element()
        self.state.nested_parse(text, 0, container, match_titles=True)
        return container.children


def sections() -> str:
    """Return the sections in Markdown."""
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


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("metric-tables", MetricTables)
    return {"parallel_read_safe": True}
