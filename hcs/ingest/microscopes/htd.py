"""The .HTD file of MetaXpress: what was to be acquired on a plate."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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

    time_points: int
    z_steps: int
    """Planes of a stack, 1 where none was taken."""

    waves: Mapping[int, str]
    """Name of each wave that is collected, by its number from 1."""

    identity: str | None
    description: str
    encoding: str
    """In which it was read; ``""`` where it says that itself."""


def read_htd(data: bytes, where: str) -> PlateRecord:
    """Return what an .HTD file says.

    One quoted key a line with its values behind it, in whatever encoding the computer
    of the microscope has.

    Raises
    ------
    SourceError
        If a value that places images is absent or no number.
    """
    entries: dict[str, list[str]] = {}
    text, encoding = _decoded(data)
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    try:
        for row in reader:
            if row:
                entries.setdefault(row[0].strip(), [cell.strip() for cell in row[1:]])
    except csv.Error as error:
        raise SourceError(
            f"{where} cannot be read: {error}. Export or copy it again."
        ) from error
    if "HTSInfoFile" not in entries:
        raise SourceError(f"{where} is no .HTD file: it has no line 'HTSInfoFile'.")
    try:
        grid = PlateFormat(_count(entries, "YWells"), _count(entries, "XWells"))
        return PlateRecord(
            format=grid,
            wells=tuple(_selected_wells(entries, grid)),
            sites=_selected_sites(entries),
            time_points=_count(entries, "TimePoints", 1),
            z_steps=_count(entries, "ZSteps") if _is_true(entries, "ZSeries") else 1,
            waves=dict(_waves(entries)),
            identity=_first(entries, "UniquePlateIdentifier"),
            description=_first(entries, "Description") or "",
            encoding=encoding,
        )
    except (ValueError, InvalidPathError) as error:
        raise SourceError(f"{where} cannot be understood: {error}.") from error


_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NEW_LINE = b"\x82\x81"
"""Between lines of a description; no text in western encodings."""

# Western letters with accents look like Chinese or Japanese ones with what follows.
# What no western text has: kana, two kanji in a row or one that fills a value, all of
# first bytes that are no western letters; and two Chinese letters of four such bytes.
_KANJI = rb"[\x88-\x9f][\x40-\x7e\x80-\xfc]"
_JAPANESE = re.compile(
    rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|(?:%s){2}|\"%s\"" % (_KANJI, _KANJI)
)
_CHINESE = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){2}")


def _decoded(data: bytes) -> tuple[str, str]:
    """Return the text and in which encoding it was read, "" where that is certain."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ""
    # The first character is a quotation mark: half of it is zero in UTF-16.
    if b"\0" in data[:2]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
        return data.decode(encoding, "replace"), ""
    lines = data.replace(_NEW_LINE, b"; ")
    for encoding, expected, text in (
        ("utf-8", None, data),
        ("cp932", _JAPANESE, data),
        ("gb18030", _CHINESE, lines),
        ("cp1252", None, lines),
    ):
        try:
            decoded = text.decode(encoding)
        except UnicodeDecodeError:
            continue
        if expected is None or expected.search(lines):
            return decoded, "" if data.isascii() else encoding
    return lines.decode("latin-1"), "latin-1"


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
