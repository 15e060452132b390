"""What is known of the planes: channels, sizes and positions, and from where.

The export's own description counts before what single files say; files are believed
where all that say something say the same. What nothing says stays None, and is
reported as absent.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from hcs.errors import SourceError
from hcs.ingest.microscopes.export import ChannelNote, Export
from hcs.ingest.plate.grid import PlaneGrid, PlaneIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hcs.ingest.formats.image_file import ImageFile
    from hcs.ingest.formats.metaseries import PlaneRecord
    from hcs.ingest.names import NamePart
    from hcs.ingest.plate.grid import FieldKey

T = TypeVar("T")

_EVEN = 0.05
"""Relative spread of steps between planes that still counts as one step: stages are
not exact."""

_ROUNDING = 0.01
"""Relative; files round the distances of pixels and planes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known of the planes of a grid."""

    names: Mapping[NamePart, str]
    """Name, unique on the plate, of every channel that was found or is expected."""

    channels: tuple[ChannelNote, ...]
    """In the order of `Grid.channels`."""

    pixel_size: tuple[float, float] | None
    """Micrometres along y and x."""

    z_step: float | None
    """Micrometres."""

    t_step: float | None
    """Seconds."""

    centres: Mapping[FieldKey, tuple[float, float]]
    """Centre of a field from the centre of its well along y and x, micrometres."""

    projection: str
    """How planes were projected along z, "" where they are planes."""

    acquired: tuple[str, str] | None
    """First and last time of acquisition as the files write them (local time), or in
    UTC where the export lists them."""

    notes: tuple[str, ...]


def read_traits(
    export: Export,
    grid: PlaneGrid,
    images: Mapping[str, ImageFile],
    expected: Iterable[NamePart],
    renamed: Mapping[str, str],
) -> Traits:
    """Return what export and files say of the planes of a grid.

    Parameters
    ----------
    expected
        Channels that should be there, found or not.
    renamed
        A person's names for channels, by the name or label (``"w1"``, ``"1"``) that
        they would have.

    Raises
    ------
    SourceError
        If a key of `renamed` is no channel, or a name would be given twice.
    """
    files = _notes_of_files(grid, images)
    names = _names(export, grid, files, (*grid.channels, *expected), renamed)
    records = list(_records(grid, images))
    sizes = Counter(image.pixel_size for image in images.values() if image.pixel_size)
    size = _agreed(sizes)
    texts = (
        [f"The files give {len(sizes)} pixel sizes; none was taken."]
        if sizes and size is None
        else []
    )
    steps = Counter((image.z_step,) for image in images.values() if image.z_step)
    centres = {
        (well, index): centre
        for well, index in grid.planes
        if (centre := export.centres.get((well, grid.fields[index])))
    }
    for key, _, record in records:
        if record.offset is not None:
            centres.setdefault(key, record.offset)
    moments = _moments(export, grid, records)
    times = sorted(record.acquired for _, _, record in records if record.acquired)
    if export.times:
        times = [_utc(min(export.times.values())), _utc(max(export.times.values()))]
    return Traits(
        names=names,
        channels=tuple(
            _channel(names[part], export.channels.get(part), files.get(index, ()))
            for index, part in enumerate(grid.channels)
        ),
        pixel_size=export.pixel_size or size,
        z_step=export.z_step or (_agreed(steps) or (None,))[0] or _z_step(records),
        t_step=_even_step(moments.values()),
        centres=centres,
        projection=_projection(names, grid, records) or export.projection,
        acquired=(times[0], times[-1]) if times else None,
        notes=(*export.notes, *texts, *_oddities(names, grid, records)),
    )


_Record = tuple["FieldKey", PlaneIndex, "PlaneRecord"]


def _records(grid: PlaneGrid, images: Mapping[str, ImageFile]) -> Iterator[_Record]:
    for key, planes in grid.planes.items():
        for index, plane in planes.items():
            record = images[plane.file].record
            if record is not None:
                yield key, index, record


def are_close(distances: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether distances are the same but for how files round them."""
    return all(
        math.isclose(distance, other, rel_tol=_ROUNDING)
        for distance, other in zip(distances, others, strict=True)
    )


_Distances = TypeVar("_Distances", bound="tuple[float, ...]")


def _agreed(stated: Counter[_Distances]) -> _Distances | None:
    """Return the distances that most state, if no others state different ones."""
    usual = max(stated, key=lambda distances: stated[distances], default=None)
    agree = usual is not None and all(are_close(other, usual) for other in stated)
    return usual if agree else None


def _only(values: Iterable[T | None]) -> tuple[T | None, int]:
    """Return the one value that is said, and how many different ones are."""
    stated = {value for value in values if value is not None}
    return (next(iter(stated)), 1) if len(stated) == 1 else (None, len(stated))


