"""Parts of the page that draw themselves again between two snapshots."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.views.snapshot import Snapshot


class Redrawn(ABC):
    """A part that keeps what it has drawn last, and can do so again."""

    _now: Snapshot | None = None
    """What was drawn last."""

    @abstractmethod
    def draw(self, now: Snapshot) -> None:
        """Show a snapshot, and keep it."""

    def _redraw(self) -> None:
        """Show the last snapshot with what the part itself has come to know since."""
        if self._now is not None:
            self.draw(self._now)
