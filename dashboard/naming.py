"""What a file name seems to say about well, field and channel; only ever a guess.

It proposes an assignment, which people see and correct, and it is held against the
target, so that a file for another well is not committed without anybody noticing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import HCSError
from hcs.layout import parse_well, well_label

if TYPE_CHECKING:
    from collections.abc import Sequence

_EDGE = r"(?:^|(?<=[^A-Za-z0-9]))"
_END = r"(?=$|[^A-Za-z0-9])"
_PHENIX = re.compile(
    r"[Rr](?P<row>[0-9]{2})[Cc](?P<column>[0-9]{2})"
    r"(?:[Ff](?P<field>[0-9]{1,4}))?(?:[Pp][0-9]{1,3})?(?:-?[Cc][Hh](?P<channel>[0-9]{1,2}))?"
)
_ARRAYSCAN = re.compile(
    rf"(?P<well>[A-P][0-9]{{2}})f(?P<field>[0-9]{{2,3}})d(?P<channel>[0-9]{{1,2}}){_END}"
)
_GUID = re.compile(r"(?<=w[0-9])[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
"""MetaXpress writes one right behind the wave's number."""

_WELL = re.compile(rf"{_EDGE}(?P<well>[A-Za-z]{{1,2}}-?[0-9]{{1,2}}){_END}")
_FIELD = re.compile(
    rf"{_EDGE}(?P<field>(?:s|f|site|field|fov|xy)[-_ ]?[0-9]{{1,4}}){_END}",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    rf"{_EDGE}(?:w|d|c|ch|wave|channel)[-_ ]?(?P<channel>[0-9]{{1,2}}){_END}",
    re.IGNORECASE,
)
_NOT_WELLS = re.compile(r"(?:[swdftzcp]|ch|xy)[0-9]+", re.IGNORECASE)
"""Looks like a well, but is a site, a wave, a field, a time or a plane more often;
taken as a well only where it is written as wells are, with a capital."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a name seems to say; None where it says nothing."""

    well: str | None = None
    """``"B02"``, padded to two digits."""

    field: str | None = None
    """As written: ``"s1"``, ``"f01"``."""

    channel: int | None = None
    """The number as written, which may count from 0 or from 1."""


def guess(name: str) -> Guess:
    """Return what a file name seems to say.

    >>> guess("r02c03f04p01-ch5.tiff")
    Guess(well='B03', field='f04', channel=5)
    >>> guess("plate_B02_s1_w2.TIF")
    Guess(well='B02', field='s1', channel=2)
    """
    stem = re.sub(r"(\.ome)?\.[A-Za-z0-9]{1,5}$", "", name, flags=re.IGNORECASE)
    phenix = _PHENIX.search(stem)
    if phenix is not None and int(phenix["row"]) and int(phenix["column"]):
        field = phenix["field"]
        return Guess(
            _label(int(phenix["row"]) - 1, int(phenix["column"]) - 1),
            None if field is None else f"f{field}",
            None if phenix["channel"] is None else int(phenix["channel"]),
        )
    # An underscore joins words in file names, so it ends a token here.
    text = _GUID.sub("", stem).replace("_", " ")
    compact = _ARRAYSCAN.search(text)
    if compact is not None:
        return Guess(compact["well"], f"f{compact['field']}", int(compact["channel"]))
    well, text = _well(text)
    field_match, channel_match = _FIELD.search(text), _CHANNEL.search(text)
    return Guess(
        well,
        None if field_match is None else re.sub(r"[-_ ]", "", field_match["field"]),
        None if channel_match is None else int(channel_match["channel"]),
    )


def _well(text: str) -> tuple[str | None, str]:
    """Return the well, and the text without it: ``C04`` is not channel 4 as well."""
    for found in _WELL.finditer(text):
        name = found["well"]
        if _NOT_WELLS.fullmatch(name) and not (name[0].isupper() and len(name) == 3):
            continue
        try:
            label = well_label(*parse_well(name))
        except HCSError:
            continue
        return label, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _label(row: int, column: int) -> str | None:
    try:
        return well_label(row, column)
    except HCSError:
        return None


def same_well(first: str, second: str) -> bool:
    """Whether two spellings mean one well; True where one of them is no well's name."""
    try:
        return parse_well(first) == parse_well(second)
    except HCSError:
        return True


def same_field(guessed: str, name: str, label: str) -> bool:
    """Whether a field number in a file name can mean this field.

    Parameters
    ----------
    guessed
        As `Guess.field`.
    name, label
        Of the target. Where the source's own label is not known, numbers that count
        from 0 and from 1 both fit.
    """
    number = _number(guessed)
    if label != name:
        return number == _number(label)
    index = _number(name)
    return number is None or index is None or number in (index, index + 1)


def _number(text: str) -> int | None:
    found = re.search(r"([0-9]+)$", text)
    return None if found is None else int(found[1])


def assign(
    names: Sequence[str], guesses: Sequence[int | None], channels: Sequence[str]
) -> tuple[int | None, ...]:
    """Return for each file the target channel that it seems to hold.

    A channel's name in the file name says more than a number does. Numbers count from
    0 where one of the files has a 0, else from 1; what fits nothing is None.
    """
    base = 0 if 0 in guesses else 1
    found: list[int | None] = []
    for name, guessed in zip(names, guesses, strict=True):
        by_name = _channel_in(name, channels)
        index = by_name if by_name is not None else _shifted(guessed, base)
        found.append(index if index is not None and index < len(channels) else None)
    return tuple(found)


def _shifted(guessed: int | None, base: int) -> int | None:
    return None if guessed is None or guessed < base else guessed - base


def _channel_in(name: str, channels: Sequence[str]) -> int | None:
    text = re.sub(r"[^a-z0-9]+", " ", name.lower())
    hits = [
        index
        for index, channel in enumerate(channels)
        if (word := re.sub(r"[^a-z0-9]+", " ", channel.lower()).strip())
        and f" {word} " in f" {text} "
    ]
    return hits[0] if len(hits) == 1 else None
