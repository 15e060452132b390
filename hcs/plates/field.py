"""One field of view, as its well lists it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.images.image import Multiscales
    from hcs.plates.well import HCSWell


@dataclass(frozen=True, slots=True)
class Field:
    """One field of view of a well, as its well document lists it."""

    well: str
    """Path of the well, ``"B/2"``."""

    name: str
    """Its first path below the well, which it keeps through corrections."""

    label: str
    """What people call it: the source's own name (``s1``), else `name`."""

    acquisition: int | None
    """`PlateAcquisition.id`; None where the document names none."""

    path: str
    """Where its pixels are now, below the well."""

    owner: HCSWell = field(compare=False, repr=False)
    live: str | None = field(default=None, repr=False)
    """Id of the live version according to the well document."""

    def image(self) -> Multiscales:
        """Return the image, from the well's cache where it is there.

        Raises
        ------
        NotFoundError
            If it is listed, but not there.
        StaleVersionError
            If the well no longer lists the field.
        MetadataError
            If its document cannot be understood.
        """
        return self.owner.open_field(self)

    def exists(self) -> bool:
        """Whether the image's document is there now."""
        return self.owner.has_group(self.path)

    @property
    def version(self) -> str:
        """Id of the live version; for a field without history, a digest.

        Raises
        ------
        NotFoundError, StaleVersionError, MetadataError
            If there is no history and the image cannot be opened; see `image`.
        """
        if self.live is not None:
            return self.live
        version = self.image().version
        assert version is not None  # noqa: S101  (only images in memory have none)
        return version

    def _repr_html_(self) -> str:
        from hcs.plates.html import field_html

        return field_html(self)
