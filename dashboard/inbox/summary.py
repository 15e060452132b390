"""What the list says of an import, in bounded texts, and the plate map that it gets.

An export's names and what its files say were written by anybody: they are cut here, and
escaped where they are shown.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.text import cut_text
from hcs import read_plate_map
from hcs.errors import HCSError, SourceError
from hcs.ingest import propose_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.ingest import ExportSource, ImportReport, PlannedImport

_MOST_LINES = 30
"""Reasons, gaps and notes that are listed; the others are counted."""

_MOST_TEXT = 300
_MOST_PROPOSALS = 3
_MOST_NAMES = 3
"""Files that are named for one reason."""

_MAP_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")


def summary_of(report: ImportReport) -> dict[str, Any]:
    """Return what an import found, as JSON values."""
    plan = report.plan
    skipped, gaps = report.skipped, report.gaps
    return {
        "plate": _cut(plan.export.plate),
        "preset": plan.export.preset,
        "reason": _cut(plan.export.reason),
        "barcode": _cut(plan.export.barcode or ""),
        "found": plan.found.as_dict(),
        "expected": plan.expected.as_dict(),
        "channels": [_cut(name) for name in report.channel_names[:_MOST_LINES]],
        "complete": plan.export.complete,
        "gaps": [_cut(str(gap)) for gap in gaps[:_MOST_LINES]],
        "gap_count": len(gaps),
        "skipped": _by_reason(skipped),
        "skipped_count": len(skipped),
        "notes": [_cut(note) for note in plan.notes[:_MOST_LINES]],
        "plate_map": "" if plan.plate_map is None else _cut(plan.plate_map.name),
    }


def proposals_of(source: ExportSource) -> list[list[str]]:
    """Return the patterns that names suggest, and what each would give."""
    proposals = propose_patterns(source.files)[:_MOST_PROPOSALS]
    return [
        [proposal.pattern, _cut(proposal.problem or proposal.counts)]
        for proposal in proposals
        if len(proposal.pattern) <= _MOST_TEXT
    ]


def _by_reason(skipped: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the reasons, each with how many files it holds for and some names."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in skipped:
        names[reason].append(name)
    most = sorted(names.items(), key=lambda entry: -len(entry[1]))[:_MOST_LINES]
    return [
        {
            "reason": _cut(reason),
            "count": len(files),
            "names": [_cut(name) for name in files[:_MOST_NAMES]],
        }
        for reason, files in most
    ]


def _cut(text: str) -> str:
    return cut_text(text, _MOST_TEXT)


def map_for(planned: PlannedImport, folder: str | None) -> PlannedImport:
    """Return an import with the plate map of its barcode, where a folder has one.

    A map that a person chose, or that the export holds, goes before. What is wrong with
    a map that was found so does not stop the import: it becomes a note.

    Parameters
    ----------
    folder
        Of plate maps, each called as the barcode or name of its plate.
    """
    plan = planned.report.plan
    if plan.plate_map is not None or folder is None:
        return planned
    names = [plan.export.barcode or "", plan.export.plate]
    try:
        path = _map_called(names, folder)
        if path is None:
            return planned
        plate_map = read_plate_map(path, format=plan.format, plate=plan.export.plate)
    except HCSError as error:
        note = f"No plate map was taken: {error}"
        changed = replace(plan, notes=(*plan.notes, note))
    else:
        note = f"The plate map {path.name} was found by its name."
        changed = replace(plan, plate_map=plate_map, notes=(*plan.notes, note))
    return replace(planned, report=replace(planned.report, plan=changed))


def _map_called(names: Sequence[str], folder: str) -> Path | None:
    """Return the table called as the first of some names that any is called as."""
    try:
        files = sorted(path.name for path in Path(folder).iterdir())
    except OSError as error:
        raise SourceError(
            f"the folder of plate maps {folder} cannot be listed ({error.strerror})."
        ) from error
    for name in filter(None, names):
        maps = [
            file
            for file in files
            if file.lower().endswith(_MAP_SUFFIXES)
            and Path(file).stem.lower() == name.lower()
        ]
        if len(maps) > 1:
            raise SourceError(f"{' and '.join(maps[:3])} are both called as it is.")
        if maps:
            return Path(folder, maps[0])
    return None
