"""Settling: bringing the live version of a corrected field back to its first path.

Some readers take the first well's field path for every well, others expect ``0``, and
others take every group in a well for a field. So once nobody can still hold the old
path, the live version gets the first one, and what it supersedes goes to the well's
shelf (see `hcs.writing.versions.moves`). The path that the correction had is an alias
until a second grace time is over.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hcs.wording import counted
from hcs.work import Work
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.shelf import clear_shelf, place_on_shelf
from hcs.writing.versions.moves import finish_moves, move_version, save_record
from hcs.writing.versions.unsettled import (
    Grace,
    Unsettled,
    aliases_of,
    is_due,
    obstacle,
    remaining,
    strays,
    unsettled_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target


_log = logging.getLogger(__name__)


def settle_fields(
    target: Target, grace: Grace, wells: tuple[str, ...] | None, *, now: bool = False
) -> tuple[Unsettled, ...]:
    """Do what `settle` does of an open plate, with a grace time for each field."""
    state = hierarchy.read_plate_document(target)
    waiting = unsettled_fields(target, state, grace, wells)
    if not waiting or not (target.settles or now):
        return waiting
    if target.settles_when_written:
        with target.changing():
            return ()
    paths = sorted({entry.well for entry in waiting})
    moved = counted(len(paths), "well")
    with Work(_log, f"Moving corrections of {moved} in {target.location}"):
        for path in paths:
            target.transact(partial(settle_well, target, state, path, grace))
    return unsettled_fields(target, state, grace, wells)


def settle_now(target: Target) -> None:
    """Bring every corrected field of a plate home: nobody can hold on to its paths."""
    settle_fields(target, Grace(0.0), None, now=True)


def settle_at_end(
    target: Target,
    fields: Iterable[tuple[str, str]],
    grace: Grace,
) -> None:
    """Bring what a writer corrected home, waiting until readers have let go.

    An interrupt ends the waiting and nothing else. What is left then, as the aliases
    always are, is left to whoever writes or settles the plate next, which is said.

    Parameters
    ----------
    fields
        Well path and name of each field that was corrected.
    """
    corrected = frozenset(fields)
    wells = tuple(sorted({well for well, _ in corrected}))
    try:
        left = settle_fields(target, grace, wells)
        while target.settles:
            waiting = [field for field in left if _is_waiting(field, corrected)]
            if not waiting:
                break
            seconds = min(field.seconds for field in waiting)
            _log.warning(
                "Waiting %.0f s for those who are reading %s of %s to end, before it "
                "is brought to its first path (grace=0, or Ctrl+C now, skips that).",
                seconds,
                _named(waiting),
                target.location,
            )
            time.sleep(max(seconds, 0.01))
            left = settle_fields(target, grace, wells)
    except KeyboardInterrupt:
        # Once more, for fields whose time was over while others were waited for.
        left = settle_fields(target, grace, wells)
    say_unsettled(target, left, corrected)


def say_unsettled(
    target: Target,
    left: Iterable[Unsettled],
    corrected: frozenset[tuple[str, str]],
) -> None:
    """Log what of the fields that were corrected is not settled, if anything."""
    fields = [field for field in left if (field.well, field.field) in corrected]
    if fields:
        _log.warning(
            "%s of %s is not settled yet: programs that go by the names of groups may "
            "see another version, or a second one, until `hcs settle%s` or the "
            "dashboard has brought it to rest.",
            _named(fields),
            target.location,
            "" if target.settles else " --now",
        )


def _is_waiting(field: Unsettled, corrected: frozenset[tuple[str, str]]) -> bool:
    is_ours = (field.well, field.field) in corrected
    return is_ours and field.path != field.home and not field.problem


def _named(fields: list[Unsettled]) -> str:
    first = f"field {fields[0].well}/{fields[0].field}"
    return first if len(fields) == 1 else f"{first} and {len(fields) - 1} more"


def settle_well(
    target: Target, state: PlateDocument, path: str, grace: Grace
) -> WellDocument:
    """Take every step that is due in one well; the caller holds the lock."""
    well = finish_moves(target, state, path)
    for name in tuple(well.records):
        seconds = grace.of(path, name)
        well = _unalias_due(target, state, well, name, seconds)
        record = well.records[name]
        image = well.image_of(name, record.acquisition)
        if image is None or not is_due(record, seconds):
            continue
        if image.path != record.path:
            if obstacle(target, state, well, record):
                continue
            paths = image.path, record.path
            well = move_version(target, state, well, record, record.live, paths)
        well = _put_away(target, state, well, name)
        if seconds <= 0:
            well = _unalias_due(target, state, well, name, 0)
    clear_shelf(target, state.version, path)
    return well


def _put_away(
    target: Target, state: PlateDocument, well: WellDocument, name: str
) -> WellDocument:
    """Put the versions of a field that are not live on the shelf of the well."""
    for version in strays(target, state, well, well.records[name]):
        record = well.records[name]
        place = place_on_shelf(target, well.path, record.path)
        if target.exists(f"{well.path}/{version.path}"):
            paths = version.path, place
            well = move_version(target, state, well, record, version.id, paths)
            # Nobody goes by its path; our own images look for its id.
            well = _unalias_path(target, state, well, name, version.path)
        else:  # removed by hand: no path of it is looked for among the fields any more
            moved = record.moved(version.id, place)
            well = save_record(target, state, well, moved)
    return well


def _unalias_due(
    target: Target, state: PlateDocument, well: WellDocument, name: str, grace: float
) -> WellDocument:
    for alias in aliases_of(well.records[name]):
        if remaining(alias.get("since"), grace) <= 0:
            well = _unalias(target, state, well, name, alias)
    return well


def _unalias_path(
    target: Target, state: PlateDocument, well: WellDocument, name: str, path: str
) -> WellDocument:
    for alias in aliases_of(well.records[name]):
        if alias["path"] == path:
            well = _unalias(target, state, well, name, alias)
    return well


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
    return save_record(target, state, well, replace(record, settling=settling))


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
