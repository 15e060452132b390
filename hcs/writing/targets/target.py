"""A place that a plate is written to: what it can do, one method an act.

Modules that write know places by these acts and keys below the plate, never by paths.
Folders are in `folder`, archives in `archive`, object stores and stores of zarr in
`objects`. Every act that changes bytes is announced by `step.reached`, and every error
of the place leaves as a `StoreError` that names it.
"""

from __future__ import annotations

import contextlib
import errno
import random
import shutil
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from hcs.errors import ConflictError, ReadOnlyError, StoreError
from hcs.stores.bucket import MovedOnError
from hcs.writing.targets import hierarchy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from zarr.abc.store import Store

    from hcs.stores.store import PlateStore
    from hcs.writing.targets.lock import Hold
    from hcs.writing.targets.siblings import Finding

T = TypeVar("T")

_ATTEMPTS = 50
"""Tries of a change where others win again and again; each round has one winner."""

PART = ".hcs-part"
"""Ends the names of files that are being written; a crash can leave one behind."""


class Target(ABC):
    """A plate, open for writing.

    Attributes
    ----------
    location
        The place, as a person would write it.
    live
        Whether others may read the plate while it is written.
    settles
        Whether corrected fields are brought back to their first paths by themselves.
    renames
        Whether a group is renamed in one step; elsewhere it is copied, part by part.
    """

    location: str
    live: bool = True
    settles: bool = True
    renames: bool = True

    # --- the place as a whole --------------------------------------------------------

    def open(self) -> None:  # noqa: B027  (object stores are there by being named)
        """Check that the place exists, and look what it holds.

        Raises
        ------
        PlateNotFoundError
            If nothing is there.
        """

    @abstractmethod
    def is_taken(self) -> bool:
        """Whether anything is at the place, a plate or not."""

    def has_fields(self) -> bool:
        """Whether the place holds a plate with fields."""
        return hierarchy.has_plate(self) and bool(hierarchy.listed_fields(self))

    @property
    def settles_when_written(self) -> bool:
        """Whether a change means to write the whole anew, which settles all of it."""
        return False

    def finish(self, *, verify: bool) -> None:  # noqa: B027  (most write in place)
        """Make the plate appear where it belongs.

        Parameters
        ----------
        verify
            Whether an archive is read back before it takes its place.
        """

    def abandon(self, fields: int) -> list[str]:
        """Stop writing after an error; return what to tell of the fields written."""
        return [f"{fields} field(s) were written to {self.location} and stay."]

    # --- after a crash ---------------------------------------------------------------

    def may_hold_leftovers(self) -> bool:
        """Whether a crash can have left something inside the plate."""
        return True

    def drafts(self) -> list[Path]:
        """Return the folders where plates were built that belong here."""
        return []

    def recover_siblings(self) -> list[Finding]:
        """Bring to rest what building next to the place has left there."""
        return []

    # --- looking ---------------------------------------------------------------------

    @abstractmethod
    def read(self, key: str) -> bytes | None:
        """Return one document, None where there is none."""

    @abstractmethod
    def reader(self) -> PlateStore:
        """Return the place as those who read plates see it."""

    @abstractmethod
    def zarr_store(self) -> Store:
        """Return the place as zarr sees it, to read back what was written."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Whether anything is there, an object or a group."""

    @abstractmethod
    def is_group(self, key: str) -> bool:
        """Whether something lies below a key."""

    @abstractmethod
    def children(self, prefix: str) -> list[str]:
        """Return the names directly below `prefix`, sorted."""

    @abstractmethod
    def size(self, key: str) -> int:
        """Return the bytes of all that lies below a key."""

    # --- writing ---------------------------------------------------------------------

    @abstractmethod
    def make_root(self) -> bool:
        """Make the place; False where it is there already."""

    @abstractmethod
    def claim(self, prefix: str, mark: Mapping[str, bytes]) -> Hold | None:
        """Take a free name for a group, and hold it for this caller alone.

        Parameters
        ----------
        mark
            The group's first files, which say whose it is.

        Returns
        -------
            None where the name is taken.
        """

    @abstractmethod
    def create(self, key: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """Write a new file through a stream; nothing names it yet."""

    def put(self, key: str, data: bytes) -> None:
        """Write a new file at once; as `create`."""
        with self.create(key) as stream:
            stream.write(data)

    @abstractmethod
    def replace(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Put `data` in the place of a document in one step.

        Parameters
        ----------
        durable
            False where `sync` follows before anything depends on the document.
        """

    @abstractmethod
    def sync(self, prefix: str) -> None:
        """Wait until all below `prefix` is safe, and its own name too."""

    @abstractmethod
    def rename(self, old: str, new: str) -> None:
        """Move a group to a name that is free."""

    @abstractmethod
    def exchange(self, first: str, second: str) -> bool:
        """Let two groups trade names in one step; False where the place cannot."""

    @abstractmethod
    def link_tree(self, old: str, new: str) -> None:
        """Give a group a second name, its own documents last."""

    @abstractmethod
    def remove(self, prefix: str) -> None:
        """Remove a file, or a group with all that is in it."""

    def remove_empty(self, prefix: str) -> None:  # noqa: B027  (most have no folders)
        """Remove a folder that holds nothing; any other stays."""

    def free_suffix(self) -> str:
        """Return what makes a new name free, where names cannot be claimed."""
        return ""

    # --- exclusion -------------------------------------------------------------------

    @abstractmethod
    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Hold the plate: nobody else commits, claims or settles meanwhile.

        Other programs may know no locks, and object stores have none. So what was read
        inside is remembered, and a document that was changed by somebody else since is
        not replaced: `MovedOnError`.
        """

    @abstractmethod
    def hold(self, prefix: str) -> Hold | None:
        """Hold one group while it is staged; None where somebody else does."""

    def transact(self, act: Callable[[], T]) -> T:
        """Return what `act` returns; it runs under the lock, again if it lost a race.

        Raises
        ------
        ConflictError
            If it lost every time.
        """
        for attempt in range(_ATTEMPTS):
            try:
                with self.lock():
                    return act()
            except MovedOnError:
                # Not in step with the others that lost.
                time.sleep(random.uniform(0, 0.02 * min(attempt + 1, 10)))  # noqa: S311
        raise ConflictError(
            f"{self.location} is being changed by others all the time; try again."
        )

    @contextlib.contextmanager
    def changing(self, keep: str | None = None) -> Iterator[None]:
        """Do what a place asks for before and after changes; most ask nothing.

        Parameters
        ----------
        keep
            Key of a group that was staged before.
        """
        yield

    def discard(self) -> None:  # noqa: B027  (most prepare nothing)
        """Give up what was prepared for a change that is not made."""


@contextlib.contextmanager
def store_errors(sentence: str, where: Path) -> Iterator[None]:
    """Turn the system's errors into ours.

    Parameters
    ----------
    sentence
        Stands before the reason.
    where
        Path on the disk that is written: a full one is named by what is free there.
    """
    try:
        yield
    except (StoreError, FileNotFoundError, NotADirectoryError) as error:
        if isinstance(error, StoreError):
            raise
        raise _store_error(sentence, where, error) from error
    except OSError as error:
        raise _store_error(sentence, where, error) from error


def _store_error(sentence: str, where: Path, error: OSError) -> StoreError:
    reason = error.strerror or str(error)
    read_only = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    kind = ReadOnlyError if read_only else StoreError
    advice = ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = f" {_free(where)}Free some space and try again."
    elif read_only:
        advice = " Check who may write there."
    store_error = kind(f"{sentence}: {reason}.{advice}")
    store_error.errno = error.errno
    return store_error


def _free(path: Path) -> str:
    # Not by the error's own name: a write has none, and another disk would mislead.
    for folder in (path, *path.parents):
        with contextlib.suppress(OSError):  # not there yet: its parent is
            return f"{shutil.disk_usage(folder).free} bytes are free. "
    return ""


class GroupSink:
    """The files of one image group, below one prefix of a target."""

    def __init__(self, target: Target, prefix: str) -> None:
        self._target, self._prefix = target, prefix

    def create(self, key: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """Return a new file of the group."""
        return self._target.create(f"{self._prefix}/{key}")

    def put(self, key: str, data: bytes) -> None:
        """Write a whole file of the group."""
        self._target.put(f"{self._prefix}/{key}", data)
