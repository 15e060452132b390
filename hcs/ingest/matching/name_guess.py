"""What the name of any file seems to say, for proposing and for warning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hcs.errors import SourceError
from hcs.ingest.microscopes.registry import microscopes
from hcs.ingest.names import NameParts, NamePattern, name_part
from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hcs.ingest.names import NamePart

_KNOWN = (
    # Opera Phenix and Operetta
    r"r(?P<row>[0-9]{2})c(?P<column>[0-9]{2})f(?P<field>[0-9]+)p(?P<z>[0-9]+)"
    r"-?ch(?P<channel>[0-9]+)(?:(?:sk|t)(?P<t>[0-9]+))?",
    # CellVoyager
    r"_(?P<well>[A-P][0-9]{2})_T(?P<t>[0-9]+)F(?P<field>[0-9]+)L[0-9]+A[0-9]+"
    r"Z(?P<z>[0-9]+)C(?P<channel>[0-9]+)",
)
_KNOWN_PATTERNS = tuple(NamePattern(text) for text in _KNOWN)

_BEFORE, _AFTER = r"(?:^|(?<=[^A-Za-z0-9])|(?<=[0-9]))", r"(?![0-9])"
_ALONE = r"(?:^|(?<=[^A-Za-z0-9]))"
_TOKENS = {
    "field": r"(?:field|fov|site|fld|pos|xy|s|f)",
    "channel": r"(?:channel|wavelength|wave|chan|ch|c|w|d)",
    "z": r"(?:zstep|plane|slice|z)",
    "t": r"(?:timepoint|time|frame|t)",
}
_WELL_TOKENS = tuple(
    re.compile(rf"{_ALONE}(?:[Ww]ell[ _-]?)?({spelling}){_AFTER}", re.ASCII)
    for spelling in (
        r"[A-P][0-9]{1,2}|A[A-F][0-9]{2}|[A-P][-_][0-9]{2}|r[0-9]{1,2}c[0-9]{1,2}",
        # Only where no other is there: c10 and f12 are channels and fields as often.
        r"[a-p][0-9]{2}",
    )
)
_AXIS_TOKENS = {
    axis: re.compile(
        rf"{_BEFORE}({words}[ _-]?([0-9]{{1,4}})){_AFTER}", re.I | re.ASCII
    )
    for axis, words in _TOKENS.items()
}


def describe_name(name: str) -> NameParts:
    """Return what the name of any file seems to say; it never fails.

    For comparing an upload with where it is to go, and for proposing its channel: a
    guess to be shown, not a fact. Names of the known microscopes are understood as
    theirs; in others a well, and words such as ``site``, ``s``, ``ch`` or ``w`` before
    a number, are looked for.

    Parameters
    ----------
    name
        Name of a file, without its folder.

    Examples
    --------
    >>> print(describe_name("9987_B02_s1_w2.TIF"))
    B02, field s1, channel w2
    >>> print(describe_name("holiday.jpg"))
    nothing
    """
    base = re.split(r"[/\\]", name)[-1]
    if parts := microscope_name(base):
        return parts
    stem = re.sub(r"(?:\.[A-Za-z]{2,4}){1,2}$", "", base)
    return _guessed(stem)


def microscope_name(name: str) -> NameParts | None:
    """Return what a name says that is built as a known microscope builds its names.

    Then it is no guess; None for all other names.
    """
    base = re.split(r"[/\\]", name)[-1]
    for microscope in microscopes():
        # Those of other packages may fail, and this must not.
        if not microscope.source and (parts := microscope.name_parts(base)):
            return parts
    for pattern in _KNOWN_PATTERNS:
        try:
            if parts := pattern.read(base):
                return parts
        except SourceError:
            continue
    return None


def _guessed(stem: str) -> NameParts:
    well = None
    tokens = (pattern.search(stem) for pattern in _WELL_TOKENS)
    if well_token := next(filter(None, tokens), None):
        # The rest is read without it, so that c01 of r01c01 is not a channel.
        stem = f"{stem[: well_token.start(1)]}_{stem[well_token.end(1) :]}"
        well = named_well(well_token[1])
    parts = {
        axis: name_part(token[2], token[1])
        for axis, pattern in _AXIS_TOKENS.items()
        if (token := pattern.search(stem))
    }
    return NameParts(
        well=well,
        field=parts.get("field"),
        channel=parts.get("channel"),
        z=parts.get("z"),
        t=parts.get("t"),
    )


def match_channel(name: str, channels: Sequence[str]) -> int | None:
    """Return the index of the channel that a file's name speaks of, or None.

    A channel's own name in the file's name decides; else the number after ``w``,
    ``ch``, ``c`` or ``channel`` where it is that of exactly one of `channels`, or,
    where they bear no numbers, counts them from 1.

    Parameters
    ----------
    name
        Name of a file.
    channels
        Names of the plate's channels, in their order.
    """
    base = re.split(r"[/\\]", name)[-1]
    named = [
        index
        for index, channel in enumerate(channels)
        if channel and re.search(_word(channel), base, re.IGNORECASE)
    ]
    if len(named) > 1:
        longest = max(len(channels[index]) for index in named)
        named = [index for index in named if len(channels[index]) == longest]
    if len(named) == 1:
        return named[0]
    stated = describe_name(name).channel
    if named or stated is None or stated.number is None:
        return None
    numbers = [_trailing_number(channel) for channel in channels]
    if stated.number in numbers:
        return (
            numbers.index(stated.number) if numbers.count(stated.number) == 1 else None
        )
    if not any(number is not None for number in numbers):
        index = stated.number - 1
        return index if 0 <= index < len(channels) else None
    return None


def _spelling(part: NamePart) -> str:
    return part.label.rstrip("0123456789").casefold()


def _word(channel: str) -> str:
    loose = r"[ _\-.]?".join(map(re.escape, re.split(r"[ _\-.]+", channel)))
    return rf"(?<![A-Za-z0-9]){loose}(?![A-Za-z0-9])"


def _trailing_number(channel: str) -> int | None:
    match = re.fullmatch(r"[A-Za-z _-]*([0-9]{1,4})", channel, re.ASCII)
    return int(match[1]) if match else None


def assign_channels(
    names: Sequence[str], channels: Sequence[str]
) -> tuple[int | None, ...]:
    """Return for each of some files the channel that it seems to hold.

    What fits nothing is None, and so is a second file for a channel.

    Parameters
    ----------
    names
        Of the files of one field.
    channels
        Names of the channels.
    """
    taken: set[int | None] = set()
    assigned: list[int | None] = []
    for index in seeming_channels(names, channels):
        assigned.append(None if index in taken else index)
        taken.add(index)
    return tuple(assigned)


def zero_spellings(names: Iterable[str]) -> frozenset[str]:
    """Return the words before a channel's number that count from 0, such as ``ch``.

    One file alone cannot tell where its source counts from; many, with a 0 among them,
    can, of whichever field that is.
    """
    channels = (describe_name(name).channel for name in names)
    return frozenset(
        _spelling(part) for part in channels if part is not None and part.number == 0
    )


def seeming_channels(
    names: Sequence[str], channels: Sequence[str], zero: Collection[str] = ()
) -> list[int | None]:
    """Return for each of some files of one field the channel that its name speaks of.

    As `assign_channels`, but two files may seem to be of one channel. `zero` are the
    `zero_spellings` of all files that came with these.
    """
    parts = [describe_name(name).channel for name in names]
    spellings = [None if part is None else _spelling(part) for part in parts]
    if any(part is not None and part.number == 0 for part in parts):
        zero = {spelling for spelling in spellings if spelling is not None}
    indices = [
        part.number if part and spelling in zero else match_channel(name, channels)
        for name, part, spelling in zip(names, parts, spellings, strict=True)
    ]
    return [
        index if index is not None and index < len(channels) else None
        for index in indices
    ]
