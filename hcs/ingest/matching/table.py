"""The table of what each file is for, which people correct before anything is staged.

A table is a value: `MatchTable.with_change` returns another one, in which everything is
worked out anew from the pictures and what people chose.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.matching.target import MatchTarget, TargetField

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchTable:
    """What each of some files is for, on one plate."""

    target: MatchTarget
    pictures: tuple[Picture, ...]
    matches: tuple[Match, ...] = ()
    """A row for each file, those that people must look at first: see `Match.needs`."""

    leftovers: tuple[Leftover, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """What people said, by the id of the row."""

    def match(self, row: str) -> Match:
        """Return a row.

        Parameters
        ----------
        row
            The `Match.id` of one of `matches`.

        Raises
        ------
        SourceError
            If there is none of this id.
        """
        for match in self.matches:
            if match.id == row:
                return match
        raise SourceError("There is no such row in the table (any more).")

    def with_change(self, rows: Collection[str], **changes: Any) -> MatchTable:
        """Return the table after a person has said something of some rows.

        Parameters
        ----------
        rows
            Ids of the rows.
        **changes
            Fields of `Choice`, for all of the rows. None takes back what was said.

        Raises
        ------
        SourceError
            If there is no such row, or what was said is impossible for a row. Nothing
            is changed then.
        """
        from hcs.ingest.matching.matching import match_pictures

        choices = dict(self.choices)
        for row in rows:
            choices[self.match(row).id] = replace(choices.get(row, Choice()), **changes)
        return match_pictures(
            self.pictures, self.target, choices=choices, leftovers=self.leftovers
        )

    @property
    def fields(self) -> tuple[FieldMatch, ...]:
        """What would be corrected, in the order of the plate: one entry a field."""
        from hcs.ingest.matching.matching import by_field

        return by_field(self)

    @property
    def summary(self) -> str:
        """One sentence: ``"38 of 41 files are for 38 fields; 3 rows unclear."``."""
        from hcs.ingest.matching.wording import summary_of

        return summary_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON has it."""
        from hcs.ingest.matching.wording import table_document

        return table_document(self)
