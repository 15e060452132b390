"""One row of the table of what each file is for, and what a person said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.matching.target import TargetField

Certainty = Literal["sure", "guessed", ""]
"""``"sure"``: metadata, an export's reader or a person say it, or there is only one;
``"guessed"``: it was read off a name or an order; ``""``: not known."""

ALL_CHANNELS: Final = -1
"""A choice of channel: the file's channels are the field's, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person said of a row; None where they said nothing."""

    well: str | None = None
    """In any spelling."""

    field: str | None = None
    """Name or label of a field of the well."""

    channel: int | None = None
    """Index in the field, or `ALL_CHANNELS`."""

    pages: str | None = None
    """What pages are that the file says nothing of: ``"c"``, ``"z"`` or ``"t"``."""

    series: int | None = None
    """Which image of a file that holds several, counted from 0."""

    excluded: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One row: the pictures of one channel, or of all channels, of one field."""

    id: str
    """That of its first picture; the same in every table of the same pictures."""

    pictures: tuple[Picture, ...]
    """One. Several where the planes of a stack are files of their own, z fastest."""

    well: str = ""
    """Label of the well; "" where it is not known."""

    field: str = ""
    """Name of the field; "" where it is not known."""

    field_label: str = ""
    acquisition: int | None = None
    channels: tuple[int, ...] = ()
    """Which channel of the field each channel of the picture becomes."""

    axes: tuple[str, ...] = ()
    """Of the picture, its pages taken as `pages`."""

    pages: str = ""
    """Axis that pages are taken as of which the file does not say what they are:
    ``"c"``, ``"z"`` or ``"t"``; ``""`` where it says it, or has one page."""

    series: int | None = None
    """Which of the file's images it is, from 0; None where it has one, or where nobody
    has chosen."""

    certainty: Certainty = ""
    """The least certain of well, field and channel."""

    reasons: tuple[str, ...] = ()
    """Why it is matched so, a sentence each: ``"Well B02: from its OME-XML."``."""

    doubts: tuple[str, ...] = ()
    """What speaks against it, a sentence each."""

    problem: str = ""
    """Why it cannot be staged, in a sentence; "" where it can."""

    help: str = ""
    """What would help, in a sentence."""

    needs: tuple[str, ...] = ()
    """What a person must choose: ``"well"``, ``"field"``, ``"channel"``,
    ``"series"``."""

    chosen: frozenset[str] = frozenset()
    """Names of `Choice` that a person has set."""

    excluded: bool = False

    @property
    def picture(self) -> Picture:
        """Its first picture."""
        return self.pictures[0]

    @property
    def ready(self) -> bool:
        """Whether it can be staged."""
        return not self.problem and not self.excluded

    @property
    def name(self) -> str:
        """Of its file, and how many more there are."""
        more = len(self.pictures) - 1
        return f"{self.picture.name} and {more} more" if more else self.picture.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A file that is no picture that can be used, whatever anybody chooses."""

    name: str
    reason: str
    """Why, in a sentence."""

    help: str = ""
    """What would help, in a sentence."""

    is_image: bool = True
    """Somebody meant it as an image; False of documents in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMatch:
    """What would be one correction: the rows that are ready for one field."""

    well: str
    field: TargetField
    matches: tuple[Match, ...]
    unchanged: tuple[int, ...] = ()
    """Channels that no file brings; they stay as they are."""
