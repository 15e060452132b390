"""A batch of corrections, committed by a raw page as by the table of corrections."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import tifffile

from tests.benchmarks.cell_plates import pixels
from tests.benchmarks.crowd_site import CHANNELS, SIDE
from tests.benchmarks.raw_page import PageError, RawPage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tests.benchmarks.reviewers import Seen

WELLS = ("P21", "P22", "P23", "P24")
"""Those that are corrected, each in its first field."""


async def commit_batch(page: RawPage, plate: str, seen: Seen) -> None:
    """Upload a file a channel of some fields, stage them, and commit all at once."""
    await page.open(f"plate={plate}")
    uploads = []
    for number, well in enumerate(WELLS):
        for channel, plane in enumerate(pixels(1000 + number, CHANNELS, SIDE)):
            data = _file(plane)
            location = await page.upload(
                len(data),
                lambda at, size, data=data: data[at : at + size],  # type: ignore[misc]
                filename=f"again_{well}_s1_w{channel + 1}.tif",
                purpose="correction",
                plate=plate,
            )
            uploads.append(location.rpartition("/")[2])
    page.say("corrections", "uploaded", uploads=uploads)
    await _until(page, lambda table: table.get("fields") == len(WELLS))
    start = time.perf_counter()
    prepared = page.expect(
        "corrections__corrections",
        lambda rows: rows if len(rows) == len(WELLS) else None,
    )
    page.say("corrections", "stage")
    rows = await page.wait(prepared, "the corrections to be staged")
    seen.took("batch: staged", time.perf_counter() - start)
    start = time.perf_counter()
    fields = [row["key"] for row in rows]
    for kind in {each["kind"] for row in rows for each in row["differences"]}:
        page.say("corrections", "confirm", fields=fields, kind=kind, confirmed=True)
    page.say("corrections", "commit", fields=fields, reason="imaged again")
    batch = await _until(page, lambda table: table.get("batch"))
    if batch["committed"] != len(WELLS):
        raise PageError(f"of {len(WELLS)} corrections some failed: {batch}")
    seen.took("batch: committed", time.perf_counter() - start)
    await page.close()


async def _until(page: RawPage, suits: Any) -> Any:
    answer = page.expect("corrections__content", suits)
    return await page.wait(answer, "the table of corrections")


def _file(plane: NDArray[np.uint16]) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, plane, photometric="minisblack")
    return stream.getvalue()
