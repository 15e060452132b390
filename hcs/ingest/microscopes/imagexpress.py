"""Exports of ImageXpress (MetaXpress): folders of time points and z steps, and .HTD.

The rule for z: planes are the files of ``ZStep_1`` and on. ``ZStep_0`` holds
projections along z; it is used where a well, site, wave and time point have nothing
else, and left aside otherwise, or the other way round where projections are asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.microscopes.export import ChannelNote, Expected, Export, unmatched
from hcs.ingest.microscopes.htd import PlateRecord, read_htd
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.layout import parse_well

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource

_NAME = re.compile(
    # Lower-case s, w or z with a number is an ending, never a row: no well is called
    # s10. An earlier part is the well where only endings follow it.
    r"(?:.*?_)?(?P<well>(?-i:(?![swz][0-9]))[A-Z]{1,2}[0-9]{2,3})"
    r"(?:_s(?P<field>[0-9]{1,5}))?"
    r"(?:_w(?P<channel>[0-9]{1,2}))?(?:_z(?P<z>[0-9]{1,5}))?"
    r"(?:_thumb)?"
    r"(?:_?[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12})?"
    r"\.tiff?",
    re.IGNORECASE | re.ASCII,
)
_THUMB = re.compile(r"_thumb[^_]*$", re.IGNORECASE)
_TIME = re.compile(r"TimePoint_([0-9]{1,6})", re.IGNORECASE | re.ASCII)
_STEP = re.compile(r"ZStep_([0-9]{1,6})", re.IGNORECASE | re.ASCII)
_HTD_BYTES: Final = 4 << 20
"""Read into memory; real files have some kilobytes."""

_PROJECTION = "is in ZStep_0 (projections); the planes of its stack are used"
_PLANE = "is a plane of a stack; projections were asked for"


@dataclass(frozen=True, slots=True)
class _PlacedFile:
    file: ExportFile
    root: str
    """Folder of the plate, ``""`` where it is the source itself."""

    parts: NameParts


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as MetaXpress names images."""
    parts = name_parts(file.base)
    if parts is None:
        return False
    return bool(parts.channel or parts.field or _TIME.search(file.folder))


def name_parts(base: str) -> NameParts | None:
    """Return what a MetaXpress file name says, or None where it is none."""
    match = _NAME.fullmatch(base)
    if match is None:
        return None
    try:
        well = parse_well(match["well"])
    except InvalidPathError:
        return None
    field, channel, z = (
        name_part(match[axis], f"{letter}{match[axis]}") if match[axis] else None
        for axis, letter in (("field", "s"), ("channel", "w"), ("z", "z"))
    )
    return NameParts(well=well, field=field, channel=channel, z=z)


def _described(files: Sequence[ExportFile]) -> str:
    return "an .HTD file is there" if any(map(_is_htd, files)) else ""


def _is_htd(file: ExportFile) -> bool:
    return file.base.lower().endswith(".htd")


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an ImageXpress export says.

    Parameters
    ----------
    projection
        Whether ``ZStep_0`` is wanted in place of the planes.

    Raises
    ------
    SourceError
        If it holds no image named so, or several plates.
    """
    images = [file for file in files if not _is_htd(file)]
    placed, skipped = _placed(images)
    root = _only_root(placed, source.name)
    record, document, copies = _plate_record(source, filter(_is_htd, files), root)
    used, unused = _choose_planes(placed, projection=projection)
    if not used:
        raise SourceError(
            f"{source.name} holds no projections: none of its {len(placed)} images is "
            f"in a folder ZStep_0. Import it without asking for projections."
        )
    return Export(
        preset="imagexpress",
        reason=reason,
        plate=root.rpartition("/")[2] or source.name,
        file_parts={placed_file.file.name: placed_file.parts for placed_file in used},
        skipped=(*skipped, *unused, *copies),
        documents=() if document is None else (document,),
        format=None if record is None else record.format,
        expected=_expected(record, projection=projection),
        channels=_channels(record),
        identity=None if record is None else record.identity,
        notes=_notes(record),
    )


def _placed(
    files: Sequence[ExportFile],
) -> tuple[list[_PlacedFile], list[tuple[str, str]]]:
    placed, skipped = [], []
    for file in files:
        parts = name_parts(file.base)
        if parts is None:
            skipped.append((file.name, unmatched(file)))
        elif _THUMB.search(file.base):
            skipped.append((file.name, "is a thumbnail"))
        else:
            placed.append(_place(file, parts))
    return placed, skipped


def _place(file: ExportFile, parts: NameParts) -> _PlacedFile:
    time, step = _TIME.search(file.folder), _STEP.search(file.folder)
    folders = [match.start() for match in (time, step) if match]
    root = file.folder[: min(folders)] if folders else file.folder
    return _PlacedFile(
        file,
        root.rstrip("/"),
        replace(
            parts,
            z=name_part(step[1], step[0]) if step else parts.z,
            t=name_part(time[1], time[0]) if time else None,
        ),
    )


def _only_root(placed: Sequence[_PlacedFile], name: str) -> str:
    roots = sorted({placed_file.root for placed_file in placed})
    if not roots:
        raise SourceError(
            f"{name} holds no image named as MetaXpress names them, such as "
            f"plate_B02_s1_w1.TIF."
        )
    if len(roots) > 1:
        listing = ", ".join(repr(root or ".") for root in roots[:8])
        raise SourceError(
            f"{name} holds {len(roots)} plates ({listing}); import one folder at a "
            f"time."
        )
    return roots[0]


def _plate_record(
    source: ExportSource, documents: Iterable[ExportFile], root: str
) -> tuple[PlateRecord | None, str | None, list[tuple[str, str]]]:
    """Return the record nearest to the plate's folder, its name, and the others."""
    inside = [
        file
        for file in documents
        if file.folder == root or file.folder.startswith(f"{root}/" if root else "")
    ]
    if not inside:
        return None, None, []
    first, *others = sorted(inside, key=lambda file: (file.name.count("/"), file.name))
    data = source.read(first.name, _HTD_BYTES)
    skipped = []
    for other in others:
        same = source.read(other.name, _HTD_BYTES) == data
        reason = f"is a copy of {first.name}" if same else f"differs from {first.name}"
        skipped.append((other.name, reason))
    return read_htd(data, first.name), first.name, skipped


