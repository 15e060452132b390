"""How far a background job is, as pages see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a background job is."""

    done: int = 0
    total: int = 0
    running: bool = False
    failed: int = 0
    message: str = ""
    """Why it ended before its end."""

    seconds_left: float | None = None
    """Estimated from the pace so far; None while that is not known."""

    waiting: bool = False
    """It runs once other plates are done."""

    held: bool = False
    """Something is left to do, and waits for a person to say so."""
