"""Copying whole plates, also into another NGFF version or kind of store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hcs.errors import ConflictError, HCSError, StoreError
from hcs.metadata import FieldVersion, Well, WellImage, as_plate
from hcs.ngff import spec
from hcs.ngff.history import FieldRecord, now, record_of, write_records
from hcs.writing import group, hierarchy, step
from hcs.writing.folder import DirectoryTarget
from hcs.writing.places import BYSTANDERS, is_archive, local_path, object_target
from hcs.writing.tree import DOCUMENTS, Transfer, copy_content, copy_node, group_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from hcs.metadata import Plate, PlateWell
    from hcs.plates.plate import HCSPlate
    from hcs.stores.store import PlateStore
    from hcs.writing.hierarchy import WellState
    from hcs.writing.target import Target

COPYING = "copying"
"""Our key of a plate that is still being copied; names its source, so that the copy
can be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One image group to copy."""

    path: str
    """Where it is, below the well."""

    new_path: str
    identifier: str
    """Id of the version in the copy."""


def to_hcs_zarr(
    plate: Any,
    store: str | Path,
    *,
    version: str | None = None,
    overwrite: bool | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    history: bool = True,
) -> None:
    """Write a plate: its document, or all of it where it has fields.

    Parameters
    ----------
    plate
        An `HCSPlate`. One of metadata only gives a plate without fields, to which
        `write_hcs_well_image` adds; one that was read from a store is copied whole,
        and converted where `version` differs.
    store
        Path of a directory or of an ``.ozx`` archive.
    version
        NGFF version of the copy; by default the plate's, else ``"0.5"``.
    overwrite
        Whether a plate at `store` is replaced. By default only one without fields is.
    progress
        Called after each field with the number written and the number there are.
    history
        Whether all versions of each field go along, and the plate's id with them; else
        only the live ones do, and the copy is a plate of its own.

    Raises
    ------
    StoreError
        If `store` holds something else, a plate with fields while `overwrite` is not
        given, or the very plate that is to be copied.
    """
    metadata = as_plate(getattr(plate, "metadata", plate))
    copied = getattr(plate, "store", None) is not None
    if overwrite is None:
        overwrite = not _has_fields(store)
        if not overwrite and not copied:
            raise StoreError(
                f"{store} is a plate with fields; choose another place, or pass "
                f"overwrite=True to replace it."
            )
    if copied:
        copy_plate(
            plate,
            store,
            version=version,
            overwrite=overwrite,
            progress=progress,
            history=history,
        )
        return
    from hcs.writing.writer import HCSPlateWriter

    with HCSPlateWriter(store, metadata, version, overwrite):
        pass


def _has_fields(store: str | Path) -> bool:
    target: Target | None = object_target(store)
    if target is None:
        path = local_path(store)
        if is_archive(path):
            return path.exists()
        target = DirectoryTarget(path)
    return hierarchy.has_plate(target) and bool(hierarchy.listed_fields(target))


def copy_plate(
    plate: HCSPlate,
    store: str | Path,
    *,
    version: str | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
    history: bool = True,
) -> None:
    """Copy a plate with all that is in it; see `hcs.to_hcs_zarr`.

    Raises
    ------
    StoreError
        If `store` is the source, holds another plate while `overwrite` is false, or
        holds something else.
    """
    from hcs.writing.draft import open_draft

    source = plate.store
    assert source is not None  # noqa: S101  (to_hcs_zarr looked)
    _check_apart(source, store)
    old = plate.version or "0.5"
    unfinished = _unfinished(store, plate.id)
    if not overwrite and not unfinished and _is_taken(store):
        raise StoreError(
            f"{store} is taken; choose another place, or overwrite it (overwrite=True)."
        )
    draft = open_draft(
        unfinished or store,
        None if unfinished else replace(plate.metadata, version=None),
        version or (None if unfinished else old),
        overwrite=overwrite and not unfinished,
        foreign=False,
        annotations={} if unfinished else _annotations(plate, history),
        durable=True,
    )
    transfer = Transfer(source, old, draft.target, draft.version)
    done = 0
    try:
        if not unfinished:
            _keep_unknown(transfer, plate.metadata, plate.attributes)
        _copy_others(transfer, "", {row.name for row in plate.rows})
        wells = [entry for entry in plate.wells if _is_there(transfer, entry)]
        total = sum(
            len(_well_state(transfer, entry.path).well.images) for entry in wells
        )
        for entry in wells:
            for _ in _copy_well(transfer, entry.path, history):
                done += 1
                if progress is not None:
                    progress(done, total)
        hierarchy.annotate(draft.target, {COPYING: None})
    except BaseException as error:
        for note in draft.abandon(done):
            error.add_note(note)
        raise
    draft.finish()


def _check_apart(source: PlateStore, store: Any) -> None:
    place: Any = store
    if object_target(store) is None:
        place = local_path(store).resolve()
    if str(place) == source.location or store in (source, getattr(source, "store", 0)):
        raise StoreError(
            f"{place} is the plate that is to be copied; give another path."
        )


def _unfinished(store: Any, identifier: str) -> Any:
    """Return where an interrupted copy of the same plate is, None where none is."""
    target = object_target(store)
    if target is not None:
        return store if _copies(target) == identifier else None
    final = local_path(store).absolute()
    places = [final]
    if final.parent.is_dir():
        places += sorted(final.parent.glob(f".{final.name}.*.hcs-new"))
    for place in places:
        if (
            place.is_dir()
            and not is_archive(place)
            and _copies(DirectoryTarget(place)) == identifier
        ):
            if place != final:
                raise ConflictError(
                    f"{place} is an unfinished copy of that plate; go on with it by "
                    f"copying to that path, or delete it."
                )
            return place
    return None


def _is_taken(store: Any) -> bool:
    target = object_target(store)
    if target is not None:
        return not target.make_root()
    path = local_path(store)
    return path.is_file() or (path.is_dir() and any(path.iterdir()))


def _copies(target: Target) -> str | None:
    try:
        state = hierarchy.read_plate_state(target)
    except HCSError:
        return None
    found = spec.extension(state.attributes).get(COPYING)
    return found if isinstance(found, str) else None


def _annotations(plate: HCSPlate, history: bool) -> dict[str, Any]:
    content = dict(spec.extension(plate.attributes))
    content[COPYING] = plate.id
    # The same plate in another form keeps its verdicts; one without its past is new.
    content["id"] = plate.id if history and plate.has_own_id else uuid.uuid4().hex
    return content


def _keep_unknown(
    transfer: Transfer, plate: Plate, attributes: Mapping[str, Any]
) -> None:
    """Give the new plate document the keys that nobody here knows."""
    target = transfer.target

    def keep() -> None:
        state = hierarchy.read_plate_state(target)
        merged = spec.write_plate(plate, transfer.new, attributes)
        content = spec.extension(state.attributes)
        group.write_group(
            target, "", transfer.new, spec.with_extension(merged, content)
        )

    target.transact(keep)


def _copy_others(transfer: Transfer, key: str, taken: set[str]) -> None:
    """Copy what lies beside rows, wells or fields: tables, and the like."""
    for name in transfer.children(key):
        new_key = f"{key}/{name}" if key else name
        if name in taken or name in BYSTANDERS or transfer.target.exists(new_key):
            continue
        if name.endswith(".hcs-part"):
            continue
        copy_node(transfer, new_key, new_key)


def _is_there(transfer: Transfer, entry: PlateWell) -> bool:
    name = spec.group_document(transfer.old)
    return transfer.store.stamp(f"{entry.path}/{name}") is not None


def _well_state(transfer: Transfer, path: str) -> WellState:
    return hierarchy.read_well_state(transfer.store, transfer.old, path)


def _copy_well(transfer: Transfer, path: str, history: bool) -> Iterator[str]:
    """Copy a well and yield the name of each field that is done."""
    target, well = transfer.target, _well_state(transfer, path)
    if hierarchy.read_well_state(target, transfer.new, path).exists:
        yield from (well.name_of(image) for image in well.well.images)
        return
    row = path.split("/")[0]
    attributes = transfer.attributes(row) or {}
    if not target.exists(f"{row}/{spec.group_document(transfer.new)}"):
        for name, data in group_files(transfer, row, attributes).items():
            target.replace(f"{row}/{name}", data)
    images: list[WellImage] = []
    records: list[FieldRecord] = []
    for image in well.well.images:
        image, record, groups = _plan(transfer, well, image, history)
        for one in groups:
            _copy_group(transfer, path, one)
        images.append(image)
        records.append(record)
        yield record.name
    named = {one.path for record in well.records.values() for one in record.versions}
    named |= {image.path for image in well.well.images}
    named |= {alias for record in well.records.values() for alias in _aliases(record)}
    _copy_others(transfer, path, named)
    _write_well(transfer, well, images, records)


def _aliases(record: FieldRecord) -> list[str]:
    found = (record.settling or {}).get("aliases", ())
    return [str(alias.get("path")) for alias in found]


def _plan(
    transfer: Transfer, well: WellState, image: WellImage, history: bool
) -> tuple[WellImage, FieldRecord, list[Copied]]:
    """Return what a field becomes: its entry, its record, and the groups to copy."""
    live = _version_of(transfer, well, image)
    record = record_of(well.records, image)
    if history and record is not None:
        record = replace(record, settling=None)
        groups = [
            Copied(path=one.path, new_path=one.path, identifier=one.id)
            for one in record.kept()
        ]
        if image.path not in [one.path for one in groups]:
            groups.append(Copied(path=image.path, new_path=image.path, identifier=live))
        return image, record, groups
    name = image.path if record is None else record.name
    new = FieldRecord(
        name=name,
        path=name,
        live=live,
        label=None if record is None else record.label,
        acquisition=image.acquisition,
        versions=(FieldVersion(id=live, path=name, action="write", when=now()),),
    )
    copied = Copied(path=image.path, new_path=name, identifier=live)
    return replace(image, path=name), new, [copied]


def _version_of(transfer: Transfer, well: WellState, image: WellImage) -> str:
    from hcs.images.image import Multiscales

    key = f"{well.path}/{image.path}"
    found = Multiscales.open(transfer.store, key, transfer.old).version
    return found or uuid.uuid4().hex


def _copy_group(transfer: Transfer, well: str, copied: Copied) -> None:
    """Copy an image group as a field is staged: marked first, its document last."""
    target, version = transfer.target, transfer.new
    key = f"{well}/{copied.new_path}"
    if target.exists(key):
        if group.version_at(target, version, key) == copied.identifier:
            return
        group.remove_group(target, version, key)
    mark = group.mark_files(version, copied.identifier, group.STAGING)
    hold = target.claim(key, mark)
    if hold is None:
        raise ConflictError(f"{target.location}/{key} is being written elsewhere.")
    try:
        _fill_group(transfer, f"{well}/{copied.path}", key, copied.identifier)
    finally:
        hold.release()


def _fill_group(transfer: Transfer, old_key: str, key: str, identifier: str) -> None:
    target = transfer.target
    copy_content(transfer, old_key, key)
    attributes = dict(transfer.attributes(old_key) or {})
    content = {**spec.extension(attributes), "version": identifier}
    step.reached("copied")
    files = group_files(transfer, old_key, spec.with_extension(attributes, content))
    for name, data in files.items():
        if name not in (".zgroup",) and name in DOCUMENTS:
            target.replace(f"{key}/{name}", data, durable=False)
    target.sync(key)


def _write_well(
    transfer: Transfer,
    well: WellState,
    images: list[WellImage],
    records: list[FieldRecord],
) -> None:
    attributes: Mapping[str, Any] = well.attributes
    for old, new in zip(well.well.images, images, strict=True):
        attributes = hierarchy.repathed(attributes, old.path, new.path)
    written = spec.write_well(Well(images), transfer.new, attributes)
    content = write_records({**spec.extension(well.attributes), "fields": {}}, records)
    group.write_group(
        transfer.target,
        well.path,
        transfer.new,
        spec.with_extension(written, content),
    )