def _notes_of_files(
    grid: PlaneGrid, images: Mapping[str, ImageFile]
) -> dict[int, list[ChannelNote]]:
    """Return what the files say of each channel, by its index."""
    notes: defaultdict[int, list[ChannelNote]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    for planes in grid.planes.values():
        for (_, c, _), plane in planes.items():
            if (plane.file, c) not in seen:
                seen.add((plane.file, c))
                notes[c].append(_note_of(images[plane.file], plane.index[1]))
    return dict(notes)


def _names(
    export: Export,
    grid: PlaneGrid,
    files: Mapping[int, Iterable[ChannelNote]],
    parts: Iterable[NamePart],
    renamed: Mapping[str, str],
) -> dict[NamePart, str]:
    names = {}
    # The first of two that are equal counts: labels of files before those of others.
    for part in sorted(dict.fromkeys(parts)):
        stated = export.channels.get(part, ChannelNote()).name
        if stated is None and part in grid.channels:
            notes = files.get(grid.channels.index(part), ())
            stated = _only(note.name for note in notes)[0]
        names[part] = stated or part.label or f"channel {part.number}"
    all_names = list(names.values())
    for part, name in names.items():
        if all_names.count(name) > 1:
            names[part] = f"{name} ({part.label or part.number})"
    return _renamed(names, renamed)


def _renamed(
    names: dict[NamePart, str], renamed: Mapping[str, str]
) -> dict[NamePart, str]:
    part_of = {
        key: part
        for part, name in names.items()
        for key in (name, part.label, str(part.number))
    }
    for key, name in renamed.items():
        if not name.strip():
            raise SourceError(f"The new name of channel {key!r} is empty; give one.")
        if key not in part_of:
            raise SourceError(
                f"No channel is called {key!r}; "
                f"there are {', '.join(map(repr, names.values()))}."
            )
        names[part_of[key]] = name
    if len(set(names.values())) < len(names):
        raise SourceError(
            f"Two channels would have one name: {', '.join(map(repr, names.values()))}."
        )
    return names


def _channel(
    name: str, stated: ChannelNote | None, files: Iterable[ChannelNote]
) -> ChannelNote:
    stated, notes = stated or ChannelNote(), tuple(files)
    return ChannelNote(
        name=name,
        emission=stated.emission or _only(note.emission for note in notes)[0],
        excitation=stated.excitation,
        clip=stated.clip or _only(note.clip for note in notes)[0],
        offset=stated.offset,
        exposure=stated.exposure or _only(note.exposure for note in notes)[0],
        flat_field=stated.flat_field,
    )


def _note_of(image: ImageFile, channel: int) -> ChannelNote:
    names, waves = image.channel_names, image.wavelengths
    bits = image.bits if image.dtype.kind == "u" else None
    return ChannelNote(
        name=names[channel] if channel < len(names) else None,
        emission=waves[channel] if channel < len(waves) else None,
        clip=None if bits is None else 2**bits - 1,
        exposure=None if image.record is None else image.record.exposure,
    )


def _z_step(records: Iterable[_Record]) -> float | None:
    heights: defaultdict[object, dict[int, float]] = defaultdict(dict)
    for key, (t, c, z), record in records:
        if record.z_position is not None and record.projection is None:
            heights[key, t, c][z] = record.z_position
    return _even_step(heights.values())


def _moments(
    export: Export, grid: PlaneGrid, records: Iterable[_Record]
) -> dict[object, dict[int, float]]:
    """Return when planes were taken in seconds, by time point, for all else in turn."""
    moments: defaultdict[object, dict[int, float]] = defaultdict(dict)
    for key, planes in grid.planes.items() if export.times else ():
        for (t, c, z), plane in planes.items():
            if plane.file in export.times:
                moments[key, c, z][t] = export.times[plane.file]
    for key, (t, c, z), record in () if export.times else records:
        moment = _seconds(record.acquired)
        if moment is not None:
            moments[key, c, z][t] = moment
    return moments


def _utc(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, OSError, ValueError):
        return ""


def _seconds(text: str | None) -> float | None:
    for form in ("%Y%m%d %H:%M:%S.%f", "%Y%m%d %H:%M:%S"):
        try:
            # Only differences count, so that the missing time zone does not matter.
            return datetime.strptime(text or "", form).timestamp()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _even_step(series: Iterable[Mapping[int, float]]) -> float | None:
    """Return the distance of neighbours, where it is about the same everywhere."""
    steps = [
        values[high] - values[low]
        for values in series
        for low, high in pairwise(sorted(values))
        if high == low + 1 and values[high] != values[low]
    ]
    if not steps or min(steps) <= 0 or max(steps) - min(steps) > _EVEN * max(steps):
        return None
    return float(f"{median(steps):.6g}")


def _projections(records: Iterable[_Record]) -> dict[int, str]:
    """Return how channels were projected, by index, where files call them so."""
    return {
        index[1]: record.projection
        for _, index, record in records
        if record.projection is not None
    }


def _projection(
    names: Mapping[NamePart, str], grid: PlaneGrid, records: Sequence[_Record]
) -> str:
    """Return how the files say that planes were projected, "" where none was."""
    projections = _projections(records)
    text = ", ".join(sorted({method.lower() for method in projections.values()}))
    if len(projections) in (0, len(grid.channels)):
        return text
    channels = [names[grid.channels[index]] for index in sorted(projections)]
    return f"{text}, in {', '.join(channels)}"


def _oddities(
    names: Mapping[NamePart, str], grid: PlaneGrid, records: Sequence[_Record]
) -> Iterator[str]:
    """Yield sentences on channels whose planes are not what their places say."""
    copies: defaultdict[int, set[str]] = defaultdict(set)
    seen: defaultdict[tuple[object, str], list[PlaneIndex]] = defaultdict(list)
    for key, index, record in records:
        if record.guid is not None:
            seen[key, record.guid].append(index)
    for indices in seen.values():
        for axis, name in ((0, "time point"), (2, "z step")):
            if len({index[axis] for index in indices}) > 1:
                copies[indices[0][1]].add(name)
    for c, method in sorted(_projections(records).items()):
        yield (
            f"Channel {names[grid.channels[c]]} holds projections along z "
            f"({method.lower()}), not planes."
        )
    for c, axes in sorted(copies.items()):
        yield (
            f"Channel {names[grid.channels[c]]}: the export repeats one and the same "
            f"image in several {' and '.join(f'{axis}s' for axis in sorted(axes))}."
        )
