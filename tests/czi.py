"""Plates as a Zeiss microscope writes them, by the library of its maker.

Their XML names the wells of the scenes as ZEN does. The library needs no plate for it,
so that it is given whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

CHANNELS = ("DAPI", "GFP")
ZSTD = "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One scene: its well as the XML names it, and where its first pixel lies."""

    name: str
    array: str = ""
    shape: str = ""
    row_column: tuple[int, int] | None = None
    x: int = 0
    y: int = 0

    def xml(self, index: int) -> str:
        """Return its element."""
        row, column = self.row_column or ("", "")
        return (
            f'<Scene Index="{index}" Name="{self.name}">'
            f"<ArrayName>{self.array}</ArrayName><Shape Name='{self.shape}'>"
            f"<RowIndex>{row}</RowIndex><ColumnIndex>{column}</ColumnIndex>"
            f"</Shape></Scene>"
        )


def value(scene: int, channel: int, z: int, t: int) -> int:
    """Return what the first pixel of a plane holds."""
    return 1000 * (scene + 1) + 100 * channel + 10 * z + t


def write_czi(
    path: Path,
    scenes: Sequence[Scene],
    *,
    z: int = 1,
    t: int = 1,
    size: tuple[int, int] = (20, 30),
    compression: str = ZSTD,
    lost: Iterable[tuple[int, int, int, int]] = (),
    dtype: str = "u2",
    odd: int | None = None,
) -> Path:
    """Write a plate.

    Parameters
    ----------
    lost
        Planes that are not there: scene, channel, z and t.
    odd
        Number of a scene whose planes are smaller.
    """
    czi = pytest.importorskip(
        "pylibCZIrw.czi", reason="pylibCZIrw, which writes CZI, is not installed"
    )
    with czi.create_czi(
        str(path), exist_ok=True, compression_options=compression
    ) as out:
        for s, scene in enumerate(scenes):
            for c in range(len(CHANNELS)):
                for step in range(z):
                    for time in range(t):
                        if (s, c, step, time) in lost:
                            continue
                        shape = (size[0] // 2, size[1]) if s == odd else size
                        pixels = np.arange(shape[0] * shape[1]) % 7
                        pixels = pixels.reshape(*shape, 1) + value(s, c, step, time)
                        out.write(
                            pixels.astype(dtype),
                            plane={"C": c, "Z": step, "T": time},
                            scene=s,
                            location=(scene.x, scene.y),
                        )
        out.write_metadata("plate")
    with czi.edit_czi(str(path)) as editor, editor.edit_session() as builder:
        builder.set_xml(_xml(scenes))
    return path


def _xml(scenes: Sequence[Scene]) -> str:
    channels = "".join(
        f'<Channel Id="Channel:{number}" Name="{name}"><ExposureTime>20000000'
        f"</ExposureTime><ExcitationWavelength>{400 + number * 88}"
        f"</ExcitationWavelength><EmissionWavelength>{450 + number * 60}"
        f"</EmissionWavelength><ComponentBitCount>14</ComponentBitCount></Channel>"
        for number, name in enumerate(CHANNELS)
    )
    elements = "".join(scene.xml(index) for index, scene in enumerate(scenes))
    distances = "".join(
        f'<Distance Id="{axis}"><Value>{metres}</Value></Distance>'
        for axis, metres in (("X", 5e-7), ("Y", 5e-7), ("Z", 2e-6))
    )
    return (
        "<ImageDocument><Metadata><Information><Document><UserName>Ada Operator"
        "</UserName></Document><Image><Dimensions><Channels>"
        f"{channels}</Channels><S><Scenes>{elements}</Scenes></S></Dimensions></Image>"
        f"</Information><Scaling><Items>{distances}</Items></Scaling></Metadata>"
        "</ImageDocument>"
    )
