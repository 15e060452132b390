"""At which counts a camera saturates, and how that is known.

A clip level is never guessed from the data type: it is given by a person or by the
import, or seen as a pile of pixels at one top value over a whole plate. A pile at the
end of an integer type needs one image only, for nothing can lie above it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.qc.fields.plane import Distribution

_TOP_LEVELS = 16
"""How far below the brightest level a pile is looked for: hot pixels lie above."""

_LEAST_PILE = 20
"""Pixels of the smallest pile."""

_PILE_FACTOR = 5
"""How many times more pixels a pile has than the levels below it."""

_LEAST_PLANES = 2
"""Planes in which the same pile must be seen."""

_AGREEMENT = 0.8
"""Share of the piles of a plate that must be at the same level."""

_ENDS = frozenset(2.0**bits - 1 for bits in (8, 15, 16, 32))
"""Largest values of the integer types that pixels are kept in."""

UNKNOWN = "the camera's clip level is not known, and no pile-up shows it"


@dataclass(frozen=True, slots=True)
class Top:
    """What the upper end of one plane's values says."""

    highest: float
    """The brightest value, in counts."""

    pile: float | None
    """The level at which pixels pile up; None where they do not."""

    percent: float
    """Share of pixels at or above `pile` (or equal to `highest`), in percent."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip level, or why there is none."""

    level: float | None
    """Counts; None where unknown."""

    source: str
    """``"set for this project"``, ``"from the import"``, ``"seen in ..."`` ..."""


def top_of(spread: Distribution) -> Top:
    """Return what the upper end of a plane's values says."""
    highest = float(spread.values[-1])
    alone = 100 * float(spread.counts[-1]) / spread.total
    counts = spread.counts[::-1]
    for place in range(min(_TOP_LEVELS, len(counts) - 1)):
        below = counts[place + 1 : place + 1 + _TOP_LEVELS // 2]
        if counts[place] >= max(_LEAST_PILE, _PILE_FACTOR * float(np.median(below))):
            share = 100 * float(counts[: place + 1].sum()) / spread.total
            return Top(highest, float(spread.values[-1 - place]), share)
    return Top(highest, None, alone)


def infer_clip(tops: Iterable[Top]) -> Clip:
    """Return the level at which the planes of one channel pile up, over a plate.

    Parameters
    ----------
    tops
        Of the planes of one channel, over the whole plate.
    """
    known = list(tops)
    piles = Counter(top.pile for top in known if top.pile is not None)
    if not piles:
        return Clip(None, UNKNOWN)
    (level, planes), *_ = piles.most_common(1)
    end = max(top.highest for top in known)
    if end in _ENDS and end in piles:
        images = "1 image" if piles[end] == 1 else f"{piles[end]} images"
        return Clip(end, f"seen in {images} with pixels at {end:g}, the type's end")
    if planes < _LEAST_PLANES or planes < _AGREEMENT * piles.total():
        levels = [f"{at:g} in {counted(n, 'image')}" for at, n in piles.most_common()]
        return Clip(
            None,
            f"the camera's clip level is not known: pixels pile up at "
            f"{some(levels, 3, str)}, which is not enough to tell",
        )
    return Clip(level, f"seen in {planes} images, whose pixels pile up at {level:g}")


def percent_at(top: Top, level: float) -> float | None:
    """Return the share of saturated pixels of a plane that was measured without.

    None where the plane has to be measured again to tell.

    Parameters
    ----------
    top
        Of a measured plane.
    level
        The clip level, in counts.
    """
    if top.highest < level:
        return 0.0
    if level in (top.pile, top.highest):
        return top.percent
    return None
