"""What pages see of each other: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody else who has a plate open."""

    who: str
    """Empty where they gave no name yet."""

    known: str = ""
    well: str = ""
    """Label of the well that they look at, empty for the whole plate."""

    field: str = ""
    deciding: bool = False
    """They are giving a verdict on it: a reason or a note is being chosen."""
