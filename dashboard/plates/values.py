"""What pages see of plates: plain frozen values, no Panel, no zarr.

A page is built from these and from nothing else, so two snapshots can be compared
with ``==`` to find what changed. Names, labels and messages come from files of others
and are *not* escaped here: pass them through `dashboard.text.safe_text` where they
reach HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dashboard.plates.absence import Absence
    from hcs.flatfield import FlatField
    from hcs.gaps import Gap

WellStatus = Literal["present", "missing", "unreadable", "not_acquired", "pending"]
"""``present``: its document was read, or is believed to be there until it is looked at;
``missing``: the plate lists it, but there is no document; ``unreadable``: its document
is broken; ``not_acquired``: the grid has it, the plate does not list it; ``pending``:
the plate is still being written and the well has not come yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateEntry:
    """A plate that is served."""

    key: str
    """Unique path below the served root; the ``plate`` of URLs."""

    name: str
    location: str
    """Printable, without credentials."""

    writable: bool
    error: str | None = None
    """Why it cannot be opened, in words; None where it can."""

    absent_since: str = ""
    """When it was there for the last time, UTC; "" where it is, or never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WellState:
    """One position of the plate grid."""

    label: str
    """``"B02"``: row letter and column number, padded to the widest column."""

    path: str
    """``"B/2"``; what it would be where the plate does not list the well."""

    row: int
    """Zero-based, downwards, among the rows as people see them."""

    column: int
    """Zero-based, rightwards."""

    state: WellStatus
    n_fields: int | None = None
    """Fields that the well document lists; None until it was read."""

    expected_fields: int | None = None
    """Its own, those that the import names as gaps, and as many as most wells have."""

    error: str | None = None
    conditions: tuple[tuple[str, str], ...] = ()
    """Column and value of the plate map, in the map's order."""

    corrected: bool = False
    """A field of it shows something else than its first version."""

    revised: bool = False
    """A field of it was corrected at some time, and may have been reverted since."""

    @property
    def listed(self) -> bool:
        """Whether the plate lists it; all other positions of the grid count nowhere."""
        return self.state != "not_acquired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSetting:
    """How one channel of one picture is drawn; part of a picture's URL."""

    index: int
    color: str
    """Six hexadecimal digits ``RRGGBB``."""

    low: float
    """Pixel value drawn black."""

    high: float
    """Pixel value drawn in full colour."""

    gamma: float = 1.0
    """Exponent applied to the value between black (0) and full (1)."""


