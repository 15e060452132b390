"""Plates of Zeiss microscopes: all wells in one .czi file, as scenes of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats.czi import CziContents, CziPlane, read_contents
from hcs.ingest.formats.images import Limits
from hcs.ingest.formats.numbers import count, positive
from hcs.ingest.microscopes import positions
from hcs.ingest.microscopes.export import ChannelNote, Expected, Export, unmatched
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.layout import parse_well
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import Position

_METRE = 1e6


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


@dataclass(frozen=True, slots=True)
class _Scene:
    name: str
    well: Position | None


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
    scenes = dict(_scenes(contents.metadata))
    fields = _fields(contents, scenes)
    if not fields:
        numbers = sorted({plane.scene for plane in contents.planes})
        names = [scenes[n].name if n in scenes else str(n) for n in numbers]
        raise SourceError(
            f"{name} is no plate: none of its {len(numbers)} scenes ({some(names, 4)}) "
            f"names a well. Acquire it with a plate chosen as the sample carrier."
        )
    parts = {plane: _parts(plane, fields) for plane in contents.planes}
    pixel_size = _pixel_size(contents.metadata)
    return Export(
        preset="czi",
        reason=reason,
        plate=document.base[: -len(".czi")],
        file_parts={name: NameParts()},
        pages={
            name: {
                page: parts[plane]
                for page, plane in enumerate(contents.planes)
                if parts[plane].well is not None
            }
        },
        skipped=tuple(
            (file.name, unmatched(file)) for file in files if file.name != name
        ),
        documents=(name,),
        expected=_expected(contents, fields),
        channels=dict(_channels(contents)),
        pixel_size=pixel_size,
        z_step=_distance(contents.metadata, "Z"),
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


def _scenes(metadata: Element | None) -> Iterator[tuple[int, _Scene]]:
    """Yield the scenes that the metadata describe, by their numbers."""
    for element in metadata.iter("Scene") if metadata is not None else ():
        number = count(element.get("Index"), least=0)
        if number is not None:
            yield number, _Scene(element.get("Name", "")[:80], _well(element))


def _well(scene: Element) -> Position | None:
    """Return the well of a scene: by its array, its shape, or its row and column."""
    shape = scene.find("Shape")
    names = [
        scene.findtext("ArrayName"),
        shape.get("Name") if shape is not None else "",
    ]
    for text in filter(None, names):
        try:
            return parse_well(text)
        except InvalidPathError:
            continue
    if shape is None:
        return None
    row, column = (
        count(shape.findtext("RowIndex")),
        count(shape.findtext("ColumnIndex")),
    )
    return (row - 1, column - 1) if row and column else None


_Fields = dict[tuple[int, int], tuple["Position", NamePart]]
"""Well and field of each tile of a scene."""


def _fields(contents: CziContents, scenes: Mapping[int, _Scene]) -> _Fields:
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


def _channels(contents: CziContents) -> Iterator[tuple[NamePart, ChannelNote]]:
    metadata = contents.metadata
    path = "./Metadata/Information/Image/Dimensions/Channels/Channel"
    elements = metadata.findall(path) if metadata is not None else []
    for number, element in enumerate(elements, start=1):
        bits = count(element.findtext("ComponentBitCount"))
        exposure = positive(element.findtext("ExposureTime"))
        yield (
            name_part(str(number), f"C{number}"),
            ChannelNote(
                name=element.get("Name") or element.findtext("Fluor"),
                emission=positive(element.findtext("EmissionWavelength")),
                excitation=positive(element.findtext("ExcitationWavelength")),
                # The end of the type is no level of a camera.
                clip=2**bits - 1 if bits is not None and 8 < bits < 16 else None,
                # Nanoseconds.
                exposure=None if exposure is None else f"{exposure * 1e-6:g} ms",
            ),
        )


def _pixel_size(metadata: Element | None) -> tuple[float, float] | None:
    y, x = _distance(metadata, "Y"), _distance(metadata, "X")
    return None if y is None or x is None else (y, x)


def _distance(metadata: Element | None, axis: str) -> float | None:
    """Return the distance of neighbours in micrometres."""
    if metadata is None:
        return None
    path = f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value"
    metres = positive(metadata.findtext(path))
    return None if metres is None else float(f"{metres * _METRE:.9g}")


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
    contents: CziContents, scenes: Mapping[int, _Scene], fields: _Fields
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
