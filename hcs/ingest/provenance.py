"""What an import leaves in the plate document: the plate, and our own key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import hcs
from hcs.ingest.report import MAX_LISTED
from hcs.metadata import Plate, PlateAcquisition, PlateColumn, PlateRow

if TYPE_CHECKING:
    from hcs.ingest.plan import Plan
    from hcs.ingest.report import ImportReport

UNFINISHED, DONE = "unfinished", "done"


def plate_of(plan: Plan, name: str) -> Plate:
    """Return the plate: its whole grid and one acquisition.

    Wells are listed by the writer as they come, so that at no moment a well is listed
    that is not there.
    """
    return Plate(
        rows=[PlateRow(one) for one in plan.format.row_names],
        columns=[PlateColumn(one) for one in plan.format.column_names],
        wells=[],
        acquisitions=[
            PlateAcquisition(
                id=0,
                name=plan.export.plate,
                description=plan.export.identity,
                maximumfieldcount=len(plan.grid.fields),
            )
        ],
        field_count=len(plan.grid.fields),
        name=name,
    )


def annotations_of(report: ImportReport, state: str) -> dict[str, Any]:
    """Return our own key of the plate document.

    Parameters
    ----------
    state
        `UNFINISHED` while fields are missing, `DONE` after the last.
    """
    plan = report.plan
    content: dict[str, Any] = {
        "import": _provenance(report, state),
        "gaps": report.gap_entries(),
        "channels": _channels(plan),
    }
    if plan.plate_map is not None:
        content["conditions"] = plan.plate_map.conditions(
            plan.format.row_names, plan.format.column_names
        )
    return content


def _channels(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            key: value
            for key in ("name", "clip", "emission", "excitation", "exposure")
            if (value := getattr(note, key)) is not None
        }
        for note in plan.traits.channels
    ]


def _provenance(report: ImportReport, state: str) -> dict[str, Any]:
    plan, skipped = report.plan, report.skipped
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "state": state,
        "source": report.source,
        "fingerprint": plan.fingerprint,
        "software": f"hcs {hcs.__version__}",
        "when": now.replace("+00:00", "Z"),
        "preset": plan.export.preset,
        "reason": plan.export.reason,
        "identity": plan.export.identity,
        "acquired": plan.traits.acquired,
        "format_source": plan.format_source,
        "found": plan.found.as_dict(),
        "expected": plan.expected.as_dict(),
        "gap_count": len(report.gaps),
        "used_count": len(report.used),
        "skipped_count": len(skipped),
        "skipped": [list(entry) for entry in skipped[:MAX_LISTED]],
        "damaged": [list(entry) for entry in report.damaged],
        "damaged_planes": [list(place) for place in report.damaged_planes],
        "notes": list(plan.notes),
        "plate_map": report.map_entry(),
    }
