"""Numbers as descriptions of microscopes write them: texts that may be anything."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_COUNT = 100_000
"""Fields, planes or time points; a larger number is damage, not an experiment."""

_MICROMETRES = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "\\u00b5m": 1.0,  # as ImageJ writes it
    "pm": 1e-6,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
    "inch": 25400.0,
}

_EVEN = 0.05
"""Relative spread of steps that still count as one step: stages are not exact."""


def finite(text: object) -> float | None:
    """Return the number that a text is, None where it is none, NaN or infinite."""
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def positive(text: object) -> float | None:
    """Return the number that a text is, None where it is not above zero."""
    value = finite(text)
    return value if value is not None and value > 0 else None


def micrometres(unit: object) -> float | None:
    """Return how many micrometres a unit of length is, None where it is none known.

    >>> micrometres("nm"), micrometres("pixel")
    (0.001, None)
    """
    return _MICROMETRES.get(str(unit).strip())


def count(text: object, *, least: int = 1) -> int | None:
    """Return the whole number that a text is, None below `least` or above 100,000."""
    digits = str(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        return None
    return int(digits) if least <= int(digits) <= MAX_COUNT else None


def moment(text: object) -> float | None:
    """Return a time of ISO 8601 in seconds since 1970 (UTC).

    None where it is none, or names no time zone: nobody knows when that was.
    """
    try:
        time = datetime.fromisoformat(str(text))
        return time.timestamp() if time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def even_step(steps: Iterable[float]) -> float | None:
    """Return the one step of about equal ones, None where they differ or are none.

    Parameters
    ----------
    steps
        Distances of neighbours; one that is not above zero is no step.
    """
    lengths = list(steps)
    if not lengths or min(lengths) <= 0:
        return None
    if max(lengths) - min(lengths) > _EVEN * max(lengths):
        return None
    return float(f"{sum(lengths) / len(lengths):.6g}")
