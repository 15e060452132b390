"""The commit: one replacement of the well document, under the plate's lock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hcs.metadata import FieldVersion, Plate, PlateAcquisition, Well, WellImage
from hcs.ngff.envelope import extension, with_extension
from hcs.ngff.history import FieldRecord, now, record_of, write_records
from hcs.ngff.names import on_shelf
from hcs.ngff.well import read_well, write_well
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.versions.claim import free_path
from hcs.writing.versions.moves import finish_moves, move_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target

_NAME = re.compile(r"(?:a(\d+)f)?(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of one well that is to show another version."""

    well: str
    name: str
    acquisition: int | None
    base: str | None
    """Id of the version that it shows now; None where there is no such field yet."""

    version: FieldVersion
    """The event to add; its `path` becomes the live one."""

    label: str | None = None


def commit_change(target: Target, change: FieldChange) -> FieldVersion:
    """Name a complete image group in its well document, and the well in its plate.

    Other fields, other wells and unknown keys are taken from the documents as they are
    at this moment, so that only a change of the same field is a conflict.

    Raises
    ------
    ConflictError
        If the field does not show `Change.base`.
    MetadataError
        If a document has become invalid.
    """
    return target.transact(lambda: _commit(target, change))


def _commit(target: Target, change: FieldChange) -> FieldVersion:
    step.reached("commit")
    state = hierarchy.read_plate_document(target)
    well = finish_moves(target, state, change.well)
    image = well.image_of(change.name, change.acquisition)
    live = None
    if image is not None:
        live = group.version_id(target, state.version, well, image)
    version = _committed_before(well, change)
    if version is None:
        field = f"Field {change.name!r} of well {change.well}"
        hierarchy.check_base(change.base, live, field, _last(well, change.name))
        # Before the flip: whoever reads copies of documents would go on with old ones.
        hierarchy.drop_consolidated(target, state.version, change.well)
        if not well.exists:
            group.make_row(target, state.version, change.well.split("/")[0])
        well, version = _among_fields(target, state, well, change)
        version = replace(version, when=now())
        attributes = changed_well(state.version, well, image, change, version, live)
        listed = read_well(attributes, change.well)
        # Before the flip: a listed well never has more fields than its plate says.
        state = _with_room(target, state, change, listed)
        step.reached("flip")
        group.write_group(target, change.well, state.version, attributes)
        step.reached("flipped")
    _list_well(target, state, change)
    return version


def _among_fields(
    target: Target, state: PlateDocument, well: WellDocument, change: FieldChange
) -> tuple[WellDocument, FieldVersion]:
    """Return the well and the version with a path that may be listed.

    A version that is brought back may have been put on the shelf, also since somebody
    looked where it is.
    """
    record = well.records.get(change.name)
    earlier = None if record is None else record.find(change.version.id)
    if record is None or earlier is None:
        return well, change.version
    path = earlier.path
    if on_shelf(path):
        path = free_path(target, state, well, change.name)
        paths = earlier.path, path
        well = move_version(target, state, well, record, earlier.id, paths)
    return well, replace(change.version, path=path)


def _committed_before(well: WellDocument, change: FieldChange) -> FieldVersion | None:
    """Return the event if the well names it and only the plate document lost a race."""
    record = well.records.get(change.name)
    if record is None or not record.versions or record.live != change.version.id:
        return None
    last = record.versions[-1]
    event = change.version
    same = (last.id, last.action, last.who, last.why, last.supersedes) == (
        event.id,
        event.action,
        event.who,
        event.why,
        event.supersedes,
    )
    return last if same else None


