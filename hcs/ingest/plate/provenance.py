"""What an import leaves in the plate document: the plate, and our own key."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import hcs
from hcs.ingest.plate.report import MAX_LISTED
from hcs.metadata import Plate, PlateAcquisition, PlateColumn, PlateRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.ingest.microscopes.export import ChannelNote
    from hcs.ingest.plate.decoding import DamagedPlane
    from hcs.ingest.plate.plan import Plan
    from hcs.ingest.plate.report import ImportReport

UNFINISHED, DONE = "unfinished", "done"


def plate_of(plan: Plan, name: str) -> Plate:
    """Return the plate: its whole grid and one acquisition.

    Wells are listed by the writer as they come, so that at no moment a well is listed
    that is not there.
    """
    most = max(Counter(well for well, _ in plan.grid.planes).values())
    return Plate(
        rows=[PlateRow(row_name) for row_name in plan.format.row_names],
        columns=[PlateColumn(column_name) for column_name in plan.format.column_names],
        wells=[],
        acquisitions=[
            PlateAcquisition(
                id=0,
                name=plan.export.plate,
                description=plan.export.identity,
                maximumfieldcount=most,
            )
        ],
        field_count=most,
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
    return [_channel(note) for note in plan.traits.channels]


def _channel(note: ChannelNote) -> dict[str, Any]:
    values = {key: getattr(note, key) for key in _CHANNEL_KEYS}
    if note.flat_field is not None:
        values["flat_field"] = note.flat_field.entry
    return {key: value for key, value in values.items() if value is not None}


_CHANNEL_KEYS = ("name", "clip", "offset", "emission", "excitation", "exposure")


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
        "barcode": plan.export.barcode,
        "complete": plan.export.complete,
        "acquired": plan.traits.acquired,
        "projection": plan.traits.projection or None,
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


def read_damage(
    record: Mapping[str, Any],
) -> tuple[tuple[tuple[str, str], ...], tuple[DamagedPlane, ...]]:
    """Return the files and planes that an earlier import could not decode.

    Parameters
    ----------
    record
        What our key of the plate document says of the import; entries that are not
        ours are passed over.
    """
    files, planes = record.get("damaged"), record.get("damaged_planes")
    return (
        tuple(
            (str(entry[0]), str(entry[1]))
            for entry in (files if isinstance(files, list) else ())
            if isinstance(entry, list) and len(entry) == 2
        ),
        tuple(
            (place[0], place[1], place[2], place[3], place[4], place[5])
            for place in (planes if isinstance(planes, list) else ())
            if isinstance(place, list)
            and len(place) == 6
            and all(isinstance(number, int) for number in place)
        ),
    )
