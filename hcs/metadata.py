"""The values that NGFF documents hold, independent of version and of store.

Field names that stand in documents keep the spelling of the specification
(``rowIndex``, ``maximumfieldcount``); everything else is snake case.

What people build up and read is theirs to change, and holds lists. So whoever keeps
such a value (a writer, a cache) keeps a copy of its own, and hands out another one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hcs.axes import dims_of, inverse

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")

COLOR: Final = re.compile(r"[0-9A-Fa-f]{6}")  # of a channel: red, green and blue


@dataclass(slots=True)
class PlateRow:
    """One row of the plate grid."""

    name: str
    """Alphanumeric, case-sensitive, unique among the rows; rows run downwards."""


@dataclass(slots=True)
class PlateColumn:
    """One column of the plate grid."""

    name: str
    """Alphanumeric, case-sensitive, unique among the columns; they run rightwards."""


@dataclass(slots=True)
class PlateWell:
    """A well as the plate document lists it."""

    path: str
    """``<row name>/<column name>``, for example ``"A/1"``."""

    rowIndex: int
    """Zero-based position of its row in `Plate.rows`."""

    columnIndex: int
    """Zero-based position of its column in `Plate.columns`."""


@dataclass(slots=True)
class PlateAcquisition:
    """One imaging run over the plate."""

    id: int
    """An integer >= 0, unique in the plate; an identifier, not an index."""

    name: str | None = None
    maximumfieldcount: int | None = None
    """Largest number of fields that a well has in this acquisition."""

    description: str | None = None
    starttime: int | None = None
    """Seconds since 1970-01-01 UTC."""

    endtime: int | None = None
    """Seconds since 1970-01-01 UTC, not before `starttime`."""


@dataclass(slots=True, init=False)
class Plate:
    """The plate document.

    ``columns`` and ``rows`` describe the physical plate, also where it is empty;
    ``wells`` are those with images.
    """

    columns: list[PlateColumn]
    rows: list[PlateRow]
    wells: list[PlateWell]
    version: str | None
    """NGFF version, or None where none was given."""

    acquisitions: list[PlateAcquisition] | None
    field_count: int | None
    """Largest number of fields over the wells."""

    name: str | None

    def __init__(
        self,
        columns: Iterable[PlateColumn],
        rows: Iterable[PlateRow],
        wells: Iterable[PlateWell],
        version: str | None = None,
        acquisitions: Iterable[PlateAcquisition] | None = None,
        field_count: int | None = None,
        name: str | None = None,
    ) -> None:
        self.columns = list(columns)
        self.rows = list(rows)
        self.wells = list(wells)
        self.version = version
        self.acquisitions = None if acquisitions is None else list(acquisitions)
        self.field_count = field_count
        self.name = name


@dataclass(slots=True)
class WellImage:
    """A field of view as the well document lists it."""

    path: str
    """Path of the image group below the well."""

    acquisition: int | None = None
    """`PlateAcquisition.id`; None where the plate declares none or one."""


@dataclass(slots=True, init=False)
class Well:
    """The well document: its fields in (acquisition, index) order."""

    images: list[WellImage]
    version: str | None

    def __init__(self, images: Iterable[WellImage], version: str | None = None) -> None:
        self.images = list(images)
        self.version = version

    def copy(self) -> Well:
        """Return a copy that shares no image."""
        images = [WellImage(image.path, image.acquisition) for image in self.images]
        return Well(images, self.version)


@dataclass(slots=True, kw_only=True)
class Axis:
    """One axis of an image."""

    name: str
    """As the document spells it; see `ImageMetadata.dims` for what it is."""

    type: str | None = None
    """``"time"``, ``"channel"`` or ``"space"``."""

    unit: str | None = None
    """A UDUNITS-2 name such as ``"micrometer"``; None where unknown."""


@dataclass(slots=True, kw_only=True)
class Window:
    """The contrast window of a channel, in the units of the pixels."""

    start: float
    end: float
    min: float
    max: float
    policy: str = ""
    """Name of the policy that made it, "" where this library
    did not: what we made up is no choice of a person."""


@dataclass(slots=True, kw_only=True)
class Channel:
    """How one channel is named and displayed (the ``omero`` block)."""

    name: str | None = None
    color: str | None = None
    """Six hexadecimal digits ``RRGGBB``."""

    window: Window | None = None
    active: bool = True

    def copy(self) -> Channel:
        """Return a copy that shares no window."""
        shown = self.window
        return Channel(
            name=self.name,
            color=self.color,
            window=shown
            and Window(
                start=shown.start,
                end=shown.end,
                min=shown.min,
                max=shown.max,
                policy=shown.policy,
            ),
            active=self.active,
        )


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return what the channels of an image are known by: no name twice.

    Documents may give two channels one name; what is measured of them, and what people
    decide for one of them, must not fall together. A name that stands once stays.

    >>> distinct_names(["GFP", "DNA", "GFP"])
    ('GFP (1)', 'DNA', 'GFP (2)')
    >>> distinct_names(["GFP", "DNA", "GFP", "DNA", "DNA (1)"])
    ('GFP (1)', 'DNA (2)', 'GFP (2)', 'DNA (3)', 'DNA (1)')
    """
    listed = tuple(names)
    counts = Counter(listed)
    numbered = {name: _numbered(name, counts) for name in counts}
    return tuple(name if counts[name] == 1 else next(numbered[name]) for name in listed)


