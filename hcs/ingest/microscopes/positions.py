"""Where fields lie in their well, from positions on the stage alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.ingest.names import NamePart
    from hcs.layout import Position

    Place = tuple[float, float]
    """Along y (downwards) and x."""

NOTE = (
    "Stage positions are absolute: fields are placed around the middle of those of "
    "their well."
)


def around_middle(
    places: Mapping[tuple[Position, NamePart], Place],
) -> dict[tuple[Position, NamePart | None], Place]:
    """Return the places of fields from the middle of those of their well.

    A field that is the only one of its well has none.

    Parameters
    ----------
    places
        Of fields on the stage, by well and field.
    """
    wells: defaultdict[Position, dict[NamePart, Place]] = defaultdict(dict)
    for (well, field), place in places.items():
        wells[well][field] = place
    centres: dict[tuple[Position, NamePart | None], Place] = {}
    for well, fields in wells.items():
        if len(fields) < 2:
            continue
        y, x = (
            (min(values) + max(values)) / 2
            for values in zip(*fields.values(), strict=True)
        )
        for field, place in fields.items():
            centres[well, field] = (place[0] - y, place[1] - x)
    return centres
