"""The verdicts there are: order, words, letters, signs and colours; nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from dashboard.projects.use_rules import Use

Verdict = Literal["pass", "flag", "fail"]
"""The graver ones last: of two in a blind round, the graver one holds."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class VerdictLook:
    """How a verdict is written and drawn wherever there is no room for its word."""

    word: str
    """On buttons and in reports; scripts have the same in `core/verdict_table.js`."""

    letter: str
    """In the small maps of the list of plates, one character a well; the key, too."""

    sign: str
    """In reports: says it without colour."""

    colour: str
    """The same in light and dark, for a verdict is data."""

    use: Use
    """What it says of the results of a whole plate."""


VERDICT_LOOKS: dict[str, VerdictLook] = {
    # Bluish green, orange and vermillion of Okabe and Ito, apart for the colour-blind.
    "pass": VerdictLook("Pass", "p", "✓", "#009e73", "use"),
    "flag": VerdictLook("Flag", "l", "!", "#e69f00", "care"),
    "fail": VerdictLook("Fail", "f", "×", "#d55e00", "none"),
}

STALE_COLOUR = "#7a828b"
"""Of a verdict on what has changed since."""


def gravity(verdict: str) -> int:
    """Return how grave a verdict is; one of a later version counts as a pass."""
    return list(VERDICT_LOOKS).index(verdict) if verdict in VERDICT_LOOKS else 0
