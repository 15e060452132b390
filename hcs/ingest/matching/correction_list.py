"""The list that lies beside exported corrections: what each file is for.

It makes a folder of files a set of corrections that is matched without guessing, on
this plate or on a copy of it elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import HCSError, SourceError
from hcs.ingest.names import NameParts, name_part
from hcs.layout import parse_well

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest.sources import ExportSource

LIST_NAME: Final = "corrections.json"
_MAX_BYTES = 16 << 20
_FORMAT = "hcs-corrections"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCorrection:
    """One file of the list."""

    file: str
    """Its name beside the list."""

    well: str
    """Label of the well."""

    field: str
    """Label of the field."""

    field_name: str = ""
    """Name of the field, which tells fields apart that have no label."""

    channel: str | None = None
    """Name of the channel of the plate; None where the file names all of its own."""

    reason: str = ""
    who: str = ""


def list_document(plate: str, entries: Sequence[ListedCorrection]) -> bytes:
    """Return the list as it is written."""
    document = {
        "format": _FORMAT,
        "version": 1,
        "plate": plate,
        "files": [
            {
                "file": entry.file,
                "well": entry.well,
                "field": entry.field,
                "name": entry.field_name,
                "channel": entry.channel,
                "reason": entry.reason,
                "who": entry.who,
            }
            for entry in entries
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def read_list(source: ExportSource) -> dict[str, tuple[NameParts, str]] | None:
    """Return what the list in a source says of each file; None where there is none.

    Returns
    -------
        Well, field and channel, and the name of the field, by the name of the file.

    Raises
    ------
    SourceError
        If it is there and cannot be understood.
    """
    if all(file.name != LIST_NAME for file in source.files):
        return None
    try:
        document = json.loads(source.read(LIST_NAME, _MAX_BYTES))
        if document["format"] != _FORMAT:
            raise SourceError(f"{LIST_NAME} is no list of corrections.")
        plate = document.get("plate") or None
        return {
            str(entry["file"]): (_parts(entry, plate), str(entry.get("name") or ""))
            for entry in document["files"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, HCSError) as error:
        raise SourceError(f"{LIST_NAME} cannot be understood: {error}") from error


def _parts(entry: dict[str, Any], plate: str | None) -> NameParts:
    channel = entry.get("channel")
    return NameParts(
        plate=plate,
        well=parse_well(str(entry["well"])),
        field=name_part(str(entry["field"])),
        channel=None if channel is None else name_part(str(channel)),
    )
