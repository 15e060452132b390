"""What an export says before any image of it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from hcs.errors import SourceError
from hcs.ingest.sources import is_image_name as is_image_name
from hcs.ingest.sources import is_of_system as is_of_system
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.flatfield import FlatField
    from hcs.ingest.names import NamePart, NameParts, NamePattern
    from hcs.ingest.sources import ExportFile
    from hcs.layout import PlateFormat, Position
    from hcs.tables.platemap import WellConditions

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNote:
    """What an export says of one channel; None where it says nothing."""

    name: str | None = None
    emission: float | None = None
    """Nanometres."""

    excitation: float | None = None
    """Nanometres."""

    clip: int | None = None
    """Largest value that the camera gives, `offset` included."""

    offset: int | None = None
    """What the files hold where the camera saw nothing (ScanR: 32768)."""

    exposure: str | None = None
    """As the export writes it, with its unit."""

    flat_field: FlatField | None = None
    """The microscope's own profiles of its light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What should be there by the export's own description; None where it is silent."""

    wells: tuple[Position, ...] | None = None
    fields: tuple[NamePart, ...] | None = None
    channels: tuple[NamePart, ...] | None = None
    z: tuple[NamePart, ...] | None = None
    t: tuple[NamePart, ...] | None = None
    listed: frozenset[NameParts] | None = None
    """Every single plane, where the export lists its files."""

    blocks: tuple[Expected, ...] = ()
    """Where wells or channels differ: what each such part of the acquisition was to
    give, in place of `wells`, `fields`, `channels`, `z` and `t`."""


def _nothing() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The files of one plate, placed by their names, and what describes them."""

    preset: str
    reason: str
    """Why this preset, in words."""

    plate: str
    """Name for the plate."""

    file_parts: Mapping[str, NameParts]
    """What each image file is of, by the file's name."""

    pages: Mapping[str, Mapping[int, NameParts]] = field(default_factory=_nothing)
    """What the pages (from 0) of a file are of, by its name, where that is described;
    the file's own parts are then what they have in common."""

    skipped: tuple[tuple[str, str], ...] = ()
    """Files that are not used: name and reason."""

    documents: tuple[str, ...] = ()
    """Files that describe the plate and were read."""

    format: PlateFormat | None = None
    format_source: str = ""
    """How the format is known, where it is not the first document that says it."""

    expected: Expected = field(default_factory=Expected)
    channels: Mapping[NamePart, ChannelNote] = field(default_factory=_nothing)
    pixel_size: tuple[float, float] | None = None
    """Micrometres along y and x."""

    z_step: float | None = None
    """Micrometres."""

    centres: Mapping[tuple[Position, NamePart | None], tuple[float, float]] = field(
        default_factory=_nothing
    )
    """Centre of each field from the centre of its well along y and x, micrometres."""

    times: Mapping[str, float] = field(default_factory=_nothing)
    """When each image was taken, in seconds since 1970 (UTC), by the file's name."""

    identity: str | None = None
    """The microscope's own identifier of the plate or measurement."""

    barcode: str | None = None
    """Of the plate, by which its plate map is known."""

    complete: bool | None = None
    """Whether the description says that the acquisition has ended; None where it says
    nothing of that."""

    projection: str = ""
    """How the planes were projected along z, such as ``"maximum of 13 planes"``; ""
    where they are planes."""

    absent: Mapping[NameParts, str] = field(default_factory=_nothing)
    """Why planes that were meant to be there are not, as the export says: an autofocus
    that failed."""

    plate_map: WellConditions | None = None
    """Conditions of the wells that the export itself holds."""

    notes: tuple[str, ...] = ()

    def channel_name(self, channel: NamePart) -> str:
        """Return what the export calls a channel, else its label in the names.

        Parameters
        ----------
        channel
            As `file_parts` has it.

        Returns
        -------
            ``"channel 2"`` where it has neither.
        """
        note = self.channels.get(channel)
        return (note and note.name) or channel.label or f"channel {channel.number}"


def by_pattern(
    files: Sequence[ExportFile],
    pattern: NamePattern,
    name: str,
    *,
    format: PlateFormat | int | str | None = None,
) -> Export:
    """Return the export that a pattern makes of the files of one plate.

    Parameters
    ----------
    files
        Of one plate.
    pattern
        What stands where in their names.
    name
        Name of the plate.
    format
        The plate, on which wells that are numbers are counted.

    Raises
    ------
    SourceError
        If no name matches, one gives no well, or names of several plates do.
    """
    file_parts, wells = pattern.read_all([file.name for file in files], format)
    others = [file for file in files if file.name not in file_parts]
    if not file_parts:
        raise SourceError(
            f"No file name matches the pattern {pattern.text!r}; the source holds "
            f"{some([file.base for file in others], 4) or 'no files'}."
        )
    plates = sorted({parts.plate or "" for parts in file_parts.values()})
    if len(plates) > 1:
        raise SourceError(
            f"The pattern matches files of {len(plates)} plates ({some(plates, 4)}); "
            f"write the name of one of them into the pattern in place of the group "
            f"'plate'."
        )
    return Export(
        preset="pattern" if pattern.simple else "regex",
        reason="the pattern was given",
        plate=plates[0] or name,
        file_parts=file_parts,
        skipped=tuple((file.name, unmatched(file)) for file in others),
        format=wells.format,
        notes=(*_joined_folders(file_parts, pattern), *filter(None, [wells.note])),
    )


def _joined_folders(files: Iterable[str], pattern: NamePattern) -> tuple[str, ...]:
    """Return a note where one plate is made of folders that the pattern does not read.

    They may be of wells or of plates, and nothing tells which.
    """
    folders = sorted({name.rpartition("/")[0] or "." for name in files})
    if len(folders) < 2 or "/" in pattern.text:
        return ()
    return (
        f"Files of {len(folders)} folders were taken as one plate: "
        f"{some(folders, 4)}. Where each is a plate, begin the pattern with "
        f"{{plate}}/.",
    )


def unmatched(file: ExportFile) -> str:
    """Return why a file whose name does not match is left aside."""
    if is_image_name(file):
        return "is not named as the images of this plate are"
    return "is no image by its name"


def holds_none(source: str, maker: str, listed: int, document: str | None) -> str:
    """Return that a source holds no image of a family, or none that is listed."""
    if document is None:
        return f"{source} holds no image named as {maker} names them."
    if not listed:
        return (
            f"{document} in {source} lists no image that it gives a place. Export it "
            f"again."
        )
    return (
        f"{source} holds none of the {listed:,} images that {document} lists. Give the "
        f"folder that holds both."
    )
