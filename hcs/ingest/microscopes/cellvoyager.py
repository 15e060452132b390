"""Exports of Yokogawa CellVoyager CV7000/CV8000 and CQ1/CQ3000.

A measurement is a folder with a list of its images (.mlf). The list decides which well
a file is of, not the file's name, which may hold the names of other wells.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.microscopes import bts
from hcs.ingest.microscopes.export import Export, holds_none, is_image_name, unmatched
from hcs.ingest.microscopes.measurement import Measurement
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey, by_folder
from hcs.ingest.names import NameParts, name_part
from hcs.layout import parse_well
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import PlateFormat, Position

_NAME = re.compile(
    # The last well before the time point: a plate may be called plate_B03.
    r"(?:(?P<plate>.*)_)?(?P<well>[A-Z]{1,2}(?!00)[0-9]{2})_T(?P<T>[0-9]{4,5})F(?P<F>[0-9]{3,4})"
    r"L(?P<L>[0-9]{2})A(?P<A>[0-9]{2})Z(?P<Z>[0-9]{2,4})C(?P<C>[0-9]{2})"
    r"\.(?:tiff?|png)",
    re.IGNORECASE | re.ASCII,
)
_COUNTED = re.compile(
    r"W(?P<W>[0-9]{4})F(?P<F>[0-9]{4})T(?P<T>[0-9]{4})Z(?P<Z>[0-9]{3})C(?P<C>[0-9]{1,2})"
    r"\.(?:tiff?|png)",
    re.IGNORECASE | re.ASCII,
)
_CORRECTION = re.compile(r"(?:SC|DC)_.*", re.IGNORECASE)
_PROTOCOL_BYTES: Final = 32 << 20
"""Read into memory; one of 3,456 wells has a megabyte."""

_PLANE_REASON = "is a plane of a stack; projections were asked for"
_PROJECTION_REASON = "is a projection along z; the planes of its stack are used"


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as CellVoyagers name images."""
    return _match(file.base) is not None


def name_parts(base: str) -> NameParts | None:
    """Return what an image's name says; the well of a counted one depends on others."""
    match = _match(base)
    if match is None:
        return None
    field, channel, z, t = (
        name_part(match[axis], f"{axis}{match[axis]}") for axis in "FCZT"
    )
    well = None if match.re is _COUNTED else parse_well(match["well"])
    return NameParts(well=well, field=field, channel=channel, z=z, t=t)


def _match(base: str) -> re.Match[str] | None:
    return _NAME.fullmatch(base) or _COUNTED.fullmatch(base)


def _described(files: Sequence[ExportFile]) -> str:
    return "an .mlf file is there" if any(map(_is_list, files)) else ""


def _is_list(file: ExportFile) -> bool:
    return file.base.lower().endswith(".mlf")


def plates(files: Sequence[ExportFile]) -> dict[str, PlateKey]:
    """Return the plate of each image: that of its list, else the one in its name."""
    listed = {file.folder for file in files if _is_list(file)}
    keys = by_folder(files, matches, _is_list)
    return {
        name: key if key.folder in listed else replace(key, name=_plate_of(name))
        for name, key in keys.items()
    }


