"""Exports of ImageXpress (MetaXpress): folders of time points and z steps, and .HTD.

Numbers count from 1; those of HCS.ai, which has a .jdce file in place of an .HTD and no
folders of z steps, from 0.

The rule for z: planes are the files of ``ZStep_1`` and on. ``ZStep_0`` holds
projections along z, where numbers count from 1; it is used where a well, site, wave and
time point have nothing else, and left aside otherwise, or the other way round where
projections are asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.microscopes import hcsai, metaxpress
from hcs.ingest.microscopes.export import ChannelNote, Expected, Export
from hcs.ingest.microscopes.htd import PlateRecord, read_htd
from hcs.ingest.microscopes.jdce import SUFFIX as JDCE
from hcs.ingest.microscopes.metaxpress import (
    PlacedFile,
    counts_from_0,
    matches,
    no_images,
    place,
    plate_name,
    plate_of,
    plates,
)
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest.sources import ExportFile, ExportSource

_HTD = ".htd"
_DESCRIPTION_BYTES: Final = 4 << 20
"""Read into memory; real files have some kilobytes."""

_PROJECTION = "is in ZStep_0 (projections); the planes of its stack are used"
_PLANE = "is a plane of a stack; projections were asked for"


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
    files
        Of one plate.
    projection
        Whether ``ZStep_0`` is wanted in place of the planes.

    Raises
    ------
    SourceError
        If it holds no image named so, or a description that cannot be read.
    """
    descriptions = [file for file in files if _is_description(file)]
    others = [file for file in files if file not in descriptions]
    document, copies = _nearest(source, descriptions, others)
    data = b""
    if document is not None:
        data = source.read(document.name, _DESCRIPTION_BYTES)
        if document.base.lower().endswith(JDCE):
            export = hcsai.read_export(source, others, reason, document, data)
            return replace(export, skipped=(*export.skipped, *copies))
    placed, skipped = place(others)
    if not placed:
        raise no_images(source)
    used, unused = _choose_planes(placed, projection=projection)
    if not used:
        raise SourceError(
            f"{source.name} holds no projections: none of its {len(placed)} images is "
            f"in a folder ZStep_0. Import it without asking for projections."
        )
    record = None if document is None else read_htd(data, document.name)
    return Export(
        preset="imagexpress",
        reason=reason,
        plate=plate_name(placed, document.name if document else None, source.name),
        file_parts={image.file.name: image.parts for image in used},
        skipped=(*skipped, *unused, *copies),
        documents=() if document is None else (document.name,),
        format=None if record is None else record.format,
        expected=_expected(record, used, projection=projection),
        channels=_channels(record, used),
        identity=None if record is None else record.identity,
        projection=_projection_of(used, placed),
        notes=_notes(record),
    )


def _is_description(file: ExportFile) -> bool:
    return file.base.lower().endswith((_HTD, JDCE))


def _name_parts(base: str) -> NameParts | None:
    """Return what a name says that has an ending of MetaXpress beside its well."""
    parts = metaxpress.name_parts(base)
    return parts if parts is not None and (parts.field or parts.channel) else None


def _described(files: Sequence[ExportFile]) -> str:
    suffixes = {file.base.lower()[-4:] for file in files if _is_description(file)}
    if JDCE[-4:] in suffixes:
        return "a .jdce file is there"
    return "an .HTD file is there" if suffixes else ""


def _nearest(
    source: ExportSource,
    descriptions: Sequence[ExportFile],
    images: Sequence[ExportFile],
) -> tuple[ExportFile | None, list[tuple[str, str]]]:
    """Return the description of a plate, and what the others are to it.

    It is the one called as the plate is, else the one nearest to the plate's folder.
    """
    if not descriptions:
        return None, []
    names = {key.name.lower() for file in images if (key := plate_of(file))}
    first, *others = sorted(
        descriptions,
        key=lambda file: (
            file.base.rpartition(".")[0].lower() not in names,
            file.name.count("/"),
            file.name,
        ),
    )
    data = source.read(first.name, _DESCRIPTION_BYTES)
    copies = []
    for other in others:
        same = source.read(other.name, _DESCRIPTION_BYTES) == data
        reason = f"is a copy of {first.name}" if same else f"differs from {first.name}"
        copies.append((other.name, reason))
    return first, copies


