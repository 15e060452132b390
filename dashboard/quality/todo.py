"""Fields that are still to be measured, and who measures them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from dashboard.plates.values import FieldState

_HERE, _HERE_PIXELS = 4, 1 << 21
"""So few fields are measured in a thread: starting processes takes longer. Of more
pixels those who act would wait for the interpreter meanwhile, again and again."""


class Todo:
    """A field to measure: its version, its size, and the metrics that it lacks."""

    __slots__ = ("metrics", "pixels", "version")

    def __init__(self, field: FieldState, metrics: Collection[str]) -> None:
        self.version = field.version
        self.pixels = math.prod(field.shape)
        self.metrics = frozenset(metrics)


def is_little(todo: Collection[Todo]) -> bool:
    """Return whether it takes longer to start processes than to measure some fields."""
    return len(todo) <= _HERE and sum(entry.pixels for entry in todo) <= _HERE_PIXELS
