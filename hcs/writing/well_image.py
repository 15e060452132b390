"""Writing one field of a plate in one call."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hcs.foreign_plate import as_plate
from hcs.metadata import Plate, Who
from hcs.rules.writable import check_listed, name_new_field
from hcs.settings import config
from hcs.writing.draft import choose_version, open_draft
from hcs.writing.encoding.field_input import as_field_input
from hcs.writing.encoding.storage import array_layouts, array_storage
from hcs.writing.person import login_name
from hcs.writing.targets import hierarchy
from hcs.writing.versions.opening import target_at
from hcs.writing.versions.settle import say_unsettled, settle_at_end, settle_fields
from hcs.writing.versions.staging import write_field
from hcs.writing.versions.unsettled import Grace

if TYPE_CHECKING:
    from pathlib import Path

    from hcs.metadata import FieldVersion
    from hcs.writing.targets.target import Target


def write_hcs_well_image(
    store: str | Path,
    multiscales: Any,
    plate_metadata: Plate | Any,
    row_name: str,
    column_name: str,
    field_index: int = 0,
    acquisition_id: int | None = 0,
    well_metadata: Any | None = None,
    version: str | None = None,
    *,
    who: Who | None = None,
    grace: float | None = None,
    **kwargs: Any,
) -> FieldVersion:
    """Write one field of a plate, which is made if it does not exist.

    For many fields, and for an ``.ozx`` archive, `HCSPlateWriter` is quicker. A field
    that exists is corrected, and stays unsettled unless `grace` is given: its new
    version has another path, until `settle`, ``hcs settle`` or the dashboard brings it
    to the first one. A warning says so.

    Parameters
    ----------
    store
        Path of a directory or of an ``.ozx`` archive.
    plate_metadata
        The plate; used where none exists yet, checked where one does.
    version
        NGFF version; by default that of the existing plate, else of `plate_metadata`,
        else ``"0.5"``.
    who
        Whom the history names; by default the login name.
    grace
        Seconds to wait for readers of a field that is corrected, before it is settled;
        0 where nobody reads the plate now. By default nothing is waited for.
    multiscales, row_name, column_name, field_index, acquisition_id, well_metadata
        See `HCSPlateWriter.write_well_image`.
    **kwargs
        Its other arguments: ``label``, ``source``, ``reason``, and how to store arrays.

    Returns
    -------
        The entry of the field's history.

    Raises
    ------
    StoreError
        If something else than a plate is at `store`.
    ConflictError
        If somebody else writes the same field at the same time.
    HCSError
        If names, indices or pixels cannot be used, or the plate does not fit the one
        that is there, or the store fails.

    Examples
    --------
    >>> import numpy as np
    >>> import hcs
    >>> well = hcs.PlateWell("A/1", 0, 0)
    >>> layout = hcs.Plate([hcs.PlateColumn("1")], [hcs.PlateRow("A")], [well])
    >>> pixels = np.zeros((2, 64, 64), "uint16")  # c, y, x
    >>> image = hcs.to_multiscales(hcs.to_ngff_image(pixels, dims=("c", "y", "x")))
    >>> event = write_hcs_well_image("my_plate.ome.zarr", image, layout, "A", "1")
    >>> event.action, event.path
    ('write', '0')
    """
    plate = None if plate_metadata is None else as_plate(plate_metadata)
    words = {key: kwargs.pop(key, None) for key in ("label", "source", "reason")}
    storage = array_storage(kwargs)
    foreign = not isinstance(plate_metadata, Plate)
    if plate is not None and _is_free(store):
        # All that is wrong is found before a plate is made for the field.
        check_listed(row_name, column_name, plate, plate)
        name_new_field(plate, field_index, acquisition_id)
        chosen = choose_version(None, version, plate, foreign=foreign)
        source = as_field_input(multiscales)
        array_layouts(chosen, source, storage.with_chunks_of(multiscales))
    draft = open_draft(
        store,
        plate,
        version,
        overwrite=False,
        foreign=foreign,
        annotations={},
        durable=True,
        whole=False,
    )
    try:
        present = hierarchy.read_plate_document(draft.target).plate
        check_listed(row_name, column_name, plate, present)
        slot, event = write_field(
            draft.target,
            (row_name, column_name),
            (field_index, acquisition_id),
            multiscales,
            storage,
            who=who or login_name(),
            **words,
        )
    except BaseException:
        draft.target.abandon(0)
        raise
    draft.finish()
    if event.action == "correct" and draft.target.live:
        _settle_or_say(draft.target, (slot.well, slot.name), grace)
    return event


def _is_free(store: Any) -> bool:
    """Whether a local place holds nothing; others are not asked twice."""
    local = isinstance(store, str | os.PathLike) and "://" not in os.fspath(store)
    return local and not target_at(store).is_taken()


def _settle_or_say(target: Target, field: tuple[str, str], grace: float | None) -> None:
    """Settle a field after its grace time; without one, say that it is not settled."""
    if grace is not None:
        settle_at_end(target, [field], Grace(grace))
        return
    left = settle_fields(target, Grace(config.settle_grace), (field[0],))
    say_unsettled(target, left, frozenset([field]))
