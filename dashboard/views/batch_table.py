"""The table of files of one page: its order, its fields, and what people said of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dashboard.text import plain_text
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Collection

    from dashboard.corrections.proposal import NotStaged, Proposal
    from dashboard.service import Service
    from hcs.ingest import MatchTable

FieldKey = tuple[str, str]
"""Label of a well, and name of a field of it."""


def present_versions(
    service: Service, key: str, table: MatchTable
) -> dict[FieldKey, str]:
    """Return the live versions of the fields that rows are for; reads their wells."""
    versions: dict[FieldKey, str] = {}
    for well in {match.well for match in table.matches if match.well}:
        try:
            view = service.plates.well(key, well)
        except HCSError:
            continue
        for field in view.fields:
            if field.error is None:
                versions[well, field.name] = field.version
    return versions


def with_choices(
    service: Service, proposal: Proposal, before: MatchTable, owner: str
) -> Proposal:
    """Return a proposal with what people had said of the rows that it still has."""
    rows = {match.id for match in proposal.table.matches}
    for row, choice in before.choices.items():
        said = {name: said for name, said in asdict(choice).items() if said is not None}
        if row in rows and said:
            proposal = service.batches.change(proposal.id, [row], owner, **said)
    return proposal


def sorted_rows(table: MatchTable) -> list[str]:
    """Return the ids of rows: what must be settled first, then as the plate has it."""
    places = {label: at for at, label in enumerate(table.target.wells.values())}
    return [
        match.id
        for match in sorted(
            table.matches,
            key=lambda match: (
                not match.problem,
                places.get(match.well, len(places)),
                match.field,
                match.channels,
                match.name,
            ),
        )
    ]


def file_of(upload: str) -> str:
    """Return the file of an image: several images of one file are numbered."""
    return upload.partition(".")[0]


def fields_of(proposal: Proposal, rows: Collection[str]) -> set[FieldKey]:
    """Return the fields that some rows are for."""
    return {
        (match.well, match.field)
        for match in proposal.table.matches
        if match.id in rows
    }


def not_staged(
    proposal: Proposal | None, failed: Collection[NotStaged]
) -> dict[FieldKey, str]:
    """Return why fields could not be staged."""
    names = {
        (entry.well, entry.field.label): entry.field.name
        for entry in (proposal.table.fields if proposal else ())
    }
    return {
        (left.well, names.get((left.well, left.field_label), left.field_label)): (
            plain_text(left.reason, 600)
        )
        for left in failed
    }
