"""The wells of a plate as an SVG: each state has a colour and a shape of its own.

So states can be told apart without colours. Text and lines have the colour of what the
drawing stands on; each well says in a tooltip what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcs.markup import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST_PLACES: Final = 3456
"""Wells of the largest microplate; a larger grid is no plate and is not drawn."""

_WIDTH: Final = 760
_LARGEST: Final = 26
_SMALLEST: Final = 7
_NAMED: Final = 13
"""Pixels that the name of a row or a column needs."""

_MOST_TIP = 160


@dataclass(frozen=True, slots=True)
class State:
    """What a well may be, and how that looks."""

    words: str
    style: str
    """Attributes of its square."""

    sign: Callable[[float, float, float], str] = lambda x, y, size: ""
    """The path over a square, of its left, top and side."""


def _cross(x: float, y: float, size: float) -> str:
    end = size - 2
    return f"M{x + 2} {y + 2}l{end - 2} {end - 2}M{x + end} {y + 2}l{2 - end} {end - 2}"


def _slash(x: float, y: float, size: float) -> str:
    return f"M{x + 1} {y + size - 1}l{size - 2} {2 - size}"


def _corner(x: float, y: float, size: float) -> str:
    return f"M{x + size / 2} {y}h{size / 2}v{size / 2}z"


_BLUE, _RED = "#3f7fd0", "#d0562f"
_HOLLOW = 'fill="none" stroke="currentColor" stroke-opacity=".6"'

PRESENT: Final = State("imaged", f'fill="{_BLUE}"')
FEWER: Final = State("fewer fields than most", f'fill="{_BLUE}"', _corner)
MISSING: Final = State("listed, nothing there", _HOLLOW, _slash)
UNREADABLE: Final = State("cannot be read", f'fill="{_RED}"', _cross)
UNSEEN: Final = State("not looked at", f'{_HOLLOW} stroke-dasharray="2 2"')
UNLISTED: Final = State("not acquired", 'fill="currentColor" fill-opacity=".12"')

STATES: Final = (PRESENT, FEWER, MISSING, UNREADABLE, UNSEEN, UNLISTED)


def draw(
    rows: Sequence[str],
    columns: Sequence[str],
    states: Mapping[tuple[int, int], State],
    tips: Mapping[tuple[int, int], str],
    title: str,
) -> str:
    """Return the drawing of a plate; ``""`` of a grid beyond `MOST_PLACES`.

    Parameters
    ----------
    rows, columns
        Their names, downwards and rightwards.
    states
        By zero-based row and column; places without one were not acquired.
    tips
        What wells are, for people; plain text.
    title
        What the drawing is, for people who do not see it.
    """
    if not 0 < len(rows) * len(columns) <= MOST_PLACES:
        return ""
    cell = max(_SMALLEST, min(_LARGEST, _WIDTH // len(columns)))
    width, height = 26 + cell * len(columns), 18 + cell * len(rows)
    side = cell - (2 if cell > 9 else 1)
    squares: dict[State, list[str]] = {state: [] for state in STATES}
    signs: dict[State, list[str]] = {state: [] for state in STATES}
    for row in range(len(rows)):
        for column in range(len(columns)):
            place = row, column
            state = states.get(place, UNLISTED)
            x, y = 25 + column * cell, 17 + row * cell
            squares[state].append(_square(x, y, side, tips.get(place, "")))
            signs[state].append(state.sign(x, y, side))
    groups = "".join(
        f"<g {state.style}>{''.join(squares[state])}</g>{_signs(signs[state])}"
        for state in STATES
        if squares[state]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" aria-label="{text(title)}" '
        f'style="display:block;margin:4px 0" font-family="sans-serif" font-size="10">'
        f"{_names(rows, columns, cell)}{groups}</svg>"
    )


def key(states: Iterable[State]) -> str:
    """Return what the looks of those states mean that are there, with counts."""
    counts: dict[State, int] = {}
    for state in states:
        counts[state] = counts.get(state, 0) + 1
    entries = "".join(
        f'<span style="display:inline-block;margin-right:14px;white-space:nowrap">'
        f'<svg width="13" height="13" style="vertical-align:-2px;margin-right:4px">'
        f"<g {state.style}>{_square(1, 1, 11, '')}</g>"
        f"{_signs([state.sign(1, 1, 11)])}</svg>"
        f"{counts[state]} {text(state.words)}</span>"
        for state in STATES
        if state in counts
    )
    return f'<div style="font-size:12px;margin:2px 0 6px">{entries}</div>'


def _square(x: float, y: float, side: float, tip: str) -> str:
    place = f'<rect x="{x}" y="{y}" width="{side}" height="{side}"'
    return (
        f"{place}><title>{text(tip, _MOST_TIP)}</title></rect>" if tip else place + "/>"
    )


def _signs(paths: Sequence[str]) -> str:
    path = "".join(paths)
    # A light line within a dark one is seen on any colour.
    return path and (
        f'<path d="{path}" fill="#fff" stroke="#fff" stroke-width="2.5"/>'
        f'<path d="{path}" fill="#000" stroke="#000"/>'
    )


def _names(rows: Sequence[str], columns: Sequence[str], cell: int) -> str:
    every = -(-_NAMED // cell)
    middle = cell / 2
    across = "".join(
        f'<text x="{25 + index * cell + middle}" y="12" text-anchor="middle">'
        f"{text(name, 4)}</text>"
        for index, name in enumerate(columns)
        if index % every == 0
    )
    down = "".join(
        f'<text x="21" y="{17 + index * cell + middle + 3}" text-anchor="end">'
        f"{text(name, 4)}</text>"
        for index, name in enumerate(rows)
        if index % every == 0
    )
    return f'<g fill="currentColor" fill-opacity=".75">{across}{down}</g>'
