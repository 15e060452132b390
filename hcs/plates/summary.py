"""What a plate is and holds, as plain values, from its documents alone."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError
from hcs.gaps import read_gap
from hcs.lines import physical_plate
from hcs.ngff.document import array_document, parse_json
from hcs.ngff.envelope import extension
from hcs.ngff.names import join
from hcs.plates.walk import walk
from hcs.rules.extension import unsettled_fields
from hcs.stores.array import ArraySpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.images.image import Multiscales
    from hcs.metadata import ImageMetadata
    from hcs.plates.field import Field
    from hcs.plates.plate import HCSPlate
    from hcs.plates.well import HCSWell

_NAMED = 8
"""Gaps that are named; they are counted all."""

_ATTEMPTS = 16
"""Images tried until one can be read; then the plate is said to have none."""


@dataclass(slots=True)
class _Tally:
    """What is counted on the way through the wells."""

    missing: list[str] = dataclasses.field(default_factory=list)
    unreadable: list[dict[str, str]] = dataclasses.field(default_factory=list)
    per_well: list[int] = dataclasses.field(default_factory=list)
    labels: dict[str, None] = dataclasses.field(default_factory=dict)
    """Names that people know fields by, where the source had its own."""

    events: int = 0
    corrections: int = 0
    reverts: int = 0
    unsettled: list[dict[str, str]] = dataclasses.field(default_factory=list)
    image: tuple[Field, Multiscales] | None = None
    """The first image that can be read."""

    attempts: int = 0
    """Images that were tried for that."""


def summarise(plate: HCSPlate) -> dict[str, Any]:
    """Return what a plate is and holds.

    Reads the plate document, every well document, and one image with one array
    document; no pixels, and neither numpy nor zarr are needed.

    Returns
    -------
        Values that JSON can hold; the keys are those of ``hcs info --json``.
    """
    assert plate.store is not None  # noqa: S101  (a plate without store has no summary)
    tally = _walk(plate)
    rows = tuple(row.name for row in plate.rows)
    columns = tuple(column.name for column in plate.columns)
    own_metadata = extension(plate.attributes)
    conditions = plate.conditions
    provenance = own_metadata.get("import")
    return {
        "location": plate.location,
        "name": plate.name,
        "barcode": plate.barcode,
        "id": plate.id,
        "id_source": "written in the plate"
        if plate.has_own_id
        else "a fingerprint of its documents",
        "version": plate.version,
        "store": plate.store.kind,
        **_format(rows, columns),
        "rows": len(rows),
        "columns": len(columns),
        "wells": {
            "listed": len(plate.wells),
            "present": len(tally.per_well),
            "missing": tally.missing,
            "unreadable": tally.unreadable,
        },
        "fields": {
            "total": sum(tally.per_well),
            "fewest": min(tally.per_well, default=0),
            "most": max(tally.per_well, default=0),
            "labels": list(tally.labels),
        },
        "acquisitions": None
        if plate.acquisitions is None
        else [dataclasses.asdict(run) for run in plate.acquisitions],
        "image": _image(plate, tally),
        "channels": _channels(tally),
        "labels": _label_names(tally),
        "conditions": {
            "columns": list(next(iter(conditions.values()), {})),
            "wells": len(conditions),
        },
        "projection": plate.projection,
        "gaps": _gaps(plate),
        "import": _text(provenance, "state"),
        "history": {
            "events": tally.events,
            "corrections": tally.corrections,
            "reverts": tally.reverts,
        },
        "unsettled": tally.unsettled,
    }


def _gaps(plate: HCSPlate) -> dict[str, Any]:
    entries = plate.gaps
    paths = {path for entry in entries if isinstance(path := entry.get("well"), str)}
    labels = {path: plate.label(path) for path in paths}
    gaps = [read_gap(entry, labels) for entry in entries]
    wells = dict.fromkeys(gap.path for gap in gaps if gap.path is not None)
    return {
        "count": len(gaps),
        "wells": list(wells),
        "named": [str(gap) for gap in gaps[:_NAMED]],
        "entries": [dict(entry) for entry in entries],
    }


def _text(document: Any, key: str) -> str | None:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


def _format(rows: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
    """Return the microplate that the names lie on, and whether that is assumed."""
    try:
        physical = physical_plate(rows, columns)
    except HCSError:
        return {"format": "no grid", "format_assumed": False}
    name = physical.format.name
    return {
        "format": f"{name} wells" if name.isdecimal() else "no standard format",
        "format_assumed": physical.assumed,
    }


# -- wells -----------------------------------------------------------------------------


def _walk(plate: HCSPlate) -> _Tally:
    tally = _Tally()
    for walked in walk(plate):
        if walked.missing:
            tally.missing.append(plate.label(walked.listed))
        elif walked.error is not None:
            label = plate.label(walked.listed)
            tally.unreadable.append({"well": label, "error": str(walked.error)})
        else:
            tally.per_well.append(len(walked.fields))
            if walked.well is not None:
                _count(tally, walked.well, walked.fields)
    return tally


def _count(tally: _Tally, well: HCSWell, fields: tuple[Field, ...]) -> None:
    for field in fields:
        if field.label != field.name:
            tally.labels.setdefault(field.label)
    for field in fields:
        if tally.image is not None or tally.attempts >= _ATTEMPTS:
            break
        tally.attempts += 1
        with suppress(HCSError):  # the next may be sound
            tally.image = field, field.image()
    if well.extension:
        _count_history(tally, well)


def _count_history(tally: _Tally, well: HCSWell) -> None:
    from hcs.ngff.history import read_records

    actions = [
        version.action
        for record in read_records(well.extension).values()
        for version in record.versions
    ]
    tally.events += len(actions)
    tally.corrections += actions.count("correct")
    tally.reverts += actions.count("revert")
    listed = {image.path for image in well.images}
    tally.unsettled += [
        {"well": well.label, "field": name, "message": message}
        for name, message in unsettled_fields(well.extension, listed)
    ]


# -- images ----------------------------------------------------------------------------


def _image(plate: HCSPlate, tally: _Tally) -> dict[str, Any] | None:
    if tally.image is None:
        return None
    field, image = tally.image
    meta = image.metadata
    path = join(field.well, field.path)
    first = meta.datasets[0]
    return {
        "path": path,
        "axes": list(meta.dims),
        "units": [axis.unit for axis in meta.axes],
        "scale": list(first.scale),
        "levels": [dataset.path for dataset in meta.datasets],
        **_array(plate, join(path, first.path), meta),
    }


def _array(plate: HCSPlate, path: str, meta: ImageMetadata) -> Mapping[str, Any]:
    assert plate.store is not None  # noqa: S101  (see `summarise`)
    key = join(path, array_document(plate.version or "0.5"))
    try:
        data = plate.store.read(key)
        if data is None:
            return {"error": f"There is no array at {path}."}
        spec = ArraySpec.from_document(parse_json(data, key), key)
    except HCSError as error:
        return {"error": str(error)}
    kind = {"u": "uint", "i": "int", "f": "float", "b": "bool"}[spec.dtype[1]]
    return {
        "shape": meta.in_order(spec.shape),
        "dtype": kind if kind == "bool" else f"{kind}{8 * spec.itemsize}",
        "chunks": meta.in_order(spec.read_chunks),
        "shards": None if spec.inner_chunks is None else meta.in_order(spec.chunks),
    }


def _channels(tally: _Tally) -> list[dict[str, Any]]:
    if tally.image is None:
        return []
    return [
        {
            "name": channel.name,
            "color": channel.color,
            "active": channel.active,
            "window": None
            if channel.window is None
            else dataclasses.asdict(channel.window),
        }
        for channel in tally.image[1].metadata.channels
    ]


def _label_names(tally: _Tally) -> list[str]:
    try:
        return [] if tally.image is None else list(tally.image[1].labels)
    except HCSError:
        return []
