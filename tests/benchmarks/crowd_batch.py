"""A batch of corrections that somebody commits while the crowd is at work."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import tifffile

from tests.benchmarks.cell_plates import pixels
from tests.benchmarks.crowd_site import CHANNELS, SIDE
from tests.benchmarks.raw_batch import commit, stage, upload_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tests.benchmarks.raw_page import RawPage
    from tests.benchmarks.reviewers import Seen

WELLS = ("P21", "P22", "P23", "P24")
"""Those that are corrected, each in its first field."""


async def commit_batch(page: RawPage, plate: str, seen: Seen) -> None:
    """Upload a file a channel of some fields, stage them, and commit all at once."""
    await page.open(f"plate={plate}")
    fields = await upload_files(page, plate, _files())
    start = time.perf_counter()
    keys = await stage(page, fields)
    seen.took("batch: staged", time.perf_counter() - start)
    start = time.perf_counter()
    await commit(page, keys)
    seen.took("batch: committed", time.perf_counter() - start)
    await page.close()


def _files() -> dict[str, bytes]:
    return {
        f"again_{well}_s1_w{channel + 1}.tif": _file(plane)
        for number, well in enumerate(WELLS)
        for channel, plane in enumerate(pixels(1000 + number, CHANNELS, SIDE))
    }


def _file(plane: NDArray[np.uint16]) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, plane, photometric="minisblack")
    return stream.getvalue()
