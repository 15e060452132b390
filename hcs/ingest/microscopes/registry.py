"""Which reader takes an export: the one that was asked for, or the one that fits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from hcs.errors import HCSError, SourceError
from hcs.ingest.microscopes import (
    cellinsight,
    cellvoyager,
    czi,
    imagexpress,
    incell,
    leica,
    loaddata,
    phenix,
    scanr,
)
from hcs.ingest.microscopes.export import (
    Export,
    by_pattern,
    is_image_name,
    is_of_system,
)
from hcs.ingest.microscopes.fitting import (
    EXAMPLE,
    failed,
    fitting_family,
    images_of,
    plate_keys,
)
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import (
    PlateFiles,
    PlateKey,
    PlateListing,
    by_plate,
    choose_plate,
    listed_names,
)
from hcs.ingest.names import NamePattern
from hcs.ingest.placeholders import is_simple
from hcs.ingest.sources import ExportFile
from hcs.plugins import Plugin, broken, plugins
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hcs.ingest.sources import ExportSource
    from hcs.layout import PlateFormat

GROUP = "hcs.imports"
"""Entry points by which other packages add presets; each leads to a `Microscope`."""

OF_PATTERNS: Final = ("pattern", "regex")
"""Presets that take a person's pattern: one of placeholders, and an expression."""

_OURS: Final = (
    imagexpress.MICROSCOPE,
    phenix.MICROSCOPE,
    cellvoyager.MICROSCOPE,
    scanr.MICROSCOPE,
    incell.MICROSCOPE,
    cellinsight.MICROSCOPE,
    leica.MICROSCOPE,
    czi.MICROSCOPE,
    loaddata.MICROSCOPE,
)
"""A new family is one module and one entry here; where two fit, the one with more
files takes an export, of equal ones the first."""


def microscopes() -> tuple[Microscope, ...]:
    """Return the families of exports that are known: ours, then those of packages."""
    return _registered()[0]


def presets() -> tuple[str, ...]:
    """Return what `read_export` takes as a preset."""
    return ("auto", *_by_preset(), *OF_PATTERNS)


def broken_presets() -> tuple[Plugin, ...]:
    """Return the entry points for presets that cannot be used, and why."""
    return _registered()[1]


@cache
def _registered() -> tuple[tuple[Microscope, ...], tuple[Plugin, ...]]:
    taken = {microscope.preset: microscope for microscope in _OURS}
    unusable = []
    for plugin in plugins(GROUP):
        if plugin.problem:
            unusable.append(plugin)
        elif why := _unfit(plugin.value, taken):
            unusable.append(broken(plugin.name, plugin.source, why))
        else:
            taken[plugin.value.preset] = replace(plugin.value, source=plugin.source)
    return tuple(taken.values()), tuple(unusable)


def _unfit(value: object, taken: Collection[str]) -> str:
    """Return why something is no preset that can be added, "" where it is one."""
    if not isinstance(value, Microscope):
        return f"it is {type(value).__name__}, and no hcs.ingest.Microscope"
    if value.preset in ("auto", *OF_PATTERNS, *taken):
        return f"there is a preset {value.preset!r} already"
    return ""


def _by_preset() -> dict[str, Microscope]:
    return {microscope.preset: microscope for microscope in microscopes()}


def read_export(
    source: ExportSource,
    *,
    preset: str = "auto",
    pattern: str | None = None,
    projection: bool = False,
    format: PlateFormat | int | str | None = None,
    plate: str | None = None,
) -> Export:
    """Return what the files of a source are, by their names and descriptions.

    Parameters
    ----------
    source
        What `open_source` returned.
    preset
        ``"auto"`` picks among the others and says why in `Export.reason`.
    pattern
        For ``"pattern"`` and ``"regex"``; with ``"auto"`` it is taken as what it is,
        see `NamePattern`.
    projection
        Whether projections along z are wanted where the export has them beside planes
        (ImageXpress).
    format
        The plate that a person gave, on which a pattern's wells that are numbers are
        counted.
    plate
        Which one of several plates, as `plates_of` names them.

    Raises
    ------
    SourceError
        If no reader fits, the one that was asked for cannot read the source, or it
        holds several plates and none was chosen.
    """
    files, microscope, reason = _reader(source, preset, pattern, format)
    plates = by_plate(files, plate_keys(microscope, files))
    chosen = choose_plate(plates, plate, source.name)
    if projection and not microscope.projections:
        raise SourceError(
            f"{source.name} is read by preset {microscope.preset}, which knows no "
            f"projections beside planes; import it without asking for them."
        )
    export = _read(microscope, source, chosen.files, reason, projection=projection)
    system_files = [
        (file.name, "is a file of the operating system")
        for file in source.files
        if is_of_system(file)
    ]
    return replace(
        export,
        skipped=(*export.skipped, *system_files),
        notes=(*_other_plates(plates, chosen, source.name), *export.notes),
    )


