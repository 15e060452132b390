"""What file names say: which well, field, channel, z and t a file is of.

A number keeps the spelling that stands in the name, with the letters before it
(``s1``, ``f01``, ``Channel2``): that is the label people know it by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.expression import check_time, compile_expression
from hcs.ingest.placeholders import compile_simple, is_simple
from hcs.layout import MAX_SIDE, PlateFormat, Position, well_label
from hcs.spellings import WellSpellings, read_well_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


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


@lru_cache(maxsize=1 << 16)  # a plate has a few parts, in hundred thousands of names
def name_part(text: str, label: str | None = None) -> NamePart:
    """Return the part that `text` names.

    Parameters
    ----------
    text
        Digits, or the name of a channel.
    label
        What people see of it; `text` where not given.
    """
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
    """What stands where in file names: a pattern with placeholders, or an expression.

    Parameters
    ----------
    text
        Either placeholders in braces, ``{plate}_{well}_s{field}_{channel}.tif``: plate,
        well, row, column, field, channel, z, t; ``{*}`` for what is passed over, a
        number of characters where parts touch (``{well:3}{field:2}``), ``{{`` for a
        brace. All of a name must match; its ending may be left out.
        Or a Python regular expression with groups of the same names, written
        ``(?P<well>...)``, which is searched in a name.
        Either way ``well`` is needed, or ``row`` and ``column``. What contains a ``/``
        is held against a name with its folders, else against its last part.

    Raises
    ------
    SourceError
        If it is neither, or its parts are not those.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.simple = is_simple(text)
        """Whether it is made of placeholders."""

        self._folders = text.replace("\\", "/").count("/") if self.simple else 0
        self._patterns: tuple[re.Pattern[str], ...] = (
            compile_simple(text) if self.simple else (compile_expression(text),)
        )
        self._check_parts(set(self._patterns[0].groupindex))

    def _check_parts(self, parts: set[str]) -> None:
        unknown = sorted(parts - set(GROUPS))
        if unknown or not ("well" in parts or {"row", "column"} <= parts):
            raise SourceError(
                f"The pattern {self.text!r} has the groups {sorted(parts)}; it needs "
                f"'well', or 'row' and 'column', and may have "
                f"{', '.join(GROUPS[3:])}, written as {{well}}, or as (?P<well>...) in "
                f"a regular expression."
            )
        if "well" in parts and parts & {"row", "column"}:
            raise SourceError(
                f"The pattern {self.text!r} names the well twice, by 'well' and by "
                f"{' and '.join(sorted(parts & {'row', 'column'}))}; leave one out."
            )

    def read(self, name: str) -> NameParts | None:
        """Return what a file's name says, or None where the pattern does not match.

        Parameters
        ----------
        name
            Of the file, with its folders, between which ``/`` stands.

        Raises
        ------
        SourceError
            As `read_all` does.
        """
        return self.read_all([name])[0].get(name)

    def plate(self, name: str) -> str | None:
        """Return the plate that a file's name gives, ``""`` where it gives none.

        None where the pattern does not match.

        Parameters
        ----------
        name
            Of the file, with its folders, between which ``/`` stands.
        """
        matches = self._matches(name)
        if not matches or "plate" not in matches[0].re.groupindex:
            return "" if matches else None
        readable = (match for match in matches if _is_well(_well_text(match)))
        return next(readable, matches[0])["plate"] or ""

    def read_all(
        self, names: Iterable[str], format: PlateFormat | int | str | None = None
    ) -> tuple[dict[str, NameParts], WellSpellings]:
        """Return what names of files say that the pattern matches, and of which wells.

        Parameters
        ----------
        names
            Of all files of a source: some wells are known from all names together.
        format
            The plate, on which wells that are numbers are counted.

        Returns
        -------
            What each name says, by name, of those that match; and where the wells are
            by the texts that the names have for them.

        Raises
        ------
        SourceError
            If it matches a name, but what it finds is no well, or placeholders fit the
            name in two ways.
        """
        matches = {
            name: readings for name in names if (readings := self._matches(name))
        }
        texts = {
            _well_text(match) for readings in matches.values() for match in readings
        }
        wells = read_well_names(texts, format)
        return {
            name: self._reading(readings, wells, name)
            for name, readings in matches.items()
        }, wells

    def check_time(self, names: Iterable[str]) -> None:
        """Refuse an expression that would take for ever on some of the names.

        A pattern of placeholders is bounded by how it is made.

        Parameters
        ----------
        names
            Of the files that it will be held against, with their folders.

        Raises
        ------
        SourceError
            If it would.
        """
        if not self.simple:
            check_time(self.text, list(dict.fromkeys(map(self._searched, names))))

    def _searched(self, name: str) -> str:
        return name if "/" in self.text else name.rpartition("/")[2]

    def _matches(self, name: str) -> list[re.Match[str]]:
        """Return the ways to read a name: none, one or two."""
        if not self.simple:
            match = self._patterns[0].search(self._searched(name))
            return [match] if match else []
        text = "/".join(name.split("/")[-1 - self._folders :])
        short = self._patterns[0].fullmatch(text)
        long = self._patterns[1].fullmatch(text) if short else None
        if short is None or long is None:
            return []
        return [short] if short.groupdict() == long.groupdict() else [short, long]

    def _reading(
        self, matches: Sequence[re.Match[str]], wells: WellSpellings, name: str
    ) -> NameParts:
        """Return the reading that is possible; the shorter where only plates differ."""
        part = _numbered if self.simple else _spelled
        readings = [
            _parts(match, wells.positions[text], part)
            for match in matches
            if (text := _well_text(match)) in wells.positions
        ]
        if not readings:
            text = _well_text(matches[0])
            raise SourceError(
                f"The name {name} gives no well ({text!r}): {wells.problems[text]}"
            )
        first, last = readings[0], readings[-1]
        if replace(first, plate=None) != replace(last, plate=None):
            raise SourceError(
                f"The name {name} can be read in two ways by the pattern "
                f"{self.text!r}: as {first} or as {last}. Say how many characters a "
                f"part has, such as {{well:3}}, or write what stands between them."
            )
        return first


def _is_well(text: str) -> bool:
    # Any number is one: which, is known when the plate is.
    return text in read_well_names([text], PlateFormat(MAX_SIDE, MAX_SIDE)).positions


def _well_text(match: re.Match[str]) -> str:
    groups = {key: text for key, text in match.groupdict().items() if text}
    if "well" in groups:
        return groups["well"]
    row, column = groups.get("row", ""), groups.get("column", "")
    return f"r{row}c{column}" if row.isdigit() else f"{row}{column}"


def _parts(
    match: re.Match[str],
    well: Position,
    part: Callable[[re.Match[str], str], NamePart],
) -> NameParts:
    groups = {key: text for key, text in match.groupdict().items() if text}
    return NameParts(
        well=well,
        plate=groups.get("plate"),
        **{
            axis: part(match, axis)
            for axis in ("field", "channel", "z", "t")
            if axis in groups
        },
    )


_LETTERED = re.compile("[A-Za-z]+([0-9]+)")


def _numbered(match: re.Match[str], group: str) -> NamePart:
    """Return a part by its number also where the text has letters before that.

    ``s1`` that stands for a whole ``{field}`` counts as 1. Not so for channels, of
    which ``A488`` and ``C488`` may be two.
    """
    lettered = None if group == "channel" else _LETTERED.fullmatch(match[group])
    if lettered:
        return name_part(lettered[1], match[group])
    return _spelled(match, group)


def _spelled(match: re.Match[str], group: str) -> NamePart:
    """Return a part, labelled by its text and the letters before it if it is a number.

    The letters must not belong to the group before: ``s1`` of ``_s1``, yet ``2`` of
    ``A2`` where A is the row.
    """
    start, end = match.span(group)
    text = match.string[start:end]
    if not text.isdigit():
        return name_part(text)
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
    return name_part(text, match.string[start:end])
