"""What the list of plates says of each: a line a plate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.reviews.verdict_table import VERDICT_LOOKS
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateEntry
    from dashboard.reviews.assay_windows import AssayWindow
    from dashboard.reviews.plate_list import PlateLine, WellMark

_MOST_SCORE = 3.0
"""Of a suspicion that has its full colour on the plate's own map, too."""

_STATES = {"not_acquired": " ", "missing": "!", "unreadable": "!", "pending": "~"}


def plate_line(
    entry: PlateEntry, line: PlateLine | None, place: Callable[[str, str], str]
) -> dict[str, Any]:
    """Return a plate as the page lists it.

    Parameters
    ----------
    entry
        The plate.
    line
        What is known of it; None until it was read.
    place
        Where a plate lies, by location and key, as the person may know it.
    """
    where = place(entry.location, entry.key)
    content: dict[str, Any] = {
        "key": entry.key,
        "name": plate_name(entry),
        "location": plain_text(where, 300),
        "folder": plain_text(where.rstrip("/\\").rpartition("/")[0], 300),
        "error": _said(entry, where),
        "state": "unreadable" if entry.error else "reading",
        "absent_since": entry.absent_since,
    }
    if line is None:
        return content
    if line.entry.error is not None:
        return {
            **content,
            "state": "unreadable",
            "error": content["error"] or _said(line.entry, where),
        }
    tally, signed = line.tally, line.signed
    return {
        **content,
        "state": content["state"] if entry.error else line.state,
        "barcode": plain_text(line.barcode, 100),
        "rows": line.rows,
        "columns": line.columns,
        "map": "".join(_mark(well) for well in line.wells),
        "completeness": plain_text(line.completeness, 300),
        "fields": line.fields,
        "corrected": line.corrected,
        "total": tally.total,
        "reviewed": tally.reviewed,
        "stale": tally.stale,
        "verdicts": dict(tally.verdicts),
        "unseen": tally.bases.get("unseen", 0),
        "suspects": line.suspects,
        "signed": plain_text(signed.who, 80) if signed else "",
        "signed_at": signed.at if signed else "",
        "finished": line.finished,
        "changed": line.changed,
        "assay": _assay(line.assay),
    }


def plate_name(entry: PlateEntry) -> str:
    """Return what a plate is called in the list."""
    return plain_text(entry.name, 120) or entry.key


def _assay(assay: AssayWindow | None) -> dict[str, Any]:
    if assay is None or not assay.metric:
        return {"metric": "", "title": "", "z": None, "note": ""}
    return {
        "metric": assay.metric,
        "title": plain_text(assay.title, 80),
        "z": assay.z_prime,
        "note": assay.note,
    }


def _said(entry: PlateEntry, where: str) -> str:
    """Return why a plate cannot be opened, with no place that is not shown."""
    return plain_text((entry.error or "").replace(entry.location, where), 400)


def _mark(well: WellMark) -> str:
    """Return one letter a well, for hundreds of plates are sent at once.

    Its state where there is nothing to judge, else its verdict, else how suspect it
    is: a digit, or ``"."`` where that is not known.
    """
    if well.state in _STATES:
        return _STATES[well.state]
    if well.verdict:
        look = VERDICT_LOOKS.get(well.verdict)
        return look.letter if look else "."
    if well.score is None:
        return "."
    return str(min(9, max(0, int(9 * well.score / _MOST_SCORE))))
