"""Opening the place of a plate for writing, whatever kind of place it is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from hcs.errors import PlateNotFoundError
from hcs.writing.targets.archive import OverlayTarget
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.locations import is_archive, local_path, object_target
from hcs.writing.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_target(store: Any, *, durable: bool = True) -> Target:
    """Return the place of a plate that exists, open for writing.

    Raises
    ------
    PlateNotFoundError
        If nothing is there.
    """
    if isinstance(store, Target):
        return store
    objects = object_target(store)
    if objects is not None:
        return objects
    path = local_path(store)
    if is_archive(path) and path.is_file():
        archive = OverlayTarget(path.absolute(), settle_now)
        archive.load()
        return archive
    if not path.is_dir():
        found = "a file" if path.exists() else "nothing"
        raise PlateNotFoundError(f"No plate at {path}: {found} is there.")
    return DirectoryTarget(path, durable=durable)


def settle_now(target: Target) -> None:
    """Bring every corrected field of a plate home: nobody can hold on to its paths."""
    from hcs.writing.versions.settle import settle

    settle(target, now=True)


@contextlib.contextmanager
def opened(store: Any) -> Iterator[Target]:
    """Open a place for the length of a body; what that needed is put away after it."""
    target = open_target(store)
    try:
        yield target
    finally:
        if target is not store:
            target.discard()
