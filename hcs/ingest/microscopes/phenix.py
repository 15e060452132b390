"""Exports of Opera Phenix and Operetta, by Harmony or Columbus, and Harmony's archives.

Images are named by number, or listed in an index; the index lies beside them, or above
folders of single wells. Flat-field corrected copies (``flex``) are used where a
measurement has no other images.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.microscopes.export import (
    ChannelNote,
    Expected,
    Export,
    is_image_name,
    unmatched,
)
from hcs.ingest.microscopes.harmony import names
from hcs.ingest.microscopes.harmony.index import (
    Index,
    read_index,
    read_profile_texts,
)
from hcs.ingest.microscopes.harmony.layout import is_layout, read_layouts
from hcs.ingest.microscopes.harmony.placing import place_files
from hcs.ingest.microscopes.harmony.profiles import read_profiles
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey, by_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.ingest.names import NamePart, NameParts
    from hcs.ingest.sources import ExportFile, ExportSource

_COPY = "is a flat-field corrected copy; the images as they were acquired are used"
_NO_INDEX = (
    "No index of Harmony (Index.idx.xml, Index.xml) is in the source: the plate's "
    "format, pixel size, positions and the channels' names are not known from it."
)
_CORRECTED = "The images were flat-field corrected by Harmony."


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as Harmony names images."""
    return names.name_parts(file.base) is not None


def plates(files: Sequence[ExportFile]) -> dict[str, PlateKey]:
    """Return the plate of each image: that of its measurement's folder.

    Where no image is named as Harmony's, those below a folder with an index.
    """
    named = {f.name: parts for f in files if (parts := names.name_parts(f.base))}
    indexed = {file.folder for file in files if names.is_index(file)}
    keys = by_folder(
        files,
        lambda file: file.name in named if named else _may_be_listed(file),
        names.is_index,
    )
    return {
        name: PlateKey(
            names.measurement_folder(
                key.folder, named.get(name) if key.folder not in indexed else None
            )
        )
        for name, key in keys.items()
        if named or key.folder in indexed
    }


def _may_be_listed(file: ExportFile) -> bool:
    return is_image_name(file) or file.base.lower().endswith(".flex")


