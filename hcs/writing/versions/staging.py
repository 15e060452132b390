"""Staging and committing one field: written unlisted, verified, then named in one step.

The pixels of a field are never edited. A version is a new image group below the well,
claimed exclusively and marked while it is incomplete. Its own document is written last;
replacing the well document, which names it, is the commit. Readers see the old field or
the new one, and a crash leaves at most an unnamed group.
"""

from __future__ import annotations

import errno
import math
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs.errors import ConflictError, HCSError
from hcs.metadata import FieldVersion, Who
from hcs.ngff.document import group_json
from hcs.ngff.envelope import with_extension
from hcs.ngff.multiscale import write_image
from hcs.writing.encoding.encode import encode_given, encode_levels
from hcs.writing.encoding.field_input import (
    FieldInput,
    as_field_input,
    full_size_only,
    with_axes_of,
)
from hcs.writing.encoding.storage import ArrayStorage, array_layouts, array_storage
from hcs.writing.encoding.verify import verify_levels
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.target import GroupSink, Target
from hcs.writing.versions.addresses import field_name, well_path
from hcs.writing.versions.carry import carry_tables
from hcs.writing.versions.claim import FieldSlot, claim_slot, live_version
from hcs.writing.versions.inherit import inherited, neighbour_of
from hcs.writing.versions.staged_field import StagedField

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcs.writing.encoding.array_layout import ArrayLayout
    from hcs.writing.encoding.encode import Encoded
    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.lock import Hold


def stage_field(
    store: str | Path | Target,
    well: str,
    field: str | int,
    multiscales: Any,
    *,
    base: str | None,
    acquisition: int | None = None,
    label: str | None = None,
    source: str | None = None,
    **storage: Any,
) -> StagedField:
    """Write a field whole and verified, without making it part of the plate.

    Parameters
    ----------
    store
        A plate that exists: its place, or an `HCSPlate` that is open.
    well
        In any spelling: ``"A/1"``, ``"A1"``, ``"A01"``.
    field
        Name, label (``"s1"``) or path of a field of that well, or an index, which may
        be that of a new one.
    multiscales
        The pixels: anything that `write_hcs_well_image` takes.
    base
        Id of the version that the person looked at; None for a new field.
    acquisition
        Id of its acquisition, needed where the plate declares several and `field` is
        an index.
    label
        What the source calls the field, such as ``"s1"``.
    source
        Name of the file that it came from.
    **storage
        As of `HCSPlateWriter.write_well_image`.

    Raises
    ------
    ConflictError
        If the field does not show `base`, or somebody else is writing it.
    HCSError
        For names, pixels or documents that cannot be used, and failing disks.

    Examples
    --------
    >>> import hcs
    >>> with hcs.from_hcs_zarr("demo.ome.zarr") as plate:
    ...     field = plate.well("A01").field("s1")
    ...     sharp = plate.well("A02").field("s1").image()
    >>> staged = stage_field("demo.ome.zarr", "A01", "s1", sharp, base=field.version)
    >>> staged.commit(who="Ada", reason="out of focus, imaged again").action
    'correct'
    """
    from hcs.writing.versions.opening import open_target

    target = open_target(store)
    try:
        state = hierarchy.read_plate_document(target)
        path = well_path(state, well)
        present = hierarchy.read_well_document(target, state.version, path)
        identity = field_name(state, present, field, acquisition)
        return stage_pixels(
            target,
            state,
            present,
            identity,
            base,
            as_field_input(multiscales),
            array_storage(storage).with_chunks_of(multiscales),
            label=label,
            file_name=source,
        )
    except BaseException:
        if target is not store:
            target.discard()
        raise


def write_field(
    target: Target,
    names: tuple[str, str],
    identity: tuple[int, int | None],
    multiscales: Any,
    storage: ArrayStorage,
    *,
    who: Who,
    label: str | None = None,
    source: str | None = None,
    reason: str | None = None,
) -> tuple[FieldSlot, FieldVersion]:
    """Stage and commit a field: a new one, or a new version of what is there.

    Parameters
    ----------
    names
        Of the row and the column.
    identity
        Index of the field and id of its acquisition.
    """
    storage = storage.with_chunks_of(multiscales)
    state = hierarchy.read_plate_document(target)
    path = hierarchy.locate_well(state, *names).path
    well = hierarchy.read_well_document(target, state.version, path)
    field = field_name(state, well, *identity)
    staged = stage_pixels(
        target,
        state,
        well,
        field,
        live_version(target, state, well, field),
        as_field_input(multiscales),
        storage,
        label=label,
        file_name=source,
    )
    try:
        return staged.place, staged.publish(who, reason)
    except ConflictError:
        staged.discard()
        raise
    except BaseException:
        # Whether the plate names it, only a look at the plate can tell.
        staged.release()
        raise