def _choose_planes(
    placed: Sequence[_PlacedFile], *, projection: bool
) -> tuple[list[_PlacedFile], list[tuple[str, str]]]:
    """Return which files are the planes, by the rule of this module, and the rest."""
    stacks: defaultdict[NameParts, list[_PlacedFile]] = defaultdict(list)
    for placed_file in placed:
        stacks[replace(placed_file.parts, z=None)].append(placed_file)
    used: list[_PlacedFile] = []
    unused: list[tuple[str, str]] = []
    for stack in stacks.values():
        projections = [
            placed_file for placed_file in stack if _is_projection(placed_file)
        ]
        planes = [
            placed_file for placed_file in stack if not _is_projection(placed_file)
        ]
        if projection or not planes:
            used += [_flattened(placed_file) for placed_file in projections]
            unused += [(placed_file.file.name, _PLANE) for placed_file in planes]
        else:
            used += planes
            unused += [
                (placed_file.file.name, _PROJECTION) for placed_file in projections
            ]
    return used, unused


def _is_projection(placed_file: _PlacedFile) -> bool:
    return placed_file.parts.z is not None and placed_file.parts.z.number == 0


def _flattened(placed_file: _PlacedFile) -> _PlacedFile:
    return replace(placed_file, parts=replace(placed_file.parts, z=None))


def _expected(record: PlateRecord | None, *, projection: bool) -> Expected:
    if record is None:
        return Expected()
    steps = 1 if projection else record.z_steps
    return Expected(
        wells=record.wells or None,
        fields=_numbered("s", record.sites),
        channels=tuple(name_part(str(number), f"w{number}") for number in record.waves)
        or None,
        z=_numbered("ZStep_", steps),
        t=_numbered("TimePoint_", record.time_points),
    )


def _numbered(letters: str, count: int) -> tuple[NamePart, ...]:
    return tuple(name_part(str(i), f"{letters}{i}") for i in range(1, count + 1))


def _channels(record: PlateRecord | None) -> dict[NamePart, ChannelNote]:
    waves = {} if record is None else record.waves
    return {
        name_part(str(number), f"w{number}"): ChannelNote(name=name or None)
        for number, name in waves.items()
    }


def _notes(record: PlateRecord | None) -> tuple[str, ...]:
    if record is None:
        return (
            "No .HTD file is in the source: the plate's format, what was expected and "
            "the channels' names are not known from it.",
        )
    # Lines of the description are joined by bytes that are no text in any encoding.
    lines = re.split(r"[^\x20-\x7e\xa0-\xff]+", record.description)
    text = "; ".join(line.strip() for line in lines if line.strip())
    return (f"The .HTD file says: {text}.",) if text else ()


MICROSCOPE: Final = Microscope(
    preset="imagexpress",
    maker="ImageXpress",
    matches=matches,
    read=read_export,
    projections=True,
    described=_described,
)