def _choose_planes(
    placed: Sequence[PlacedFile], *, projection: bool
) -> tuple[list[PlacedFile], list[tuple[str, str]]]:
    """Return which files are the planes, by the rule of this module, and the rest."""
    stacks: defaultdict[NameParts, list[PlacedFile]] = defaultdict(list)
    for image in placed:
        parts = replace(image.parts, plate=None)
        stacks[replace(parts, z=None)].append(replace(image, parts=parts))
    projected_step = None if counts_from_0(placed) else 0
    used: list[PlacedFile] = []
    unused: list[tuple[str, str]] = []
    for stack in stacks.values():
        projections = [
            image
            for image in stack
            if image.step is not None and image.step == projected_step
        ]
        planes = [image for image in stack if image not in projections]
        if projection or not planes:
            used += [_flattened(image) for image in projections]
            unused += [(image.file.name, _PLANE) for image in planes]
        else:
            used += planes
            unused += [(image.file.name, _PROJECTION) for image in projections]
    return used, unused


def _projection_of(used: Sequence[PlacedFile], placed: Sequence[PlacedFile]) -> str:
    """Return that images are those of ``ZStep_0``, "" where none is."""
    if counts_from_0(placed):
        return ""
    count = sum(image.step == 0 for image in used)
    share = "" if count == len(used) else f", {count} of {len(used)} images"
    return f"by MetaXpress (ZStep_0){share}" if count else ""


def _flattened(image: PlacedFile) -> PlacedFile:
    return replace(image, parts=replace(image.parts, z=None))


def _expected(
    record: PlateRecord | None, used: Sequence[PlacedFile], *, projection: bool
) -> Expected:
    if record is None:
        return Expected()
    steps = 1 if projection else record.z_steps
    return Expected(
        wells=record.wells or None,
        fields=_numbered("s", record.sites, _first("field", used)),
        channels=tuple(_wave(number, used) for number in record.waves) or None,
        z=_numbered("ZStep_", steps, _first("z", used)),
        t=_numbered("TimePoint_", record.time_points, _first("t", used)),
    )


def _first(axis: str, used: Sequence[PlacedFile]) -> int:
    """Return the first number along an axis; the only place of one has the number 1."""
    stated = any(getattr(image.parts, axis) is not None for image in used)
    return 0 if stated and counts_from_0(used) else 1


def _wave(number: int, used: Sequence[PlacedFile]) -> NamePart:
    """Return a wave of the .HTD file, which counts from 1, as names of files do."""
    index = number - 1 + _first("channel", used)
    return name_part(str(index), f"w{index}")


def _numbered(letters: str, count: int, first: int) -> tuple[NamePart, ...]:
    return tuple(
        name_part(str(number), f"{letters}{number}")
        for number in range(first, first + count)
    )


def _channels(
    record: PlateRecord | None, used: Sequence[PlacedFile]
) -> dict[NamePart, ChannelNote]:
    waves = {} if record is None else record.waves
    return {
        _wave(number, used): ChannelNote(name=name or None)
        for number, name in waves.items()
    }


def _notes(record: PlateRecord | None) -> tuple[str, ...]:
    if record is None:
        return (
            "No .HTD or .jdce file is in the source: the plate's format, what was "
            "expected and the channels' names are not known from it.",
        )
    names = list(record.waves.values())
    lines = re.split(r"[\x00-\x1f\x7f-\x9f]+", record.description)
    text = "; ".join(line.strip() for line in lines if line.strip())
    notes = [f"The .HTD file says: {text}."] if text else []
    if record.encoding not in ("", "utf-8") and not all(map(str.isascii, names)):
        notes.append(
            f"The .HTD file does not say its encoding; it was read as "
            f"{record.encoding}, which gives the names {some(names)}."
        )
    return tuple(notes)


MICROSCOPE: Final = Microscope(
    preset="imagexpress",
    maker="ImageXpress",
    matches=matches,
    read=read_export,
    projections=True,
    name_parts=_name_parts,
    plates=plates,
    described=_described,
)
