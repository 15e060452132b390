"""Exports of Cytiva (GE) IN Cell Analyzers: names in words, and an .xdce file."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.microscopes.export import (
    ChannelNote,
    Expected,
    Export,
    holds_none,
    is_image_name,
    unmatched,
)
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import by_folder
from hcs.ingest.microscopes.xdce import ImageRecord, StackRecord, Wave, read_stack
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.layout import parse_well
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import Position

_NAME = re.compile(
    r"(?P<well>[A-Z]{1,2} - [0-9]{1,2})\((?:fld (?P<field>[0-9]{1,4}) )?"
    r"wv (?P<channel>.+?)(?: wix [0-9]{1,2})?(?: z (?P<z>[0-9]{1,4}))?"
    r"(?:(?:- time| t) (?P<t>[0-9]{1,5})(?: - [0-9]{1,9} ms)?)?\)\.tiff?",
    re.IGNORECASE | re.ASCII,
)


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as IN Cell Analyzers name images."""
    return _NAME.fullmatch(file.base) is not None


def name_parts(base: str) -> NameParts | None:
    """Return what an image's name says."""
    match, parts = _NAME.fullmatch(base), _named(base, {})
    if match is None or parts is None:
        return None
    # A single field, plane or time point has no number in the name.
    return NameParts(
        well=parts.well,
        field=parts.field if match["field"] else None,
        channel=parts.channel,
        z=parts.z if match["z"] else None,
        t=parts.t if match["t"] else None,
    )


def _described(files: Sequence[ExportFile]) -> str:
    return "an .xdce file is there" if any(map(_is_document, files)) else ""


