"""The table in words: one sentence on it, lines for a terminal, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.wording import counted, some

if TYPE_CHECKING:
    from hcs.ingest.matching.match import Match
    from hcs.ingest.matching.table import MatchTable


def summary_of(table: MatchTable) -> str:
    """Return one sentence on a table."""
    ready = [match for match in table.matches if match.ready]
    files = sum(len(match.pictures) for match in ready)
    fields = len({(match.well, match.field) for match in ready})
    excluded = sum(match.excluded for match in table.matches)
    choices = sum(bool(m.problem) and not m.excluded for m in table.matches)
    guessed = sum(match.certainty == "guessed" for match in ready)
    total = sum(len(m.pictures) for m in table.matches) + len(table.leftovers)
    parts = [f"{files} of {counted(total, 'file')} are for {counted(fields, 'field')}"]
    if guessed:
        parts.append(f"{counted(guessed, 'row')} guessed")
    if choices:
        parts.append(f"{counted(choices, 'row')} unclear")
    if excluded:
        parts.append(f"{excluded} excluded")
    unusable = sum(left.is_image for left in table.leftovers)
    others = len(table.leftovers) - unusable
    if unusable:
        parts.append(f"{counted(unusable, 'image')} cannot be used")
    if others:
        parts.append(f"{counted(others, 'other file')} left aside")
    return "; ".join(parts) + "."


def channel_text(table: MatchTable, match: Match) -> str:
    """Return the channels of a row: ``"DNA"``, ``"all channels"``; "" if unknown.

    Parameters
    ----------
    table
        The table that has the row.
    match
        The row.
    """
    names = table.target.channels
    if not match.channels:
        return ""
    if len(match.channels) == len(names) > 1:
        return "all channels"
    return some([names[index] for index in match.channels], 6, str)


def table_cells(table: MatchTable) -> list[tuple[str, ...]]:
    """Return well, field, channel, certainty and file of each row, as text."""
    return [
        (
            match.well or "?",
            match.field_label or "?",
            channel_text(table, match) or "?",
            _state(match),
            match.name,
        )
        for match in table.matches
    ]


def _state(match: Match) -> str:
    if match.excluded:
        return "excluded"
    return "unclear" if match.problem else match.certainty


def remarks(table: MatchTable) -> list[str]:
    """Return what stands in the way of rows, what speaks against them, what is left."""
    lines = []
    for match in table.matches:
        sentences = [match.problem, match.help] if match.problem else []
        sentences = [sentence for sentence in (*sentences, *match.doubts) if sentence]
        if sentences and not match.excluded:
            lines.append(f"{match.name}: {' '.join(sentences)}")
    return [
        *lines,
        *(
            f"{left.name}: {left.reason} {left.help}".strip()
            for left in table.leftovers
        ),
    ]


def table_document(table: MatchTable) -> dict[str, Any]:
    """Return the table as JSON has it."""
    return {
        "summary": table.summary,
        "rows": [
            {
                "files": [picture.name for picture in match.pictures],
                "well": match.well or None,
                "field": match.field or None,
                "field_label": match.field_label or None,
                "acquisition": match.acquisition,
                "channels": [table.target.channels[c] for c in match.channels],
                "pages": match.pages or None,
                "series": match.series,
                "match": match.certainty or None,
                "reasons": list(match.reasons),
                "doubts": list(match.doubts),
                "problem": match.problem or None,
                "help": match.help or None,
                "excluded": match.excluded,
            }
            for match in table.matches
        ],
        "left_over": [
            {"file": left.name, "reason": left.reason, "help": left.help or None}
            for left in table.leftovers
        ],
    }
