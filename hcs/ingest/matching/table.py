"""The table of what each file is for, which people correct before anything is staged.

A table is a value: `MatchTable.with_change` returns another one, in which everything is
worked out anew from the pictures and what people chose.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hcs.errors import SourceError
from hcs.ingest.matching.match import Choice, Match
from hcs.ingest.matching.matching import by_field, matches_of
from hcs.ingest.matching.wording import summary_of, table_document

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hcs.ingest.matching.match import FieldMatch, Leftover
    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.matching.target import MatchTarget


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
        choices = dict(self.choices)
        for row in rows:
            choices[self.match(row).id] = replace(choices.get(row, Choice()), **changes)
        return match_pictures(
            self.pictures, self.target, choices=choices, leftovers=self.leftovers
        )

    @property
    def fields(self) -> tuple[FieldMatch, ...]:
        """What would be corrected, in the order of the plate: one entry a field."""
        return by_field(self.matches, self.target)

    @property
    def summary(self) -> str:
        """One sentence: ``"38 of 41 files are for 38 fields; 3 rows unclear."``."""
        return summary_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON has it."""
        return table_document(self)


def match_pictures(
    pictures: Sequence[Picture],
    target: MatchTarget,
    *,
    choices: Mapping[str, Choice] | None = None,
    leftovers: Sequence[Leftover] = (),
) -> MatchTable:
    """Return which field and channel of a plate each picture is for.

    Parameters
    ----------
    pictures
        Of any number of files; the images of a file that holds several are `series` of
        its first.
    target
        The plate.
    choices
        What people said, by the id of a row: it goes before everything else.
    leftovers
        Files that are no pictures; they are handed on.

    Returns
    -------
        A row for each picture, or for each stack whose planes are files of their own.
        Nothing is left out: a row that is not clear says what is missing.
    """
    choices = choices or {}
    return MatchTable(
        target=target,
        pictures=tuple(pictures),
        matches=matches_of(pictures, target, choices),
        leftovers=tuple(leftovers),
        choices=dict(choices),
    )