ContrastSource = Literal["stored", "plate", "dtype", "field"]
"""``stored``: the display windows of the files, equal over the plate; ``plate``: robust
limits over a sample of the plate's fields; ``dtype``: the range of the type, where
there is nothing to sample; ``field``: limits of a single field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDisplay:
    """A channel of the plate and its display for the whole plate."""

    index: int
    name: str
    color: str
    low: float
    high: float
    source: ContrastSource
    minimum: float
    """Smallest value that a contrast control should offer."""

    maximum: float
    """Largest value that a contrast control should offer."""

    active: bool = True
    automatic: tuple[float, float] | None = None
    """Robust limits over the plate, also where stored ones are shown; None where no
    pixel could be sampled."""

    least: float = 0.0
    """How wide a window made of pixels is at least: narrower ones show noise."""

    empty: bool = False
    """The sampled fields hold nothing but noise in this channel."""

    def setting(self) -> ChannelSetting:
        """Return the setting that draws the channel as the plate shows it."""
        return ChannelSetting(
            index=self.index, color=self.color, low=self.low, high=self.high
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """An imaging run; `id` may be 0, and is not an index."""

    id: int
    name: str
    """The plate's name for it, else ``"acquisition <id>"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateOverview:
    """What the first paint of a plate needs; costs one document."""

    key: str
    id: str
    name: str
    version: str
    """NGFF version."""

    location: str
    writable: bool
    """False where the place is, or the server was told to be, read-only."""

    rows: tuple[str, ...]
    """Names of the rows, as the store has them, in the order people read them in."""

    columns: tuple[str, ...]
    wells: tuple[WellState, ...]
    """Every position of the grid, row by row: ``wells[r * len(columns) + c]``."""

    row_indices: tuple[int, ...] = ()
    """Zero-based position of each of `rows` in the plate document; empty where the
    document has them in this order."""

    column_indices: tuple[int, ...] = ()
    acquisitions: tuple[Acquisition, ...] = ()
    channels: tuple[ChannelDisplay, ...] = ()
    """Empty until the survey has looked at the first fields (well under a second on a
    local disk); a revision bump tells."""

    condition_names: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    projection: str = ""
    """How the planes were projected along z before the import; "" where not."""

    barcode: str = ""
    """As the microscope's export gave it; "" where not."""

    flat_fields: tuple[tuple[str, FlatField], ...] = ()
    """Name of a channel, and the microscope's own profiles of its light."""

    corrected_fields: int = 0
    """Fields that show something else than their first version, as far as known."""

    unsettled: int = 0
    """Corrected fields that are not back at their first path yet."""

    surveyed: bool = False
    """The well documents have been looked at."""

    digest: str = ""
    """Changes with any version of any field that is known; for sprite addresses."""

    banner: str = ""
    """One sentence on completeness, for people; empty until surveyed."""

    revision: int = 0
    absence: Absence | None = None
    """That the plate cannot be reached; all else is as it was last seen then."""

    def well(self, label: str) -> WellState | None:
        """Return the position with the label, or None."""
        return next((well for well in self.wells if well.label == label), None)

    def indices(self, well: WellState) -> tuple[int, int]:
        """Return the zero-based row and column of a well in the plate document."""
        row = self.row_indices[well.row] if self.row_indices else well.row
        columns = self.column_indices
        return row, columns[well.column] if columns else well.column


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelView:
    """One resolution of a field."""

    shape: tuple[int, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldState:
    """A field of a well."""

    name: str
    """Its identity within well and acquisition; never changes."""

    label: str
    """What people call it: the source's own label, else the name."""

    acquisition: int | None
    acquisition_name: str | None
    version: str
    """Id of the live version; part of every pixel URL. Empty where unreadable."""

    path: str = ""
    """Where its pixels are now, below the well."""

    axes: tuple[str, ...] = ()
    """Axis names in array order, a part of ``("t", "c", "z", "y", "x")``."""

    shape: tuple[int, ...] = ()
    """Shape of level 0, along `axes`."""

    dtype: str = ""
    scale: tuple[float, ...] = ()
    """Size of a pixel along each axis."""

    translation: tuple[float, ...] = ()
    """Position of the first pixel along each axis; zeros where not given."""

    units: tuple[str | None, ...] = ()
    levels: tuple[LevelView, ...] = ()
    channels: tuple[str, ...] = ()
    """Channel names, one a channel, ``"channel 0"`` where the file has none."""

    labels: tuple[str, ...] = ()
    """Names of the integer masks inside the field."""

    corrected: bool = False
    """It shows something else than its first version."""

    revised: bool = False
    """It was corrected at some time, and may have been reverted since."""

    settling: bool = False
    error: str | None = None
    alone: bool = False
    """Whether its well has no other field."""

    @property
    def words(self) -> str:
        """What people read: ``"s1"``, ``"field 0"``, and ``"field"`` of a single one.

        Tables, addresses and what is stored hold `label` or `name`. Fields are not
        counted anew: the numbers on the page are those of the tables.
        """
        return field_words(self.label, alone=self.alone and self.label == self.name)

    def size(self, axis: str) -> int:
        """Return the length along an axis, 1 where the field has no such axis."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WellView:
    """A well with its fields, or with the reason why it cannot be shown."""

    label: str
    path: str
    fields: tuple[FieldState, ...] = ()
    error: str | None = None

    @property
    def digest(self) -> str:
        """What the sprite address of the well must hold."""
        return fields_digest(self.fields)

    def field(self, name: str, acquisition: int | None = None) -> FieldState | None:
        """Return the field of that name, of any acquisition where None is given."""
        return next(
            (
                field
                for field in self.fields
                if field.name == name
                and (acquisition is None or field.acquisition == acquisition)
            ),
            None,
        )


def field_words(label: str, *, alone: bool = False) -> str:
    """Return what people call a field of this label.

    >>> field_words("s1"), field_words("0"), field_words("0", alone=True)
    ('s1', 'field 0', 'field')
    """
    if alone:
        return "field"
    return label if any(letter.isalpha() for letter in label) else f"field {label}"


def fields_digest(fields: tuple[FieldState, ...]) -> str:
    """Return a short digest of the fields' names and versions, in order."""
    # Imported here: pages that only draw never need it.
    import hashlib

    text = "\n".join(f"{field.name}\t{field.version}" for field in fields)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
