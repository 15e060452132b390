"""Working out the rows: a target for each picture, then what stands in the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.ingest.matching.channel_match import ChannelMatch, match_channels
from hcs.ingest.matching.evidence import Evidence, evidence_of
from hcs.ingest.matching.field_match import FieldNumbers, find_field, find_well
from hcs.ingest.matching.match import Choice, FieldMatch, Match
from hcs.ingest.matching.obstacles import with_obstacles
from hcs.ingest.matching.stacks import stacks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.matching.target import MatchTarget, TargetField


def matches_of(
    pictures: Sequence[Picture], target: MatchTarget, choices: Mapping[str, Choice]
) -> tuple[Match, ...]:
    """Return a row for each picture, or stack of them; see `match_pictures`."""
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
    return tuple(with_obstacles(matched, target))


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


def by_field(matches: Iterable[Match], target: MatchTarget) -> tuple[FieldMatch, ...]:
    """Return what would be corrected: the rows that are ready, by well and field."""
    groups: defaultdict[tuple[str, str], list[Match]] = defaultdict(list)
    for match in matches:
        if match.ready:
            groups[match.well, match.field].append(match)
    count = len(target.channels)
    return tuple(
        FieldMatch(
            well=well,
            field=_field(target.fields_of(well), field),
            matches=tuple(sorted(matches, key=lambda match: match.channels)),
            unchanged=_unchanged(matches, count),
        )
        for (well, field), matches in sorted(
            groups.items(), key=lambda group: _order(target, *group[0])
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
