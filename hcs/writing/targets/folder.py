"""A plate in a local folder, open for writing."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from hcs.errors import InvalidPathError, PlateNotFoundError
from hcs.stores.bucket import MovedOnError
from hcs.stores.directory import DirectoryStore
from hcs.writing.targets import siblings, step
from hcs.writing.targets.hidden import hidden_prefix
from hcs.writing.targets.lock import LOCK_FILE, Hold, locked, try_hold
from hcs.writing.targets.target import PART, Target, store_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zarr.abc.store import Store

    from hcs.stores.store import PlateStore
    from hcs.writing.targets.siblings import Finding

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""Arguments of Linux's ``renameat2``, which Python's ``os`` does not offer."""


class DirectoryTarget(Target):
    """A plate in a local directory, open for writing.

    Thread safety: exclusion is by `lock`; what was read inside is each thread's own.

    Parameters
    ----------
    root
        The directory of the plate; need not exist yet.
    durable
        Whether to wait until bytes are on the disk before they are named. False for
        tests and for copies that can be made again.
    """

    def __init__(self, root: str | Path, *, durable: bool = True) -> None:
        self.root = Path(root).absolute()
        self.location = str(self.root)
        self.durable = durable
        self._reader: DirectoryStore | None = None
        self._read = threading.local()

    # --- the place as a whole --------------------------------------------------------

    def open(self) -> None:
        """Check that the directory exists."""
        if not self.root.is_dir():
            present = "a file" if self.root.exists() else "nothing"
            raise PlateNotFoundError(f"No plate at {self.root}: {present} is there.")

    def is_taken(self) -> bool:
        """Whether a file, or a directory that is not empty, is there."""
        return self.root.is_file() or (self.root.is_dir() and any(self.root.iterdir()))

    def may_hold_leftovers(self) -> bool:
        """Whether there is a directory at all."""
        return self.root.is_dir()

    def drafts(self) -> list[Path]:
        """Return the folders beside this one where plates were built for it."""
        return siblings.drafts(self.root)

    def recover_siblings(self) -> list[Finding]:
        """Bring to rest what building beside the directory has left there."""
        return list(siblings.recover(self.root))

    # --- looking ---------------------------------------------------------------------

    def read(self, key: str) -> bytes | None:
        """Return one document, None where there is none; checks as `DirectoryStore`."""
        if self._reader is None:
            if not self.root.is_dir():
                return None
            self._reader = DirectoryStore(self.root)
        data = self._reader.read(key)
        documents = self._documents()
        if documents is not None:
            documents[key] = data
        return data

    def _documents(self) -> dict[str, bytes | None] | None:
        """Return what this thread has read inside the lock."""
        return getattr(self._read, "documents", None)

    def reader(self) -> PlateStore:
        """Return the directory as those who read plates see it."""
        return DirectoryStore(self.root)

    def exists(self, key: str) -> bool:
        """Whether anything is there, a file or a directory."""
        return os.path.lexists(self._path(key))

    def size(self, key: str) -> int:
        """Return the bytes of all files below a key."""
        return sum(
            path.stat().st_size for path in self._path(key).rglob("*") if path.is_file()
        )

    def is_group(self, key: str) -> bool:
        """Whether a directory is there."""
        return self._path(key).is_dir()

    def children(self, prefix: str) -> list[str]:
        """Return the names directly below `prefix`, sorted."""
        with (
            self._errors("list", prefix),
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
        ):
            return sorted(child.name for child in self._path(prefix).iterdir())
        return []

    def zarr_store(self) -> Store:
        """Return the directory as zarr sees it, to read back what was written."""
        from zarr.storage import LocalStore

        return LocalStore(self.root, read_only=True)

    # --- writing ---------------------------------------------------------------------

    def make_root(self) -> bool:
        """Make the plate's directory; False where it is there already."""
        with self._errors("make", ""):
            step.reached("make root")
            self.root.parent.mkdir(parents=True, exist_ok=True)
            try:
                self.root.mkdir()
            except FileExistsError:
                return False
            self._sync_directory(self.root.parent)
        return True

    def claim(self, prefix: str, mark: Mapping[str, bytes]) -> Hold | None:
        """Make the directory `prefix` with its mark; None where it exists."""
        path = self._path(prefix)
        with self._errors("make", prefix):
            step.reached(f"claim {prefix}")
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.mkdir()
            except FileExistsError:
                return None
        hold = self.hold(prefix)
        for name, data in mark.items():
            self.replace(f"{prefix}/{name}", data, durable=False)
        return hold

    @contextlib.contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        """Write a new file through a stream; not named by anything yet, not synced."""
        path = self._path(key)
        with self._errors("write", key):
            step.reached(f"create {key}")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as stream:
                yield stream

    def replace(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Put `data` in the place of a document; see `Target.replace`."""
        durable = durable and self.durable
        path = self._path(key)
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PART}")
        with self._errors("write", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                step.reached(f"part {key}")
                with part.open("xb") as stream:
                    stream.write(data)
                    stream.flush()
                    # Before the renaming: else a crash may leave an empty document.
                    if durable:
                        os.fsync(stream.fileno())
                step.reached(f"replace {key}")
                # As late as can be, for those who know no locks.
                self._check_unchanged(key)
                _replace(part, path)
            except BaseException:
                # The first error says what failed.
                with contextlib.suppress(OSError):
                    part.unlink()
                raise
            step.reached(f"replaced {key}")
            # A new name is on the disk once its directory is.
            if durable:
                self._sync_directory(path.parent)

    def _check_unchanged(self, key: str) -> None:
        """Refuse to replace what others have written meanwhile, who know no locks."""
        documents = self._documents() or {}
        if key in documents and documents[key] != self.read(key):
            raise MovedOnError(f"{self.location}/{key} was changed meanwhile.")
        documents.pop(key, None)

    def sync(self, prefix: str) -> None:
        """Wait until all below `prefix` is on the disk, and its own name too."""
        if not self.durable:
            return
        path = self._path(prefix)
        with self._errors("sync", prefix):
            step.reached(f"sync {prefix}")
            _sync_tree(path)
            self._sync_directory(path.parent)

    def rename(self, old: str, new: str) -> None:
        """Move a group to a name that is free."""
        with self._errors("move", f"{old} to {new}"):
            step.reached(f"rename {old} {new}")
            if self.exists(new):
                raise FileExistsError(errno.EEXIST, "it exists", str(self._path(new)))
            self._path(old).rename(self._path(new))
            if self.durable:
                self._sync_directory(self._path(new).parent)

    def exchange(self, first: str, second: str) -> bool:
        """Let two groups trade names in one step; False where the system cannot."""
        step.reached(f"exchange {first} {second}")
        return exchange(self._path(first), self._path(second))

    def link_tree(self, old: str, new: str) -> None:
        """Give every file of a group a second name (a copy where links are refused).

        The group's own documents come last, so that a half is no group.
        """
        with self._errors("link", f"{old} to {new}"):
            source, target = self._path(old), self._path(new)
            for folder, _, files in os.walk(source, topdown=False):
                new_folder = target / Path(folder).relative_to(source)
                new_folder.mkdir(parents=True, exist_ok=True)
                for name in sorted(files, reverse=True):  # .zgroup before .zattrs
                    step.reached(f"link {old}/{name} {new}")
                    _link(Path(folder) / name, new_folder / name)
            self.sync(new)

    def remove(self, prefix: str) -> None:
        """Remove a file, or a directory with all that is in it."""
        path = self._path(prefix)
        with self._errors("remove", prefix):
            if path.is_dir() and not path.is_symlink():
                step.reached(f"remove {prefix}")
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            if self.durable:
                self._sync_directory(path.parent)

    def remove_empty(self, prefix: str) -> None:
        """Remove a directory that holds nothing; any other stays."""
        with contextlib.suppress(OSError):  # another writer has put something in
            self._path(prefix).rmdir()

    # --- exclusion -------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the plate, and remember what is read; see `Target.lock`."""
        with locked(self.root):
            self._read.documents = {}
            try:
                yield
            finally:
                self._read.documents = None

    def hold(self, prefix: str) -> Hold | None:
        """Hold one group while it is staged; None where somebody else does."""
        # Never inside the plate, where a lock file would be a foreign object.
        name = f"{hidden_prefix(self.root)}{prefix.replace('/', '-')}{LOCK_FILE}"
        return try_hold(self._path(prefix), self.root.with_name(name))

    # --- inside ----------------------------------------------------------------------

    def _path(self, key: str) -> Path:
        if not key:
            return self.root
        path = self.root / key
        if self._is_plain(key):
            return path
        # A link inside the plate could lead a write out of it.
        real = os.path.realpath(path.parent)
        root = os.path.realpath(self.root)
        if real != root and not real.startswith(root + os.sep):
            raise InvalidPathError(
                f"{path} leads out of the plate, to {real}; nothing is written there."
            )
        return path

    def _is_plain(self, key: str) -> bool:
        # Following a whole path asks for each folder above the plate too, twice.
        folder = str(self.root)
        for part in key.split("/")[:-1]:
            folder = f"{folder}/{part}"
            if part in ("", "..") or os.path.islink(folder):  # noqa: PTH114  (speed)
                return False
        return os.name != "nt"  # which has other kinds of links

    def _sync_directory(self, path: Path) -> None:
        if os.name == "nt" or not self.durable:
            return  # Windows cannot open a directory for that
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _errors(self, verb: str, key: str) -> Iterator[None]:
        sentence = f"Could not {verb} {key or 'the plate'} in {self.root}"
        with store_errors(sentence, self.root):
            yield


def exchange(first: Path, second: Path) -> bool:
    """Let two paths trade names in one step; False where the system cannot."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    result = library.renameat2(
        _AT_FDCWD,
        os.fsencode(first),
        _AT_FDCWD,
        os.fsencode(second),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    return cast("int", result) == 0


def _replace(part: Path, path: Path) -> None:
    if os.name != "nt":
        part.replace(path)
        return
    import time

    # A reader that has the document open makes Windows refuse for a moment.
    for delay in (0.01, 0.05, 0.2, 0.5, 1.0):
        try:
            part.replace(path)
        except PermissionError:
            time.sleep(delay)
        else:
            return
    part.replace(path)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except FileExistsError:
        if not old.samefile(new):
            raise
    except OSError:
        # Some file systems have no links, some places are on two.
        shutil.copy2(old, new)


SYNC_FILES = 16
"""From so many files and folders on, one ``syncfs`` is used instead of an ``fsync`` for
each: 6 against 90 ms for the 21 of a field of three levels, on a virtual disk."""


def _sync_tree(path: Path) -> None:
    files: list[Path] = []
    folders: list[Path] = []
    for folder, _, names in os.walk(path, topdown=False):
        folders.append(Path(folder))
        files += [Path(folder, name) for name in names]
    if len(files) + len(folders) >= SYNC_FILES and _sync_file_system(path):
        return
    for name in files + (folders if os.name != "nt" else []):
        descriptor = os.open(name, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sync_file_system(path: Path) -> bool:
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return cast("int", library.syncfs(descriptor)) == 0
    finally:
        os.close(descriptor)
