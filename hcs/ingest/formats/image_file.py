"""What one image file holds, whatever its format: axes, planes, facts for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final, Protocol

from hcs.axes import ORDER
from hcs.errors import SourceError
from hcs.ingest.formats.planes import PlaneArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, Self

    import numpy as np
    from numpy.typing import NDArray

    from hcs.ingest.formats.metaseries import PlaneRecord
    from hcs.ingest.formats.place import ImagePlace

    Opener = Callable[[], BinaryIO]
    """Opens the file's bytes anew, seekable, at their start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may ask for before anything of it is decoded."""

    file_bytes: int = 16 << 30
    """Size of the file itself."""

    plane_bytes: int = 1 << 30
    """One decoded plane, and one tile of it."""

    total_bytes: int = 64 << 30
    """All decoded planes together."""

    planes: int = 100_000
    """Pages of a TIFF."""

    samples: int = 256
    """Samples of one pixel; spectral detectors give some dozens."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a file that a person may want to know before using it."""

    code: str
    """``"rgb"``, ``"alpha"``, ``"palette"``, ``"colours"`` (of a palette),
    ``"inverted"``, ``"one-bit"``, ``"half-float"``, ``"lossy"``, ``"pages"`` or
    ``"more-images"``."""

    message: str
    """A sentence for people."""


RGB: Final = Fact(
    "rgb",
    "It is a colour picture (RGB); its red, green and blue are no channels of a "
    "microscope.",
)
COLOURS: Final = Fact(
    "colours",
    "A palette colours it; the index values are taken, not the colours. They are "
    "intensities only if the palette was chosen to show a grey image in colour.",
)


def pages_fact(pages: int, axis: str) -> Fact:
    """Return that a file does not say what its pages are, and what they count as."""
    meaning = {"c": "channels", "z": "planes along z", "t": "time points"}[axis]
    return Fact(
        "pages",
        f"It holds {pages} pages and does not say what they are; they are taken as "
        f"{meaning}.",
    )


class PlaneReader(Protocol):
    """Decodes single planes of one open file."""

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane at an index along the axes before y and x."""

    def close(self) -> None:
        """Release the file; a later `read` opens it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """What the header of one image file says, and a way to its planes.

    Thread safety: `plane` and `array` may be used from several threads; they take
    turns.
    """

    name: str
    """Name of the file, for people; never used as a path."""

    kind: str
    """``"TIFF"``, ``"OME-TIFF"``, ``"ImageJ TIFF"``, ``"MetaSeries TIFF"``,
    ``"MetaMorph stack"``, ``"PNG"``, ``"JPEG"``, ``"C01"``, ``"CZI"`` or
    ``"OME-Zarr"``."""

    axes: tuple[str, ...]
    """Those of t, c, z, y, x that the file has, in this order; y and x always."""

    shape: tuple[int, ...]
    """Size along each of `axes`."""

    dtype: np.dtype[Any]
    """Of the planes as they are returned, in native byte order."""

    reader: PlaneReader
    bits: int | None = None
    """Bits that the camera gave, where the file says so; at most the dtype's."""

    channel_names: tuple[str | None, ...] = ()
    """One for each channel where the file names them, else empty."""

    wavelengths: tuple[float | None, ...] = ()
    """Emission in nanometres for each channel where the file says them."""

    pixel_size: tuple[float, float] | None = None
    """Micrometres between pixels along y and x; None where the file does not say."""

    z_step: float | None = None
    """Micrometres between planes; None where the file does not say."""

    facts: tuple[Fact, ...] = ()
    record: PlaneRecord | None = None
    """The plane's own description in files of MetaXpress."""

    place: ImagePlace | None = None
    """Plate, well and field that the file's own metadata name."""

    series: tuple[str, ...] = ()
    """Names of all images of a file that holds several, of which this is one; ""
    where an image has no name."""

    @property
    def sizes(self) -> dict[str, int]:
        """Size by axis name, 1 for the axes that the file does not have."""
        sizes = dict(zip(self.axes, self.shape, strict=True))
        return {axis: sizes.get(axis, 1) for axis in ORDER}

    @property
    def is_rgb(self) -> bool:
        """Whether the channels are the red, green and blue of a colour picture."""
        return self.has("rgb")

    def has(self, code: str) -> bool:
        """Return whether a fact of this code is known of the file.

        Parameters
        ----------
        code
            One of `Fact.code`, such as ``"rgb"``.
        """
        return any(fact.code == code for fact in self.facts)

    @property
    def positions(self) -> Iterator[tuple[int, ...]]:
        """Every index along the axes before y and x, the channel counting fastest.

        Channels may be the samples of one page, which is then decoded once.
        """
        leading = self.axes[:-2]
        order = sorted(range(len(leading)), key=lambda number: leading[number] == "c")
        for index in product(*(range(self.shape[number]) for number in order)):
            yield tuple(index[order.index(number)] for number in range(len(leading)))

    @property
    def array(self) -> PlaneArray:
        """All planes in the order of `axes`, decoded when they are indexed."""
        return PlaneArray(self.shape, self.dtype, self.reader.read)

    def plane(self, *, t: int = 0, c: int = 0, z: int = 0) -> NDArray[Any]:
        """Return one plane, shape ``(y, x)``.

        Parameters
        ----------
        t, c, z
            Which plane, from 0; 0 along axes that the file does not have.

        Raises
        ------
        SourceError
            If it cannot be decoded.
        IndexError
            If the file has no such plane.
        """
        indices = {"t": t, "c": c, "z": z}
        for axis, index in indices.items():
            if not 0 <= index < self.sizes[axis]:
                raise IndexError(f"{self.name} has no plane {axis}={index}.")
        return self.reader.read(tuple(indices[axis] for axis in self.axes[:-2]))

    @property
    def pages(self) -> int:
        """Number of pages whose meaning the file does not state; 0 of other files."""
        return self.shape[0] if self.has("pages") and len(self.axes) == 3 else 0

    def with_pages_as(self, axis: str) -> ImageFile:
        """Return the file with pages of unsaid meaning taken as ``t``, ``c`` or ``z``.

        Parameters
        ----------
        axis
            ``"t"``, ``"c"`` or ``"z"``, which comes before y and x.

        Raises
        ------
        SourceError
            If the file says what its pages are, or has none, or the axis is another.
        """
        if not self.pages or axis not in ("t", "c", "z"):
            raise SourceError(
                f"The pages of {self.name} cannot be taken as axis {axis!r}."
            )
        facts = (fact for fact in self.facts if fact.code != "pages")
        return replace(
            self, axes=(axis, "y", "x"), facts=(*facts, pages_fact(self.pages, axis))
        )

    def close(self) -> None:
        """Release the file; planes can still be read, which opens it again."""
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
