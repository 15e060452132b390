"""What stands in the way of rows that have a target, in the words of a colleague."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest.matching.match import Match
    from hcs.ingest.matching.target import MatchTarget

_DOUBTFUL = ("lossy", "colours", "alpha", "inverted")
"""Codes of facts that a person should know before such a file is used."""


def with_obstacles(matches: Sequence[Match], target: MatchTarget) -> list[Match]:
    """Return rows that say why they cannot be staged, where they cannot.

    An excluded row stands in nobody's way.
    """
    rows = [_of_picture(match, target) for match in matches]
    return _with_rivals(_with_twins(rows), target)


def _with_twins(rows: Sequence[Match]) -> list[Match]:
    """Mark rows whose pixels are those of an earlier one, to the last bit."""
    names: dict[str, str] = {}
    marked = []
    for match in rows:
        digest = match.picture.digest
        first = names.setdefault(digest, match.picture.name) if digest else ""
        if digest and not match.excluded and first != match.picture.name:
            doubt = f"It has the same pixels as {first}."
            match = replace(match, doubts=(*match.doubts, doubt))
        marked.append(match)
    return marked


def _of_picture(match: Match, target: MatchTarget) -> Match:
    picture = match.picture
    if picture.series and match.series is None:
        names = [
            image.series_name or f"image {number}"
            for number, image in enumerate(picture.series, 1)
        ]
        return replace(
            match,
            problem=f"It holds {len(names)} images: {some(names, 6, str)}.",
            help="Choose which of them it is to be.",
            needs=tuple(dict.fromkeys(("series", *match.needs))),
        )
    if picture.is_rgb:
        return replace(
            match,
            problem="It is a colour picture (RGB), and a channel is one intensity.",
            help="Export each channel as a greyscale TIFF; a screenshot or a merged "
            "picture does not hold the measured values.",
            needs=(),
        )
    if match.problem:
        return match
    return _of_stack(_with_doubts(match, target), target)


def _with_doubts(match: Match, target: MatchTarget) -> Match:
    plate = match.picture.stated.plate
    doubts = [fact.message for fact in match.picture.facts if fact.code in _DOUBTFUL]
    if plate and target.name and plate.casefold() != target.name.casefold():
        doubts.append(f"It is of plate {plate!r}; this plate is {target.name!r}.")
    return replace(match, doubts=(*match.doubts, *doubts)) if doubts else match


def _of_stack(match: Match, target: MatchTarget) -> Match:
    """Refuse a part of a stack: planes that are absent cannot be made up."""
    times, planes = target.planes
    count = len(match.pictures)
    if count > 1 and count != times * planes:
        return replace(
            match,
            problem=f"{count} files are there, and a channel of the field has "
            f"{times * planes} planes.",
            help="Give a file for every plane, or one file with all of them.",
        )
    return match


def _with_rivals(rows: Sequence[Match], target: MatchTarget) -> list[Match]:
    """Mark rows that are for the same channel of the same field."""
    claims: defaultdict[tuple[str, str, int], list[Match]] = defaultdict(list)
    for match in rows:
        if match.ready:
            for channel in match.channels:
                claims[match.well, match.field, channel].append(match)
    rivals: dict[str, Match] = {}
    for (well, _, channel), claimants in claims.items():
        if len(claimants) < 2:
            continue
        names = some([match.picture.name for match in claimants], 4, str)
        for match in claimants:
            rivals[match.id] = replace(
                match,
                problem=f"{len(claimants)} files are for channel "
                f"{target.channels[channel]} of {well} field {match.field_label}: "
                f"{names}.",
                help="Exclude all but one of them, or give them other targets.",
            )
    return [rivals.get(match.id, match) for match in rows]
