"""A picture that may correct a field: what its file, its name and its export say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hcs.axes import ORDER
from hcs.ingest.names import NameParts, name_part

if TYPE_CHECKING:
    from hcs.ingest.formats.image_file import Fact, ImageFile
    from hcs.ingest.formats.place import ImagePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One image of one file, described without its pixels.

    The same for a file on a disk and for one that a browser sent.
    """

    id: str
    """What the caller finds its pixels by: an upload's id, or a path."""

    name: str
    """Of the file, with its folders where it came with any; only ever shown."""

    kind: str
    """As `ImageFile.kind`."""

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    channels: tuple[str | None, ...] = ()
    """Names that the file gives, one a channel, else empty."""

    pixel_size: tuple[float, float] | None = None
    """Micrometres along y and x; None where the file does not say."""

    pages: int = 0
    """Pages whose meaning the file does not state; they stand as z in `axes`."""

    facts: tuple[Fact, ...] = ()
    not_finite: int | None = None
    """Pixels that are no finite numbers; None where nobody has counted them."""

    stated: NameParts = field(default_factory=NameParts)
    """What metadata, or the reader of the export, say of well, field and channel."""

    stated_by: str = ""
    """Who says it, in words after "from": ``"its OME-XML"``."""

    centre: tuple[float, float] | None = None
    """Centre of the field from the centre of its well along y and x, micrometres."""

    field_name: str = ""
    """Name of its field in the plate that it lies in, where it lies in one."""

    series_name: str = ""
    """What the file calls this image, where it holds several."""

    series_number: int = 0
    """Of this image in its file, from 0; those that cannot be read are left out."""

    series: tuple[Picture, ...] = ()
    """Every image of a file that holds several, this one among them; else empty."""

    digest: str = ""
    """Of the pixels, where somebody has computed it: equal for equal pixels."""

    def size(self, axis: str) -> int:
        """Return the length along an axis, 1 where it has none.

        Parameters
        ----------
        axis
            One of ``"t"``, ``"c"``, ``"z"``, ``"y"`` and ``"x"``.
        """
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    @property
    def is_rgb(self) -> bool:
        """Whether it is a colour picture."""
        return any(fact.code == "rgb" for fact in self.facts)

    @property
    def sizes(self) -> dict[str, int]:
        """Length by axis, of all of ``t c z y x``; 1 where it has none."""
        return {axis: self.size(axis) for axis in ORDER}


def describe_picture(
    file: ImageFile,
    identifier: str,
    *,
    stated: NameParts | None = None,
    stated_by: str = "",
    series_name: str = "",
    series_number: int = 0,
) -> Picture:
    """Return the description of an open image file.

    Parameters
    ----------
    file
        The file, or one series of it.
    identifier
        What the caller finds its pixels by.
    stated, stated_by
        What an export's reader says of it, and the reader's name for people; by default
        what the file's own metadata say.
    series_name, series_number
        Of the image, where the file holds several.
    """
    if (stated is None or stated == NameParts()) and file.place is not None:
        stated, stated_by = _parts_of(file.place), file.place.said_by
    return Picture(
        id=identifier,
        name=file.name,
        kind=file.kind,
        axes=file.axes,
        shape=file.shape,
        dtype=file.dtype.name,
        channels=file.channel_names,
        pixel_size=file.pixel_size,
        pages=file.pages,
        facts=file.facts,
        stated=stated or NameParts(),
        stated_by=stated_by,
        centre=None if file.record is None else file.record.offset,
        field_name="" if file.place is None else file.place.field_name,
        series_name=series_name,
        series_number=series_number,
    )


def _parts_of(place: ImagePlace) -> NameParts:
    field = place.field
    return NameParts(
        plate=place.plate,
        well=place.well,
        field=None if field is None else name_part(field),
    )
