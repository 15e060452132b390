"""How the pages of an open TIFF become planes, and what is said of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.axes import ORDER
from hcs.errors import MissingExtraError, SourceError
from hcs.ingest.formats.image_file import (
    COLOURS,
    RGB,
    Fact,
    Limits,
    pages_fact,
)
from hcs.ingest.formats.tiff_bounds import check_page, check_size, refuse_doctype
from hcs.ingest.formats.tiff_metadata import TiffNames, read_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tifffile
    from numpy.typing import NDArray


_GREY = frozenset({"MINISBLACK", "MINISWHITE"})
_COLOURED = frozenset({"RGB", "YCBCR"})
_REFUSED = {
    "SEPARATED": "inks (CMYK)",
    "CIELAB": "CIELAB colours",
    "ICCLAB": "ICC LAB colours",
    "ITULAB": "ITU LAB colours",
    "LOGL": "logarithmic luminance",
    "LOGLUV": "logarithmic colours",
    "MASK": "a transparency mask",
    "CFA": "a colour filter mosaic",
    "LINEAR_RAW": "a raw camera format",
}

_LOSSY = frozenset({6, 7, 33003, 33004, 33005, 34892, 34933, 50001, 50002})
"""Codes of compressions that change intensities."""

_ALPHA = frozenset({1, 2})
_UNSAID = frozenset("QI")
"""Letters of tifffile for pages that the file gives no meaning."""

_AXIS_OF = {"T": "t", "C": "c", "Z": "z"}

_PAGES = frozenset({"YX", "YXS", "SYX"})
"""Axes of a page that is one plane, or one for each sample."""


@contextmanager
def decoder_errors(name: str, attempt: str) -> Iterator[None]:
    """Turn whatever a decoder raises into an error that names the file."""
    try:
        yield
    except (SourceError, MissingExtraError):
        raise
    # Decoders of damaged files raise anything: struct.error, IndexError, their own.
    except Exception as error:
        reason = str(error).partition("\n")[0][:200] or type(error).__name__
        raise SourceError(f"{name} cannot {attempt}: {reason.rstrip('.')}.") from error


class TiffLayout:
    """How the planes of an open TIFF lie in it."""

    def __init__(
        self, tiff: tifffile.TiffFile, name: str, limits: Limits, number: int
    ) -> None:
        self._name, self.facts = name, list[Fact]()
        self.series_names: tuple[str, ...] = ()
        if tiff.is_ome:
            refuse_doctype(tiff.pages.first.description, name)
        self._series = self._chosen_series(tiff, number)
        self._page = self._series.keyframe
        self._limits = limits
        if self._page.dtype is None:
            raise SourceError(f"{name} has pixels of an unknown type.")
        self._pixel: np.dtype[Any] = np.dtype(self._page.dtype)
        self.names: TiffNames = read_names(tiff, name, number)
        self._check_colour()
        sizes = self._sizes()
        self.axes = tuple(axis for axis in ORDER if axis in sizes)
        self.shape = tuple(sizes[axis] for axis in self.axes)
        self.dtype = self._native_dtype()
        self._black = self._value_of_black()
        check_size(self.shape, self.dtype, self._page.samplesperpixel, name, limits)
        check_page(self._page, self._pixel, name, limits)
        self._whole: NDArray[Any] | None = None
        self._decoded: tuple[int, NDArray[Any] | None] | None = None

    @property
    def bits(self) -> int | None:
        """Bits that a pixel uses, by the file's tags or what its program says."""
        bits = np.ravel(self._page.bitspersample)[0]
        return int(bits) if bits < self._pixel.itemsize * 8 else self.names.bits

    def _chosen_series(
        self, tiff: tifffile.TiffFile, number: int
    ) -> tifffile.TiffPageSeries:
        if not tiff.series:
            raise SourceError(f"{self._name} holds no image.")
        count = len(tiff.series)
        if not 0 <= number < count:
            raise SourceError(
                f"{self._name} has no image {number}; it holds {count}, from 0."
            )
        chosen = tiff.series[number]
        if count > 1:
            self.series_names = tuple(
                str(series.name or "")[:200] for series in tiff.series
            )
            taken = "only the first is read" if number == 0 else f"this is {number + 1}"
            self._add("more-images", f"It holds {count} images; {taken}.")
        if any(page is None for page in chosen.pages):
            raise SourceError(
                f"{self._name} holds only a part of its image; the other planes are in "
                f"other files, which are not followed."
            )
        return chosen

    def _add(self, code: str, message: str) -> None:
        self.facts.append(Fact(code, message))

    def _check_colour(self) -> None:
        if self._page.compression in _LOSSY:
            self._add("lossy", "Its pixels were compressed with loss (JPEG).")
        photometric = self._page.photometric
        label = getattr(photometric, "name", str(photometric))
        if label in _COLOURED:
            self.facts.append(RGB)
        elif label == "PALETTE":
            self._check_palette(self._page.colormap)
        elif label not in _GREY:
            raise SourceError(
                f"{self._name} holds {_REFUSED.get(label, f'pixels of kind {label}')}, "
                f"not intensities; save it as greyscale, one TIFF a channel."
            )

    def _check_palette(self, palette: NDArray[Any] | None) -> None:
        if palette is None or len(palette) != 3:
            raise SourceError(f"{self._name} is a palette image without its palette.")
        rising = (np.diff(palette[0].astype(np.int64)) >= 0).all()
        if not rising or (palette != palette[0]).any():
            self.facts.append(COLOURS)
            return
        self._add("palette", "Its palette is a grey ramp; the index is the intensity.")

    def _sizes(self) -> dict[str, int]:
        """Return size by our axis names, with samples as channels."""
        sizes: dict[str, int] = {}
        for letter, size in zip(self._series.axes, self._series.shape, strict=True):
            axis = self._axis(letter, size)
            if axis in sizes:
                raise SourceError(
                    f"{self._name} has axes {self._series.axes}, two of which would be "
                    f"{axis!r}."
                )
            if axis is not None:
                sizes[axis] = int(size) - (self._alphas if letter == "S" else 0)
        if "y" not in sizes or "x" not in sizes:
            raise SourceError(
                f"{self._name} has axes {self._series.axes}, without y or x."
            )
        return sizes

    def _axis(self, letter: str, size: int) -> str | None:
        if letter == "S":
            return self._axis_of_samples()
        if letter in "TCZYX":
            return letter.lower()
        if size == 1:
            return None
        if letter in _UNSAID and not set("TCZ") & set(self._series.axes):
            self.facts.append(pages_fact(size, "z"))
            return "z"
        raise SourceError(
            f"{self._name} has an axis {letter!r} of size {size}; "
            f"time, channel, z, y and x are read."
        )

    def _axis_of_samples(self) -> str | None:
        count = self._page.samplesperpixel
        if count > self._limits.samples:
            raise SourceError(
                f"{self._name} has {count:,} samples a pixel; at most "
                f"{self._limits.samples} are read as channels."
            )
        extra = [int(sample) for sample in self._page.extrasamples]
        self._alphas = sum(sample in _ALPHA for sample in extra)
        if self._alphas:
            self._add("alpha", "It has an alpha channel, which is left out.")
        return "c" if count - self._alphas > 1 else None

    def _native_dtype(self) -> np.dtype[Any]:
        native = np.dtype(self._series.dtype).newbyteorder("=")
        # By its name it is one object for all files, and not one for each.
        dtype = np.dtype(native.name) if native.kind in "uifb" else native
        if dtype.kind == "b":
            self._add("one-bit", "Its pixels are one bit: 0 or 1.")
            return np.dtype(np.uint8)
        if dtype == np.float16:
            self._add("half-float", "Its 16-bit floats are read as 32-bit floats.")
            return np.dtype(np.float32)
        if dtype.kind not in "uif":
            raise SourceError(
                f"{self._name} has pixels of type {dtype}; "
                f"integers and floats are read."
            )
        return dtype

    def _value_of_black(self) -> int | None:
        """Return the value that stands for black where white is stored as zero."""
        if getattr(self._page.photometric, "name", "") != "MINISWHITE":
            return None
        if self.dtype.kind != "u":
            raise SourceError(
                f"{self._name} stores white as zero in {self.dtype}, where black has "
                f"no number; save it with black as zero."
            )
        self._add("inverted", "It stores white as zero; its values are turned round.")
        return int(2 ** int(np.ravel(self._page.bitspersample)[0]) - 1)

    def plane(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return one plane in native byte order, shape ``(y, x)``."""
        index = dict(zip(self.axes[:-2], position, strict=True))
        sample = index.pop("c", 0) if "S" in self._series.axes else 0
        letters, shape = self._page.axes, self._series.shape
        before = self._series.axes.removesuffix(letters)
        if before + letters != self._series.axes or letters not in _PAGES:
            plane = self._from_whole(index, sample)
        else:
            sizes = shape[: len(before)]
            indices = [index.get(_AXIS_OF.get(letter, "z"), 0) for letter in before]
            flat = int(np.ravel_multi_index(indices, sizes)) if before else 0
            count = int(np.prod(sizes, dtype=np.int64))
            if "S" in letters:
                page = self._page_of_samples(flat, count)
                plane = page.take(sample, axis=letters.index("S"))
            else:
                plane = self._page_number(flat, count)
        plane = np.ascontiguousarray(plane, dtype=self.dtype)
        return plane if self._black is None else self.dtype.type(self._black) - plane

    def _page_of_samples(self, flat: int, count: int) -> NDArray[Any]:
        """Return a page, decoded once for all of its samples.

        One that cannot be decoded is not tried again for its next sample.
        """
        if self._decoded is None or self._decoded[0] != flat:
            self._decoded = flat, None
            self._decoded = flat, self._page_number(flat, count)
        page = self._decoded[1]
        if page is None:
            raise SourceError(
                f"{self._name} cannot be decoded: page {flat} is damaged."
            )
        return page

    def _page_number(self, flat: int, count: int) -> NDArray[Any]:
        pages, page = self._series.pages, self._page
        if len(pages) == count:
            listed_page = pages[flat] or page
            return np.asarray(listed_page.asarray())
        # ImageJ and others write one page and let the other planes follow it.
        start = self._series.dataoffset
        if start is None:
            raise SourceError(
                f"{self._name} says that it has {count} planes, but lists {len(pages)}."
            )
        tiff = page.parent
        dtype = np.dtype(tiff.byteorder + self._pixel.char)
        size = int(np.prod(page.shape))
        offset = start + flat * size * dtype.itemsize
        pixels = tiff.filehandle.read_array(dtype, size, offset)
        return np.asarray(pixels).reshape(page.shape)

    def _from_whole(self, index: dict[str, int], sample: int) -> NDArray[Any]:
        if self._whole is None:
            self._whole = np.asarray(self._series.asarray())
        letters = self._series.axes
        key = [
            slice(None)
            if letter in "YX"
            else sample
            if letter == "S"
            else index.get(_AXIS_OF.get(letter, "z"), 0)
            for letter in letters
        ]
        plane = self._whole[tuple(key)]
        return plane.T if letters.index("X") < letters.index("Y") else plane
