"""What pages see of uploads and corrections: plain frozen values.

Names and messages come from files of others and are not escaped here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.plates.values import FieldState
    from hcs.ingest import Fact, NameParts


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded file that was looked into."""

    id: str
    name: str
    """As the browser named it, without any folder; show it escaped."""

    size: int
    kind: str
    """``"tiff"``, ``"ome-tiff"``, ``"png"`` ..."""

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    channels: tuple[str, ...] = ()
    """Channel names that the file has, one a channel; else empty."""

    pixel_size: float | None = None
    """Micrometres along x, where the file says it."""

    not_finite: int = 0
    """Pixels that are NaN or infinite."""

    facts: tuple[str, ...] = ()
    """What a person may want to know of the file, a sentence each."""

    pages: str = ""
    """The axis that pages are taken as of which the file does not say what they are:
    ``"c"``, ``"z"`` or ``"t"``; ``""`` where it says it, or has one page."""

    stated: NameParts | None = None
    """What the file's metadata say of well, field and channel; None where nothing."""

    stated_by: str = ""
    """Who says it, in words after "from": ``"its OME-XML"``."""

    centre: tuple[float, float] | None = None
    """Of the field from the centre of its well along y and x, micrometres."""

    file: str = ""
    """Shared by the images of one file that holds several; "" of others."""

    series_name: str = ""
    """What such a file calls this image."""

    field_name: str = ""
    """Of the field in the plate that it lies in, where it lies in one."""

    notes: tuple[Fact, ...] = ()
    """What `facts` say, with a code for programs."""

    digest: str = ""
    """Of the pixels: equal for equal pixels."""

    guess_well: str | None = None
    """Well in the file name, ``"B02"``."""

    guess_field: str | None = None
    """Field in the file name, as written: ``"s1"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """Which upload goes where in a correction."""

    upload: str
    """Id of the upload."""

    channel: int | None = None
    """Channel of the target that the file's one channel becomes; None where the file
    holds all channels."""

    order: tuple[int, ...] = ()
    """Which channel of the target each channel of the file becomes, where `channel` is
    None; in their order where empty."""

    more: tuple[str, ...] = ()
    """Ids of the uploads that follow, where the planes of a stack are files of their
    own: z counts fastest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What tells an upload from the present field, or from its target."""

    kind: str
    """``"shape"``, ``"dtype"``, ``"channels"``, ``"well"``, ``"field"``,
    ``"pixel-size"``, ``"values"``; ``"none"`` is never listed."""

    message: str
    blocking: bool
    """Commit is refused until it is corrected or confirmed."""

    confirmed: bool = False
    confirmable: bool = True
    """False where no confirmation helps: it must be corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A correction that was prepared and is not committed."""

    id: str
    """Unguessable; also its ``pixels/staged/<id>/...``."""

    key: str
    well: str
    """Label of the target well."""

    field: str
    """Name of the target field; that of the new one where `base` is None."""

    field_label: str
    acquisition: int | None
    base: str | None
    """Version that it would replace; None for a new field."""

    view: FieldState
    """Shape, levels and so on of the staged pixels."""

    differences: tuple[Difference, ...] = ()
    action: str = ""
    """What the commit button should say: ``"Replace B02 field s1"``."""

    sources: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether nothing blocks a commit any more."""
        return not any(
            difference.blocking and not difference.confirmed
            for difference in self.differences
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version in a field's history, newest first."""

    id: str
    action: str
    who: str
    known: str
    when: str
    """UTC, ISO 8601; empty where unknown."""

    why: str
    source: str
    """Names of the files that it came from; empty where unknown."""

    live: bool
    digest: str = ""
    """Of the pixels of level 0, after its algorithm's name and a colon."""
    available: bool = True
    """Its pixels are still there, so it can be shown and reverted to."""
