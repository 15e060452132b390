"""Locations of every kind, and the store at each."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from errno import ENAMETOOLONG
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import PlateNotFoundError, StoreError
from hcs.stores.address import REMOTE_SCHEMES, split_address
from hcs.stores.directory import DirectoryStore
from hcs.stores.store import PlateStore

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_store(location: Any) -> PlateStore:
    """Return the store at a location.

    Parameters
    ----------
    location
        A path of a folder or of an ``.ozx`` archive; a ``file``, ``http``, ``https``,
        ``s3``, ``gs`` or ``az`` URL of either; a zarr ``Store`` or ``Group``; a dict of
        keys and bytes; a store of obstore; or a `PlateStore`, returned as it is.

    Raises
    ------
    PlateNotFoundError
        If nothing is at the path.
    StoreError
        If the location is of a kind that cannot be read.
    MissingExtraError
        If it is remote and obstore is not installed.
    """
    if isinstance(location, PlateStore):
        return location
    if isinstance(location, str):
        scheme, _, remainder = location.partition("://")
        if remainder:
            return _open_url(location, scheme.lower())
    if isinstance(location, str | os.PathLike):
        return _open_path(os.fspath(location))
    return _open_object(location)


def possible_path(path: str | os.PathLike[str]) -> Path:
    """Return a path that can be looked at, whether something is there or not.

    Parameters
    ----------
    path
        As a person or a program gave it.

    Raises
    ------
    StoreError
        If the system refuses: the name is too long or holds a zero, links lead in a
        circle, or a folder on the way is closed.
    """
    text = os.fspath(path)
    try:
        os.stat(text)  # noqa: PTH116 - Path.exists takes some of these for absence
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...{text[-20:]}")
        advice = _sizes(text) if getattr(error, "errno", 0) == ENAMETOOLONG else ""
        raise StoreError(
            f"The path {shown} cannot be used: {reason}.{advice}"
        ) from error
    return Path(text)


_SHOWN = 200


def _sizes(text: str) -> str:
    """Return how long a path is that is too long, and how long it may be."""
    length = len(os.fsencode(Path(text).absolute()))
    longest = max(map(len, map(os.fsencode, Path(text).parts)))
    return (
        f" It has {length} bytes and its longest name {longest}; usual are at most "
        f"{_PATH_BYTES - 1} and {_NAME_BYTES}. Choose a shorter one."
    )


_PATH_BYTES, _NAME_BYTES = 4096, 255
"""What Linux and its file systems take."""


def is_lent(location: Any) -> bool:
    """Whether `open_store` returns what somebody else has opened, and closes."""
    if isinstance(location, PlateStore):
        return True
    # A group of zarr's may be open on one of our stores.
    location_store = getattr(location, "store_path", location)
    inner = getattr(getattr(location_store, "store", location_store), "source", None)
    return isinstance(inner, PlateStore)


@contextmanager
def opened_store(location: Any) -> Iterator[PlateStore]:
    """Open a location for the length of a body; a store that was lent stays open."""
    store = open_store(location)
    try:
        yield store
    finally:
        if not is_lent(location):
            store.close()


def _open_url(url: str, scheme: str) -> PlateStore:
    if scheme == "file":
        # Brings the standard library's HTTP client along, which takes 20 ms to load.
        from urllib.request import url2pathname

        return _open_path(url2pathname(split_address(url).path))
    if scheme in REMOTE_SCHEMES:
        from hcs.stores.remote import open_url

        return open_url(url)
    raise StoreError(
        f"The address starts with {scheme!r}, which is not read here; known are paths, "
        f"file and {', '.join(REMOTE_SCHEMES)}. Pass a zarr store for anything else."
    )


def _open_path(path: str) -> PlateStore:
    if not path:
        raise PlateNotFoundError("The path of the plate is empty.")
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = Path(path).absolute() if "\0" not in path else repr(path)
        raise PlateNotFoundError(f"No plate at {shown}: {reason}.") from error
    if stat.S_ISDIR(status.st_mode):
        return DirectoryStore(path)
    if stat.S_ISREG(status.st_mode):
        from hcs.stores.ozx import ArchiveStore

        return ArchiveStore(path)
    raise PlateNotFoundError(f"No plate at {path}: it is neither a folder nor a file.")


def _open_object(location: Any) -> PlateStore:
    if type(location).__module__.partition(".")[0] == "obstore" or any(
        cls.__module__.partition(".")[0] == "obstore" for cls in type(location).__mro__
    ):
        from hcs.stores.remote import RemoteStore

        return RemoteStore(location)
    # A zarr object can only be there once zarr is imported; do not import it to ask.
    if "zarr" in sys.modules or isinstance(location, dict):
        from hcs.stores.foreign import open_zarr

        store = open_zarr(location)
        if store is not None:
            return store
    raise StoreError(
        f"Cannot read a plate from {type(location).__name__}; expected a path, an "
        f"address, a zarr Store or Group, or a dict."
    )