def _described(files: Sequence[ExportFile]) -> str:
    return "an index is there" if any(map(names.is_index, files)) else ""


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an export of Harmony or Columbus says.

    Raises
    ------
    SourceError
        If it holds no image that is named or listed so, images of several
        measurements, or an index that cannot be read.
    """
    indices = [file for file in files if names.is_index(file)]
    named = {f.name: parts for f in files if (parts := names.name_parts(f.base))}
    folder = _folder(files, indices, source.name)
    layouts = [
        file.name
        for file in files
        if is_layout(file) and names.lies_within(file, folder)
    ]
    images = [f for f in files if f not in indices and f.name not in layouts]
    copies = {f.name for f in images if f.name in named and names.is_corrected(f)}
    corrected = bool(copies) and len(copies) == len(named)
    skipped = {} if corrected else dict.fromkeys(copies, _COPY)
    document, others = _chosen(indices, folder, corrected=corrected)
    index = Index()
    if document is not None:
        with source.opener(document.name)() as stream:
            index = read_index(stream, document.name)
    placed = place_files(
        {name: parts for name, parts in named.items() if name not in skipped},
        [file.name for file in images if file.name not in named],
        index.planes,
        [document.folder if document else folder, folder],
    )
    if not placed.file_parts:
        raise _no_image(source.name, index)
    plate_map, unusable = read_layouts(source, layouts, index.format)
    profiled, unreadable = _add_profiles(
        index, source, [file for file in images if names.lies_within(file, folder)]
    )
    skipped |= {**others, **unusable, **unreadable, **placed.contradictions}
    accounted = {*placed.file_parts, *skipped, *profiled}
    skipped |= {f.name: unmatched(f) for f in images if f.name not in accounted}
    listed = frozenset(plane.parts for plane in index.planes)
    return Export(
        preset="phenix",
        reason=reason,
        plate=index.plate
        or names.plate_name(folder, next(iter(placed.file_parts)), source.name),
        file_parts=placed.file_parts,
        pages=placed.pages,
        skipped=tuple(skipped.items()),
        documents=(
            *(() if document is None else (document.name,)),
            *(name for name in layouts if name not in unusable),
            *profiled,
        ),
        format=index.format,
        expected=Expected(listed=listed) if listed else Expected(),
        # Profiles say how the light lay before a correction.
        channels=index.channels if corrected else _with_profiles(index),
        pixel_size=index.pixel_size,
        z_step=index.z_step,
        centres=index.centres,
        times=_times(placed.file_parts, index),
        identity=index.measurement,
        barcode=index.barcode,
        absent=placed.absent,
        plate_map=plate_map,
        notes=(
            *(() if document else (_NO_INDEX,)),
            *((_CORRECTED,) if corrected else ()),
            *index.notes,
        ),
    )


def _folder(
    files: Sequence[ExportFile], indices: Sequence[ExportFile], name: str
) -> str:
    """Return the folder of the measurement; the files are of one where names tell."""
    folders = sorted(
        {key.folder for key in plates(files).values()}
        or {names.measurement_folder(index.folder, None) for index in indices}
    )
    if not folders:
        raise _no_image(name, Index())
    if len(folders) > 1:
        listing = ", ".join(repr(folder or ".") for folder in folders[:8])
        raise SourceError(
            f"{name} holds {len(folders)} measurements ({listing}); import one folder "
            f"at a time."
        )
    return folders[0]


def _no_image(name: str, index: Index) -> SourceError:
    if index.planes:
        return SourceError(
            f"{name} holds an index that lists {len(index.planes):,} images, and none "
            f"of these. Give the folder that holds both."
        )
    return SourceError(
        f"{name} holds no image named as Harmony names them, such as "
        f"r01c01f01p01-ch1sk1fk1fl1.tiff, and none that an index of Harmony or "
        f"Columbus lists."
    )


def _chosen(
    indices: Sequence[ExportFile], folder: str, *, corrected: bool
) -> tuple[ExportFile | None, dict[str, str]]:
    """Return the index of a measurement, and why others are not used."""

    def rank(file: ExportFile) -> tuple[bool, bool, int]:
        # That of corrected images lies with them, and has no profiles any more.
        return (
            names.measurement_folder(file.folder, None) != folder,
            names.is_corrected(file) != corrected,
            names.INDICES.index(file.base.lower()),
        )

    ordered = sorted(indices, key=rank)
    if not ordered:
        return None, {}
    reason = f"is another index than {ordered[0].name}"
    return ordered[0], {file.name: reason for file in ordered[1:]}


def _times(file_parts: Mapping[str, NameParts], index: Index) -> dict[str, float]:
    moments = {
        plane.parts: plane.moment for plane in index.planes if plane.moment is not None
    }
    return {
        name: moments[parts] for name, parts in file_parts.items() if parts in moments
    }


def _add_profiles(
    index: Index, source: ExportSource, files: Sequence[ExportFile]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Add profiles of a document of their own, where the index has none.

    Returns
    -------
        The document's name, if it was used, and why it was not.
    """
    documents = [f.name for f in files if names.is_profile_document(f)]
    if index.profiles or len(documents) != 1:
        return (), {}
    try:
        with source.opener(documents[0])() as stream:
            index.profiles |= read_profile_texts(stream, documents[0])
    except SourceError as error:
        return (), {documents[0]: f"holds no profiles: {error}".rstrip(".")}
    return tuple(documents), {}


def _with_profiles(index: Index) -> dict[NamePart, ChannelNote]:
    channels = index.channels
    for channel, text in index.profiles.items():
        note = channels.get(channel, ChannelNote())
        channels[channel] = replace(note, flat_field=read_profiles(text))
    return channels


MICROSCOPE: Final = Microscope(
    preset="phenix",
    maker="Opera Phenix",
    matches=matches,
    read=read_export,
    name_parts=names.name_parts,
    plates=plates,
    described=_described,
)
