"""Which channels of a field the channels of a picture become."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hcs.ingest.formats.pages import likely_pages
from hcs.ingest.matching.field_match import least
from hcs.ingest.matching.match import ALL_CHANNELS
from hcs.ingest.matching.name_guess import (
    match_channel,
    seeming_channels,
    zero_spellings,
)
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest.matching.evidence import Evidence
    from hcs.ingest.matching.match import Certainty, Choice, Match
    from hcs.ingest.matching.target import MatchTarget


@dataclass(frozen=True, slots=True)
class ChannelMatch:
    """A row that has, or has not, its field, and what is known of its channels."""

    match: Match
    evidence: Evidence
    choice: Choice


def match_channels(rows: Sequence[ChannelMatch], target: MatchTarget) -> list[Match]:
    """Return rows with their channels, or with what is missing.

    All rows are looked at together: numbers in names count from 0 or from 1, which one
    alone cannot tell.
    """
    fields: defaultdict[tuple[str, str], list[ChannelMatch]] = defaultdict(list)
    for row in rows:
        fields[row.match.well, row.match.field].append(row)
    zero = zero_spellings(row.match.picture.name for row in rows)
    guessed: dict[str, int | None] = {}
    for siblings in fields.values():
        names = [row.match.picture.name for row in siblings]
        indices = seeming_channels(names, target.channels, zero)
        guessed |= {
            row.match.id: index for row, index in zip(siblings, indices, strict=True)
        }
    return [_matched(row, target, guessed[row.match.id]) for row in rows]


def _matched(row: ChannelMatch, target: MatchTarget, guess: int | None) -> Match:
    match = _with_pages(row, target)
    if not match.field:
        return match
    count = _channel_count(match)
    if row.choice.channel is not None:
        return _chosen(match, row.choice.channel, count, target)
    if count > 1 or len(target.channels) == 1 == count:
        return _all(match, count, target)
    return _single(match, row.evidence, target, guess)


def _with_pages(row: ChannelMatch, target: MatchTarget) -> Match:
    """Return the row with what pages of unsaid meaning are taken as."""
    match, picture = row.match, row.match.picture
    if not picture.pages:
        return match
    likely = likely_pages(
        picture.pages, channels=len(target.channels), z=target.planes[1]
    )
    axis = row.choice.pages if row.choice.pages in ("c", "z", "t") else likely
    return replace(match, pages=axis, axes=(axis, "y", "x"))


def _channel_count(match: Match) -> int:
    axes, shape = match.axes, match.picture.shape
    return int(shape[axes.index("c")]) if "c" in axes else 1


def _chosen(match: Match, channel: int, count: int, target: MatchTarget) -> Match:
    if channel == ALL_CHANNELS:
        if count == len(target.channels):
            return _for_channels(match, range(count), "sure", "All channels: chosen.")
        return _unclear(match, count, target)
    if not 0 <= channel < len(target.channels):
        return replace(
            match,
            problem=f"The field has no channel {channel}.",
            help=f"Choose one of {some(target.channels)}.",
            needs=("channel",),
        )
    if count != 1:
        return _unclear(match, count, target)
    name = target.channels[channel]
    return _for_channels(match, (channel,), "sure", f"Channel {name}: chosen.")


def _all(match: Match, count: int, target: MatchTarget) -> Match:
    """Return a row whose picture has several channels, or the plate's only one."""
    own = [name or "" for name in match.picture.channels]
    folded = [name.casefold() for name in target.channels]
    if len(own) == count and all(name.casefold() in folded for name in own):
        indices = [folded.index(name.casefold()) for name in own]
        if len(set(indices)) == count:
            return _for_channels(match, indices, "sure", "Channels: by their names.")
    if count != len(target.channels):
        return _unclear(match, count, target)
    if count == 1:
        only = target.channels[0]
        reason = f"Channel {only}: the plate has no other."
        return _for_channels(match, (0,), "sure", reason)
    reason = f"Its {count} channels are taken as {some(target.channels)}, in order."
    return _for_channels(match, range(count), "guessed", reason)


def _single(
    match: Match, evidence: Evidence, target: MatchTarget, guess: int | None
) -> Match:
    """Return a row whose picture is one channel of several."""
    folded = [name.casefold() for name in target.channels]
    part, source, sure = evidence.part("channel")
    spellings = {
        source if part else "": part.label if part else "",
        "its metadata": next(iter(match.picture.channels), None) or "",
    }
    for speaker, text in spellings.items():
        if text and folded.count(text.casefold()) == 1:
            name = target.channels[folded.index(text.casefold())]
            reason = f"Channel {name}: from {speaker}."
            certainty: Certainty = "sure" if sure or speaker != source else "guessed"
            return _for_channels(
                match, (target.channels.index(name),), certainty, reason
            )
    if guess is None and part is not None and evidence.by_name.channel is None:
        # Of numbers in names all files were asked already; this is one of metadata.
        guess = match_channel(f"ch{part.number}", target.channels)
    if guess is None:
        return _unclear(match, 1, target)
    name = target.channels[guess]
    by_number = part is not None and part.number is not None
    reason = f"Channel {name}: from {source or 'its name'}"
    reason += f", by the number {part.number}." if by_number and part else "."
    return _for_channels(match, (guess,), "guessed", reason)


def _for_channels(
    match: Match, channels: Sequence[int], certainty: Certainty, reason: str
) -> Match:
    return replace(
        match,
        channels=tuple(channels),
        certainty=least(match.certainty, certainty),
        reasons=(*match.reasons, reason),
    )


def _unclear(match: Match, count: int, target: MatchTarget) -> Match:
    if not target.channels:
        problem = "No field of the plate can be read, so its channels are not known."
        return replace(match, problem=problem, help="Run hcs validate on the plate.")
    if count == 1:
        return replace(
            match,
            problem="Nothing says which channel it is.",
            help=f"Choose the channel; the field has {some(target.channels)}.",
            needs=("channel",),
        )
    return replace(
        match,
        problem=f"It has {count} channels and the field has {len(target.channels)} "
        f"({some(target.channels)}).",
        help="Give one file with all channels, or a file for each channel."
        if not match.pages
        else "Say what its pages are, or give a file for each channel.",
        needs=("pages",) if match.pages else (),
    )
