"""Files of tables that a page sends in a message."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from dashboard.text import plain_text
from dashboard.views.island import text_of
from hcs.tables import TableFile

if TYPE_CHECKING:
    from dashboard.views.island import Message

MOST_BYTES = 8 << 20
"""Larger tables do not fit through the page's websocket."""

_MOST_FILES = 20
"""Tables of one run: that of images, and one for each kind of object."""


def files_of(message: Message) -> tuple[tuple[TableFile, ...], str]:
    """Return the files of a message, and why they are refused ("": not)."""
    sent = message.get("files")
    files = tuple(map(_file_of, sent if isinstance(sent, list) else []))
    empty = [file.name for file in files if not file.data]
    total = sum(len(file.data) for file in files)
    if empty:
        return files, f"{empty[0]} is empty or cannot be read."
    if not files or total > MOST_BYTES or len(files) > _MOST_FILES:
        return files, (
            f"{len(files)} files with {total >> 20} MiB came; up to {_MOST_FILES} "
            f"files with {MOST_BYTES >> 20} MiB together are taken."
        )
    return files, ""


def _file_of(sent: object) -> TableFile:
    """Return a file that the page sent; without bytes where there is none."""
    message = sent if isinstance(sent, dict) else {}
    name = plain_text(text_of(message, "name", 200), 200) or "table"
    try:
        text = text_of(message, "data", 2 * MOST_BYTES)
        return TableFile(name, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return TableFile(name, b"")
