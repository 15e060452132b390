"""What is built, and what is thrown away, beside the place of a plate.

A plate that is to replace another is built under a hidden name next to it; both names
begin with that of the place, so that whoever comes after a crash finds them.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import HCSError
from hcs.stores.directory import DirectoryStore
from hcs.writing.targets import hierarchy
from hcs.writing.targets.hidden import hidden_prefix
from hcs.writing.targets.lock import locked, try_hold
from hcs.writing.targets.target import PART, store_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRAFT_SUFFIX = ".hcs-new"
"""Ends the name of a plate that is being built beside its place."""

TRASH_SUFFIX = ".hcs-trash"
"""Ends the name of what was replaced and is being removed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a crash left, and what was done about it."""

    action: str
    """``"finished"``, ``"removed"``, ``"kept"`` or ``"in use"``."""

    location: str
    message: str


def sibling_path(place: Path) -> Path:
    """Return a free name beside a place, for what is built to go there."""
    hidden = f"{hidden_prefix(place)}{uuid.uuid4().hex[:12]}{DRAFT_SUFFIX}"
    return place.with_name(hidden)


def trash_path(draft: Path) -> Path:
    """Return the name that what gives way to `draft` gets until it is removed."""
    return draft.with_name(draft.name.removesuffix(DRAFT_SUFFIX) + TRASH_SUFFIX)


def drafts(place: Path) -> list[Path]:
    """Return what was built beside a place and never got there, sorted."""
    return [path for path in _siblings(place) if path.name.endswith(DRAFT_SUFFIX)]


def _siblings(place: Path) -> list[Path]:
    if not place.parent.is_dir():
        return []
    prefix = hidden_prefix(place)
    return sorted(
        path for path in place.parent.iterdir() if path.name.startswith(prefix)
    )


def recover(path: Path) -> Iterator[Finding]:
    """Bring to rest what building beside a plate's place may have left."""
    for sibling in _siblings(path):
        name = sibling.name
        with store_errors(f"Could not recover {sibling}", sibling):
            if name.endswith(PART):
                yield _sweep_part(sibling)
            elif name.endswith(TRASH_SUFFIX):
                yield _finish_swap(sibling, path)
            elif name.endswith(DRAFT_SUFFIX):
                yield Finding("kept", str(sibling), _contents(sibling))


def _sweep_part(part: Path) -> Finding:
    hold = try_hold(part)
    if hold is None:
        return Finding("in use", str(part), "it is being written at this moment")
    part.unlink(missing_ok=True)
    hold.release()
    return Finding("removed", str(part), "an archive that was never complete")


def _finish_swap(trash: Path, final: Path) -> Finding:
    new = trash.with_name(trash.name.removesuffix(TRASH_SUFFIX) + DRAFT_SUFFIX)
    if not final.exists():
        # Two renames were needed and only one came to pass.
        (new if new.exists() else trash).rename(final)
        if not trash.exists():
            return Finding("finished", str(final), "the plate was put back")
    with locked(final):
        shutil.rmtree(trash)
    return Finding("finished", str(trash), "a replaced plate was removed")


def _contents(draft: Path) -> str:
    try:
        store = DirectoryStore(draft)
        state = hierarchy.read_plate_document(store)
        count = sum(
            len(
                hierarchy.read_well_document(
                    store, state.version, entry.path
                ).well.images
            )
            for entry in state.plate.wells
        )
    except HCSError as error:
        return f"a plate that was built beside its place: {error}"
    return (
        f"a plate with {count} field(s) that was built beside its place, or was "
        f"replaced; go on with it by a writer with overwrite=False, or delete it"
    )