def _plate_of(name: str) -> str:
    match = _match(name.rpartition("/")[2])
    return (match and match.groupdict().get("plate")) or ""


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an export of a CellVoyager says.

    Parameters
    ----------
    projection
        Whether projections are wanted where both they and their planes are there.

    Raises
    ------
    SourceError
        If it holds no image named so, several lists, a description that cannot be read,
        or counted wells without the plate's format.
    """
    documents = _read_documents(source, files)
    mlf, detail = documents.mlf, documents.detail
    planes, names = _read_planes(source, files, documents)
    used, unused = _choose(
        [plane for plane in planes if not plane.is_error], projection=projection
    )
    present = [plane for plane in used if plane.text in names]
    if not present:
        raise SourceError(holds_none(source.name, "CellVoyager", len(used), mlf))
    measurement = Measurement(
        planes=used,
        errors=[plane for plane in planes if plane.is_error],
        detail=detail,
        protocol=documents.protocol,
        label=_labels,
    )
    file_parts = {names[plane.text]: measurement.parts(plane) for plane in present}
    reasons = {names[text]: why for text, why in unused if text in names}
    plate = _plate_name(detail, present) or documents.root.rpartition("/")[2]
    return Export(
        preset="cellvoyager",
        reason=reason,
        plate=plate or source.name,
        file_parts=file_parts,
        skipped=tuple(
            (file.name, reasons.get(file.name) or _why_unused(file, mlf))
            for file in files
            if file.name not in file_parts and file.name not in documents.names
        ),
        documents=documents.names,
        format=detail.format,
        expected=measurement.expected(listed=mlf is not None, protocol=not projection),
        channels=measurement.channels(),
        pixel_size=measurement.pixel_size,
        z_step=measurement.z_step,
        centres=measurement.centres(),
        times={
            names[plane.text]: plane.taken
            for plane in present
            if plane.taken is not None
        },
        identity=detail.title if detail.title != plate else None,
        complete=measurement.complete,
        projection=measurement.projection,
        absent=measurement.absent(),
        notes=(
            *measurement.notes(),
            *_missing_notes(mlf, documents.mrf, documents.mes),
        ),
    )


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _only_list(files: Sequence[ExportFile], name: str) -> tuple[str | None, str]:
    """Return the .mlf file and its folder; without one, the folder of the images."""
    lists = [file for file in files if _is_list(file)]
    first = next(iter(lists or filter(matches, files)), None)
    if first is None:
        raise SourceError(
            f"{name} holds no image named as CellVoyagers name them, such as "
            f"plate_B02_T0001F001L01A01Z01C01.tif."
        )
    if not lists:
        return None, first.folder
    usual = [file for file in lists if file.base.lower() == "measurementdata.mlf"]
    if len(usual or lists) > 1:
        raise SourceError(
            f"{name} holds {len(lists)} lists of images "
            f"({some([file.base for file in lists], 4)}); leave one of them."
        )
    return (usual or lists)[0].name, first.folder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Documents:
    """The files that describe a measurement, and what two of them say."""

    root: str
    """Folder of the measurement."""

    mlf: str | None
    mrf: str | None
    mes: str | None
    detail: bts.PlateDetail
    protocol: bts.Protocol | None

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are there, the one that says the plate's format first."""
        files = (self.mrf, self.mlf, self.mes)
        return tuple(name for name in files if name is not None)


def _read_documents(source: ExportSource, files: Sequence[ExportFile]) -> _Documents:
    mlf, root = _only_list(files, source.name)
    mrf = _document(files, root, ".mrf", "MeasurementDetail.mrf")
    detail = bts.PlateDetail()
    if mrf is not None:
        with source.opener(mrf)() as stream:
            detail = bts.read_detail(stream, mrf)
    mes = _document(files, root, ".mes", detail.protocol)
    protocol = None
    if mes is not None:
        protocol = bts.read_protocol(source.read(mes, _PROTOCOL_BYTES), mes)
    return _Documents(
        root=root, mlf=mlf, mrf=mrf, mes=mes, detail=detail, protocol=protocol
    )


def _document(
    files: Sequence[ExportFile], root: str, suffix: str, stated: str
) -> str | None:
    """Return the file of a folder that is called so, else its only one of the kind."""
    alike = [
        file
        for file in files
        if file.folder == root and file.base.lower().endswith(suffix)
    ]
    named = [file for file in alike if file.base.lower() == stated.lower()]
    chosen = named or alike
    return chosen[0].name if len(chosen) == 1 else None


def _read_planes(
    source: ExportSource, files: Sequence[ExportFile], documents: _Documents
) -> tuple[list[bts.MlfRecord], dict[str, str]]:
    """Return the records of the list, else of the names, and the files they mean."""
    images = [file for file in files if is_image_name(file)]
    if documents.mlf is None:
        format = documents.detail.format
        planes = [_named(file, format) for file in images if matches(file)]
        return planes, {file.base: file.name for file in images}
    with source.opener(documents.mlf)() as stream:
        planes = bts.read_planes(stream, documents.mlf)
    return planes, _by_listed(images, documents.root, (p.text for p in planes))


def _plate_name(detail: bts.PlateDetail, planes: Iterable[bts.MlfRecord]) -> str | None:
    """Return what the plate is called: the title where names of files bear no plate."""
    matches = (_NAME.fullmatch(_base(plane.text)) for plane in planes)
    named = next(filter(None, matches), None)
    titles = (detail.plate, detail.title) if named else (detail.title, detail.plate)
    return next(filter(None, titles), None) or (named and named["plate"])


