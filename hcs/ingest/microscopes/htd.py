"""The .HTD file of MetaXpress: what was to be acquired on a plate."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, SourceError
from hcs.layout import PlateFormat, Position

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_COUNT = 100_000
"""Time points, z steps or sites; a larger number is damage, not an experiment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRecord:
    """What an .HTD file says."""

    format: PlateFormat
    wells: tuple[Position, ...]
    """Selected wells, zero-based ``(row, column)``."""

    sites: int
    """Selected sites a well; they are numbered from 1."""

    has_sites: bool
    """Whether file names bear the site."""

    time_points: int
    z_steps: int
    """Planes of a stack, 1 where none was taken."""

    waves: Mapping[int, str]
    """Name of each wave that is collected, by its number from 1."""

    identity: str | None
    description: str


def read_htd(data: bytes, where: str) -> PlateRecord:
    """Return what an .HTD file says.

    It is Latin-1, one quoted key a line with its values behind it.

    Raises
    ------
    SourceError
        If a value that places images is absent or no number.
    """
    entries: dict[str, list[str]] = {}
    reader = csv.reader(io.StringIO(data.decode("latin-1")), skipinitialspace=True)
    try:
        for row in reader:
            if row:
                entries.setdefault(row[0].strip(), [cell.strip() for cell in row[1:]])
    except csv.Error as error:
        raise SourceError(f"{where} cannot be read: {error}.") from error
    if "HTSInfoFile" not in entries:
        raise SourceError(f"{where} is no .HTD file: it has no line 'HTSInfoFile'.")
    try:
        grid = PlateFormat(_count(entries, "YWells"), _count(entries, "XWells"))
        return PlateRecord(
            format=grid,
            wells=tuple(_selected_wells(entries, grid)),
            sites=_selected_sites(entries),
            has_sites=_is_true(entries, "Sites"),
            time_points=_count(entries, "TimePoints", 1),
            z_steps=_count(entries, "ZSteps") if _is_true(entries, "ZSeries") else 1,
            waves=dict(_waves(entries)),
            identity=_first(entries, "UniquePlateIdentifier"),
            description=_first(entries, "Description") or "",
        )
    except (ValueError, InvalidPathError) as error:
        raise SourceError(f"{where} cannot be understood: {error}.") from error


def _first(entries: Mapping[str, list[str]], key: str) -> str | None:
    return next(iter(entries.get(key, ())), None) or None


def _is_true(entries: Mapping[str, list[str]], key: str) -> bool:
    return (_first(entries, key) or "").upper() == "TRUE"


def _count(
    entries: Mapping[str, list[str]], key: str, default: int | None = None
) -> int:
    text = _first(entries, key)
    if text is None and default is not None:
        return default
    if text is None or not text.isascii() or not text.isdigit():
        raise ValueError(f"{key} is {text!r}, expected a number")
    if not 1 <= int(text) <= _MAX_COUNT:
        raise ValueError(f"{key} is {text}, expected 1 to {_MAX_COUNT}")
    return int(text)


def _selected_wells(
    entries: Mapping[str, list[str]], grid: PlateFormat
) -> list[Position]:
    return [
        (row, column)
        for row in range(grid.rows)
        for column, flag in enumerate(entries.get(f"WellsSelection{row + 1}", ()))
        if flag.upper() == "TRUE" and column < grid.columns
    ]


def _selected_sites(entries: Mapping[str, list[str]]) -> int:
    if not _is_true(entries, "Sites"):
        return 1
    rows = _count(entries, "YSites", 1)
    flags = [
        flag.upper() == "TRUE"
        for row in range(rows)
        for flag in entries.get(f"SiteSelection{row + 1}", ())
    ]
    return sum(flags) if any(flags) else rows * _count(entries, "XSites", 1)


def _waves(entries: Mapping[str, list[str]]) -> list[tuple[int, str]]:
    if not _is_true(entries, "Waves"):
        name = _first(entries, "WaveName1")
        return [(1, name)] if name else []
    return [
        (number, _first(entries, f"WaveName{number}") or "")
        for number in range(1, _count(entries, "NWavelengths", 1) + 1)
        if _first(entries, f"WaveCollect{number}") != "0"
    ]