def _is_document(file: ExportFile) -> bool:
    return file.base.lower().endswith(".xdce")


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an export of an IN Cell Analyzer says.

    Raises
    ------
    SourceError
        If it holds no image named so, several .xdce files, or one that cannot be read.
    """
    document, root = _only_document(files, source.name)
    stack = StackRecord()
    if document is not None:
        with source.opener(document)() as stream:
            stack = read_stack(stream, document)
    listed = {record.name.casefold(): record for record in stack.images}
    file_parts, times = {}, {}
    for file in filter(is_image_name, files):
        record = listed.get(file.base.casefold())
        parts = _listed(record, stack) if record else _named(file.base, stack.waves)
        if parts is not None:
            file_parts[file.name] = parts
            if record is not None and record.taken is not None:
                times[file.name] = record.taken
    if not file_parts:
        raise SourceError(
            holds_none(source.name, "IN Cell Analyzer", len(listed), document)
        )
    return Export(
        preset="incell",
        reason=reason,
        plate=stack.plate or root.rpartition("/")[2] or source.name,
        file_parts=file_parts,
        skipped=tuple(
            (file.name, unmatched(file))
            for file in files
            if file.name not in file_parts and file.name != document
        ),
        documents=() if document is None else (document,),
        format=stack.format,
        expected=_expected(stack),
        channels={
            _channel(number, wave): ChannelNote(
                name=wave.name or None,
                emission=wave.emission,
                excitation=wave.excitation,
                exposure=wave.exposure,
            )
            for number, wave in stack.waves.items()
        },
        pixel_size=None if stack.binned else stack.pixel_size,
        z_step=_z_step(stack),
        centres=_centres(stack),
        times=times,
        identity=stack.identity,
        barcode=stack.plate,
        complete=True if stack.finished else None,
        projection=_projection(stack),
        notes=tuple(_notes(stack, document)),
    )


def _only_document(files: Sequence[ExportFile], name: str) -> tuple[str | None, str]:
    """Return the .xdce file and its folder; without one, the folder of the images."""
    documents = [file for file in files if _is_document(file)]
    first = next(iter(documents or filter(matches, files)), None)
    if first is None:
        raise SourceError(
            f"{name} holds no image named as IN Cell Analyzers name them, such as "
            f"'B - 02(fld 1 wv UV - DAPI).tif'."
        )
    if len(documents) > 1:
        raise SourceError(
            f"{name} holds {len(documents)} .xdce files "
            f"({some([file.name for file in documents], 8)}); leave that of the plate."
        )
    return (first.name if documents else None), first.folder


def _listed(record: ImageRecord, stack: StackRecord) -> NameParts:
    """Return what an image of the list is of, spelled as its name spells it."""
    match = _NAME.fullmatch(record.name)
    spelled = "" if match is None else match["field"] or ""
    wave = stack.waves.get(record.wave)
    return NameParts(
        well=record.well,
        field=_field(record.field, spelled),
        channel=_channel(record.wave, wave),
        z=name_part(str(record.z + 1), f"z{record.z + 1}"),
        t=name_part(str(record.time + 1), f"t{record.time + 1}"),
    )


def _named(base: str, waves: Mapping[int, Wave]) -> NameParts | None:
    """Return what a name alone says, None where it is none."""
    match = _NAME.fullmatch(base)
    if match is None:
        return None
    try:
        well = parse_well(match["well"])
    except InvalidPathError:
        return None
    name = match["channel"]
    known = next((n for n, wave in waves.items() if wave.name == name), None)
    field, z, t = match["field"], match["z"], match["t"]
    return NameParts(
        well=well,
        field=_field(int(field) - 1, field) if field else _field(0, ""),
        channel=name_part(name) if known is None else _channel(known, waves[known]),
        z=name_part(z or "1", f"z{int(z or 1)}"),
        t=name_part(t or "1", f"t{int(t or 1)}"),
    )


def _field(index: int, spelled: str) -> NamePart:
    text = spelled if spelled and int(spelled) == index + 1 else str(index + 1)
    return name_part(str(index + 1), f"fld {text}")


def _channel(number: int, wave: Wave | None) -> NamePart:
    """Return a channel that sorts by its number and is called by its name."""
    name = wave.name if wave is not None else ""
    return name_part(str(number + 1), name or f"wave {number + 1}")


def _expected(stack: StackRecord) -> Expected:
    """Return what was to be there: the list, and what the protocol names."""
    if not stack.images:
        return Expected()
    wells: tuple[Position, ...] = ()
    if stack.format is not None and stack.excluded:
        wells = tuple(
            (row, column)
            for row in range(stack.format.rows)
            for column in range(stack.format.columns)
            if (row, column) not in stack.excluded
        )
    times = sorted({record.time for record in stack.images})
    blocks = tuple(
        Expected(
            wells=wells,
            fields=tuple(_field(index, "") for index in range(stack.fields or 0)),
            channels=(_channel(number, wave),),
            z=tuple(name_part(str(z + 1), f"z{z + 1}") for z in depth),
            t=tuple(name_part(str(t + 1), f"t{t + 1}") for t in times),
        )
        for number, wave in sorted(stack.waves.items())
        if wells and stack.fields and (depth := _depth(stack, number, wave))
    )
    return Expected(
        listed=frozenset(_listed(record, stack) for record in stack.images),
        blocks=blocks,
    )


def _depth(stack: StackRecord, number: int, wave: Wave) -> range:
    """Return the planes of a wavelength: one, its slices, or those that are listed."""
    if wave.is_projection:
        return range(1)
    if wave.mode.startswith("3"):
        return range(wave.slices)
    listed = [record.z for record in stack.images if record.wave == number]
    return range(max(listed, default=0) + 1)


def _z_step(stack: StackRecord) -> float | None:
    deep = {record.wave for record in stack.images if record.z > 0}
    steps = {stack.waves[number].step for number in deep if number in stack.waves}
    return next(iter(steps)) if len(steps) == 1 else None


def _centres(
    stack: StackRecord,
) -> dict[tuple[Position, NamePart | None], tuple[float, float]]:
    centres: dict[tuple[Position, NamePart | None], tuple[float, float]] = {}
    for record in stack.images:
        if record.offset is not None:
            x, y = record.offset
            # Rows go down the plate, these offsets up.
            centres.setdefault((record.well, _field(record.field, "")), (-y, x))
    return centres


def _projection(stack: StackRecord) -> str:
    projected = [wave for wave in stack.waves.values() if wave.is_projection]
    if not projected:
        return ""
    texts = {
        _method(wave)
        + (f" of {wave.slices} planes" if wave.slices > 1 else "")
        + (f", {wave.step:g} µm apart" if wave.slices > 1 and wave.step else "")
        for wave in projected
    }
    text = "; ".join(sorted(texts))
    if len(projected) == len(stack.waves):
        return text
    return f"{text}, in {some([wave.name for wave in projected], 8, str)}"


def _method(wave: Wave) -> str:
    return "maximum" if wave.mode.lower().startswith("max") else wave.mode[:60]


def _notes(stack: StackRecord, document: str | None) -> Iterator[str]:
    if document is None:
        yield (
            "No .xdce file is in the source: the plate's format, pixel size, positions "
            "and what was expected are not known from it."
        )
        return
    if stack.declared is not None and stack.declared != len(stack.images):
        yield (
            f"{document} declares {stack.declared:,} images and lists "
            f"{len(stack.images):,}."
        )
    if stack.binned and stack.pixel_size is not None:
        yield (
            "The camera was binned, and the pixel size is that of the lens without; it "
            "was not taken."
        )


MICROSCOPE: Final = Microscope(
    preset="incell",
    maker="IN Cell Analyzer",
    matches=matches,
    read=read_export,
    name_parts=name_parts,
    plates=partial(by_folder, is_image=matches, is_document=_is_document),
    described=_described,
)
