"""Files of ours with a JSON document a line, the first of which says what it is."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping


_MOST_BYTES = 1 << 30
"""Of a file: a million verdicts take half of it."""

_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A character that PostgreSQL refuses, as JSON spells it."""


def json_line(document: Mapping[str, Any]) -> str:
    """Return a document as a line with its end; text stays readable.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no such numbers.
    """
    return json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"


def read_lines(file: Path) -> list[bytes]:
    """Return the lines of a file, each with its end.

    Only a line feed ends a line: a note may hold any other separator of Unicode
    (U+2028, U+0085 ...), which JSON does not escape.

    Raises
    ------
    DashboardError
        If it cannot be read, or is larger than any that was written here.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DashboardError(
            f"{file} cannot be read: {error.strerror or error}."
        ) from error
    if len(data) > _MOST_BYTES:
        raise DashboardError(f"{file} has more than {_MOST_BYTES >> 30} GiB.")
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def read_document(file: Path, number: int, line: bytes) -> dict[str, Any]:
    """Return the document of a line; `number`, from one, is for the message.

    Raises
    ------
    DashboardError
        If it is no JSON object, or has what no database keeps.
    """
    try:
        document = json.loads(line, parse_int=_whole)
        # Numbers that are not finite, and halves of characters, are a ValueError.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        if _ZERO.search(line):
            raise ValueError("a text holds a character that is zero")
    except (ValueError, RecursionError) as error:
        raise DashboardError(
            f"Line {number} of {file} is no JSON that was written here: "
            f"{plain_text(error, 100)}. Nothing was imported."
        ) from error
    if not isinstance(document, dict):
        raise DashboardError(
            f"Line {number} of {file} is no JSON object. Nothing was imported."
        )
    return document


def _whole(text: str) -> int:
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"{text[:20]}... is a number of more than 64 bits")
    return number


def check_header(
    file: Path, header: Mapping[str, Any], kind: str, version: int
) -> None:
    """Refuse a file of another kind or version.

    Parameters
    ----------
    file
        For the message.
    header
        The file's first line.
    kind
        ``decisions`` or ``project``: the command whose ``export`` writes such files.
    version
        The one that is read.

    Raises
    ------
    DashboardError
        If it is another.
    """
    if header.get("format") != f"hcs-{kind}":
        raise DashboardError(
            f"{file} was not written by `hcs-dashboard {kind} export`: its first line "
            f"names the format {plain_text(header.get('format'), 40)}."
        )
    if header.get("version") != version:
        raise DashboardError(
            f"{file} has version {plain_text(header.get('version'), 20)}, this "
            f"program reads {version}. Use the program that wrote it, or a newer one."
        )


def write_whole(file: Path, text: str) -> None:
    """Write the whole file or leave the old one."""
    # Under a name that is not made of the file's, which may be as long as can be.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
