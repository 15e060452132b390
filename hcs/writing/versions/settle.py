"""Settling: bringing the live version of a corrected field back to its first path.

Some readers take the first well's field path for every well, others expect ``0``. So
once nobody can still hold the old path, the live version gets it. The well document
announces the move first; its parts are decided by the version ids in the groups, so
that a crash at any moment can be continued by whoever locks the plate next:

1. *announce*: the record says which version moves from where to where;
2. *link*: the version gets a second name, a group of hard links;
3. *exchange*: that group and the one at the first path trade places, then what was
   there gets a free name (``0r1``);
4. *flip*: the well document names the first path; the correction's path is an alias;
5. *unalias*: after a second grace time the alias goes.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hcs.metadata import Well, WellImage
from hcs.ngff.envelope import extension, with_extension
from hcs.ngff.history import FieldRecord, now, write_records
from hcs.ngff.well import write_well
from hcs.settings import config
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.versions.opening import opened
from hcs.writing.versions.unsettled import (
    Unsettled,
    aliases_of,
    live_since,
    move_of,
    obstacle,
    remaining,
    unsettled,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target


_log = logging.getLogger(__name__)

NO_WAIT = -1.0
"""As a grace time at the end of a writer: settle what is due, wait for nothing."""


def settle(
    store: Any,
    *,
    now: bool = False,
    grace: float | None = None,
    wells: tuple[str, ...] | None = None,
) -> tuple[Unsettled, ...]:
    """Bring corrected fields back to their first paths, and remove spent aliases.

    Plates in object stores stay as they are unless `now`: a group is moved there by
    copying it, during which readers of the first path find it incomplete.

    Parameters
    ----------
    store
        A plate.
    now
        Do not wait for the grace time. Readers that looked a path up just before may
        read the other version; `hcs` notices that by the version's id, others do not.
    grace
        Seconds, by default ``config.settle_grace``.
    wells
        Paths of the wells to look at; by default all that are listed.

    Returns
    -------
        What is still unsettled.
    """
    seconds = 0.0 if now else config.settle_grace if grace is None else grace
    with opened(store) as target:
        waiting = unsettled(target, grace=seconds, wells=wells)
        if not waiting or not (target.settles or now):
            return waiting
        if target.settles_when_written:
            with target.changing():
                return ()
        state = hierarchy.read_plate_document(target)
        for path in sorted({entry.well for entry in waiting}):
            target.transact(partial(settle_well, target, state, path, seconds))
        return unsettled(target, grace=seconds, wells=wells)


def settle_at_end(target: Target, wells: tuple[str, ...], grace: float | None) -> None:
    """Bring what a writer corrected home, waiting until readers have let go.

    Aliases are left to whoever writes or settles the plate next.
    """
    if grace == NO_WAIT:
        settle(target, wells=wells)
        return
    while True:
        waiting = [
            entry
            for entry in settle(target, wells=wells, grace=grace)
            if entry.path != entry.home and not entry.problem
        ]
        if not waiting:
            return
        seconds = min(entry.seconds for entry in waiting)
        _log.info(
            "Waiting %.0f s before %d corrected field(s) of %s are settled.",
            seconds,
            len(waiting),
            target.location,
        )
        time.sleep(max(seconds, 0.01))


def settle_well(target: Target, state: PlateDocument, path: str, grace: float) -> None:
    """Take every step that is due in one well; the caller holds the lock."""
    well = finish_moves(target, state, path)
    for name in tuple(well.records):
        record = well.records[name]
        for alias in aliases_of(record):
            if remaining(alias.get("since"), grace) <= 0:
                well = _unalias(target, state, well, name, alias)
        record = well.records[name]
        image = well.image_of(name, record.acquisition)
        if image is None or image.path == record.path:
            continue
        if remaining(live_since(record), grace) > 0:
            continue
        if obstacle(target, state, well, record):
            continue
        well = _announce(target, state, well, record, image)
        well = finish_moves(target, state, path)
        if grace <= 0:
            for alias in aliases_of(well.records[name]):
                well = _unalias(target, state, well, name, alias)


def finish_moves(target: Target, state: PlateDocument, path: str) -> WellDocument:
    """Continue every announced move of a well; the caller holds the lock.

    Under the lock an announced move is one whose process died.
    """
    well = hierarchy.read_well_document(target, state.version, path)
    for name, record in well.records.items():
        move = move_of(record)
        if move is None:
            continue
        if _carry_out(target, state, well, move):
            well = _flip(target, state, path, name, move)
        else:
            settling = {"aliases": aliases_of(record)} if aliases_of(record) else None
            well = _save(target, state, well, replace(record, settling=settling))
    return well


def _announce(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    record: FieldRecord,
    image: WellImage,
) -> WellDocument:
    home = f"{well.path}/{record.path}"
    move = {
        "version": record.live,
        "from": image.path,
        "to": record.path,
        "new": f"{record.path}n{uuid.uuid4().hex[:12]}",
        "displaced": group.version_at(target, state.version, home),
        "aside": _free_name(target, well.path, record.path),
    }
    step.reached("settle announce")
    return _save(
        target, state, well, replace(record, settling=_settling(record, move=move))
    )


def _carry_out(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    move: Mapping[str, Any],
) -> bool:
    """Bring the moving version to its home, and what was there aside.

    Returns whether it is there; False where another tool changed what was announced.
    """
    version, moving, displaced = state.version, move["version"], move.get("displaced")
    home, new, aside = (f"{well.path}/{move[key]}" for key in ("to", "new", "aside"))
    if group.version_at(target, version, home) != moving:
        _link_anew(target, state, f"{well.path}/{move['from']}", new, moving)
        present = group.version_at(target, version, home)
        if group.version_at(target, version, new) != moving or (
            target.exists(home) and present != displaced
        ):
            target.remove(new)
            return False
        step.reached("settle exchange")
        if not target.exists(home):
            target.rename(new, home)
        elif not target.exchange(new, home):
            target.rename(home, aside)
            step.reached("settle fill")
            target.rename(new, home)
    step.reached("settle aside")
    if target.exists(new):
        present = group.version_at(target, version, new)
        if displaced is not None and present == displaced:
            target.rename(new, aside)
        else:
            target.remove(new)
    return True


def _link_anew(
    target: Target, state: PlateDocument, old: str, new: str, version: str
) -> None:
    if group.version_at(target, state.version, new) == version:
        return
    if target.exists(new):
        step.reached("settle unlink")
        target.remove(new)
    if target.exists(old):
        step.reached("settle link")
        target.link_tree(old, new)


def _flip(
    target: Target,
    state: PlateDocument,
    path: str,
    name: str,
    move: Mapping[str, Any],
) -> WellDocument:
    well = hierarchy.read_well_document(target, state.version, path)
    record = well.records[name]
    alias = {"path": move["from"], "version": move["version"], "since": now()}
    record = record.moved(move["version"], move["to"])
    if move.get("displaced") is not None:
        record = record.moved(move["displaced"], move["aside"])
    aliases = [*aliases_of(record), alias]
    record = replace(record, settling={"aliases": aliases})
    step.reached("settle flip")
    return _save(target, state, well, record, {move["from"]: move["to"]})


def _unalias(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    name: str,
    alias: Mapping[str, Any],
) -> WellDocument:
    """Remove the second name of a version, if it has its first one."""
    record = well.records[name]
    spare, version = f"{well.path}/{alias['path']}", str(alias["version"])
    home = record.find(version)
    at_home = None
    if home is not None and home.path != alias["path"]:
        key = f"{well.path}/{home.path}"
        at_home = group.version_at(target, state.version, key)
    aliases = [other for other in aliases_of(record) if other["path"] != alias["path"]]
    settling = {"aliases": aliases} if aliases else None
    if at_home != version and group.version_at(target, state.version, spare) == version:
        # Somebody removed the other one: the second name is the only one now.
        record = record.moved(version, str(alias["path"]))
    elif alias["path"] not in {image.path for image in well.well.images}:
        _remove_spare(target, state, spare, version)
    step.reached("settle done")
    return _save(target, state, well, replace(record, settling=settling))


def _remove_spare(
    target: Target, state: PlateDocument, spare: str, version: str
) -> None:
    attributes = group.read_group_attributes(target, state.version, spare)
    if attributes is None:
        target.remove_empty(spare)
    elif group.is_incomplete(attributes) or (
        group.version_at(target, state.version, spare) == version
    ):
        step.reached("settle unalias")
        group.remove_group(target, state.version, spare)


def _save(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    record: FieldRecord,
    moved: Mapping[str, str] | None = None,
) -> WellDocument:
    attributes: Mapping[str, Any] = well.attributes
    images = list(well.well.images)
    for old, new in (moved or {}).items():
        attributes = hierarchy.repathed(attributes, old, new)
        images = [
            replace(image, path=new) if image.path == old else image for image in images
        ]
    attributes = write_well(Well(images), state.version, attributes)
    content = write_records(extension(attributes), [record])
    group.write_group(
        target, well.path, state.version, with_extension(attributes, content)
    )
    return hierarchy.read_well_document(target, state.version, well.path)


def _free_name(target: Target, well: str, name: str) -> str:
    number = 1
    while target.exists(f"{well}/{name}r{number}"):
        number += 1
    return f"{name}r{number}"


def _settling(record: FieldRecord, **changes: Any) -> dict[str, Any]:
    return {**(record.settling or {}), **changes}