def changed_well(
    version: str,
    well: WellDocument,
    image: WellImage | None,
    change: FieldChange,
    event: FieldVersion,
    live: str | None,
) -> dict[str, Any]:
    """Return the well's attributes with the change made: the list and the history."""
    # Other software may have given an acquisition where the plate declares none.
    acquisition = change.acquisition if image is None else image.acquisition
    entry = WellImage(path=event.path, acquisition=acquisition)
    record = _record(well, image, change, event, live)
    if image is None:
        images = _inserted(well, entry)
        attributes: Mapping[str, Any] = well.attributes
    else:
        images = [entry if listed == image else listed for listed in well.well.images]
        attributes = hierarchy.repathed(well.attributes, image.path, entry.path)
    written = write_well(Well(images), version, attributes)
    content = write_records(extension(well.attributes), [record])
    return with_extension(written, content)


def _record(
    well: WellDocument,
    image: WellImage | None,
    change: FieldChange,
    event: FieldVersion,
    live: str | None,
) -> FieldRecord:
    record = None if image is None else record_of(well.records, image)
    if record is None:
        record = FieldRecord(
            name=change.name,
            path=change.name,
            live=event.id,
            acquisition=change.acquisition,
            versions=()
            if image is None or live is None
            else (FieldVersion(id=live, path=image.path),),
        )
    return replace(
        record,
        live=event.id,
        label=record.label if change.label is None else change.label,
        versions=(*record.versions, event),
    )


def _inserted(well: WellDocument, entry: WellImage) -> list[WellImage]:
    """Return the images with a new one in (acquisition, index) order."""
    images = list(well.well.images)
    keys = [_order(well.name_of(image), image.acquisition) for image in images]
    order = _order(entry.path, entry.acquisition)
    if order is None or None in keys:
        return [*images, entry]
    later = (
        number for number, key in enumerate(keys) if key is not None and key > order
    )
    images.insert(next(later, len(images)), entry)
    return images


def _order(name: str, acquisition: int | None) -> tuple[int, int] | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return (0 if acquisition is None else acquisition, int(match[2]))


def _with_room(
    target: Target, state: PlateDocument, change: FieldChange, well: Well
) -> PlateDocument:
    """Raise the counts of a plate for a field that a listed well is about to get."""
    raised = _counted(state.plate, change, well)
    if raised == state.plate or change.well not in [w.path for w in raised.wells]:
        return state
    step.reached("make room")
    return hierarchy.write_plate_document(target, replace(state, plate=raised))


def _counted(plate: Plate, change: FieldChange, well: Well) -> Plate:
    """Return the plate with counts that are no lower than what a well has."""
    count = max(len(well.images), plate.field_count or 0)
    return replace(
        plate,
        field_count=count,
        acquisitions=_raised(plate.acquisitions, change, well),
    )


def _list_well(target: Target, state: PlateDocument, change: FieldChange) -> None:
    """Bring the plate document up to date where this field asks for it."""
    well = hierarchy.read_well_document(target, state.version, change.well).well
    plate, path = state.plate, change.well
    if path not in [well.path for well in plate.wells]:
        row_name, column_name = path.split("/")
        entry = hierarchy.locate_well(state, row_name, column_name)
        wells = sorted((*plate.wells, entry), key=attrgetter("rowIndex", "columnIndex"))
        plate = replace(plate, wells=wells)
    plate = _counted(plate, change, well)
    if plate != state.plate or state.id is None:
        step.reached("list well")
        hierarchy.write_plate_document(target, replace(state, plate=plate))


def _raised(
    acquisitions: list[PlateAcquisition] | None, change: FieldChange, well: Well
) -> list[PlateAcquisition] | None:
    """Return the acquisitions with `maximumfieldcount` no lower than what is there."""
    if not acquisitions or change.base is not None:
        return acquisitions
    count = sum(image.acquisition == change.acquisition for image in well.images)
    return [
        replace(run, maximumfieldcount=count)
        if run.id == change.acquisition
        and run.maximumfieldcount is not None
        and run.maximumfieldcount < count
        else run
        for run in acquisitions
    ]


def _last(well: WellDocument, name: str) -> str:
    record = well.records.get(name)
    if record is None or not record.versions or record.versions[-1].when is None:
        return ""
    last = record.versions[-1]
    return f", by {last.who or 'somebody'} at {last.when}"
