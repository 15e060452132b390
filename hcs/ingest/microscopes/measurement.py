"""A measurement of a CellVoyager: from its records to axes, positions and channels."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from hcs.ingest.formats.numbers import even_step
from hcs.ingest.microscopes.export import ChannelNote, Expected
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hcs.ingest.microscopes import bts
    from hcs.layout import Position

_PROJECTED = name_part("1", "")
"""The one z of a projection, which has no name."""


@dataclass(slots=True, kw_only=True)
class Measurement:
    """What the records of one measurement say together."""

    planes: Sequence[bts.MlfRecord]
    errors: Sequence[bts.MlfRecord]
    detail: bts.PlateDetail
    protocol: bts.Protocol | None
    label: Callable[[bts.MlfRecord], dict[str, str]]
    """How the name of a plane's file spells F, T, Z and C."""

    _times: dict[tuple[int, int], int] = field(init=False)
    """Time points by timeline and the number that the records give."""

    _doubled: set[int] = field(init=False)
    """Channels that several actions took at one place."""

    def __post_init__(self) -> None:
        """Find how time points and channels are to be counted."""
        self._times = dict(self._count_times())
        places: defaultdict[tuple[object, ...], set[int | None]] = defaultdict(set)
        for p in self.planes:
            places[p.well, p.field, p.timeline, p.time, p.z, p.channel].add(p.action)
        self._doubled = {
            place[-1]  # type: ignore[misc]
            for place, actions in places.items()
            if len(actions) > 1
        }

    def _count_times(self) -> Iterator[tuple[tuple[int, int], int]]:
        """Yield the time point of every number that a timeline's records give.

        The microscope counts on through all timelines. Where each has wells or
        channels of its own they are not one after another: each starts at its first.
        """
        numbers: defaultdict[int, set[int]] = defaultdict(set)
        for plane in (*self.planes, *self.errors):
            numbers[plane.timeline].add(plane.time)
        own = len(numbers) > 1 and self.timelines_differ
        for timeline, times in numbers.items():
            for rank, time in enumerate(sorted(times), start=1):
                yield (timeline, time), rank if own else time

    @property
    def timelines_differ(self) -> bool:
        """Whether no channel of a well was taken in two timelines."""
        timelines: defaultdict[tuple[Position, int | None], set[int]] = defaultdict(set)
        for plane in self.planes:
            timelines[plane.well, plane.channel].add(plane.timeline)
        return all(len(numbers) == 1 for numbers in timelines.values())

    def parts(self, plane: bts.MlfRecord) -> NameParts:
        """Return what a plane is of."""
        labels = self.label(plane)
        time = self._times[plane.timeline, plane.time]
        return NameParts(
            well=plane.well,
            field=None if plane.field is None else _part("F", plane.field, 3, labels),
            channel=self._channel(plane, labels),
            z=_PROJECTED
            if plane.projection or plane.z is None
            else _part("Z", plane.z, 2, labels),
            t=_part("T", time, 4, labels),
        )

    def _channel(self, plane: bts.MlfRecord, labels: dict[str, str]) -> NamePart:
        number = plane.channel or 0
        part = _part("C", number, 2, labels)
        if number not in self._doubled:
            return part
        # A word, so that it is none of the plain channels.
        return name_part(f"{part.label}A{plane.action or 0:02d}")

    def channels(self) -> dict[NamePart, ChannelNote]:
        """Return what is known of each channel that was taken."""
        notes = {}
        for plane in self.planes:
            part = self._channel(plane, self.label(plane))
            if part in notes or plane.channel is None:
                continue
            stated = self.protocol and self.protocol.channels.get(plane.channel)
            bits = self.detail.bits.get(plane.channel, 16)
            notes[part] = ChannelNote(
                name=stated.target if stated else None,
                emission=stated.emission if stated else None,
                excitation=stated.excitation if stated else None,
                exposure=stated.exposure if stated else None,
                # 16 are the bits of the file, which says nothing of the camera.
                clip=2**bits - 1 if bits < 16 else None,
            )
        return notes

    @property
    def numbers(self) -> list[int]:
        """Channels that were taken."""
        return sorted({plane.channel for plane in self.planes if plane.channel})

    @property
    def _sizes(self) -> set[tuple[float, float]]:
        sizes = self.detail.sizes
        return {sizes[number] for number in self.numbers if number in sizes}

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """Micrometres along y and x, None where channels differ."""
        return next(iter(self._sizes)) if len(self._sizes) == 1 else None

    def centres(self) -> dict[tuple[Position, NamePart | None], tuple[float, float]]:
        """Return the centre of each field along y and x; the stage's y points up."""
        centres: dict[tuple[Position, NamePart | None], tuple[float, float]] = {}
        for plane in self.planes:
            if plane.centre is not None and plane.field is not None:
                x, y = plane.centre
                key = plane.well, _part("F", plane.field, 3, self.label(plane))
                centres.setdefault(key, (-y or 0.0, x))
        return centres

    @property
    def complete(self) -> bool | None:
        """Whether the end that is stated is not before the last image, None without."""
        taken = [plane.taken for plane in self.planes if plane.taken is not None]
        if self.detail.ended is None or not taken:
            return None
        return self.detail.ended >= max(taken)

    @property
    def z_step(self) -> float | None:
        """Micrometres between planes, None where stacks differ."""
        heights: defaultdict[tuple[object, ...], dict[int, float]] = defaultdict(dict)
        for p in self.planes:
            if p.z is not None and p.height is not None and not p.projection:
                heights[p.channel, p.action, p.timeline].setdefault(p.z, p.height)
        steps = [
            (stack[high] - stack[low]) / (high - low)
            for stack in heights.values()
            for low, high in pairwise(sorted(stack))
        ]
        return even_step(steps)

    @property
    def projection(self) -> str:
        """How the planes were projected, "" where they are planes."""
        projected = [plane for plane in self.planes if plane.projection]
        if not projected:
            return ""
        depths = {plane.depth for plane in projected if plane.depth is not None}
        methods = sorted({plane.projection.lower() for plane in projected})
        text = some(methods, 3, str)
        numbers = {plane.channel for plane in projected}
        taken = {
            (action.slices, action.step)
            for timeline in (self.protocol.timelines if self.protocol else ())
            for action in timeline.actions
            if numbers & set(action.channels)
        }
        (slices, step) = next(iter(taken)) if len(taken) == 1 else (None, None)
        if slices is not None and step is not None:
            text += f" of {slices} planes, {step:g} µm apart"
        elif len(depths) == 1:
            text += f" over {next(iter(depths)):g} µm"
        if len(projected) < len(self.planes):
            text += f", in {len(projected)} of {len(self.planes)} images"
        return text

    def expected(self, *, listed: bool, protocol: bool) -> Expected:
        """Return what was to be taken: every record, and what the protocol adds.

        Parameters
        ----------
        listed
            Whether the records are those of a list, and not of files' names.
        protocol
            Whether what the protocol or the plate's counts say is added.
        """
        if not listed:
            return Expected()
        names = {self.parts(plane) for plane in self.planes}
        blocks: tuple[Expected, ...] = ()
        if protocol and not self._doubled:
            blocks = tuple(
                self._counted() if self.protocol is None else self._planned()
            )
        return Expected(listed=frozenset(names | set(self.absent())), blocks=blocks)

    def absent(self) -> dict[NameParts, str]:
        """Return the planes in whose place the microscope recorded an error."""
        if not self.errors:
            return {}
        channels = self._channels_of_timelines()
        return {
            NameParts(
                well=error.well,
                field=None if error.field is None else _part("F", error.field, 3, {}),
                channel=channel,
                z=z,
                t=_part("T", self._times[error.timeline, error.time], 4, {}),
            ): error.text
            for error in self.errors
            for channel, z in channels.get(error.timeline) or ((None, None),)
        }

    def _channels_of_timelines(
        self,
    ) -> dict[int, list[tuple[NamePart | None, NamePart | None]]]:
        pairs: defaultdict[int, dict[tuple[NamePart | None, NamePart | None], None]]
        pairs = defaultdict(dict)
        for plane in self.planes:
            parts = self.parts(plane)
            pairs[plane.timeline][parts.channel, parts.z] = None
        return {timeline: list(known) for timeline, known in pairs.items()}

    def _planned(self) -> Iterator[Expected]:
        """Yield what each step of the protocol was to give."""
        assert self.protocol is not None  # noqa: S101  (asked by `expected`)
        for number, timeline in enumerate(self.protocol.timelines, start=1):
            times = sorted(
                {time for (line, _), time in self._times.items() if line == number}
            )
            if len(self.protocol.timelines) == 1 and self.detail.times:
                times = list(range(1, self.detail.times + 1))
            sites = timeline.fields or 0
            for action in timeline.actions if sites and timeline.wells else ():
                yield Expected(
                    wells=timeline.wells,
                    fields=_numbered("F", sites, 3),
                    channels=tuple(_part("C", c, 2, {}) for c in action.channels),
                    z=_numbered("Z", action.z, 2) if action.z > 1 else (_PROJECTED,),
                    t=tuple(_part("T", time, 4, {}) for time in times or (1,)),
                )

    def _counted(self) -> Iterator[Expected]:
        """Yield what the plate's counts say, of channels as they were taken."""
        detail = self.detail
        records = (*self.planes, *self.errors)
        if len({record.timeline for record in records}) != 1 or not detail.fields:
            return
        wells = tuple(dict.fromkeys(record.well for record in records))
        depths: defaultdict[NamePart, set[NamePart]] = defaultdict(set)
        for plane in self.planes:
            parts = self.parts(plane)
            depths[parts.channel or _PROJECTED].add(parts.z or _PROJECTED)
        for channel, steps in depths.items():
            stack = len(steps) > 1 and detail.z
            yield Expected(
                wells=wells,
                fields=_numbered("F", detail.fields, 3),
                channels=(channel,),
                z=_numbered("Z", detail.z or 1, 2) if stack else tuple(sorted(steps)),
                t=_numbered("T", detail.times or 1, 4),
            )

    def notes(self) -> Iterator[str]:
        """Yield what a person may want to know."""
        if self.protocol is not None:
            unused = sorted(set(self.protocol.channels) - set(self.numbers))
            if unused:
                names = [
                    self.protocol.channels[number].target or f"C{number:02d}"
                    for number in unused
                ]
                yield (
                    f"The protocol defines {len(self.protocol.channels)} channels, of "
                    f"which {len(unused)} were not taken: {some(names, 8)}."
                )
        if len(self._sizes) > 1:
            yield "The channels have several pixel sizes; none was taken."
        lines = {plane.timeline for plane in self.planes}
        if len(lines) > 1 and self.timelines_differ:
            yield (
                f"The measurement has {len(lines)} timelines with wells or channels of "
                f"their own; time points of each are counted from its first."
            )
        if self._doubled:
            yield (
                f"Channels {some(sorted(self._doubled), 8, str)} were taken by several "
                f"actions at the same place; each action is a channel of its own."
            )
        messages = Counter(error.text for error in self.errors)
        if messages:
            yield (
                f"The microscope recorded {len(self.errors)} errors in place of "
                f"images: {some(list(messages), 4)}."
            )


def _part(letter: str, number: int, width: int, labels: dict[str, str]) -> NamePart:
    """Return a part as the file's name spells it, where that says the same number."""
    text = labels.get(letter, "")
    if not text or int(text) != number:
        text = f"{number:0{width}d}"
    return name_part(str(number), f"{letter}{text}")


def _numbered(letter: str, count: int, width: int) -> tuple[NamePart, ...]:
    return tuple(_part(letter, number, width, {}) for number in range(1, count + 1))
