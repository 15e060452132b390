"""Which reader takes an export: the one that was asked for, or the one that fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.microscopes import imagexpress, phenix
from hcs.ingest.microscopes.export import (
    Export,
    by_pattern,
    is_image_name,
    is_of_system,
)
from hcs.ingest.names import NamePattern
from hcs.ingest.sources import ExportFile
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest.sources import ExportSource

MICROSCOPES: Final = (imagexpress.MICROSCOPE, phenix.MICROSCOPE)
"""A new family is one module and one entry here; where two fit, the one with more
files takes an export, of equal ones the first."""

PRESETS: Final = ("auto", *(microscope.preset for microscope in MICROSCOPES), "regex")


def read_export(
    source: ExportSource,
    *,
    preset: str = "auto",
    pattern: str | None = None,
    projection: bool = False,
) -> Export:
    """Return what the files of a source are, by their names and descriptions.

    Parameters
    ----------
    preset
        ``"auto"`` picks among the others and says why in `Export.reason`.
    pattern
        A regular expression for ``"regex"``; with ``"auto"`` it is taken too.
    projection
        Whether projections along z are wanted where the export has them beside planes
        (ImageXpress).

    Raises
    ------
    SourceError
        If no reader fits, or the one that was asked for cannot read the source.
    """
    if preset not in PRESETS:
        raise SourceError(
            f"No preset is called {preset!r}; there are {', '.join(PRESETS)}."
        )
    if pattern is not None and preset in _BY_PRESET:
        raise SourceError(f"The preset {preset} takes no pattern; use preset regex.")
    if pattern is None and preset == "regex":
        raise SourceError(
            "The preset regex needs a pattern, such as "
            r"'(?P<well>[A-H]\d\d)_s(?P<field>\d)_w(?P<channel>\d)'."
        )
    files = [file for file in source.files if not is_of_system(file)]
    files = sorted([*files, *_unreadable(source, files)], key=lambda file: file.name)
    reason = "it was asked for"
    if preset == "auto":
        preset, reason = _pick(source.name, files, pattern)
    export = _read(source, files, preset, pattern, reason, projection=projection)
    system_files = [
        (file.name, "is a file of the operating system")
        for file in source.files
        if is_of_system(file)
    ]
    return replace(export, skipped=(*export.skipped, *system_files))


def _unreadable(source: ExportSource, files: Sequence[ExportFile]) -> list[ExportFile]:
    """Return the images beside others that cannot be opened, known by their names."""
    folders = {file.folder for file in files}
    absent = [ExportFile(name, 0) for name, _ in source.left_out]
    return [
        file
        for file in absent
        if file.folder in folders and is_image_name(file) and not is_of_system(file)
    ]


def _read(
    source: ExportSource,
    files: Sequence[ExportFile],
    preset: str,
    pattern: str | None,
    reason: str,
    *,
    projection: bool,
) -> Export:
    microscope = _BY_PRESET.get(preset)
    if projection and not (microscope and microscope.projections):
        raise SourceError(
            f"{source.name} is read by preset {preset}, which knows no projections "
            f"beside planes; import it without asking for them."
        )
    if microscope is None:
        return by_pattern(files, NamePattern(pattern or ""), source.name)
    return microscope.read(source, files, reason, projection=projection)


def _pick(
    name: str, files: Sequence[ExportFile], pattern: str | None
) -> tuple[str, str]:
    if not files:
        raise SourceError(f"{name} holds no files; give the export's folder.")
    if pattern is not None:
        return "regex", "a pattern was given"
    counts = [sum(map(microscope.matches, files)) for microscope in MICROSCOPES]
    count = max(counts)
    if not count:
        makers = " or ".join(microscope.maker for microscope in MICROSCOPES)
        raise SourceError(
            f"{name} is no export that is known: no file is named as {makers} name "
            f"theirs; it holds {some([file.name for file in files], 3)}. Use preset "
            f"regex with a pattern for its names."
        )
    microscope = MICROSCOPES[counts.index(count)]
    reason = f"{count} files are named as {microscope.maker} names them"
    described = microscope.described(files)
    return microscope.preset, f"{reason}, and {described}" if described else reason


_BY_PRESET: Final = {microscope.preset: microscope for microscope in MICROSCOPES}
