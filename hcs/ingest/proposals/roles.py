"""What the columns of names may be: well, field, channel, z, t, plate or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, pairwise, product
from typing import TYPE_CHECKING, Final

from hcs.ingest.proposals.columns import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcs.ingest.proposals.columns import Column, Style

_WORDS: Final = (
    ("field", "s f fld field fov site pos position point xy image img tile"),
    ("channel", "w c d ch chan channel wave wv wavelength"),
    ("z", "z zstep step plane slice zslice stack"),
    ("t", "t tp time timepoint frame sk"),
)
_AXES_OF: Final = {
    **{word: (axis,) for axis, words in _WORDS for word in words.split()},
    "p": ("field", "z"),  # position of some, plane of others
}
_ROW, _COLUMN = frozenset(("r", "row")), frozenset(("c", "col", "column"))
_CELL_WORDS = frozenset(("well", "w"))
_ROW_LETTERS = re.compile(r"[A-Pa-p]|A[A-F]")
_LARGEST_COLUMN, _LARGEST_ROW = 48, 32
_PLATES = frozenset(("p", "plate", "plt"))
_UNLIKELY: Final = 0.5
"""Penalty for each choice that would have been likelier."""

_WORD: Final = 3
"""Letters of a word that may be parted from its number: ``Site_1``, but not ``s_1``."""

_COMBINATIONS: Final = 96
"""Ways to read one style that are tried."""

Roles = dict[int, str]
"""Role by the number of the column: a part of a pattern, or ``"*"``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a style."""

    roles: Roles
    evenness: float
    """Files there are of those that all wells, fields, channels ... would have."""

    penalty: float
    """How far it is from what people usually mean."""


def readings(style: Style) -> Iterator[Reading]:
    """Yield the ways to read a style in which no two names are of one plane."""
    for rank, well in enumerate(_wells(style.columns)):
        yield from _of_well(style, well, rank)


def _wells(columns: Sequence[Column]) -> list[Roles]:
    """Return where the well may stand, the likeliest first."""
    places: list[tuple[tuple[float, ...], Roles]] = []
    for i, column in enumerate(columns):
        if column.kind == "letters" and all(map(_ROW_LETTERS.fullmatch, column.values)):
            places.extend(_lettered(columns, i))
        elif column.kind == "number" and _word_before(columns, i) in _ROW:
            places.extend(_numbered_rows(columns, i))
    places.sort(key=lambda place: place[0])
    # A text that names one well everywhere is a cell line rather than the well.
    places = [place for place in places if place[0][0] <= places[0][0][0] / 2]
    if not places:
        places = [
            ((0.0,), {i: "well"})
            for i, column in enumerate(columns)
            if column.kind == "number"
            and _word_before(columns, i) in _CELL_WORDS
            and not column.constant
        ]
    return [roles for _, roles in places[:3]]


def _lettered(
    columns: Sequence[Column], i: int
) -> Iterator[tuple[tuple[float, ...], Roles]]:
    """Yield the well whose row is the letters of a column."""
    touching = i + 1 < len(columns) and columns[i + 1].kind == "number"
    j = i + 1 if touching else i + 2
    if j >= len(columns) or not _is_column(columns[j]):
        return
    if not touching and columns[i + 1].kind != "separator":
        return
    row = columns[i]
    small = all(value.islower() for value in row.values)
    if small and row.constant and row.first in _AXES_OF and touching:
        # c10 and f12 are a channel and a field.
        return
    ends = (i and columns[i - 1].kind, j + 1 < len(columns) and columns[j + 1].kind)
    alone = all(kind in (0, False, "separator") for kind in ends)
    padded = len({len(value) for value in columns[j].values}) == 1
    likelihood = (
        -distinct((row, columns[j])),
        *(not touching, not alone, small, not padded),
        -i,
    )
    roles = {i: "well", j: "well"} if touching else {i: "row", j: "column"}
    yield likelihood, roles


def _numbered_rows(
    columns: Sequence[Column], i: int
) -> Iterator[tuple[tuple[float, ...], Roles]]:
    """Yield the well whose row and column are numbers after ``r`` and ``c``."""
    for j in range(i + 1, min(i + 5, len(columns))):
        if (
            columns[j].kind == "number"
            and _word_before(columns, j) in _COLUMN
            and _is_column(columns[j])
            and max(map(int, columns[i].values)) <= _LARGEST_ROW
        ):
            count = distinct((columns[i], columns[j]))
            yield (-count, False, False, False, -i), {i: "row", j: "column"}
            return


def _is_column(column: Column) -> bool:
    return column.kind == "number" and all(
        len(value) <= 2 and 1 <= int(value) <= _LARGEST_COLUMN
        for value in column.values
    )


def _word_before(columns: Sequence[Column], i: int) -> str:
    """Return the constant word before a number, which may be parted from it."""
    if i and columns[i - 1].kind == "letters" and columns[i - 1].constant:
        return columns[i - 1].first.lower()
    if i > 1 and columns[i - 1].kind == "separator" and columns[i - 2].constant:
        word = columns[i - 2].first.lower()
        return word if len(word) >= _WORD and columns[i - 1].first in " -_" else ""
    return ""


def _of_well(style: Style, well: Roles, rank: int) -> Iterator[Reading]:
    options: dict[int, tuple[str, ...]] = {}
    for i, column in enumerate(style.columns):
        if i not in well and column.kind != "separator":
            choice = _options(style, i, well)
            if choice:
                options[i] = choice
    for combination in islice(product(*options.values()), _COMBINATIONS):
        chosen = dict(zip(options, combination, strict=True))
        # A part that is named and not taken is the least likely of all.
        penalty = rank + sum(
            options[i].index(role) + (not role) for i, role in chosen.items()
        )
        roles = {**well, **{i: role for i, role in chosen.items() if role}}
        reading = _reading(style, roles, _UNLIKELY * penalty)
        if reading is not None:
            yield reading


def _options(style: Style, i: int, well: Roles) -> tuple[str, ...]:
    """Return what a column may be, the likeliest first; ``""`` is text to keep."""
    columns, column = style.columns, style.columns[i]
    word, before = _word_before(columns, i), i < min(well)
    axes = _AXES_OF.get(word, ())
    if column.constant:
        if column.kind == "dye":
            return ("channel", "")
        return (*axes, "") if axes and column.kind == "number" and not before else ()
    if _says_nothing(style, i, [columns[j] for j in well]):
        return ("*",)
    if column.kind == "moment":
        return ("t",)
    if column.kind in ("date", "guid"):
        return ("*",)
    plate = ("plate",) if before else ()
    if column.kind == "dye":
        return ("channel", *plate, "*")
    if column.kind != "number":
        return (*plate, "channel", "*")
    if not axes and distinct([column]) == len(style.names):
        return ("*", "field", "t")
    if before and (word in _PLATES or (word and not axes)):
        return ("plate", *(axes or ("field", "t")), "*")
    return (*(axes or ("field", "channel", "t", "z")), *plate, "*")


def _says_nothing(style: Style, i: int, cells: Sequence[Column]) -> bool:
    """Return whether a column follows from another.

    From the well, as a treatment does or the well's number; or from what says better
    what it is: a number from the name of the channel, or from a number after a word.
    """
    column, wells = style.columns[i], distinct(cells)
    if len(style.names) > wells == distinct([*cells, column]):
        return True
    rank = _expressiveness(style.columns, i)
    return any(
        distinct([other]) == distinct([column]) == distinct([other, column])
        for j, other in enumerate(style.columns)
        if not other.constant and _expressiveness(style.columns, j) > rank
    )


def _expressiveness(columns: Sequence[Column], i: int) -> int:
    """Return how well a column says what it is: by a name, a word before it, or not."""
    if columns[i].kind == "dye":
        return 2
    return int(columns[i].kind == "number" and _word_before(columns, i) in _AXES_OF)


def _reading(style: Style, roles: Roles, penalty: float) -> Reading | None:
    """Return a reading, None where it takes a part twice or two names for one plane."""
    columns = style.columns
    axes = [role for role in roles.values() if role in ("field", "channel", "z", "t")]
    if len(set(axes)) < len(axes):
        return None
    places = [columns[i] for i, role in roles.items() if role != "*"]
    if distinct(places) < len(style.names):
        return None
    count = 1
    for part in (("well", "row", "column"), *((axis,) for axis in (*axes, "plate"))):
        values = [columns[i] for i, role in roles.items() if role in part]
        size = distinct(values) if values else 1
        # More channels than 6, or fields than 16, are seldom.
        penalty += 0.02 * max(0, size - {"channel": 6, "field": 16}.get(part[0], size))
        count *= size
    usual = ("plate", "well", "field", "channel", "z", "t")
    differing = [role for i, role in sorted(roles.items()) if not columns[i].constant]
    ranks = [usual.index(role) for role in differing if role in usual]
    penalty += 0.1 * sum(a > b for a, b in pairwise(ranks))
    return Reading(roles, len(style.names) / count, penalty)
