"""The plate and well documents of a target: read as values, replaced as a whole.

What is read here is what is on the disk at that moment; callers that change something
hold the target's lock from the reading to the replacing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from hcs.cache import LRUCache
from hcs.errors import ConflictError, MetadataError, PlateNotFoundError
from hcs.metadata import Plate, PlateWell, Well, WellImage
from hcs.ngff.document import document_attributes, group_document, parse_json, to_bytes
from hcs.ngff.envelope import (
    detect_version,
    envelope,
    extension,
    own_id,
    with_extension,
)
from hcs.ngff.history import FieldRecord, read_records, record_of
from hcs.ngff.names import check_well_path
from hcs.ngff.plate import read_plate, write_plate
from hcs.ngff.well import read_well
from hcs.writing.targets import group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.writing.targets.target import Target


class DocumentSource(Protocol):
    """A place whose documents can be read: any store, or a target."""

    @property
    def location(self) -> str:
        """The place, as a person would write it."""

    def read(self, key: str) -> bytes | None:
        """Return one document, None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateDocument:
    """A plate document as it was read."""

    version: str
    plate: Plate
    attributes: Mapping[str, Any]

    @property
    def id(self) -> str | None:
        """The plate's own id, None before our first commit to it."""
        return own_id(self.attributes) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class WellDocument:
    """A well document as it was read; empty where there is none yet."""

    path: str
    exists: bool
    well: Well
    attributes: Mapping[str, Any]
    records: Mapping[str, FieldRecord]

    def image_of(self, name: str, acquisition: int | None) -> WellImage | None:
        """Return the listed image of a field, None where the well has no such field."""
        for image in self.well.images:
            if acquisition is not None and image.acquisition not in (None, acquisition):
                continue
            if self.name_of(image) == name:
                return image
        return None

    def name_of(self, image: WellImage) -> str:
        """Return the field name of a listed image: its first path."""
        record = record_of(self.records, image)
        return image.path if record is None else record.name


def has_plate(target: DocumentSource) -> bool:
    """Whether something like a plate document is there, sound or not."""
    for name in ("zarr.json", ".zattrs"):
        data = target.read(name)
        if data is not None:
            document = parse_json(data, f"{target.location}/{name}")
            return "plate" in envelope(document_attributes(document, name))
    return False


def read_plate_document(target: DocumentSource) -> PlateDocument:
    """Return the plate of a target.

    Raises
    ------
    PlateNotFoundError
        If there is none.
    MetadataError
        If its document is broken.
    """
    for name in ("zarr.json", ".zattrs"):
        data = target.read(name)
        if data is not None:
            key = (data, name, target.location)
            state = _states.get(key)
            if state is None:
                state = _parse_plate(*key)
            if state is None:
                break
            _states[key] = state
            return state
    raise PlateNotFoundError(
        f"{target.location} holds no plate: expected a zarr.json or .zattrs with a "
        f"'plate'. Make one with HCSPlateWriter or to_hcs_zarr."
    )


_states: LRUCache[tuple[bytes, str, str], PlateDocument] = LRUCache(
    8, size_of=lambda _: 0
)
"""What documents hold, by their bytes. Each field that is written looks at the plate
a few times, and 1536 wells take milliseconds to parse. Nobody changes states."""


def _parse_plate(data: bytes, name: str, location: str) -> PlateDocument | None:
    where = f"{location}/{name}"
    attributes = document_attributes(parse_json(data, where), name)
    if not isinstance(envelope(attributes).get("plate"), dict):
        return None
    return PlateDocument(
        version=detect_version(attributes, 3 if name == "zarr.json" else 2, where),
        plate=read_plate(attributes, where),
        attributes=attributes,
    )