def _numbered(name: str, taken: Container[str]) -> Iterator[str]:
    # Another channel may really be called "GFP (1)".
    texts = (f"{name} ({number})" for number in count(1))
    return (text for text in texts if text not in taken)


@dataclass(slots=True, kw_only=True)
class Dataset:
    """One resolution level of a multiscale."""

    path: str
    """Path of the array below the image group."""

    scale: tuple[float, ...]
    """Size of one pixel along each axis, in the axis's unit."""

    translation: tuple[float, ...] | None = None
    """Position of the centre of the first pixel, in the axis's unit."""


@dataclass(slots=True, kw_only=True, init=False)
class ImageMetadata:
    """The first multiscale of an image document, with its display settings.

    All that is said by axis stands in the order of `dims`, whatever the document's is.
    """

    axes: list[Axis]
    """In the order of `dims`, called as the document calls them."""

    datasets: list[Dataset]
    channels: list[Channel]
    name: str | None
    version: str | None
    """NGFF version."""

    omero: Mapping[str, Any] = field(compare=False)
    """The whole display block as found, so that what we do not model is kept."""

    stored: tuple[int, ...]
    """For each axis of an array on disk its place in `dims`; () if it is the same."""

    def __init__(
        self,
        *,
        axes: Iterable[Axis],
        datasets: Iterable[Dataset],
        channels: Iterable[Channel] = (),
        name: str | None = None,
        version: str | None = None,
        omero: Mapping[str, Any] | None = None,
        stored: tuple[int, ...] = (),
    ) -> None:
        self.axes = list(axes)
        self.datasets = list(datasets)
        self.channels = list(channels)
        self.name = name
        self.version = version
        self.omero = {} if omero is None else omero
        self.stored = stored

    def copy(self) -> ImageMetadata:
        """Return a copy that shares no axis, level or channel."""
        return ImageMetadata(
            axes=[Axis(name=a.name, type=a.type, unit=a.unit) for a in self.axes],
            datasets=[
                Dataset(path=d.path, scale=d.scale, translation=d.translation)
                for d in self.datasets
            ],
            channels=[channel.copy() for channel in self.channels],
            name=self.name,
            version=self.version,
            omero=_json_copy(self.omero),
            stored=self.stored,
        )

    @property
    def dims(self) -> tuple[str, ...]:
        """What the axes are, of ``t c z y x`` in this order."""
        return dims_of(self.axes)

    def as_stored(self, values: Sequence[T]) -> tuple[T, ...]:
        """Return one value an axis, given in the order of `dims`, in that on disk.

        Parameters
        ----------
        values
            One for each axis, in the order of `dims`.
        """
        return tuple(values[place] for place in self.stored or range(len(values)))

    def in_order(self, values: Sequence[T]) -> list[T]:
        """Return one value an axis, given in the order on disk, in that of `dims`.

        Parameters
        ----------
        values
            One for each axis, in the order on disk; another number of them, as where no
            order on disk is known, comes back as it is.
        """
        if len(values) != len(self.stored):
            return list(values)
        return [values[place] for place in inverse(self.stored)]


def _json_copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json_copy(entry) for key, entry in value.items()}
    return [_json_copy(entry) for entry in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Who:
    """A person, and how we know it."""

    name: str
    known: str = "login"
    """One of ``"typed"``, ``"login"``, ``"proxy"``, ``"sign-in"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldVersion:
    """One entry of a field's history; ids are never used again."""

    id: str
    path: str
    """Path of the image group that holds its pixels, below the well."""

    action: str = "write"
    """``"write"``, ``"correct"``, ``"revert"`` or ``"purge"``."""

    who: str | None = None
    known: str | None = None
    when: str | None = None
    """UTC, ISO 8601 to the millisecond with ``Z``."""

    why: str | None = None
    digest: str | None = None
    """Digest of the pixels of level 0 with its algorithm's name before a colon."""

    size: int | None = None
    """Bytes on disk over all levels."""

    source: str | None = None
    """Name of the file that it came from."""

    supersedes: str | None = None
    """Id of the version that was live before."""