def stage_pixels(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    field: tuple[str, int | None],
    base: str | None,
    source: FieldInput,
    storage: ArrayStorage,
    *,
    label: str | None = None,
    file_name: str | None = None,
) -> StagedField:
    """Claim a path, write the field there and verify it; see `stage_field`.

    Parameters
    ----------
    well
        As it was when `base` was looked up.
    field
        Name and acquisition.
    """
    if storage.levels is not None:
        source = full_size_only(source)
    neighbour = neighbour_of(target, state, well, field)
    if neighbour is not None:
        source = with_axes_of(source, neighbour)
    layouts = array_layouts(state.version, source, storage)
    identifier = uuid.uuid4().hex

    def claim() -> tuple[WellDocument, FieldSlot, Hold]:
        step.reached("claim")
        fresh = hierarchy.read_well_document(target, state.version, well.path)
        return fresh, *claim_slot(target, state, fresh, field, base, identifier)

    present, slot, hold = target.transact(claim)
    try:
        encoded, staying = _write(
            target, state, present, slot, identifier, source, layouts
        )
        step.reached("verify")
        if storage.verify:
            _verify(target, state, slot, layouts, encoded)
    except BaseException as error:
        _abandon(target, state, slot, hold)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            size = math.prod(source.shape) * source.dtype.itemsize
            error.add_note(f"The field has {size} bytes before compression.")
        raise
    return StagedField(
        target=target,
        place=slot,
        version=FieldVersion(
            id=identifier,
            path=slot.path,
            action="write" if slot.base is None else "correct",
            digest=encoded.digests[0],
            size=encoded.size,
            source=file_name,
            supersedes=slot.base,
        ),
        label=label,
        notices=(
            *(_notices(state, slot) if target.live else ()),
            *([f"{slot.well} field {slot.name}: {staying}"] if staying else ()),
        ),
        _hold=hold,
    )


def _abandon(target: Target, state: PlateDocument, slot: FieldSlot, hold: Hold) -> None:
    try:
        group.remove_group(target, state.version, slot.key)
    except HCSError:
        pass  # the first error matters more; recovery removes what bears our mark
    finally:
        hold.release()


def _write(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    slot: FieldSlot,
    identifier: str,
    source: FieldInput,
    layouts: Sequence[ArrayLayout],
) -> tuple[Encoded, str]:
    """Write the files of a new version; return also what of the old one stays there."""
    sink = GroupSink(target, slot.key)
    if len(source.levels) == 1:
        encoded = encode_levels(source.levels[0].planes(), layouts, sink)
    else:
        encoded = encode_given(
            [level.planes() for level in source.levels], layouts, sink
        )
    metadata, attributes = inherited(target, state, well, slot, source, encoded)
    shapes = [layout.shape for layout in layouts]
    datasets = replace(source, metadata=metadata).datasets(shapes)
    metadata = replace(metadata, datasets=list(datasets))
    written = write_image(metadata, state.version, attributes, source.made_by)
    complete = with_extension(written, {"version": identifier})
    image = well.image_of(slot.name, slot.acquisition)
    staying = ""
    if image is not None:
        old = f"{well.path}/{image.path}"
        staying = carry_tables(
            target, state.version, old, slot.key, metadata, layouts[0].shape
        )
    step.reached("complete")
    for name, data in group_json(state.version, complete).items():
        if name != ".zgroup":
            target.replace(f"{slot.key}/{name}", data, durable=False)
    # One barrier for pixels and document: nothing names the group before it.
    target.sync(slot.key)
    return encoded, staying


def _verify(
    target: Target,
    state: PlateDocument,
    slot: FieldSlot,
    layouts: Sequence[ArrayLayout],
    encoded: Encoded,
) -> None:
    verify_levels(
        target.zarr_store(),
        slot.key,
        [layout.path for layout in layouts],
        encoded.digests,
        2 if state.version == "0.4" else 3,
        layouts[0].stored,
    )


def _notices(state: PlateDocument, slot: FieldSlot) -> tuple[str, ...]:
    if slot.base is None:
        return ()
    if slot.well != min((well.path for well in state.plate.wells), default=None):
        return ()
    return (
        f"{slot.well} is the plate's first well: until this correction is settled, "
        f"napari and other readers built on ome-zarr-py look for the fields of all "
        f"wells under its path and show them empty or not at all.",
    )
