"""What file names say: which well, field, channel, z and t a file is of.

A number keeps the spelling that stands in the name, with the letters before it
(``s1``, ``f01``, ``Channel2``): that is the label people know it by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.layout import Position, well_label
from hcs.spellings import WellNames, read_well_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.layout import PlateFormat

GROUPS: Final = ("well", "row", "column", "field", "channel", "z", "t", "plate")
"""Names of groups that a pattern may have."""


@dataclass(frozen=True, slots=True, order=True)
class NamePart:
    """A field, channel, z or t as a file's name gives it."""

    key: tuple[int, int, str]
    """Sorts numbers by value and before words; equal for ``1`` and ``01``."""

    label: str
    """How the name spells it, with the letters before it: ``"s1"``."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamePart) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def number(self) -> int | None:
        """Its number, where it is one."""
        return self.key[1] if self.key[0] == 0 else None


def name_part(text: str, label: str | None = None) -> NamePart:
    """Return the part that `text` names."""
    label = text if label is None else label
    if text.isascii() and text.isdigit():
        return NamePart((0, int(text), ""), label)
    return NamePart((1, 0, text), label)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameParts:
    """What the name of one file says; None where it says nothing."""

    well: Position | None = None
    """Zero-based ``(row, column)``."""

    field: NamePart | None = None
    channel: NamePart | None = None
    z: NamePart | None = None
    t: NamePart | None = None
    plate: str | None = None

    def __str__(self) -> str:
        names = ("field", "channel", "z", "t")
        texts = [well_label(*self.well)] if self.well else []
        texts += [
            f"{n} {p.label}" for n in names if (p := getattr(self, n)) is not None
        ]
        return ", ".join(texts) or "nothing"


class NamePattern:
    """A regular expression with named groups, applied to file names.

    Parameters
    ----------
    text
        A Python regular expression with the groups ``well``, or ``row`` and
        ``column``, and where there are any ``field``, ``channel``, ``z``, ``t`` and
        ``plate``. It is searched in the last part of a name, or in the whole name with
        its folders where it contains a ``/``.

    Raises
    ------
    SourceError
        If it is no regular expression, or its groups are not those.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._pattern = re.compile(text)
        except re.error as error:
            raise SourceError(
                f"The pattern {text!r} is no regular expression: {error}."
            ) from error
        groups = set(self._pattern.groupindex)
        unknown = sorted(groups - set(GROUPS))
        if unknown or not ("well" in groups or {"row", "column"} <= groups):
            raise SourceError(
                f"The pattern {text!r} has the groups {sorted(groups)}; it needs "
                f"'well', or 'row' and 'column', and may have "
                f"{', '.join(GROUPS[3:])}, written as (?P<well>...)."
            )

    def read(self, name: str) -> NameParts | None:
        """Return what a file's name says, or None where the pattern does not match.

        Raises
        ------
        SourceError
            If it matches, but what it finds is no well.
        """
        return self.read_all([name])[0].get(name)

    def read_all(
        self, names: Iterable[str], format: PlateFormat | int | str | None = None
    ) -> tuple[dict[str, NameParts], WellNames]:
        """Return what names of files say that the pattern matches, and of which wells.

        Parameters
        ----------
        names
            Of all files of a source: some wells are known from all names together.
        format
            The plate, on which wells that are numbers are counted.

        Raises
        ------
        SourceError
            If it matches a name, but what it finds is no well.
        """
        whole = "/" in self.text
        matches = {
            name: match
            for name in names
            if (
                match := self._pattern.search(
                    name if whole else name.rpartition("/")[2]
                )
            )
        }
        texts = {name: _well_text(match) for name, match in matches.items()}
        wells = read_well_names(texts.values(), format)
        for name, text in texts.items():
            if text in wells.problems:
                raise SourceError(
                    f"The name {name} gives no well ({text!r}): {wells.problems[text]}"
                )
        return {
            name: _parts(match, wells.positions[texts[name]])
            for name, match in matches.items()
        }, wells


def _well_text(match: re.Match[str]) -> str:
    groups = {key: text for key, text in match.groupdict().items() if text}
    if "well" in groups:
        return groups["well"]
    row, column = groups.get("row", ""), groups.get("column", "")
    return f"r{row}c{column}" if row.isdigit() else f"{row}{column}"


def _parts(match: re.Match[str], well: Position) -> NameParts:
    groups = {key: text for key, text in match.groupdict().items() if text}
    return NameParts(
        well=well,
        plate=groups.get("plate"),
        **{
            axis: name_part(groups[axis], _spelled(match, axis))
            for axis in ("field", "channel", "z", "t")
            if axis in groups
        },
    )


def _spelled(match: re.Match[str], group: str) -> str:
    """Return a group's text with the letters directly before it, where it is a number.

    The letters must not belong to the group before: ``s1`` of ``_s1``, yet ``2`` of
    ``A2`` where A is the row.
    """
    start, end = match.span(group)
    text = match.string[start:end]
    if not text.isdigit():
        return text
    floor = max(
        (
            match.end(other_group)
            for other_group in match.groupdict()
            if match.end(other_group) <= start
        ),
        default=0,
    )
    while start > floor and match.string[start - 1].isalpha():
        start -= 1
    return match.string[start:end]
