"""What a dry run found, as bounded JSON values for the page and for the import.

Names and texts of an export were written by anybody: they are cut here, and escaped
where they are shown.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from dashboard.inbox.summary import summary_of
from dashboard.inbox.worker import PYRAMID
from dashboard.text import cut_text
from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest import ImportReport, PlateListing, ProposedPattern
    from hcs.tables import WellConditions

MOST_PLATES = 500
_MOST_CHANNELS = 60
_MOST_TEXT = 400
_MOST_WELLS = 12
"""Wells that a sentence names."""

_MOST_MAP = 4 << 20
"""Bytes of a plate map, as it is kept with the import."""


def proposals_of(proposals: Sequence[ProposedPattern]) -> list[dict[str, Any]]:
    """Return patterns that names suggest, each with what it would give."""
    return [
        {
            "pattern": proposal.pattern,
            "gives": _cut(proposal.counts),
            "maker": _cut(proposal.maker),
            "problem": _cut(proposal.problem),
            "examples": [[_cut(name), _cut(text)] for name, text in proposal.examples],
            "unmatched": len(proposal.unmatched),
            "doubled": proposal.doubled,
        }
        for proposal in proposals
        if len(proposal.pattern) <= _MOST_TEXT
    ]


def plates_content(plates: Sequence[PlateListing]) -> list[list[Any]]:
    """Return the plates of a source: name, number of images, bytes."""
    return [[plate.name, plate.images, plate.size] for plate in plates[:MOST_PLATES]]


def outcome_of(report: ImportReport) -> dict[str, Any]:
    """Return what an import would do."""
    plan, traits = report.plan, report.plan.traits
    height, width = plan.grid.size
    pixels = plan.found.planes * height * width
    channels = plan.grid.channels[:_MOST_CHANNELS]
    return {
        **summary_of(report),
        "format": plan.format.name,
        "format_source": plan.format_source,
        "size": f"{width} x {height} {plan.grid.dtype}",
        "pixel_size": traits.pixel_size,
        "channel_names": [
            [_cut(plan.export.channel_name(part)), _cut(traits.names[part])]
            for part in channels
        ],
        "pages": any(image.pages for image in plan.images.values()),
        "bytes": int(pixels * plan.grid.dtype.itemsize * PYRAMID),
        "used": len(report.used),
        "map": _map_of(report),
    }


def _map_of(report: ImportReport) -> dict[str, Any] | None:
    """Return what the plate map says, None where there is none."""
    plate_map, entry = report.plan.plate_map, report.map_entry()
    if plate_map is None or entry is None:
        return None
    return {
        "name": _cut(plate_map.name),
        "columns": [_cut(column) for column in plate_map.columns[:_MOST_CHANNELS]],
        "wells": len(plate_map.wells),
        "problems": [_cut(problem) for problem in entry["problems"][:_MOST_WELLS]],
        "problem_count": len(entry["problems"]),
        **{
            kind: [len(entry[kind]), ", ".join(entry[kind][:_MOST_WELLS])]
            for kind in ("without_images", "not_listed")
        },
    }


def map_text(report: ImportReport) -> str:
    """Return a plate map as the import takes it: CSV with a row a well.

    Whatever files and sheets it came from, the import reads what was shown.

    Raises
    ------
    SourceError
        If it is too long to be kept.
    """
    plate_map = report.plan.plate_map
    if plate_map is None:
        return ""
    text = _as_csv(plate_map, report)
    if len(text) > _MOST_MAP:
        raise SourceError(
            f"The plate map {plate_map.name} says more than {_MOST_MAP >> 20} MiB of "
            f"text: leave out columns that are not needed."
        )
    return text


def _as_csv(plate_map: WellConditions, report: ImportReport) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["well", *plate_map.columns])
    for well, values in plate_map.wells.items():
        row = ["" if value is None else value for value in values]
        writer.writerow([report.plan.format.label(well), *row])
    return stream.getvalue()


def _cut(text: str) -> str:
    return cut_text(text, _MOST_TEXT)
