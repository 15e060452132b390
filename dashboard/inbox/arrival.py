"""What lies in an inbox and is no import yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An export that is still written, or something that cannot be one."""

    source: str
    """Path of the export; of the inbox itself where its problem is."""

    problem: str = ""
    """Why it is not imported, as the rest of a sentence; "" of one that is to be."""

    files: int = 0
    bytes: int = 0
    quiet: float = 0.0
    """Seconds since it was last seen to change."""

    needed: float = 0.0
    """Seconds after which it seems complete."""

    known: bool = False
    """Whether it was imported before, and has changed since."""

    @property
    def name(self) -> str:
        """What people call it."""
        return Path(self.source).name
