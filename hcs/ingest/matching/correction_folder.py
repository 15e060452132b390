"""Corrections as files that ``hcs correct`` takes elsewhere: a zip of OME-TIFFs."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hcs.axes import ORDER
from hcs.extras import extra
from hcs.ingest.matching.correction_list import (
    LIST_NAME,
    ListedCorrection,
    list_document,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCorrection:
    """The channels of one field that are to be replaced."""

    well: str
    """Label."""

    field: str
    """Name."""

    label: str
    axes: tuple[str, ...]
    pixels: NDArray[np.generic]
    """Along `axes`: only the channels that are to be replaced."""

    channels: tuple[str, ...]
    """Their names on the plate."""

    pixel_size: tuple[float, float] | None = None
    """Micrometres along y and x."""

    reason: str = ""
    who: str = ""


def pack_corrections(
    target: Path, plate: str, corrections: Iterable[FieldCorrection]
) -> None:
    """Write corrections as a zip: an OME-TIFF a field, and a list of what each is for.

    Parameters
    ----------
    target
        File to write.
    plate
        Name of the plate.
    corrections
        One after the other, so that not all need be in memory.
    """
    with extra("importing", "Writing TIFF files"):
        import tifffile  # noqa: F401 - before the file is begun
    entries = []
    with zipfile.ZipFile(target, "w") as packed:
        for number, correction in enumerate(corrections):
            place = f"{correction.well}_{correction.label}"
            name = f"{number:03d}_{_UNSAFE.sub('-', place)}.ome.tif"
            packed.writestr(name, _ome_tiff(correction))
            entries.append(
                ListedCorrection(
                    file=name,
                    well=correction.well,
                    field=correction.label,
                    field_name=correction.field,
                    reason=correction.reason,
                    who=correction.who,
                )
            )
        packed.writestr(LIST_NAME, list_document(plate, entries))


def _ome_tiff(correction: FieldCorrection) -> bytes:
    import tifffile

    sizes = dict(zip(correction.axes, correction.pixels.shape, strict=True))
    axes = "".join(axis for axis in ORDER if axis in sizes)
    pixels = np.asarray(correction.pixels).transpose(
        [correction.axes.index(axis) for axis in axes]
    )
    metadata: dict[str, object] = {
        "axes": axes.upper(),
        "Channel": {"Name": list(correction.channels)},
    }
    if correction.pixel_size is not None:
        for axis, size in zip("YX", correction.pixel_size, strict=True):
            metadata[f"PhysicalSize{axis}"] = size
            metadata[f"PhysicalSize{axis}Unit"] = "µm"
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        pixels,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        metadata=metadata,
    )
    return stream.getvalue()