def plates_of(
    source: ExportSource, *, preset: str = "auto", pattern: str | None = None
) -> tuple[PlateListing, ...]:
    """Return the plates whose images a source holds, by the names of its files.

    No file is opened. A source whose files do not tell plates apart is one plate.

    Parameters
    ----------
    source
        What `open_source` returned.
    preset
        Name of a microscope; ``"auto"`` knows it by the names of files.
    pattern
        What stands where in file names, instead of a preset.

    Raises
    ------
    SourceError
        If no reader fits.
    """
    files, microscope, reason = _reader(source, preset, pattern)
    plates = by_plate(files, plate_keys(microscope, files))
    names = listed_names(plates, source.name)
    # A family that does not tell plates apart has all of its images on the only one.
    images = [plate.images or images_of(microscope, plate.files) for plate in plates]
    return tuple(
        PlateListing(
            name=name,
            preset=microscope.preset,
            reason=reason,
            images=len(files),
            size=sum(file.size for file in files),
        )
        for name, files in zip(names, images, strict=True)
    )


def _other_plates(
    plates: Sequence[PlateFiles], chosen: PlateFiles, source: str
) -> tuple[str, ...]:
    """Return a note on the plates that were not chosen, where there are any."""
    names = dict(zip(listed_names(plates, source), plates, strict=True))
    others = {name: plate for name, plate in names.items() if plate is not chosen}
    if not others:
        return ()
    count = sum(len(plate.images) for plate in others.values())
    return (f"{count} images of other plates were left aside: {some([*others], 8)}.",)


def _reader(
    source: ExportSource,
    preset: str,
    pattern: str | None,
    format: PlateFormat | int | str | None = None,
) -> tuple[list[ExportFile], Microscope, str]:
    """Return the files that may be of plates, what reads them, and why that.

    Raises
    ------
    SourceError
        If nothing does.
    """
    if preset not in presets():
        raise SourceError(no_preset(preset))
    if pattern is not None and preset in _by_preset():
        raise SourceError(
            f"The preset {preset} takes no pattern; leave the preset or the pattern "
            f"out."
        )
    if preset in OF_PATTERNS:
        _check_pattern(preset, pattern)
    files = [file for file in source.files if not is_of_system(file)]
    if not files:
        reasons = [f"{name} {reason}" for name, reason in source.left_out]
        why = f" that can be read: {some(reasons, 3, str)}" if reasons else ""
        raise SourceError(
            f"{source.name} holds no files{why}; give the export's folder."
        )
    files = sorted([*files, *_unreadable(source, files)], key=lambda file: file.name)
    reason = "it was asked for"
    if pattern is not None and preset == "auto":
        preset, reason = OF_PATTERNS[not is_simple(pattern)], "a pattern was given"
    if preset == "auto":
        microscope, reason = fitting_family(source, files, microscopes())
        return files, microscope, reason
    if preset in OF_PATTERNS:
        names = NamePattern(pattern or "")
        names.check_time(file.name for file in files)
        return files, _by_names(names, format), reason
    return files, _by_preset()[preset], reason


def _by_names(
    pattern: NamePattern, format: PlateFormat | int | str | None
) -> Microscope:
    """Return what reads files whose names a person described."""

    def read(
        source: ExportSource,
        files: Sequence[ExportFile],
        reason: str,
        *,
        projection: bool = False,
    ) -> Export:
        return by_pattern(files, pattern, source.name, format=format)

    def plates(files: Sequence[ExportFile]) -> dict[str, PlateKey]:
        names = ((file.name, pattern.plate(file.name)) for file in files)
        return {
            name: PlateKey(name=plate) for name, plate in names if plate is not None
        }

    return Microscope(
        preset="pattern" if pattern.simple else "regex",
        maker="a pattern",
        matches=lambda file: pattern.plate(file.name) is not None,
        read=read,
        plates=plates,
    )


def _check_pattern(preset: str, pattern: str | None) -> None:
    """Refuse a preset of patterns without one, or with one of the other kind."""
    if pattern is None:
        raise SourceError(
            f"The preset {preset} needs a pattern, such as {_EXAMPLES[preset]!r}."
        )
    kind = OF_PATTERNS[not is_simple(pattern)]
    if kind != preset:
        raise SourceError(
            f"The pattern {pattern!r} is one for preset {kind}, and not for {preset}, "
            f"which takes such as {_EXAMPLES[preset]!r}."
        )


_EXAMPLES = {
    "pattern": EXAMPLE,
    "regex": r"(?P<well>[A-H]\d\d)_s(?P<field>\d)_w(?P<channel>\d)",
}


def no_preset(name: str) -> str:
    """Return that there is no such preset, and which are broken."""
    lines = [f"No preset is called {name!r}; there are {', '.join(presets())}."]
    return " ".join((*lines, *(plugin.warning for plugin in broken_presets())))


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
    microscope: Microscope,
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool,
) -> Export:
    try:
        return microscope.read(source, files, reason, projection=projection)
    except HCSError:
        raise
    except Exception as error:
        if not microscope.source:
            raise
        raise failed(microscope, source.name, error) from error
