"""Moves: bringing a version of a field to another path, in steps that survive a crash.

The well document announces a move first; its parts are decided by the version ids in
the groups, so that a crash at any moment can be continued by whoever locks the plate
next. Where groups are renamed:

1. *announce*: the record says which version moves from where to where;
2. *link*: a live version gets a second name, a group of hard links;
3. *exchange*: that group and the one at the first path trade places, then what was
   there goes to the well's shelf (`hcs.writing.targets.shelf`); a version that is not
   live, and that nobody finds by its path, is just renamed;
4. *flip*: the well document names the new path; the old one is an alias, if it is left.

Where they are copied object by object, nothing is removed before a copy of it was
compared and the well document names that: what lies at the first path is copied to the
shelf and named there, and only then does the live version take its place.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs.metadata import Well
from hcs.ngff.envelope import extension, with_extension
from hcs.ngff.history import FieldRecord, now, write_records
from hcs.ngff.names import on_shelf
from hcs.ngff.well import write_well
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.shelf import clear_shelf, make_shelf, place_on_shelf
from hcs.writing.versions.unsettled import aliases_of, move_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target


def move_version(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    record: FieldRecord,
    version: str,
    paths: tuple[str, str],
) -> WellDocument:
    """Move a version of a field below its well; the caller holds the lock.

    Parameters
    ----------
    version
        Its id.
    paths
        From where to where.
    """
    old, new = paths
    move = {
        "version": version,
        "from": old,
        "to": new,
        "new": f"{new}n{uuid.uuid4().hex[:12]}",
        "displaced": group.version_at(target, state.version, f"{well.path}/{new}"),
        "aside": place_on_shelf(target, well.path, record.path),
    }
    step.reached("settle announce")
    settling = {**(record.settling or {}), "move": move}
    save_record(target, state, well, replace(record, settling=settling))
    return finish_moves(target, state, well.path)


def finish_moves(target: Target, state: PlateDocument, path: str) -> WellDocument:
    """Continue every announced move of a well; the caller holds the lock.

    Under the lock an announced move is one whose process died.
    """
    well = hierarchy.read_well_document(target, state.version, path)
    for name, record in well.records.items():
        move = move_of(record)
        if move is None:
            continue
        carry_out = _by_renaming if target.renames else _by_copying
        if carry_out(target, state, well, name, move):
            well = _flip(target, state, path, name, move)
        else:
            well = hierarchy.read_well_document(target, state.version, path)
            record = well.records[name]
            settling = {"aliases": aliases_of(record)} if aliases_of(record) else None
            well = save_record(target, state, well, replace(record, settling=settling))
    return well


def _by_renaming(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    name: str,
    move: Mapping[str, Any],
) -> bool:
    """Bring the moving version to its new path, and what was there aside.

    Returns whether it is there; False where another tool changed what was announced.
    """
    version, moving, displaced = state.version, move["version"], move.get("displaced")
    old, final, new, aside = _places(well, move)
    _make_place(target, state, well, move)
    if group.version_at(target, version, final) != moving:
        if displaced is not None:
            _drop_copies(target, state, well.records[name], move, (final, aside))
        if well.records[name].live != moving and not target.exists(final):
            if group.version_at(target, version, old) != moving:
                return False
            target.rename(old, final)
            return True
        _link_anew(target, state, old, new, moving)
        present = group.version_at(target, version, final)
        if group.version_at(target, version, new) != moving or (
            target.exists(final) and present != displaced
        ):
            target.remove(new)
            return False
        step.reached("settle exchange")
        if not target.exists(final):
            target.rename(new, final)
        elif not target.exchange(new, final):
            target.rename(final, aside)
            step.reached("settle fill")
            target.rename(new, final)
    step.reached("settle aside")
    if target.exists(new):
        present = group.version_at(target, version, new)
        is_copied = group.version_at(target, version, aside) == displaced
        if displaced is None or present != displaced or is_copied:
            target.remove(new)
        else:
            if target.exists(aside):
                target.remove(aside)
            target.rename(new, aside)
    return True


def _places(well: WellDocument, move: Mapping[str, Any]) -> tuple[str, str, str, str]:
    old, final, new, aside = (
        f"{well.path}/{move[key]}" for key in ("from", "to", "new", "aside")
    )
    return old, final, new, aside


def _make_place(
    target: Target, state: PlateDocument, well: WellDocument, move: Mapping[str, Any]
) -> None:
    paths = [move["to"]] + [move["aside"]] * (move.get("displaced") is not None)
    if any(on_shelf(path) for path in paths):
        make_shelf(target, state.version, well.path)


def _drop_copies(
    target: Target,
    state: PlateDocument,
    record: FieldRecord,
    move: Mapping[str, Any],
    keys: tuple[str, str],
) -> None:
    """Remove what `_by_copying` left, where its move is continued by renaming.

    That is half a copy at the place of the displaced version; or, where the history
    names the whole one, what is left at the place that it had.
    """
    final, aside = keys
    if group.version_at(target, state.version, aside) != move["displaced"]:
        if target.exists(aside):
            target.remove(aside)
        return
    event = record.find(move["displaced"])
    if event is not None and event.path == move["aside"] and target.exists(final):
        target.remove(final)


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


def _by_copying(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    name: str,
    move: Mapping[str, Any],
) -> bool:
    """Do what `_by_renaming` does, and remove nothing that is not copied and named."""
    version, moving, displaced = state.version, move["version"], move.get("displaced")
    old, final, new, aside = _places(well, move)
    present = group.version_at(target, version, final)
    if group.version_at(target, version, old) != moving:
        return bool(present == moving)
    if present not in (None, displaced, moving):
        return False
    _make_place(target, state, well, move)
    if displaced is not None:
        record = well.records[name]
        event = record.find(displaced)
        if event is not None and event.path != move["aside"]:
            for place in (final, new):  # there after an exchange, in a folder
                if group.version_at(target, version, place) == displaced:
                    target.link_tree(place, aside)
            if group.version_at(target, version, aside) != displaced:
                return False
            step.reached("settle put aside")
            save_record(target, state, well, record.moved(displaced, move["aside"]))
        if present != moving and target.exists(final):
            step.reached("settle make room")
            target.remove(final)
    step.reached("settle copy")
    target.link_tree(old, final)
    if target.exists(new):
        target.remove(new)  # of an earlier edition, or of a folder's exchange
    return True


def _flip(
    target: Target,
    state: PlateDocument,
    path: str,
    name: str,
    move: Mapping[str, Any],
) -> WellDocument:
    well = hierarchy.read_well_document(target, state.version, path)
    record = well.records[name].moved(move["version"], move["to"])
    if move.get("displaced") is not None:
        record = record.moved(move["displaced"], move["aside"])
    aliases: list[Mapping[str, Any]] = aliases_of(record)
    if target.exists(f"{path}/{move['from']}"):
        alias = {"path": move["from"], "version": move["version"], "since": now()}
        aliases.append(alias)
    record = replace(record, settling={"aliases": aliases} if aliases else None)
    step.reached("settle flip")
    well = save_record(target, state, well, record, {move["from"]: move["to"]})
    if on_shelf(move["from"]):
        clear_shelf(target, state.version, path)
    return well


def save_record(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    record: FieldRecord,
    moved: Mapping[str, str] | None = None,
) -> WellDocument:
    """Write a field's record into its well's document; return what that is now.

    Parameters
    ----------
    moved
        New paths of listed images by their old ones.
    """
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
