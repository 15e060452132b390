"""Names of one style as a table: a row for each name, a column for what may differ."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_STYLES: Final = 3
"""Ways of naming that are looked into; the largest groups of names."""

_SPLIT = re.compile(
    r"""(?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})
    |(?P<moment>[0-9]{4}y[0-9]{2}m[0-9]{2}d_[0-9]{2}h[0-9]{2}m
        |[0-9]{2}d[0-9]{2}h[0-9]{2}m(?:[0-9]{2}s)?)
    |(?P<date>(?<![0-9])(?:19|20)[0-9]{2}(?:(?P<dash>[-_.])[01][0-9](?P=dash)[0-3][0-9]
        |[01][0-9][0-3][0-9])
        (?:[T_ -]?[0-9]{2}[-:hH]?[0-9]{2}[-:mM]?[0-9]{2}[sS]?)?(?![0-9]))
    |(?P<separator>[ ]*[^A-Za-z0-9 ]+[ ]*)""",
    re.VERBOSE,
)
_SPLIT_AT_BLANKS = re.compile(_SPLIT.pattern + r"|(?P<blank>[ ]+)", re.VERBOSE)
DYE = re.compile(
    r"dapi|hoechst|draq|e?[gcyrb]fp(?![a-z])|fitc|tritc|txred|texas.?red|mcherry|tomato"
    r"|brightfield|bright.field|phase|\bdic\b|\bbf\b|trans|rhodamine|syto|phalloidin"
    r"|wga|conca?\b|mito|actin|\bdna\b|\brna\b|\ber\b|\bagp\b|far.?red"
    r"|(?<![a-z])(?:cy[0-9]|(?:alexa|atto|af)[ _-]?[3-7][0-9]{2}|[3-7][0-9]{2} ?nm"
    r"|a(?:350|405|430|488|532|546|555|568|594|633|647|660|680|700|750))(?![0-9])",
    re.IGNORECASE,
)
"""Names that channels have; no list of them is complete."""

_ATOM = re.compile(r"[A-Z]*[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
"""Letters are parted where a capital follows a small one: ``Well|B|02``."""


@dataclass(frozen=True, slots=True)
class Column:
    """What stands at one place of all names."""

    kind: str
    """``"letters"``, ``"number"``, ``"text"`` (anything), ``"dye"``, ``"separator"``,
    ``"moment"``, ``"date"`` or ``"guid"``."""

    values: tuple[str, ...]
    """One for each name."""

    @property
    def constant(self) -> bool:
        """Whether it is the same in all names."""
        return len(set(self.values)) == 1

    @property
    def first(self) -> str:
        """Its text in the first name."""
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Style:
    """Names that are alike in how they are put together."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]


def styles(stems: Sequence[str]) -> Iterator[Style]:
    """Yield the commonest ways in which names are put together, as tables.

    Parameters
    ----------
    stems
        Names without their ending.
    """
    splits = [_SPLIT]
    if any(" " in stem for stem in stems):
        splits.append(_SPLIT_AT_BLANKS)
    for split in splits:
        groups: defaultdict[tuple[str, ...], list[list[tuple[str, str]]]]
        groups = defaultdict(list)
        for stem in stems:
            pieces = list(_pieces(stem, split))
            shape = tuple(
                text if kind == "separator" else kind for kind, text in pieces
            )
            groups[shape].append(pieces)
        for rows in sorted(groups.values(), key=len, reverse=True)[:_STYLES]:
            yield Style(
                tuple("".join(text for _, text in row) for row in rows),
                tuple(_columns(rows)),
            )


def _pieces(stem: str, split: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield kind and text of what stands between the separators of a name, and them."""
    start = 0
    for match in split.finditer(stem):
        if match.start() > start:
            yield "text", stem[start : match.start()]
        kind = str(match.lastgroup)
        yield "separator" if kind == "blank" else kind, match[0]
        start = match.end()
    if start < len(stem):
        yield "text", stem[start:]


def _columns(rows: Sequence[Sequence[tuple[str, str]]]) -> Iterator[Column]:
    for pieces in zip(*rows, strict=True):
        kind, values = pieces[0][0], tuple(text for _, text in pieces)
        if kind == "text":
            yield from _finer(values)
        else:
            yield Column(kind, values)


def _finer(values: tuple[str, ...]) -> Iterator[Column]:
    """Yield letters and numbers apart, where all values have them alike."""
    if any(map(DYE.search, set(values))):
        # Cy3 and Cy5 are names, and not the numbers 3 and 5.
        yield from _dyes(values)
        return
    atoms = [_ATOM.findall(value) for value in values]
    shapes = {tuple(map(_kind, row)) for row in atoms}
    if len(shapes) > 1:
        yield Column("text", values)
        return
    for texts in zip(*atoms, strict=True):
        yield Column(_kind(texts[0]), tuple(texts))


def _dyes(values: tuple[str, ...]) -> Iterator[Column]:
    """Yield names of channels without the word that is before all of them."""
    prefix = re.match(r"(?:channel|chan|ch|wave)(?=[A-Z0-9])", values[0], re.I)
    word = prefix[0] if prefix else ""
    if word and all(value.startswith(word) for value in values):
        yield Column("letters", (word,) * len(values))
        values = tuple(value.removeprefix(word) for value in values)
    yield Column("dye", values)


def _kind(atom: str) -> str:
    if atom.isascii() and atom.isdigit():
        return "number"
    return "letters" if atom.isascii() and atom.isalpha() else "separator"


def distinct(columns: Iterable[Column]) -> int:
    """Return how many different rows some columns have together."""
    return len(set(zip(*(column.values for column in columns), strict=True)))
