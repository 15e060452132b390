"""How full a cache is, as pages see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFill:
    """How full a cache is."""

    name: str
    entries: int
    nbytes: int
    max_bytes: int | None
