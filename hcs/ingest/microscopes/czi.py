"""Plates of Zeiss microscopes: all wells in one .czi file, as scenes of it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import SourceError
from hcs.ingest.formats.czi_directory import CziContents, CziPlane, read_contents
from hcs.ingest.formats.czi_metadata import (
    CziScene,
    read_channels,
    read_distance,
    read_pixel_size,
    read_scenes,
)
from hcs.ingest.formats.image_file import Limits
from hcs.ingest.microscopes import positions
from hcs.ingest.microscopes.export import ChannelNote, Expected, Export, unmatched
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import Position


def matches(file: ExportFile) -> bool:
    """Return whether a file is a CZI by its name."""
    return file.base.lower().endswith(".czi")


def plates(files: Iterable[ExportFile]) -> dict[str, PlateKey]:
    """Return the plate of each file: its own."""
    return {
        file.name: PlateKey(file.folder, file.base[: -len(".czi")])
        for file in files
        if matches(file)
    }


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what a CZI says.

    Raises
    ------
    SourceError
        If it cannot be read, or none of its scenes names a well.
    """
    document = next((file for file in files if matches(file)), None)
    if document is None:
        raise SourceError(f"{source.name} holds no .czi file.")
    name = document.name
    contents = read_contents(source.opener(name), name, Limits())
    scenes = read_scenes(contents.metadata)
    fields = _fields(contents, scenes)
    if not fields:
        numbers = sorted({plane.scene for plane in contents.planes})
        names = [scenes[n].name if n in scenes else str(n) for n in numbers]
        raise SourceError(
            f"{name} is no plate: none of its {len(numbers)} scenes ({some(names, 4)}) "
            f"names a well. Acquire it with a plate chosen as the sample carrier."
        )
    parts = {plane: _parts(plane, fields) for plane in contents.planes}
    pixel_size = read_pixel_size(contents.metadata)
    return Export(
        preset="czi",
        reason=reason,
        plate=document.base[: -len(".czi")],
        **_placed(name, contents, parts),
        skipped=tuple(
            (file.name, unmatched(file)) for file in files if file.name != name
        ),
        documents=(name,),
        expected=_expected(contents, fields),
        channels={
            name_part(str(number), f"C{number}"): ChannelNote(
                name=channel.name,
                emission=channel.emission,
                excitation=channel.excitation,
                exposure=channel.exposure,
                clip=None if channel.bits is None else 2**channel.bits - 1,
            )
            for number, channel in enumerate(read_channels(contents.metadata), start=1)
        },
        pixel_size=pixel_size,
        z_step=read_distance(contents.metadata, "Z"),
        centres=_centres(contents, fields, pixel_size),
        identity=contents.identity,
        absent={
            _parts(plane, fields): f"has {plane.size[1]} x {plane.size[0]} pixels of "
            f"type {plane.pixel_type}, unlike the others"
            for plane in contents.others
            if (plane.scene, plane.tile) in fields
        },
        notes=tuple(_notes(contents, scenes, fields)),
    )


_Fields = dict[tuple[int, int], tuple["Position", NamePart]]
"""Well and field of each tile of a scene."""


def _fields(contents: CziContents, scenes: Mapping[int, CziScene]) -> _Fields:
    """Return the fields: tiles of the scenes of a well, counted in their order."""
    numbers: defaultdict[Position, int] = defaultdict(int)
    fields: _Fields = {}
    tiles = {(plane.scene, plane.tile) for plane in contents.planes}
    tiles |= {(plane.scene, plane.tile) for plane in contents.others}
    for scene, tile in sorted(tiles):
        well = scenes[scene].well if scene in scenes else None
        if well is not None:
            numbers[well] += 1
            fields[scene, tile] = well, name_part(str(numbers[well]))
    return fields


def _placed(
    name: str, contents: CziContents, parts: Mapping[CziPlane, NameParts]
) -> dict[str, Any]:
    """Return what the file is of, page by page where it holds several fields."""
    first = parts[contents.planes[0]]
    if contents.is_field:
        return {"file_parts": {name: NameParts(well=first.well, field=first.field)}}
    pages = {
        page: parts[plane]
        for page, plane in enumerate(contents.planes)
        if parts[plane].well is not None
    }
    return {"file_parts": {name: NameParts()}, "pages": {name: pages}}


def _parts(plane: CziPlane, fields: _Fields) -> NameParts:
    well, field = fields.get((plane.scene, plane.tile), (None, None))
    return NameParts(
        well=well,
        field=field,
        channel=name_part(str(plane.channel + 1), f"C{plane.channel + 1}"),
        z=name_part(str(plane.z + 1), f"z{plane.z + 1}"),
        t=name_part(str(plane.t + 1), f"t{plane.t + 1}"),
    )


def _expected(contents: CziContents, fields: _Fields) -> Expected:
    """Return every channel, z and time point of the file, for every field."""
    parts = [_parts(plane, fields) for plane in (*contents.planes, *contents.others)]
    along = {
        axis: tuple(sorted({getattr(part, axis) for part in parts}))
        for axis in ("channel", "z", "t")
    }
    wells: defaultdict[tuple[NamePart, ...], list[Position]] = defaultdict(list)
    of_well: defaultdict[Position, list[NamePart]] = defaultdict(list)
    for well, field in fields.values():
        of_well[well].append(field)
    for well, sites in of_well.items():
        wells[tuple(sites)].append(well)
    return Expected(
        blocks=tuple(
            Expected(
                wells=tuple(group),
                fields=sites,
                channels=along["channel"],
                z=along["z"],
                t=along["t"],
            )
            for sites, group in wells.items()
        )
    )


def _centres(
    contents: CziContents, fields: _Fields, pixel_size: tuple[float, float] | None
) -> dict[tuple[Position, NamePart | None], tuple[float, float]]:
    if pixel_size is None:
        return {}
    places = {
        fields[plane.scene, plane.tile]: (
            plane.origin[0] * pixel_size[0],
            plane.origin[1] * pixel_size[1],
        )
        for plane in contents.planes
        if (plane.scene, plane.tile) in fields
    }
    return positions.around_middle(places)


def _notes(
    contents: CziContents, scenes: Mapping[int, CziScene], fields: _Fields
) -> Iterator[str]:
    numbers = {plane.scene for plane in (*contents.planes, *contents.others)}
    lost = sorted(numbers - {scene for scene, _ in fields})
    if lost:
        names = [scenes[n].name if n in scenes else str(n) for n in lost]
        yield (
            f"{len(lost)} of {len(numbers)} scenes name no well and were left out: "
            f"{some(names, 8)}."
        )
    if len(fields) > len({well for well, _ in fields.values()}):
        yield positions.NOTE


MICROSCOPE: Final = Microscope(
    preset="czi",
    maker="Zeiss (.czi)",
    matches=matches,
    read=read_export,
    plates=plates,
)