def _named(file: ExportFile, format: PlateFormat | None) -> bts.MlfRecord:
    """Return the plane that a file's name alone says."""
    match = _match(file.base)
    assert match is not None  # noqa: S101  (the caller chose files that match)
    numbers = {key: text for key, text in match.groupdict().items() if key.isupper()}
    return bts.MlfRecord(
        well=_well(match, format, file.base),
        field=int(numbers["F"]),
        time=int(numbers["T"]),
        timeline=int(numbers.get("L", "1")),
        action=int(numbers["A"]) if "A" in numbers else None,
        z=int(numbers["Z"]),
        channel=int(numbers["C"]),
        centre=None,
        height=None,
        projection="",
        depth=None,
        taken=None,
        text=file.base,
        is_error=False,
    )


def _well(match: re.Match[str], format: PlateFormat | None, base: str) -> Position:
    number = match.groupdict().get("W")
    if number is None:
        return parse_well(match["well"])
    if format is None:
        raise SourceError(
            f"{base} counts its wells, and neither MeasurementData.mlf nor "
            f"MeasurementDetail.mrf says of which plate; export them too, or use "
            f"preset regex with the plate's format."
        )
    try:
        return parse_well(number, format)
    except InvalidPathError as error:
        raise SourceError(f"The name {base} gives no well: {error}") from error


def _labels(plane: bts.MlfRecord) -> dict[str, str]:
    """Return how the name of a plane's file spells its numbers."""
    match = _match(_base(plane.text))
    groups = {} if match is None else match.groupdict()
    return {key: text for key, text in groups.items() if key in "FTZC"}


def _by_listed(
    images: Sequence[ExportFile], root: str, listed: Iterable[str]
) -> dict[str, str]:
    """Return the names of files by the paths that a list gives them.

    Images may have another suffix (PNG in place of TIFF), or have lost their folder.
    """
    paths = {file.name.casefold(): file.name for file in images}
    stems: dict[str, str] = {}
    bases: dict[str, list[str]] = {}
    for file in images:
        stems.setdefault(_stem(file.name), file.name)
        bases.setdefault(_stem(file.base), []).append(file.name)
    texts = dict.fromkeys(listed)
    counts = Counter(_stem(_base(text)) for text in texts)
    names = {}
    for text in texts:
        path = f"{root}/{text}" if root else text
        name = paths.get(path.casefold()) or stems.get(_stem(path))
        base = _stem(_base(text))
        if name is None and counts[base] == len(bases.get(base, ())) == 1:
            (name,) = bases[base]
        if name is not None:
            names[text] = name
    return names


def _stem(name: str) -> str:
    return name.casefold().rpartition(".")[0]


def _choose(
    planes: Sequence[bts.MlfRecord], *, projection: bool
) -> tuple[list[bts.MlfRecord], list[tuple[str, str]]]:
    """Return the planes, or their projections where those are wanted, and the rest."""
    kinds: dict[tuple[object, ...], set[bool]] = {}
    for plane in planes:
        kinds.setdefault(_stack(plane), set()).add(bool(plane.projection))
    used: list[bts.MlfRecord] = []
    unused = []
    for plane in planes:
        if len(kinds[_stack(plane)]) == 1 or bool(plane.projection) == projection:
            used.append(plane)
        else:
            unused.append(
                (plane.text, _PLANE_REASON if projection else _PROJECTION_REASON)
            )
    if projection and not any(plane.projection for plane in used):
        raise SourceError(
            f"The export holds no projections: none of its {len(planes)} images was "
            f"projected along z. Import it without asking for projections."
        )
    return used, unused


def _stack(plane: bts.MlfRecord) -> tuple[object, ...]:
    return plane.well, plane.field, plane.time, plane.timeline, plane.channel


def _why_unused(file: ExportFile, mlf: str | None) -> str:
    if not is_image_name(file):
        return unmatched(file)
    if _CORRECTION.fullmatch(file.base):
        return "is a correction image of the microscope"
    return unmatched(file) if mlf is None else f"is not listed in {_base(mlf)}"


def _missing_notes(*documents: str | None) -> tuple[str, ...]:
    lacks = {
        "MeasurementData.mlf": "stage positions and what was to be taken",
        "MeasurementDetail.mrf": "the plate's format and pixel size",
        "The .mes file": "names and wavelengths of the channels",
    }
    return tuple(
        f"{name} is not in the source: {what} are not known from it."
        for document, (name, what) in zip(documents, lacks.items(), strict=True)
        if document is None
    )


MICROSCOPE: Final = Microscope(
    preset="cellvoyager",
    maker="CellVoyager",
    matches=matches,
    read=read_export,
    projections=True,
    name_parts=name_parts,
    plates=plates,
    described=_described,
)
