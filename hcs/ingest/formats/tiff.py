"""TIFF: what the header says, checked before anything is decoded, and its planes."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from hcs.extras import extra
from hcs.ingest.formats.image_file import (
    ImageFile,
    Limits,
)
from hcs.ingest.formats.tiff_chain import check_pages
from hcs.ingest.formats.tiff_layout import TiffLayout, decoder_errors

if TYPE_CHECKING:
    from typing import BinaryIO

    import tifffile
    from numpy.typing import NDArray

    from hcs.ingest.formats.image_file import Opener

# tifffile reports oddities by logging; without a handler Python prints them.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def read_tiff(opener: Opener, name: str, limits: Limits, series: int = 0) -> ImageFile:
    """Return what a TIFF holds; see `hcs.ingest.formats.images.read_image_file`."""
    reader = TiffReader(opener, name, limits, series)
    try:
        return reader.describe()
    finally:
        reader.close()


class TiffReader:
    """Reads planes of one TIFF, which it opens when it must.

    Thread safety: one lock is held while the file is parsed or a plane is decoded.
    """

    # A plate is hundred thousands of these.
    __slots__ = (
        *("__weakref__", "_opener", "_name", "_limits", "_series"),
        *("_lock", "_tiff", "_stream", "_layout"),
    )

    def __init__(
        self, opener: Opener, name: str, limits: Limits, series: int = 0
    ) -> None:
        self._opener, self._name, self._limits = opener, name, limits
        self._series = series
        self._lock = threading.Lock()
        self._tiff: tifffile.TiffFile | None = None
        self._stream: BinaryIO | None = None
        self._layout: TiffLayout | None = None

    def __getstate__(self) -> tuple[Any, ...]:
        return self._opener, self._name, self._limits, self._series

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        TiffReader.__init__(self, *state)

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane at an index along the axes before y and x."""
        with self._lock, decoder_errors(self._name, "be decoded"):
            layout = self._opened()
            plane = layout.plane(position)
            if len(layout.shape) == 2:
                # A plate is thousands of such files; none should stay open.
                self._close()
            return plane

    def describe(self) -> ImageFile:
        """Return the file's description."""
        with self._lock, decoder_errors(self._name, "be read as a TIFF"):
            layout = self._opened()
            names = layout.names
            return ImageFile(
                name=self._name,
                kind=names.kind,
                axes=layout.axes,
                shape=layout.shape,
                dtype=layout.dtype,
                reader=self,
                bits=layout.bits,
                channel_names=names.channels,
                wavelengths=names.wavelengths,
                pixel_size=names.pixel_size,
                z_step=names.z_step,
                facts=tuple(layout.facts),
                record=names.record,
                place=names.place,
                series=layout.series_names,
            )

    def close(self) -> None:
        """Close the file; `read` opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._tiff is not None:
            self._tiff.close()
        if self._stream is not None:
            self._stream.close()
        self._tiff = self._stream = self._layout = None

    def __del__(self) -> None:
        self._close()

    def _opened(self) -> TiffLayout:
        if self._layout is None:
            with extra("importing", f"Reading {self._name}, a TIFF,"):
                import imagecodecs  # noqa: F401 - tifffile decodes by it
                import tifffile
            self._stream = self._opener()
            check_pages(self._stream, self._name, self._limits)
            self._stream.seek(0)
            # A file that names its siblings must not make us open them.
            self._tiff = tifffile.TiffFile(
                self._stream, name=self._name, _multifile=False
            )
            self._layout = TiffLayout(
                self._tiff, self._name, self._limits, self._series
            )
        return self._layout
