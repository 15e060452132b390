"""Which family of microscopes takes the files of a source, and what speaks for it.

A family of another package may fail at any of this; then it is named as broken, or the
source cannot be read by it, and other families go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.errors import SourceError, UnknownNamesError
from hcs.ingest.formats.images import SUFFIXES
from hcs.ingest.microscopes.export import is_image_name
from hcs.ingest.proposals.proposal import propose_patterns
from hcs.plugins import broken
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.ingest.microscopes.microscope import Microscope
    from hcs.ingest.microscopes.plates import PlateKey
    from hcs.ingest.sources import ExportFile, ExportSource


def fitting_family(
    source: ExportSource, files: Sequence[ExportFile], known: Sequence[Microscope]
) -> tuple[Microscope, str]:
    """Return the family that names most of the files so, and why in words.

    Where none does, names that anybody gives files are a family's beside a description
    of it.

    Raises
    ------
    UnknownNamesError
        If no family fits, or the best one to a few of many images.
    """
    counts = [len(images_of(microscope, files)) for microscope in known]
    count = max(counts)
    if not count:
        for microscope in known:
            description = _described(microscope, files)
            if description and plate_keys(microscope, files):
                return microscope, description
        raise _unknown(source, files, known)
    microscope = known[counts.index(count)]
    _check_share(source, files, microscope)
    reason = f"{count} files are named as {microscope.maker} names them"
    description = _described(microscope, files)
    return microscope, f"{reason}, and {description}" if description else reason


def _check_share(
    source: ExportSource, files: Sequence[ExportFile], microscope: Microscope
) -> None:
    """Refuse a family that would leave nearly all images aside: it fits by chance."""
    taken = sum(map(is_image_name, images_of(microscope, files)))
    images = sum(map(is_image_name, files))
    if not taken or taken >= _LEAST_SHARE * images:
        return
    proposals = propose_patterns(files)
    hint = f" {proposals[0].sentence}" if proposals else ""
    raise UnknownNamesError(
        f"Only {taken:,} of the {images:,} images of {source.name} are named as "
        f"{microscope.maker} names them, which may be chance. If these alone are "
        f"meant, use preset {microscope.preset}.{hint}",
        proposals=proposals,
    )


_LEAST_SHARE = 0.1
"""Of the images, which a family has to know by their names; others may be previews."""


def _unknown(
    source: ExportSource, files: Sequence[ExportFile], known: Sequence[Microscope]
) -> UnknownNamesError:
    held = some([file.name for file in files], 3)
    start = f"{source.name} is no export that is known: "
    if any(map(is_image_name, files)):
        makers = " or ".join(microscope.maker for microscope in known)
        proposals = propose_patterns(files)
        hint = (
            proposals[0].sentence
            if proposals
            else f"Give a pattern of its names, such as {EXAMPLE!r}."
        )
        return UnknownNamesError(
            f"{start}no file is named as {makers} name theirs; it holds {held}. {hint}",
            proposals=proposals,
        )
    left_out = [f"{name} {reason}" for name, reason in source.left_out]
    others = f" What was not looked into: {some(left_out, 3, str)}." if left_out else ""
    described = [
        f"{text[:1].upper()}{text[1:]}, as in an export of {microscope.maker}, but not "
        f"its images"
        for microscope in known
        if (text := _described(microscope, files))
    ]
    why = f" {described[0]}." if described else ""
    return UnknownNamesError(
        f"{start}by their names none of what it holds is an image "
        f"({counted(len(files), 'file')}: {held}).{why}{others} Give the folder of the "
        f"images, whose names end in {', '.join(SUFFIXES)} or .czi."
    )


EXAMPLE = "{plate}_{well}_s{field}_w{channel}.tif"
"""A pattern, for messages."""


def plate_keys(
    microscope: Microscope, files: Sequence[ExportFile]
) -> Mapping[str, PlateKey]:
    """Return the plate of each image that a family tells from others.

    Raises
    ------
    SourceError
        If a family of another package fails.
    """
    try:
        return microscope.plates(files)
    except Exception as error:
        if not microscope.source:
            raise
        raise failed(microscope, files[0].name if files else "", error) from error


def failed(microscope: Microscope, name: str, error: Exception) -> SourceError:
    """Return that a family of another package failed."""
    return SourceError(
        f"The preset {microscope.preset} of {microscope.source} failed on {name}: "
        f"{type(error).__name__}: {error}. Use another preset, or a pattern."
    )


def images_of(
    microscope: Microscope, files: Sequence[ExportFile]
) -> tuple[ExportFile, ...]:
    """Return the files that a family takes for its own; none where it fails."""
    try:
        return tuple(file for file in files if microscope.matches(file))
    except Exception as error:
        if not microscope.source:
            raise
        broken(microscope.preset, microscope.source, f"{type(error).__name__}: {error}")
        return ()


def _described(microscope: Microscope, files: Sequence[ExportFile]) -> str:
    """Return what beside names speaks for a family; nothing where it fails."""
    try:
        return str(microscope.described(files))
    except Exception:
        if not microscope.source:
            raise
        return ""
