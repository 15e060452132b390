"""PNG: what its header says, checked before anything is decoded, and its pixels."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import SourceError
from hcs.extras import extra
from hcs.ingest.formats.image_file import COLOURS, RGB, Fact, ImageFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.ingest.formats.image_file import Limits, Opener

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6


def read_png(opener: Opener, name: str, limits: Limits) -> ImageFile:
    """Return what a PNG holds; see `hcs.ingest.formats.images.read_image_file`."""
    with extra("importing", f"Reading {name}, a PNG,"):
        import PIL  # noqa: F401 - before anything is written
    with opener() as stream:
        head = stream.read(33)
    if len(head) < 33 or head[12:16] != b"IHDR":
        raise SourceError(f"{name} is not whole: a PNG begins with its header.")
    # After 8 bytes of signature: length, "IHDR", then these (PNG 11.2.2).
    width, height, bits, colour = struct.unpack(">IIBB", head[16:26])
    _check(name, width, height, bits, colour, limits)
    facts = []
    rgb = colour in (_RGB, _RGBA)
    if rgb:
        facts.append(RGB)
    if colour == _PALETTE:
        facts.append(COLOURS)
    if colour in (_GREY_ALPHA, _RGBA):
        facts.append(Fact("alpha", "It has an alpha channel, which is left out."))
    if bits == 1:
        facts.append(Fact("one-bit", "Its pixels are one bit: 0 or 1."))
    return ImageFile(
        name=name,
        kind="PNG",
        axes=("c", "y", "x") if rgb else ("y", "x"),
        shape=(3, height, width) if rgb else (height, width),
        dtype=np.dtype(np.uint16 if bits == 16 else np.uint8),
        reader=_PngReader(opener, name, bits, palette=colour == _PALETTE),
        bits=bits if bits < 8 else None,
        facts=tuple(facts),
    )


def _check(
    name: str, width: int, height: int, bits: int, colour: int, limits: Limits
) -> None:
    if not width or not height or bits not in (1, 2, 4, 8, 16):
        raise SourceError(
            f"{name} is damaged: {width} x {height} pixels of {bits} bits."
        )
    nbytes = width * height * (2 if bits == 16 else 1)
    if nbytes > limits.plane_bytes:
        raise SourceError(
            f"{name} would take {nbytes:,} bytes a plane; "
            f"at most {limits.plane_bytes:,} are read."
        )
    if bits == 16 and colour != _GREY:
        raise SourceError(
            f"{name} is a PNG of 16-bit colours, which cannot be read without loss; "
            f"save it as TIFF."
        )


class _PngReader:
    """Decodes a PNG when it is asked, once for all of its colours."""

    def __init__(
        self, opener: Opener, name: str, bits: int, *, palette: bool = False
    ) -> None:
        self._opener, self._name, self._bits = opener, name, bits
        self._palette = palette
        self._colours: NDArray[Any] | None = None

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane, or that of one colour."""
        pixels = self._decoded() if self._colours is None else self._colours
        if pixels.ndim == 3:
            self._colours = pixels
            pixels = pixels[..., position[0] if position else 0]
        if self._bits < 8 and not self._palette:
            # Pillow stretches 2 and 4 bits over 8; one bit comes as a truth value.
            pixels = pixels // (255 // (2**self._bits - 1) if self._bits > 1 else 1)
        dtype = np.uint16 if self._bits == 16 else np.uint8
        return np.ascontiguousarray(pixels, dtype=dtype)

    def _decoded(self) -> NDArray[Any]:
        from PIL.PngImagePlugin import PngImageFile

        try:
            # Image.open would warn of large pictures; the limits were checked above.
            with self._opener() as stream, PngImageFile(stream) as picture:
                return np.asarray(picture)
        except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
            raise SourceError(f"{self._name} cannot be decoded: {error}.") from error

    def close(self) -> None:
        """Forget the colours; nothing else stays open."""
        self._colours = None
