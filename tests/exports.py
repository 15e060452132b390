"""Exports whose images are not at hand: real metadata, and TIFFs that it names."""

from __future__ import annotations

import csv
import os
import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import tifffile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def writable_copy(source: Path, target: Path) -> Path:
    """Return a copy of an export's folder that can be written into."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def write_blanks(
    folder: Path, names: Iterable[str], size: tuple[int, int], *, value: int = 7
) -> None:
    """Write images of `size` (y, x), uint16, one value: one file under many names."""
    first: Path | None = None
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if first is None:
            pixels = np.full(size, value, "uint16")
            tifffile.imwrite(path, pixels, compression="zlib", metadata=None)
            first = path
        else:
            os.link(first, path)


def names_in_index(index: Path) -> list[str]:
    """Return the images that an index of Harmony lists, in its folder."""
    text = index.read_text("utf-8-sig")
    return list(dict.fromkeys(re.findall(r"<URL[^>]*>([^<]+)</URL>", text)))


def names_in_list(listing: Path) -> list[str]:
    """Return the images that a list of a CellVoyager names."""
    text = listing.read_text("utf-8-sig")
    return re.findall(r'bts:Type="IMG"[^>]*>([^<]+)<', text)


def names_in_stack(document: Path) -> list[str]:
    """Return the images that an .xdce file lists."""
    return re.findall(r'filename="([^"]+)"', document.read_text("latin-1"))


def names_in_table(table: Path, folder: str, name: str) -> list[str]:
    """Return the images that a CSV lists by two of its columns."""
    with table.open(newline="", encoding="utf-8-sig") as lines:
        return [f"{row[folder]}/{row[name]}" for row in csv.DictReader(lines)]


_PERSONAL = (
    (
        rb'(?i)((?:operator|login|user)[a-z]*(?: name)?"?\s*[=:>]\s*"?)'
        rb'[^"<>{}\s][^"<>{}\n]*',
        rb"\1%s",
    ),
    (rb'(password=)"[^"]*"', rb'\1"%s"'),
    (rb'([">])operator(["<])', rb"\1%s\2"),
)


def plant_name(folder: Path, name: bytes) -> int:
    """Put a name wherever a description names a person or a password; count them."""
    count = 0
    for path in folder.rglob("*"):
        if path.suffix.lower() in (".xml", ".xdce", ".jdce", ".mrf", ".mlf", ".mes"):
            data = path.read_bytes()
            for pattern, text in _PERSONAL:
                data, changes = re.subn(pattern, text % name, data)
                count += changes
            path.write_bytes(data)
    return count
