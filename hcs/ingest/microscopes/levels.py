"""On which numbers a camera's counts stand, from the pixels of a few images.

Only what is sure is said; else the clip level is left to measuring, which sees every
image of the plate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.formats.images import read_image_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcs.ingest.sources import ExportSource

OFFSET: Final = 32_768
"""Where older ScanR files put the camera's zero: 12 bits in signed 16."""

SATURATED: Final = OFFSET + 4095
_LOOKED_AT = 16
"""Images whose pixels are looked at, spread over the export."""

_ENDS = frozenset(2**bits - 1 for bits in range(10, 16))
"""Largest values of cameras that give fewer bits than their files have."""

_LEAST_REACHED = 2
"""Images that must have exactly such a value for their largest: that is no chance."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What is sure of a camera; None where nothing is."""

    clip: int | None = None
    offset: int | None = None
    notes: tuple[str, ...] = ()
    """Sentences for people."""


def look(
    source: ExportSource,
    names: Iterable[str],
    bits: int | None = None,
    *,
    with_offset: bool = False,
) -> Levels:
    """Look at the pixels of up to 16 images.

    Parameters
    ----------
    names
        Of the images.
    bits
        Of the camera, where the export states them.
    with_offset
        Whether values may stand on the offset of ScanR: where all are between 32,768
        and 36,863 they are taken for 12 bits on it.
    """
    if bits == 16:
        return Levels()
    extremes = list(_extremes(source, names))
    if not extremes:
        return Levels()
    low = min(low for low, _ in extremes)
    high = max(high for _, high in extremes)
    reached = sum(largest == high for _, largest in extremes)
    if with_offset and OFFSET <= low <= high <= SATURATED:
        return _on_offset(high, bits, reached, len(extremes))
    if bits is not None:
        return Levels(2**bits - 1) if high <= 2**bits - 1 else Levels()
    if high in _ENDS and reached >= _LEAST_REACHED:
        return Levels(
            high,
            notes=(
                f"The camera saturates at {high:,}: {reached} of {len(extremes)} "
                f"images that were looked at reach it, and none goes beyond.",
            ),
        )
    return Levels()


def _on_offset(high: int, bits: int | None, reached: int, looked_at: int) -> Levels:
    text = (
        f"Values stand on an offset of {OFFSET:,}, as 12 bits in signed 16 do (seen in "
        f"{looked_at} images)"
    )
    if high == SATURATED or bits == 12:
        count = reached if high == SATURATED else 0
        return Levels(
            SATURATED,
            OFFSET,
            (
                f"{text}: the camera saturates at {SATURATED:,}, which {count} of them "
                f"reach.",
            ),
        )
    return Levels(
        None,
        OFFSET,
        (
            f"{text}; none reaches {SATURATED:,}, so that the camera's clip level is "
            f"not known.",
        ),
    )


def _extremes(source: ExportSource, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the least and largest value of some images, none if one is no uint16."""
    readable = {file.name for file in source.files}
    listed = sorted(readable.intersection(names))
    step = max(1, len(listed) // _LOOKED_AT)
    for name in listed[::step][:_LOOKED_AT]:
        try:
            with read_image_file(source.opener(name), name=name) as image:
                if image.dtype != "uint16":
                    continue
                pixels = image.plane()
        except SourceError:
            # The plan meets the same error and reports it.
            continue
        yield int(pixels.min()), int(pixels.max())