def create_plate(
    target: Target,
    plate: Plate,
    version: str,
    annotations: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> PlateDocument:
    """Write the plate document of a new plate, which lists no field yet."""
    content = {"id": uuid.uuid4().hex, **(annotations or {})}
    new = with_extension(write_plate(plate, version, attributes or {}), content)
    group.write_group(target, "", version, new)
    return read_plate_document(target)


def write_plate_document(target: Target, state: PlateDocument) -> PlateDocument:
    """Replace the plate document by `state`; the plate gets an id if it has none."""
    content = dict(extension(state.attributes))
    content["id"] = own_id(state.attributes) or uuid.uuid4().hex
    attributes = with_extension(
        write_plate(state.plate, state.version, state.attributes), content
    )
    data = group.write_group(target, "", state.version, attributes)
    plate = replace(state.plate, version=state.version)
    written = replace(state, plate=plate, attributes=attributes)
    name = group_document(state.version)
    _states[data, name, target.location] = written
    return written


def annotate(target: Target, content: Mapping[str, Any]) -> None:
    """Merge `content` into our key of a plate document; None takes a key away."""
    target.transact(lambda: merge(target, content))


def merge(
    target: Target, content: Mapping[str, Any], plate: Plate | None = None
) -> None:
    """Do what `annotate` does, for a caller that holds the lock.

    Parameters
    ----------
    plate
        What the plate document says from now on; by default what it said.
    """
    state = read_plate_document(target)
    if plate is not None:
        state = replace(state, plate=plate)
    merged = {**extension(state.attributes), **content}
    merged = {key: value for key, value in merged.items() if value is not None}
    attributes = with_extension(state.attributes, merged)
    write_plate_document(target, replace(state, attributes=attributes))


def read_well_document(target: DocumentSource, version: str, path: str) -> WellDocument:
    """Return a well of a target, an empty one where it has no document yet.

    Raises
    ------
    MetadataError
        If its document is broken: nothing is written over it.
    """
    name = group_document(version)
    where = f"{target.location}/{path}/{name}"
    data = target.read(f"{path}/{name}")
    attributes: Mapping[str, Any] = {}
    if data is not None:
        attributes = document_attributes(parse_json(data, where), name)
    if not isinstance(envelope(attributes).get("well"), dict):
        return WellDocument(
            path=path,
            exists=False,
            well=Well(()),
            attributes=attributes,
            records={},
        )
    return WellDocument(
        path=path,
        exists=True,
        well=read_well(attributes, where),
        attributes=attributes,
        records=read_records(extension(attributes)),
    )


def listed_fields(target: Target) -> set[tuple[str, str]]:
    """Return well path and name of every field of a plate that can be read."""
    state = read_plate_document(target)
    fields = set()
    for entry in state.plate.wells:
        try:
            well = read_well_document(target, state.version, entry.path)
        except MetadataError:
            continue  # it keeps nobody from writing the others
        fields |= {(entry.path, well.name_of(image)) for image in well.well.images}
    return fields


def repathed(attributes: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return a well's attributes with one image under another path.

    Unknown keys of the image's entry go along, as they belong to the field.
    """
    block = envelope(attributes)
    well = block.get("well")
    entries = well.get("images") if isinstance(well, dict) else None
    if not isinstance(well, dict) or not isinstance(entries, list):
        return dict(attributes)
    images = [
        {**entry, "path": new}
        if isinstance(entry, dict) and entry.get("path") == old
        else entry
        for entry in entries
    ]
    changed = {**block, "well": {**well, "images": images}}
    return changed if block is attributes else {**attributes, "ome": changed}


def locate_well(state: PlateDocument, row_name: str, column_name: str) -> PlateWell:
    """Return the entry of a well, listed or not, of a row and column that exist.

    Raises
    ------
    InvalidPathError
        If a name may not be written.
    MetadataError
        If the plate has no such row or column.
    """
    path = check_well_path(f"{row_name}/{column_name}", "The well", writing=True)
    rows = [row.name for row in state.plate.rows]
    columns = [column.name for column in state.plate.columns]
    for kind, name, names in (
        ("row", row_name, rows),
        ("column", column_name, columns),
    ):
        if name not in names:
            raise MetadataError(
                f"The plate has no {kind} {name!r}; it has {', '.join(names)}."
            )
    return PlateWell(path, rows.index(row_name), columns.index(column_name))


def drop_consolidated(target: Target, version: str, well_path: str) -> None:
    """Remove consolidated metadata above a field, before the field changes.

    Readers of the copies would not see what is committed; without them they read the
    documents themselves. From the top down, so that no copy outlives a truer one.
    """
    for path in ("", well_path.split("/")[0], well_path):
        prefix = f"{path}/" if path else ""
        if version == "0.4":
            if target.exists(f"{prefix}.zmetadata"):
                target.remove(f"{prefix}.zmetadata")
            continue
        data = target.read(f"{prefix}zarr.json")
        if data is None or b'"consolidated_metadata"' not in data:
            continue
        document = parse_json(data, f"{target.location}/{prefix}zarr.json")
        if document.pop("consolidated_metadata", None) is not None:
            target.replace(f"{prefix}zarr.json", to_bytes(document))


def check_base(base: str | None, live: str | None, field: str, last: str = "") -> None:
    """Check that a field still shows the version that a change is based on.

    Raises
    ------
    ConflictError
        If it does not.
    """
    if base == live:
        return
    if live is None:
        raise ConflictError(
            f"{field} is no longer listed; look again before changing it."
        )
    if base is None:
        raise ConflictError(f"{field} was written by somebody else meanwhile{last}.")
    raise ConflictError(
        f"{field} has changed since you looked at it (version {base[:8]}, now "
        f"{live[:8]}){last}. Compare with what is there now and stage again."
    )
