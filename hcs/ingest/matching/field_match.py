"""Which well and field of the plate a picture is for."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.errors import HCSError
from hcs.layout import well_label
from hcs.spellings import named_well
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.ingest.matching.evidence import Evidence
    from hcs.ingest.matching.match import Certainty, Choice, Match
    from hcs.ingest.matching.target import MatchTarget, TargetField


class FieldNumbers:
    """Field numbers that the files of one drop bear, by well.

    Metadata count from 1, or from 0 where one is a 0. One number in a name cannot tell
    where its source counts from; with a 0, or with as many as there are fields, several
    can.
    """

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self._numbers: defaultdict[object, set[int]] = defaultdict(set)
        for statements in evidence:
            part = statements.part("field")[0]
            if part is not None and part.number is not None:
                self._numbers[statements.well()[0]].add(part.number)

    def first(self, fields: int, *, sure: bool) -> int | None:
        """Return the number of the first field, 0 or 1, None where it is not known.

        Parameters
        ----------
        fields
            How many fields a well has.
        sure
            The number stands in metadata, or in a microscope's own kind of name.
        """
        numbers = set().union(*self._numbers.values()) if self._numbers else set()
        if 0 in numbers:
            return 0
        return 1 if sure or fields in numbers else None


def find_well(
    match: Match, evidence: Evidence, choice: Choice, target: MatchTarget
) -> Match:
    """Return a row with its well, or with what is missing."""
    position, source, sure = evidence.well()
    if choice.well is not None:
        match = _chosen_well(match, choice.well, target)
        if position is None or match.well in ("", target.wells.get(position)):
            return match
        return _doubted(match, source, f"well {well_label(*position)}")
    if position is None:
        if len(target.wells) == 1:
            only = next(iter(target.wells.values()))
            return _with(match, "sure", f"Well {only}: the plate has no other.", only)
        return replace(
            match,
            problem="Neither its name nor its metadata say of which well it is.",
            help="Choose the well.",
            needs=("well",),
        )
    label = target.wells.get(position)
    if label is None:
        return replace(
            match,
            problem=f"It is of well {well_label(*position)} by {source}; the plate has "
            f"no such well.",
            help="Choose another well, or add the well to the plate first.",
            needs=("well",),
        )
    certainty: Certainty = "sure" if sure and not match.doubts else "guessed"
    return _with(match, certainty, f"Well {label}: from {source}.", label)


def _chosen_well(match: Match, text: str, target: MatchTarget) -> Match:
    label = target_well(text, target)
    if label is None:
        return replace(
            match,
            problem=f"The plate has no well {text!r}.",
            help=f"Its wells are {some(list(target.wells.values()), 8, str)}.",
            needs=("well",),
        )
    return _with(match, "sure", f"Well {label}: chosen.", label)


def _doubted(match: Match, source: str, place: str) -> Match:
    """Return a row that was chosen to be something else than its file says."""
    doubt = f"{source[:1].upper()}{source[1:]} says {place}."
    return replace(match, doubts=(*match.doubts, doubt))


def target_well(text: str, target: MatchTarget) -> str | None:
    """Return the label of the well that a text means in any spelling, None if none."""
    for label in target.wells.values():
        if label.casefold() == text.strip().casefold():
            return label
    well = named_well(text.strip().replace("/", ""))
    return None if well is None else target.wells.get(well)


def _with(match: Match, certainty: Certainty, reason: str, well: str) -> Match:
    return replace(
        match, well=well, certainty=certainty, reasons=(*match.reasons, reason)
    )


def find_field(
    match: Match,
    evidence: Evidence,
    choice: Choice,
    target: MatchTarget,
    numbers: FieldNumbers,
) -> Match:
    """Return a row with its field, or with what is missing."""
    try:
        fields = target.fields_of(match.well)
    except HCSError as error:
        return replace(
            match,
            problem=f"The fields of well {match.well} cannot be read: {error}",
            help="Run hcs validate on the plate.",
        )
    part, source, sure = evidence.part("field")
    if choice.field is not None:
        matches = [field for field in fields if _is_called(field, choice.field)]
        match = _settled(match, matches, fields, "sure", "chosen", choice.field)
        other = [field for field in matches if field.label != field.name]
        if part is not None and other and not _means(part.label, other[0]):
            match = _doubted(match, source, f"field {part.label}")
        return match
    own = [field for field in fields if field.name == match.picture.field_name]
    if own:
        return _settled(match, own, fields, "sure", f"from {source}", "")
    if part is None:
        if len(fields) == 1:
            return _settled(match, fields, fields, "sure", "the well has no other", "")
        nearest = _nearest(match, fields, target)
        reason = "its position is nearest to that one's"
        return _settled(match, nearest, fields, "guessed", reason, "")
    labelled = [field for field in fields if field.label != field.name]
    if labelled or part.number is None:
        matches = [field for field in labelled or fields if _means(part.label, field)]
        certainty: Certainty = "sure" if sure else "guessed"
        return _settled(match, matches, fields, certainty, f"from {source}", part.label)
    first = numbers.first(len(fields), sure=sure)
    matches = [
        field
        for field in fields
        if first is not None and _number(field.name) == part.number - first
    ]
    if not matches and (nearest := _nearest(match, fields, target)):
        reason = "its position is nearest to that one's"
        return _settled(match, nearest, fields, "guessed", reason, part.label)
    counted = f"from {source}, which counts from {first}"
    return _settled(match, matches, fields, "guessed", counted, part.label)


def _nearest(
    match: Match, fields: Sequence[TargetField], target: MatchTarget
) -> list[TargetField]:
    """Return the field that lies where a picture was taken; none where that is unclear.

    It must lie three times as near as the next: stages come back to a place within
    some micrometres, and fields are hundreds apart.
    """
    centre = match.picture.centre
    centres = {} if centre is None else target.centres_of(match.well)
    if centre is None or len(centres) < 2:
        return []
    apart = sorted(
        (math.dist(centre, centres[field.name]), number)
        for number, field in enumerate(fields)
        if field.name in centres
    )
    (near, number), (next_near, _) = apart[:2]
    return [fields[number]] if 3 * near < next_near else []


def _settled(
    match: Match,
    matches: Sequence[TargetField],
    fields: Sequence[TargetField],
    certainty: Certainty,
    reason: str,
    said: str,
) -> Match:
    """Return a row with the one field that fits, else with what is missing."""
    if len(matches) == 1:
        field = matches[0]
        reasons = (*match.reasons, f"Field {field.label}: {reason}.")
        return replace(
            match,
            field=field.name,
            field_label=field.label,
            acquisition=field.acquisition,
            certainty=least(match.certainty, certainty),
            reasons=reasons,
        )
    if matches:
        names = [
            f"{field.label} of acquisition {field.acquisition}" for field in matches
        ]
        problem = f"{said!r} could be {some(names, 4, str)} of well {match.well}."
    elif said:
        problem = f"It is not clear which field of well {match.well} {said!r} is."
    else:
        problem = f"Nothing says which field of well {match.well} it is."
    labels = some([field.label for field in fields], 8, str) or "none"
    return replace(
        match,
        problem=problem,
        help=f"Choose the field; the well has {labels}.",
        needs=("field",),
    )


def least(first: Certainty, second: Certainty) -> Certainty:
    """Return the lesser of two certainties."""
    order: tuple[Certainty, ...] = ("", "guessed", "sure")
    return min(first, second, key=order.index)


def _is_called(field: TargetField, text: str) -> bool:
    return text.strip().casefold() in (field.name.casefold(), field.label.casefold())


def _means(label: str, field: TargetField) -> bool:
    """Whether a file's field is this one, by its number where both have one."""
    number = _number(label)
    if number is None:
        return label.casefold() == field.label.casefold()
    return number == _number(field.label)


def _number(label: str) -> int | None:
    digits = re.search(r"([0-9]+)$", label, re.ASCII)
    return None if digits is None else int(digits[1])
