"""Working out the table: a target for each picture, then what stands in the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.ingest.matching.channel_match import ChannelMatch, match_channels
from hcs.ingest.matching.evidence import Evidence, evidence_of
from hcs.ingest.matching.field_match import FieldNumbers, find_field, find_well
from hcs.ingest.matching.obstacles import with_obstacles
from hcs.ingest.matching.stacks import stacks_of
from hcs.ingest.matching.table import Choice, FieldMatch, Match, MatchTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.matching.table import Leftover
    from hcs.ingest.matching.target import MatchTarget, TargetField


def match_pictures(
    pictures: Sequence[Picture],
    target: MatchTarget,
    *,
    choices: Mapping[str, Choice] | None = None,
    leftovers: Sequence[Leftover] = (),
) -> MatchTable:
    """Return which field and channel of a plate each picture is for.

    Parameters
    ----------
    pictures
        Of any number of files; the images of a file that holds several are `series` of
        its first.
    target
        The plate.
    choices
        What people said, by the id of a row: it goes before everything else.
    leftovers
        Files that are no pictures; they are handed on.

    Returns
    -------
        A row for each picture, or for each stack whose planes are files of their own.
        Nothing is left out: a row that is not clear says what is missing.
    """
    choices = choices or {}
    drafts = [
        _draft(stack, choices.get(stack[0].id, Choice()))
        for stack in stacks_of(pictures, target)
    ]
    numbers = FieldNumbers(evidence for _, evidence, _ in drafts)
    placed = [
        _placed(match, evidence, choice, target, numbers)
        for match, evidence, choice in drafts
    ]
    matched = match_channels(
        [
            ChannelMatch(match, evidence, choice)
            for match, (_, evidence, choice) in zip(placed, drafts, strict=True)
        ],
        target,
    )
    return MatchTable(
        target=target,
        pictures=tuple(pictures),
        matches=tuple(with_obstacles(matched, target)),
        leftovers=tuple(leftovers),
        choices=dict(choices),
    )


def _draft(
    stack: tuple[Picture, ...], choice: Choice
) -> tuple[Match, Evidence, Choice]:
    """Return a row with no target yet; of several images in a file the chosen one."""
    first, series = stack[0], choice.series
    if series is None or not 0 <= series < len(first.series):
        series = None  # none of this number: it is asked, never taken silently
    else:
        stack = (first.series[series],)
    match = Match(
        id=first.id,
        pictures=stack,
        axes=stack[0].axes,
        series=series,
        excluded=bool(choice.excluded),
        chosen=frozenset(
            name
            for name in ("well", "field", "channel", "pages", "series")
            if getattr(choice, name) is not None
        ),
    )
    return match, evidence_of(stack[0]), choice


def _placed(
    match: Match,
    evidence: Evidence,
    choice: Choice,
    target: MatchTarget,
    numbers: FieldNumbers,
) -> Match:
    """Return a row with its well and field, as far as they are known."""
    match = replace(match, doubts=evidence.contradictions())
    match = find_well(match, evidence, choice, target)
    return find_field(match, evidence, choice, target, numbers) if match.well else match


def by_field(table: MatchTable) -> tuple[FieldMatch, ...]:
    """Return what would be corrected: the rows that are ready, by well and field."""
    groups: defaultdict[tuple[str, str], list[Match]] = defaultdict(list)
    for match in table.matches:
        if match.ready:
            groups[match.well, match.field].append(match)
    count = len(table.target.channels)
    return tuple(
        FieldMatch(
            well=well,
            field=_field(table.target.fields_of(well), field),
            matches=tuple(sorted(matches, key=lambda match: match.channels)),
            unchanged=_unchanged(matches, count),
        )
        for (well, field), matches in sorted(
            groups.items(), key=lambda group: _order(table.target, *group[0])
        )
    )


def _field(fields: Iterable[TargetField], name: str) -> TargetField:
    return next(present for present in fields if present.name == name)


def _unchanged(matches: Iterable[Match], count: int) -> tuple[int, ...]:
    replaced = {channel for match in matches for channel in match.channels}
    return tuple(index for index in range(count) if index not in replaced)


def _order(target: MatchTarget, well: str, field: str) -> tuple[object, ...]:
    position = next(place for place, label in target.wells.items() if label == well)
    names = [present.name for present in target.fields_of(well)]
    return position, names.index(field)
