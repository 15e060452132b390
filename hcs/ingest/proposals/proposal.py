"""Proposing patterns for file names, with what each would give."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import SourceError
from hcs.ingest.names import NamePattern
from hcs.ingest.proposals.columns import styles
from hcs.ingest.proposals.roles import readings
from hcs.ingest.proposals.template import pattern_text
from hcs.ingest.proposals.unverified import UNVERIFIED, Unverified
from hcs.ingest.sources import ExportFile, is_image_name, is_of_system
from hcs.layout import FORMATS
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hcs.ingest.names import NameParts

_MOST: Final = 5
"""Proposals that are returned; who reads more of them takes any."""

_LISTED: Final = 100
"""Names that match not, of the JSON values; the value holds all."""

_NEARLY: Final = 0.9
"""Of the images that the best matches; what matches fewer is a part of a better one."""

_TRIED: Final = 12
_SMALLEST = 96
_EXAMPLES: Final = 4
_FOLDERS: Final = 3
"""Folders of a name that may say what its last part does not."""

_LEAST_MATCHED: Final = 0.5
_ENDING = re.compile(r"(?:\.ome)?\.[A-Za-z0-9]+$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPattern:
    """A pattern that names suggest, and what an import with it would find.

    A guess from names alone: nothing is imported by it unless a person gives it back.
    """

    pattern: str
    """For ``--pattern``, or ``import_plate(..., pattern=...)``."""

    maker: str = ""
    """Microscope whose users describe such names; "" where they are nobody's."""

    plates: tuple[str, ...]
    """Names of plates; several have to be imported one by one."""

    wells: int
    fields: int
    channels: int
    z: int
    t: int
    matched: int
    """Images whose names match."""

    doubled: int
    """Of these, how many are of a plane that another is of, too."""

    examples: tuple[tuple[str, str], ...]
    """Some names, and what each is read as: ``"B02, field s1, channel DAPI"``."""

    unmatched: tuple[str, ...]
    """Names of images that do not match."""

    reading: frozenset[tuple[str, NameParts]] = field(repr=False)
    """Each name that matches, and by what the pattern tells it from others; equal of
    patterns that lead to the same plate."""

    problem: str = ""
    """Why it cannot be used as it is: "wells are numbers; give the format"."""

    @property
    def even(self) -> bool:
        """Whether each well has each field, channel, z and t, and nothing is left."""
        count = self.wells * self.fields * self.channels * self.z * self.t
        count *= len(self.plates) or 1
        return self.matched == count and not (self.doubled or self.unmatched)

    @property
    def counts(self) -> str:
        """``"24 wells x 3 fields x 1 channel"``; z and t where there are several."""
        plates = [f"{len(self.plates)} plates"] if len(self.plates) > 1 else []
        axes = [
            (self.wells, "well"),
            (self.fields, "field"),
            (self.channels, "channel"),
        ]
        deep = [(self.z, "z"), (self.t, "t")]
        return " x ".join(
            [
                *plates,
                *(counted(number, word) for number, word in axes),
                *(f"{number} {axis}" for number, axis in deep if number > 1),
            ]
        )

    @property
    def _option(self) -> str:
        """The option as it is typed: with = where a dash would look like another."""
        between = "=" if self.pattern.startswith("-") else " "
        return f"--pattern{between}{shlex.quote(self.pattern)}"

    @property
    def sentence(self) -> str:
        """What the names could mean, for the end of a refusal."""
        name, text = self.examples[0]
        return (
            f"The names could be read by {self._option}: {self.counts}, "
            f"{name} as {text}. Look at it with --dry-run first."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as JSON values."""
        values = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("reading", "examples", "unmatched")
        }
        return {
            **values,
            "plates": list(self.plates),
            "counts": self.counts,
            "even": self.even,
            "examples": [list(example) for example in self.examples],
            "unmatched": list(self.unmatched[:_LISTED]),
            "unmatched_count": len(self.unmatched),
        }

    def lines(self) -> Iterator[str]:
        """Yield the proposal as lines of text."""
        yield self._option
        maker = f", as {self.maker} is said to name its files" if self.maker else ""
        yield f"    gives {self.counts}{maker}"
        for name, text in self.examples:
            yield f"    {name}: {text}"
        if self.unmatched:
            names = some(self.unmatched, 3)
            yield f"    {counted(len(self.unmatched), 'image')} not matched: {names}"
        if self.doubled:
            yield f"    {self.doubled} images would be of a plane that another has"
        if self.problem:
            yield f"    {self.problem}"


def propose_patterns(files: Iterable[ExportFile | str]) -> tuple[ProposedPattern, ...]:
    """Return patterns that the names of files suggest, the likeliest first.

    Each must be shown to a person before it is used: names alone do not say whether
    ``1`` is a field or a time point, and ``H9`` is a well as much as a cell line.

    Parameters
    ----------
    files
        Files of an export, or names with ``/`` between folders. What is no image by
        its name is passed over.

    Examples
    --------
    >>> names = [f"run7_{w}_s{s}_DAPI.tif" for w in ("B02", "C03") for s in (1, 2, 3)]
    >>> best = propose_patterns(names)[0]
    >>> best.pattern, best.counts
    ('{plate}_{well}_s{field}_{channel}.tif', '2 wells x 3 fields x 1 channel')
    """
    listed = [
        file if isinstance(file, ExportFile) else ExportFile(file, 0) for file in files
    ]
    names = sorted(
        file.name for file in listed if is_image_name(file) and not is_of_system(file)
    )
    if not names:
        return ()
    ranked = dict.fromkeys(text for _, text in sorted(_guesses(names)))
    candidates = [
        *(("", text) for text in list(ranked)[:_TRIED]),
        *(
            (unverified.maker, unverified.pattern)
            for unverified in UNVERIFIED
            if _is_typical(unverified, names)
        ),
    ]
    proposals = [
        proposal
        for maker, text in candidates
        if (proposal := _proposal(maker, text, names))
    ]
    proposals.sort(key=_rank)
    most = max((proposal.matched for proposal in proposals), default=0)
    different: dict[object, ProposedPattern] = {}
    for proposal in proposals:
        if proposal.matched > _NEARLY * most:
            different.setdefault(proposal.reading, proposal)
    return tuple(different.values())[:_MOST]


def _is_typical(unverified: Unverified, names: Sequence[str]) -> bool:
    count = sum(bool(unverified.typical.search(name)) for name in names)
    return count >= _LEAST_MATCHED * len(names)


def _rank(proposal: ProposedPattern) -> tuple[bool, float, bool, bool]:
    images = proposal.matched + len(proposal.unmatched)
    return (
        proposal.doubled > 0,
        -round(proposal.matched / images, 1),
        not proposal.even,
        not proposal.maker,
    )


def _guesses(names: Sequence[str]) -> Iterator[tuple[float, str]]:
    """Yield patterns with a number that is the smaller the likelier they are."""
    complete = False
    for folders in range(_FOLDERS + 1):
        if complete:
            return  # What the last part of a name says needs no folders.
        parts = [name.split("/") for name in names]
        ends = ["/".join(p[-1 - folders :]) for p in parts if len(p) > folders]
        endings = {match[0] if (match := _ENDING.search(end)) else "" for end in ends}
        ending = endings.pop() if len(endings) == 1 else ""
        for style in styles([_ENDING.sub("", end) for end in ends]):
            matched = len(style.names) / len(names)
            for reading in readings(style):
                text = pattern_text(style, reading.roles)
                if text is not None:
                    complete |= matched == reading.evenness == 1
                    likelihood = 3 * (matched + reading.evenness) - reading.penalty
                    yield 0.5 * folders - likelihood, text + ending


def _proposal(maker: str, text: str, names: Sequence[str]) -> ProposedPattern | None:
    """Return what a pattern gives, None where it cannot be used for these names."""
    try:
        pattern = NamePattern(text)
    except SourceError:
        return None  # More parts of any text than are tried.
    problem = ""
    try:
        parts, _ = pattern.read_all(names)
    except SourceError:
        counted_on = _counted_on(pattern, names)
        if counted_on is None:
            return None
        parts, problem = counted_on
    if not parts:
        return None
    places = Counter(parts.values())
    step = max(1, len(parts) // _EXAMPLES)
    return ProposedPattern(
        pattern=text,
        maker=maker,
        plates=tuple(sorted({part.plate for part in parts.values() if part.plate})),
        wells=len({part.well for part in parts.values()}),
        fields=len({part.field for part in parts.values()}),
        channels=len({part.channel for part in parts.values()}),
        z=len({part.z for part in parts.values()}),
        t=len({part.t for part in parts.values()}),
        matched=len(parts),
        doubled=sum(count for count in places.values() if count > 1),
        examples=tuple(
            (name, str(parts[name])) for name in list(parts)[::step][:_EXAMPLES]
        ),
        reading=frozenset(_differing(parts)),
        unmatched=tuple(name for name in names if name not in parts),
        problem=problem,
    )


def _differing(parts: Mapping[str, NameParts]) -> Iterator[tuple[str, NameParts]]:
    """Yield what names say, without what all of them say alike."""
    axes = ("field", "channel", "z", "t", "plate")
    alike = {
        axis: None
        for axis in axes
        if len({getattr(part, axis) for part in parts.values()}) == 1
    }
    for name, part in parts.items():
        yield name, replace(part, **alike)


def _counted_on(
    pattern: NamePattern, names: Sequence[str]
) -> tuple[dict[str, NameParts], str] | None:
    """Return what names say whose wells are numbers, on the smallest plate for them."""
    for wells in sorted(FORMATS):
        if wells < _SMALLEST:
            continue
        try:
            parts, _ = pattern.read_all(names, wells)
        except SourceError:
            continue
        return parts, (
            f"wells are numbers, counted here row by row on {wells} wells; give the "
            f"plate's format (--format {wells})"
        )
    return None
