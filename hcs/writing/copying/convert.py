"""Copying whole plates, also into another NGFF version or kind of store."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hcs.errors import ConflictError, HCSError, StoreError
from hcs.foreign_plate import as_plate
from hcs.metadata import Plate
from hcs.ngff.document import group_document
from hcs.ngff.envelope import extension, with_extension
from hcs.ngff.plate import write_plate
from hcs.stores.store import PlateStore
from hcs.work import Work
from hcs.writing.copying.tree import Transfer
from hcs.writing.copying.well_copy import (
    copy_others,
    copy_row_content,
    copy_well,
    well_state,
)
from hcs.writing.draft import check_request, open_draft
from hcs.writing.merging import merge_plate
from hcs.writing.targets import group, hierarchy
from hcs.writing.targets.locations import local_path, object_target
from hcs.writing.versions.opening import target_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hcs.metadata import PlateWell
    from hcs.plates.plate import HCSPlate
    from hcs.writing.draft import Overwrite
    from hcs.writing.targets.target import Target

_log = logging.getLogger(__name__)

COPYING = "copying"
"""Our key of a plate that is still being copied; names its source, so that the copy
can be resumed."""


def to_hcs_zarr(
    plate: Any,
    store: str | Path,
    *,
    version: str | None = None,
    overwrite: Overwrite | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    history: bool = True,
) -> None:
    """Write a plate: its document, or all of it where it has fields.

    Parameters
    ----------
    plate
        An `HCSPlate`. One of metadata only, also with a path at which nothing is yet,
        gives a plate without fields, to which `write_hcs_well_image` adds; one that is
        in a store is copied whole, and converted where `version` differs.
    store
        Path of a directory or of an ``.ozx`` archive.
    version
        NGFF version of the copy; by default the plate's, else ``"0.5"``.
    overwrite
        Whether a plate at `store` is replaced. By default only one without fields is;
        one that holds what cannot be made again only by ``"acquired"``, see
        `HCSPlateWriter`. False adds the rows, columns, wells and acquisitions of a
        plate of metadata to what is there, and so writes what was changed of a plate in
        memory to its own place.
    progress
        Called after each field with the number written and the number there are.
    history
        Whether all versions of each field go along, and the plate's id with them; else
        only the live ones do, and the copy is a plate of its own.

    Raises
    ------
    StoreError
        If `store` holds something else, a plate with fields while `overwrite` is not
        given, one that may not be replaced, or the very plate that is to be copied.

    Examples
    --------
    A plate without fields, to which others are added:

    >>> import numpy as np
    >>> import hcs
    >>> layout = hcs.Plate(
    ...     rows=[hcs.PlateRow("A")],
    ...     columns=[hcs.PlateColumn("1"), hcs.PlateColumn("2")],
    ...     wells=[hcs.PlateWell("A/1", 0, 0), hcs.PlateWell("A/2", 0, 1)],
    ...     name="my plate",
    ... )
    >>> to_hcs_zarr(hcs.HCSPlate(metadata=layout), "my_plate.ome.zarr")
    >>> [well.path for well in hcs.from_hcs_zarr("my_plate.ome.zarr").wells]
    ['A/1', 'A/2']

    A copy in an older version:

    >>> with hcs.from_hcs_zarr("demo.ome.zarr") as plate:
    ...     to_hcs_zarr(plate, "old.ome.zarr", version="0.4")
    """
    stated = getattr(plate, "metadata", plate)
    metadata, foreign = as_plate(stated), not isinstance(stated, Plate)
    own = _is_at(plate, store)
    copied = not own and isinstance(getattr(plate, "store", None), PlateStore)
    if own and not plate.is_described and overwrite is not False:
        raise StoreError(
            f"{store} is the plate that is to be copied; give another path, or pass "
            f"overwrite=False to write what was changed of it in memory."
        )
    if not copied:
        check_request(store, metadata, version, overwrite=True, foreign=foreign)
    if overwrite is False and not copied:
        merge_plate(store, metadata, version, foreign=foreign)
        return
    if overwrite is None:
        overwrite = not target_at(store).has_fields()
        if not overwrite and not copied:
            raise StoreError(
                f"{store} is a plate with fields; choose another place, or pass "
                f"overwrite=False to add to it, or overwrite=True to replace it."
            )
    if copied:
        name = f"Copying {plate.location} to {target_at(store).location}"
        with Work(_log, name, progress) as work:
            copy_plate(
                plate,
                store,
                version=version,
                overwrite=overwrite,
                progress=work,
                history=history,
            )
        return
    from hcs.writing.writer import HCSPlateWriter

    with HCSPlateWriter(store, stated if foreign else metadata, version, overwrite):
        pass


def copy_plate(
    plate: HCSPlate,
    store: str | Path,
    *,
    version: str | None = None,
    overwrite: Overwrite = False,
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
    source = plate.store
    assert source is not None  # noqa: S101  (to_hcs_zarr looked)
    _check_apart(source, store)
    old = plate.version or "0.5"
    unfinished = _unfinished(store, plate.id)
    if not overwrite and not unfinished and target_at(store).is_taken():
        raise StoreError(
            f"{store} is taken; choose another place, or replace it (overwrite=True; "
            f"hcs convert --overwrite)."
        )
    draft = open_draft(
        unfinished or store,
        None if unfinished else replace(plate.metadata, version=None),
        version or (None if unfinished else old),
        overwrite=False if unfinished else overwrite,
        foreign=False,
        annotations={} if unfinished else _annotations(plate, history),
        durable=True,
    )
    transfer = Transfer(source, old, draft.target, draft.version, verify=draft.replaces)
    done = 0
    try:
        if not unfinished:
            _keep_unknown(transfer, plate.metadata, plate.attributes)
        copy_others(transfer, "", {row.name for row in plate.rows})
        wells = [entry for entry in plate.wells if _is_there(transfer, entry)]
        total = sum(
            len(well_state(transfer, entry.path).well.images) for entry in wells
        )
        for entry in wells:
            for _ in copy_well(transfer, entry.path, history):
                done += 1
                if progress is not None:
                    progress(done, max(done, total))  # some may be added
        for row in plate.rows:
            copy_row_content(transfer, row.name, plate.wells)
        draft.target.transact(partial(_complete, transfer))
    except BaseException as error:
        for note in draft.target.abandon(done):
            error.add_note(note)
        raise
    draft.finish()


def _is_at(plate: Any, store: Any) -> bool:
    """Whether a plate is in a store, and that is the place."""
    source = getattr(plate, "store", None)
    return isinstance(source, PlateStore) and not _is_apart(source, store)


def _check_apart(source: PlateStore, store: Any) -> None:
    if not _is_apart(source, store):
        raise StoreError(
            f"{store} is the plate that is to be copied; give another path."
        )


def _is_apart(source: PlateStore, store: Any) -> bool:
    place: Any = store
    if object_target(store) is None:
        place = local_path(store).resolve()
    same_object = store in (source, getattr(source, "store", 0))
    return str(place) != source.location and not same_object


def _unfinished(store: Any, identifier: str) -> Any:
    """Return where an interrupted copy of the same plate is, None where none is."""
    target = target_at(store)
    if _copied_plate(target) == identifier:
        return store
    for draft in target.drafts():
        if _copied_plate(target_at(draft)) == identifier:
            raise ConflictError(
                f"{draft} is an unfinished copy of that plate; go on with it by "
                f"copying to that path, or delete it."
            )
    return None


def _copied_plate(target: Target) -> str | None:
    """Return the id of the plate that an unfinished copy is one of."""
    try:
        state = hierarchy.read_plate_document(target)
    except HCSError:
        return None
    identifier = extension(state.attributes).get(COPYING)
    return identifier if isinstance(identifier, str) else None


def _annotations(plate: HCSPlate, history: bool) -> dict[str, Any]:
    content = dict(extension(plate.attributes))
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
        state = hierarchy.read_plate_document(target)
        merged = write_plate(plate, transfer.new, attributes)
        content = extension(state.attributes)
        group.write_group(target, "", transfer.new, with_extension(merged, content))

    target.transact(keep)


def _complete(transfer: Transfer) -> None:
    """Take the mark away, and take over counts that were raised meanwhile."""
    state = hierarchy.read_plate_document(transfer.target)
    source = hierarchy.read_plate_document(transfer.store).plate
    count = max(state.plate.field_count or 0, source.field_count or 0) or None
    runs = {run.id: run for run in source.acquisitions or ()}
    acquisitions = state.plate.acquisitions and [
        runs.get(run.id, run) for run in state.plate.acquisitions
    ]
    plate = replace(state.plate, field_count=count, acquisitions=acquisitions)
    hierarchy.merge(transfer.target, {COPYING: None}, plate)


def _is_there(transfer: Transfer, entry: PlateWell) -> bool:
    name = group_document(transfer.old)
    return transfer.store.stamp(f"{entry.path}/{name}") is not None
