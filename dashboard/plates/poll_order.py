"""Which wells are looked at next, where looking at all of them would be too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from dashboard.plates.plate_knowledge import KnownWell


def next_turn(
    wells: Mapping[str, KnownWell], watched: Container[str], at_most: int | None
) -> list[str]:
    """Return paths of wells, those first that had to wait longest.

    Parameters
    ----------
    wells
        What is known of each by path, in the order in which they were looked at.
    watched
        Paths of wells that pages show.
    at_most
        How many; half of them are wells of `watched` or such as lack fields, because
        these are the likeliest to change. None is all.
    """
    if at_most is None or len(wells) <= at_most:
        return list(wells)
    most = max(well.n_fields or 0 for well in wells.values())
    likely: list[str] = []
    others: list[str] = []
    for path, well in wells.items():
        unfinished = well.state != "present" or (well.n_fields or 0) < most
        (likely if unfinished or path in watched else others).append(path)
    chosen = likely[: max(at_most // 2, at_most - len(others))]
    return chosen + others[: at_most - len(chosen)]
