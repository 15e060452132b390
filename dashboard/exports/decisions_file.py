"""A plate's ledger as a file, and back without loss: one JSON document a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.errors import DashboardError
from dashboard.exports.json_lines import (
    check_header,
    json_line,
    read_document,
    read_lines,
    write_whole,
)
from dashboard.reviews.acts import as_document, from_document
from dashboard.reviews.blind import refuse_if_blind
from dashboard.text import plain_text

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.service import Service

FORMAT = "hcs-decisions"
VERSION = 1


def export_decisions(service: Service, key: str, file: Path) -> int:
    """Write every act on a plate to a file; return how many.

    Raises
    ------
    DashboardError
        If the file cannot be written.
    RefusedError
        If a blind review is under way: it would tell each of the other.
    """
    overview = service.plates.overview(key)
    refuse_if_blind(service.reviews, key)
    acts = service.reviews.acts(key)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "plate": overview.id,
        "name": overview.name,
    }
    lines = [head, *map(as_document, acts)]
    text = "".join(map(json_line, lines))
    try:
        write_whole(file, text)
    except OSError as error:
        raise DashboardError(
            f"{file} cannot be written: {error.strerror or error}."
        ) from error
    return len(acts)


def import_decisions(
    service: Service, key: str, file: Path, *, another_plate: bool = False
) -> int:
    """Add the acts of a file to a plate; return how many were new.

    Parameters
    ----------
    service, key
        The plate.
    file
        What `export_decisions` wrote.
    another_plate
        Take it also where the file is of a plate with another id.

    Raises
    ------
    DashboardError
        If the file cannot be read, is none of ours or of another plate, or the ledger
        has acts that it lacks. Nothing was added then.
    """
    lines = read_lines(file)
    head = read_document(file, 1, lines[0] if lines else b"")
    check_header(file, head, "decisions", VERSION)
    plate = service.plates.overview(key).id
    if head.get("plate") != plate and not another_plate:
        raise DashboardError(
            f"{file} is of plate {plain_text(head.get('name'), 80)!r} with the id "
            f"{plain_text(head.get('plate'), 60)}, and not of {key!r} ({plate}). Give "
            f"--another-plate if you mean it."
        )
    acts = [
        from_document(read_document(file, number, line))
        for number, line in enumerate(lines[1:], 2)
        if line.strip()
    ]
    return service.decisions.bring(key, acts)
