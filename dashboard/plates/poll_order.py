"""Which wells are looked at next, where looking at all of them would be too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from dashboard.plates.overview import KnownWell


def next_turn(
    known: Mapping[str, KnownWell], asked: Container[str], at_most: int | None
) -> list[str]:
    """Return paths of wells, those first that had to wait longest.

    Parameters
    ----------
    known
        What is known of the wells, in the order in which they were looked at.
    asked
        Paths of wells that somebody looks at.
    at_most
        How many; half of them are wells of `asked` or such as lack fields, because
        these are the likeliest to change. None is all.
    """
    if at_most is None or len(known) <= at_most:
        return list(known)
    most = max(one.n_fields or 0 for one in known.values())
    likely: list[str] = []
    others: list[str] = []
    for path, one in known.items():
        unfinished = one.state != "present" or (one.n_fields or 0) < most
        (likely if unfinished or path in asked else others).append(path)
    chosen = likely[: max(at_most // 2, at_most - len(others))]
    return chosen + others[: at_most - len(chosen)]
