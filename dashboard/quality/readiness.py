"""Whether a plate's numbers are all there, so that no table lacks them unnoticed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dashboard.errors import UnmeasuredError

if TYPE_CHECKING:
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.plate_metrics import Knowledge

_SOON, _LATEST = 2, 60
"""Seconds between which somebody is told to ask again: a plate that was measured before
is read in one, and a job's estimate of an hour may be wrong."""


def check_measured(plate: ServedPlate, known: Knowledge) -> None:
    """Raise where a table of a plate would lack measurements.

    Parameters
    ----------
    plate
        The plate.
    known
        What is known of it, with all that is stored.

    Raises
    ------
    UnmeasuredError
        If measurements are still being read or made, or nobody makes them.
    """
    if plate.surveyed and known.whole:
        return
    progress = known.progress
    far = (
        f"{progress.done} of {progress.total} fields" if progress.total else "no field"
    )
    if (known.job is None or not known.idle) and not progress.held:
        raise UnmeasuredError(
            f"The measurements of the plate {plate.key!r} are being read "
            f"({far} so far). Try again in a moment.",
            again=min(max(math.ceil(progress.seconds_left or 0), _SOON), _LATEST),
        )
    why = progress.message or "nothing measures it now"
    raise UnmeasuredError(
        f"The plate {plate.key!r} is not measured ({far}): {why}. Press Measure on its "
        f"page, or run `hcs-dashboard measure`."
    )
