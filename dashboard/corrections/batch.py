"""Corrections that were committed together: one act of a person on many fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BatchState = Literal["waiting", "committing", "committed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One correction of a batch."""

    staged: str
    """Id of the staged correction; "" where it was staged by a server before."""

    well: str
    """Label of the well."""

    field: str
    words: str
    """What people read of the field."""

    state: BatchState = "waiting"
    version: str = ""
    """That it made live."""

    supersedes: str = ""
    """That was live before; "" of a new field."""

    reason: str = ""
    """Why it failed, in a sentence."""

    live: bool = False
    """Whether its field still shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Corrections of one plate that one person committed with one reason."""

    id: str
    key: str
    who: str
    why: str
    when: str = ""
    """UTC, ISO 8601."""

    items: tuple[BatchItem, ...] = ()
    """What was begun; of a batch that was interrupted not all."""

    total: int = 0
    """How many it was to be; 0 where that is not known."""

    undone: bool = False
    """Somebody took it back."""

    @property
    def done(self) -> int:
        """How many are committed or have failed."""
        return sum(item.state in ("committed", "failed") for item in self.items)

    @property
    def committed(self) -> tuple[BatchItem, ...]:
        """Those that are part of the plate."""
        return tuple(item for item in self.items if item.state == "committed")

    @property
    def failed(self) -> tuple[BatchItem, ...]:
        """Those that are not, and say why."""
        return tuple(item for item in self.items if item.state == "failed")

    @property
    def running(self) -> bool:
        """Whether some are still to come."""
        return any(item.state in ("waiting", "committing") for item in self.items)

    @property
    def can_be_undone(self) -> bool:
        """Whether a field still shows a version of it that replaced another."""
        return any(item.live and item.supersedes for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A field that undoing a batch did not touch."""

    well: str
    field: str
    """What people read of it."""

    reason: str
    """Why, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking a batch back has done."""

    batch: Batch
    reverted: tuple[BatchItem, ...]
    left: tuple[LeftAlone, ...] = ()
