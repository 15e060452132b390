"""Where an imported plate is to lie: its name, and whether the disk has room for it."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.ingest import fingerprint_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.inbox.values import ImportJob

SUFFIX = ".ome.zarr"

_LONGEST = 120
_ALLOWED = " -_.+()"


def places(folder: str, plate: str, fingerprint: str) -> Iterator[str]:
    """Yield the paths that a plate may get, in the order in which they are wanted.

    A path that something else has is passed over; one that holds an import of the same
    files is not, for that import is gone on with.
    """
    name = file_name(plate)
    for number in itertools.count(1):
        path = Path(folder, f"{name if number == 1 else f'{name} {number}'}{SUFFIX}")
        if not path.exists() or fingerprint_at(path) == fingerprint:
            yield str(path)


def file_name(plate: str) -> str:
    """Return a plate's name as that of a file: an export may call it anything.

    >>> file_name("../Screen 1: P/7")
    '_Screen 1_ P_7'
    """
    name = "".join(
        letter if letter.isalnum() or letter in _ALLOWED else "_" for letter in plate
    )
    return name.strip(" .")[:_LONGEST].strip(" .") or "plate"


def reason_against_room(job: ImportJob, size: int, reserve: int) -> str:
    """Return why a plate cannot be written now, "" where it can.

    Parameters
    ----------
    job
        What is written of it already counts as taken.
    size
        Bytes that the whole plate takes uncompressed, which is the most.
    reserve
        Bytes of the disk that are to stay free.
    """
    left = size * (1 - job.done / job.total) if job.total else size
    return reason_against_bytes(job.folder, left, reserve)


def reason_against_bytes(folder: str, left: float, reserve: int) -> str:
    """Return why a folder cannot take so many bytes now, "" where it can."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"The disk of {folder} cannot be asked ({error.strerror})."
    if left + reserve <= free:
        return ""
    return (
        f"It needs up to {_gigabytes(left)}, and {folder} has {_gigabytes(free)} "
        f"free, of which {_gigabytes(reserve)} are to stay so. It starts by itself "
        f"when there is room."
    )


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**28 else f"{size / 2**20:.0f} MB"
