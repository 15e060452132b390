"""Whether channels can be told apart by their colours, and colours by which they can.

A channel is drawn from black to its colour, so how bright it is says how much is there
and only its hue says which channel it is. In OKLab (Björn Ottosson, 2020) all shades of
a colour lie on one ray from black; the angle between two rays is what is left of their
difference at any brightness. The eyes of people without red or green cones are those of
Machado, Oliveira and Fernandes (2009), at full severity.
"""

from __future__ import annotations

import functools
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CLOSE: Final = 15.0
"""Degrees below which colours are taken for each other: green and yellow are 11 apart,
yellow and orange 13, green and cyan 15, blue and cyan 17."""

CLOSE_COLOUR_BLIND: Final = 4.0
"""The same without red or green cones, where all hues lie within 60 degrees."""

_SETS: Final = {
    2: ("3080FF", "FFB000"),
    3: ("B030FF", "00FFFF", "FF0000"),
    4: ("B030FF", "00B0FF", "FF7090", "70FF00"),
    5: ("0090FF", "30FFB0", "FFD0FF", "FF00FF", "FF0000"),
    6: ("7090FF", "FFD090", "70FF00", "30FFFF", "FF3090", "B030FF"),
}
"""By number of channels, those of a grid of bright colours whose smallest angle is
largest, angles without red or green cones counted threefold. For two the known pair of
blue and amber, 28 apart for everybody."""

_GREY: Final = 0.02
"""OKLab chroma below which a colour is none: transmitted light is white."""

_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_EYES: Final = (
    np.eye(3),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
)
"""Linear RGB as it is seen with all cones, without red and without green ones."""


def angles(first: str, second: str) -> tuple[float, float]:
    """Return how far two colours are apart, in degrees.

    Parameters
    ----------
    first, second
        Six hexadecimal digits ``RRGGBB``, not black.

    Returns
    -------
        With all cones, and the smaller one of those without red and without green ones.
    """
    pairs = zip(_rays(first), _rays(second), strict=True)
    usual, *others = (_angle(left, right) for left, right in pairs)
    return usual, min(others)


@functools.lru_cache(maxsize=64)
def close_pairs(
    colors: tuple[str, ...], *, colour_blind: bool = False
) -> tuple[tuple[int, int], ...]:
    """Return the places of colours that are taken for each other; greys are for none.

    Parameters
    ----------
    colors
        Of the channels of a plate.
    colour_blind
        By people without red or green cones, instead of by all.
    """
    coloured = [at for at, color in enumerate(colors) if not _is_grey(color)]
    limit = CLOSE_COLOUR_BLIND if colour_blind else CLOSE
    return tuple(
        (left, right)
        for left, right in combinations(coloured, 2)
        if angles(colors[left], colors[right])[colour_blind] < limit
    )


@functools.lru_cache(maxsize=64)
def distinct(colors: tuple[str, ...]) -> tuple[str, ...]:
    """Return colours that everybody can tell apart, each as near as can be to its own.

    Returns
    -------
        As many as there are channels: greys stay, and all stay where all can be told
        apart, or where there are more than six, which no set of colours does for.
    """
    coloured = [at for at, color in enumerate(colors) if not _is_grey(color)]
    chosen = _SETS.get(len(coloured))
    clash = close_pairs(colors) or close_pairs(colors, colour_blind=True)
    if chosen is None or not clash:
        return colors
    apart = {
        (at, color): angles(colors[at], color)[0] for at in coloured for color in chosen
    }
    nearest = min(
        permutations(chosen),
        key=lambda order: sum(
            map(apart.__getitem__, zip(coloured, order, strict=True))
        ),
    )
    replaced = dict(zip(coloured, nearest, strict=True))
    return tuple(replaced.get(at, color) for at, color in enumerate(colors))


def _rays(color: str) -> list[NDArray[np.float64]]:
    """Return a colour in OKLab as each of `_EYES` sees it."""
    shades = np.frombuffer(bytes.fromhex(color), np.uint8) / 255
    linear = np.where(
        shades <= 0.04045, shades / 12.92, ((shades + 0.055) / 1.055) ** 2.4
    )
    return [
        _LAB @ np.cbrt(np.clip(_CONES @ np.clip(eye @ linear, 0, None), 0, None))
        for eye in _EYES
    ]


def _angle(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    if not lengths:
        return 0.0
    return float(np.degrees(np.arccos(np.clip(first @ second / lengths, -1, 1))))


def _is_grey(color: str) -> bool:
    _, a, b = _rays(color)[0]
    return bool(np.hypot(a, b) < _GREY)


def named_pairs(names: Sequence[str], colors: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the names of channels whose colours somebody takes for each other."""
    pairs = close_pairs(colors) or close_pairs(colors, colour_blind=True)
    return [(names[left], names[right]) for left, right in pairs]
