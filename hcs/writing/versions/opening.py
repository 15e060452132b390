"""Opening the place of a plate for writing, whatever kind of place it is."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.writing.targets.archive import OverlayTarget
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.locations import is_archive, local_path, object_target
from hcs.writing.targets.target import Target
from hcs.writing.versions.settle import settle_now

if TYPE_CHECKING:
    from collections.abc import Iterator


def target_at(store: Any, *, durable: bool = True) -> Target:
    """Return the target of a location, whether or not a plate is there.

    Through links: what they lead to is changed or replaced, and they go on leading
    there.
    """
    store = place_of(store)
    if isinstance(store, Target):
        return store
    objects = object_target(store)
    if objects is not None:
        return objects
    path = Path(os.path.realpath(local_path(store)))
    # A folder counts as what it is, whatever it is called.
    if is_archive(path) and not path.is_dir():
        return OverlayTarget(path, settle_now)
    return DirectoryTarget(path, durable=durable)


def place_of(store: Any) -> Any:
    """Return where a plate is that somebody has open, and any other place as it is."""
    from hcs.plates.plate import HCSPlate

    return store.store if isinstance(store, HCSPlate) else store


def open_target(store: Any) -> Target:
    """Return the place of a plate that exists, open for writing.

    Raises
    ------
    PlateNotFoundError
        If nothing is there.
    """
    target = target_at(store)
    if target is not store:
        target.open()
    return target


@contextlib.contextmanager
def opened(store: Any) -> Iterator[Target]:
    """Open a place for the length of a body; what that needed is put away after it."""
    target = open_target(store)
    try:
        yield target
    finally:
        if target is not store:
            target.discard()
