"""What our own keys say that people want to know: gaps, unsettled corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.gaps import Gap, read_gap
from hcs.ngff.envelope import EXTENSION
from hcs.ngff.history import FieldRecord, read_records
from hcs.ngff.names import SHELF
from hcs.rules.document import member
from hcs.rules.problem import OURS, Problem, json_type
from hcs.rules.well import listed_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


def plate_notes(attributes: Any) -> list[Problem]:
    """Return notes on our key in the attributes of a plate."""
    content = _extension(attributes)
    if not isinstance(content, dict):
        return [] if content is None else [_malformed_note(content, "")]
    notes = []
    state = content.get("import")
    if isinstance(state, dict) and state.get("state") == "unfinished":
        text = "An import was interrupted; run the same import again to resume it."
        notes.append(Problem("hcs-import-unfinished", "warning", "", text, OURS))
    return notes + _gaps(content.get("gaps"))


def _extension(attributes: Any) -> Any:
    return member(attributes, EXTENSION)


def _malformed_note(content: object, where: str) -> Problem:
    text = f"Our key 'hcs' is {json_type(content)}, not an object; it is passed over."
    return Problem("hcs-extension", "warning", where, text, OURS)


def _gaps(gaps: Any) -> list[Problem]:
    """Return one note for each well whose planes were missing at its import."""
    wells: dict[str, list[Gap]] = {}
    for entry in gaps if isinstance(gaps, list) else ():
        if isinstance(entry, dict):
            gap = read_gap(entry, {})
            wells.setdefault(gap.path or "", []).append(gap)
    return [
        Problem("hcs-gaps", "warning", path, _gap_text(gaps), OURS)
        for path, gaps in wells.items()
    ]


def _gap_text(gaps: list[Gap]) -> str:
    """Return a sentence on the gaps of one well, or on those of every well."""
    first = gaps[0].what or "this well"
    if gaps[0].path is None:
        first += " in any well"
    if gaps[0].reason:
        first += f" ({gaps[0].reason})"
    if len(gaps) == 1:
        return f"The source had no image for {first}."
    return f"The source had no image for {len(gaps)} places, the first: {first}."


def well_notes(attributes: Any, version: str, where: str) -> list[Problem]:
    """Return notes on our key in the attributes of a well: what is not settled yet."""
    content = _extension(attributes)
    if not isinstance(content, dict):
        return [] if content is None else [_malformed_note(content, where)]
    return [
        Problem("hcs-unsettled", "warning", f"{where}: hcs.fields.{name}", text, OURS)
        for name, text in unsettled_fields(content, listed_fields(attributes, version))
    ]


def unsettled_fields(
    content: Mapping[str, Any], listed: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the name of each field that is not settled, and a sentence about it.

    Parameters
    ----------
    content
        Our key in the attributes of the well.
    listed
        Paths of the images that the well lists.
    """
    for record in read_records(content).values():
        text = _unsettled(record, listed)
        if text is not None:
            yield record.name, text


def history_paths(attributes: Any) -> set[str]:
    """Return the paths in a well that its history, or a settling, speaks of."""
    content = _extension(attributes)
    paths: set[Any] = {SHELF}
    for record in read_records(content if isinstance(content, dict) else {}).values():
        paths.add(record.path)
        paths |= {version.path for version in record.versions}
        settling = record.settling or {}
        moves = [settling.get("move"), *_entries(settling.get("aliases"))]
        for move in moves:
            if isinstance(move, dict):
                paths |= {text for text in move.values() if isinstance(text, str)}
    return paths


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_incomplete(attributes: Any) -> bool:
    """Tell whether a group is marked as being written or removed."""
    content = _extension(attributes)
    return isinstance(content, dict) and content.get("state") in ("staging", "removing")


def _unsettled(record: FieldRecord, listed: Collection[str]) -> str | None:
    settling = record.settling or {}
    if settling.get("move"):
        return (
            f"Field {record.name} is being brought back to its path {record.path!r}; "
            f"`hcs settle` ends that, `hcs recover` after an interruption."
        )
    live = record.find(record.live)
    if live is not None and live.path != record.path and live.path in listed:
        return (
            f"Field {record.name} was corrected and shows {live.path!r}; other readers "
            f"may look at {record.path!r} until `hcs settle` brings it there."
        )
    if settling.get("aliases"):
        return (
            f"Field {record.name} still has second names, for readers that opened it "
            f"before it was settled; `hcs settle` removes them in time."
        )
    earlier = record.superseded_among_fields()
    if earlier and not any(version.path in listed for version in earlier):
        return (
            f"Field {record.name} has an earlier version at {earlier[0].path!r}, which "
            f"programs that list groups take for a field; `hcs settle` puts it away."
        )
    return None
