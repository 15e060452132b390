"""What must be so before anything of a correction is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.errors import BlockedError
from dashboard.text import plain_text

if TYPE_CHECKING:
    from dashboard.corrections.values import Staged
    from hcs.metadata import Who

_REASON_LENGTH = 2000


def check_ready(view: Staged) -> None:
    """Raise `BlockedError` where a difference was neither corrected nor confirmed."""
    open_differences = [
        difference
        for difference in view.differences
        if difference.blocking and not difference.confirmed
    ]
    if open_differences:
        raise BlockedError(
            "Not committed, because this was neither corrected nor confirmed: "
            + " ".join(difference.message for difference in open_differences)
        )


def checked_words(who: Who, reason: str) -> tuple[Who, str]:
    """Return person and reason as they are recorded, without what no history takes.

    Raises
    ------
    BlockedError
        If name or reason are empty.
    """
    person = replace(who, name=plain_text(who.name, 200).strip())
    if not person.name:
        raise BlockedError("Say who you are before anything is written.")
    text = plain_text(reason, _REASON_LENGTH).strip()
    if not text:
        raise BlockedError("Give a reason; it is kept in the field's history.")
    return person, text
