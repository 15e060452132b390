"""What other installed packages add by entry points, and which of it is broken.

A package that cannot be imported, or gives something else than was asked for, is named
of and passed over: it takes nothing else down.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from multiprocessing import parent_process
from typing import Any

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One entry point of a package."""

    name: str
    """As the package calls it."""

    source: str
    """The package and its version, ``"acme-metrics 1.2"``."""

    value: Any = None
    """What it leads to; None where it is broken."""

    problem: str = ""
    """Why it cannot be used, in words."""

    @property
    def warning(self) -> str:
        """The problem with what it concerns, in one sentence."""
        return f"{self.name} of {self.source} is left out: {self.problem}."


@cache
def plugins(group: str) -> tuple[Plugin, ...]:
    """Return what installed packages add to a group, ``"hcs.metrics"``; loaded once."""
    return tuple(_load(point) for point in entry_points(group=group))


def _load(point: EntryPoint) -> Plugin:
    source = _source(point)
    try:
        return Plugin(name=point.name, source=source, value=point.load())
    except Exception as error:  # noqa: BLE001 - somebody else's module, run at import
        return broken(point.name, source, f"{type(error).__name__}: {error}")


def broken(name: str, source: str, problem: str) -> Plugin:
    """Return an entry point that cannot be used, and log why.

    Processes that were started to work say nothing: who started them has said it.
    """
    plugin = Plugin(name=name, source=source, problem=problem.rstrip("."))
    if parent_process() is None:
        _LOG.warning("%s", plugin.warning)
    return plugin


def _source(point: EntryPoint) -> str:
    if point.dist is None:
        return f"the module {point.module}"
    return f"{point.dist.name} {point.dist.version}"
