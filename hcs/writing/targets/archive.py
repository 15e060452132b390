"""Changing a plate inside an archive: its documents unpacked, its pixels left there.

An archive cannot be edited, only written anew. So the documents of its plate are put
into a folder beside it, where the usual acts work on them; which bytes of the old
archive each remaining key stands for is kept in memory. At the end both are packed
into a new archive, which takes the place of the old one in one step.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import zlib
from typing import TYPE_CHECKING

from hcs.errors import ConflictError, CorruptDataError, PlateNotFoundError
from hcs.ngff.envelope import extension
from hcs.stores.ozx import ArchiveStore
from hcs.writing.targets import hierarchy, siblings
from hcs.writing.targets.archive_file import directory_sources, write_archive
from hcs.writing.targets.draft_target import DraftArchiveTarget
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.lock import PATIENCE, Hold, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from hcs.stores.zip_directory import ZipEntry
    from hcs.writing.targets.draft_target import Settle
    from hcs.writing.targets.siblings import Finding

DRAFT = "draft"
"""Our key of an unpacked plate that is not whole without its archive."""

_READ_BYTES = 16 << 20
"""Bytes copied at a time from the old archive."""


class OverlayTarget(DraftArchiveTarget):
    """The plate of an archive as it will be.

    Parameters
    ----------
    archive
        The ``.ozx`` file.
    settle
        Brings corrected fields home before the new archive is written.
    """

    def __init__(self, archive: Path, settle: Settle) -> None:
        super().__init__(archive, settle)
        self.archive = archive
        self._packed: dict[str, str] = {}
        self._stamp: object = None
        self._hold: Hold | None = None

    def open(self) -> None:
        """Check that the archive exists, and unpack its documents."""
        if not self.archive.is_file():
            raise PlateNotFoundError(f"No plate at {self.archive}: nothing is there.")
        self.load()

    def is_taken(self) -> bool:
        """Whether the archive exists."""
        return self.archive.exists()

    def has_fields(self) -> bool:
        """Whether the archive exists: nobody makes one without fields."""
        return self.archive.exists()

    @property
    def settles_when_written(self) -> bool:
        """Whether no change has begun: one that has settles all at its end."""
        return self._hold is None

    def finish(self, *, verify: bool) -> None:
        """Write the archive anew, always read back, and release it."""
        try:
            self.publish()
        finally:
            self.end()

    def abandon(self, fields: int) -> list[str]:
        """Release the archive as it was; a folder with new fields stays beside it."""
        self.end()
        return super().abandon(fields)

    def may_hold_leftovers(self) -> bool:
        """Return False: an archive takes its place whole."""
        return False

    def drafts(self) -> list[Path]:
        """Return the folders beside the archive where one was built for it."""
        return siblings.drafts(self.archive)

    def recover_siblings(self) -> list[Finding]:
        """Bring to rest what building beside the archive has left there."""
        return list(siblings.recover(self.archive))

    @contextlib.contextmanager
    def changing(self, keep: str | None = None) -> Iterator[None]:
        """Lock the archive, and write it anew when the body has ended well.

        Parameters
        ----------
        keep
            Key of a group that was staged before; it stays if the body raises.
        """
        if self._hold is not None:
            yield  # a writer has begun, and publishes at its end
            return
        self.begin(keep)
        try:
            yield
            self.publish()
        except BaseException:
            if keep is None:
                self.remove_folder()
            raise
        finally:
            self.end()

    def begin(self, keep: str | None = None) -> None:
        """Take the lock of the archive and look what it holds; one writer at a time."""
        self._hold = wait_for(self.archive, PATIENCE)
        try:
            self.load(keep)
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Give the lock back."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    def load(self, keep: str | None = None) -> None:
        """Unpack the documents, unless the archive is still what was unpacked.

        Parameters
        ----------
        keep
            Key of a group that was staged here and stays.
        """
        status = self.archive.stat()
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp == self._stamp:
            return
        self._clear(keep)
        with ArchiveStore(self.archive) as store:
            keys = [entry.name for entry in store.entries]
            for key in keys:
                if key.endswith("zarr.json"):
                    self.put(key, store.read(key) or b"")
            self._packed = {key: key for key in keys if not key.endswith("zarr.json")}
        self._stamp = stamp

    def mark_draft(self) -> None:
        """Note in the unpacked plate which archive it needs, should this be left."""
        with ArchiveStore(self.archive) as store:
            mark = {"archive": self.archive.name, "mark": archive_mark(store)}
        hierarchy.annotate(self, {DRAFT: mark})

    def publish(self) -> None:
        """Write the new archive and put it in the place of the old one.

        No reader can hold on to a path of it, so everything settles at once.
        """
        self._settle(self)
        hierarchy.annotate(self, {DRAFT: None})
        state = hierarchy.read_plate_document(self)
        with ArchiveStore(self.archive) as old:
            entries = {entry.name: entry for entry in old.entries}
            sources = {
                key: _copier(old, entries[packed])
                for key, packed in self._packed.items()
            }
            sources |= directory_sources(self.root)
            write_archive(sources, self.archive, state.version, locked_already=True)
        self.remove_folder()

    def discard(self) -> None:
        """Remove the folder beside the archive, unless a writer is at work in it."""
        if self._hold is None:
            self.remove_folder()

    def remove_folder(self) -> None:
        """Remove the folder beside the archive."""
        shutil.rmtree(self.root, ignore_errors=True)

    # --- acts on what stayed in the archive -----------------------------------------

    def rename(self, old: str, new: str) -> None:
        """Move a group, also what of it is in the archive."""
        super().rename(old, new)
        self._packed = {
            _moved(key, old, new): packed for key, packed in self._packed.items()
        }

    def exchange(self, first: str, second: str) -> bool:
        """Let two groups trade names, also what of them is in the archive."""
        done = super().exchange(first, second)
        if done:
            self._packed = {
                _moved(key, first, second)
                if _is_below(key, first)
                else _moved(key, second, first): packed
                for key, packed in self._packed.items()
            }
        return done

    def link_tree(self, old: str, new: str) -> None:
        """Give a group a second name, also what of it is in the archive."""
        super().link_tree(old, new)
        self._packed |= {
            _moved(key, old, new): packed
            for key, packed in self._packed.items()
            if _is_below(key, old)
        }

    def remove(self, prefix: str) -> None:
        """Remove a file or group, also what of it is in the archive."""
        super().remove(prefix)
        self._packed = {
            key: packed
            for key, packed in self._packed.items()
            if not _is_below(key, prefix)
        }

    def _clear(self, keep: str | None) -> None:
        self.make_root()
        spared = None if keep is None else self.root / keep
        for path in sorted(self.root.rglob("*"), reverse=True):
            if spared is not None and (path == spared or spared in path.parents):
                continue
            if path.is_dir():
                with contextlib.suppress(OSError):  # holds what is kept
                    path.rmdir()
            else:
                path.unlink()


def archive_mark(store: ArchiveStore) -> str:
    """Return a mark of what an archive holds."""
    entries = repr(
        sorted((entry.name, entry.crc, entry.size) for entry in store.entries)
    )
    return hashlib.sha256(entries.encode()).hexdigest()


def packed_entries(
    root: Path, archive: Path
) -> dict[str, Callable[[], Iterable[bytes]]]:
    """Return what a folder that was left by `OverlayTarget` needs of its archive.

    Raises
    ------
    ConflictError
        If the archive has changed since.
    """
    state = hierarchy.read_plate_document(DirectoryTarget(root))
    draft = extension(state.attributes).get(DRAFT)
    if not isinstance(draft, dict):
        return {}
    with ArchiveStore(archive) as store:
        if archive_mark(store) != draft.get("mark"):
            raise ConflictError(
                f"{archive} has changed since {root} was begun; open a writer on it "
                f"with overwrite=False and write the fields again."
            )
        entries = [
            entry for entry in store.entries if not entry.name.endswith("zarr.json")
        ]
    return {entry.name: _lazy_copier(archive, entry) for entry in entries}


def _lazy_copier(archive: Path, entry: ZipEntry) -> Callable[[], Iterable[bytes]]:
    def blocks() -> Iterator[bytes]:
        with ArchiveStore(archive) as store:
            yield from _copier(store, entry)()

    return blocks


def _is_below(key: str, prefix: str) -> bool:
    return key == prefix or key.startswith(f"{prefix}/")


def _moved(key: str, old: str, new: str) -> str:
    return new + key[len(old) :] if _is_below(key, old) else key


def _copier(store: ArchiveStore, entry: ZipEntry) -> Callable[[], Iterable[bytes]]:
    def blocks() -> Iterator[bytes]:
        checksum = start = 0
        while start < entry.size:
            block = store.fetch(entry.name, start, _READ_BYTES) or b""
            if not block:
                break
            checksum = zlib.crc32(block, checksum)
            start += len(block)
            yield block
        if checksum != entry.crc:
            # A copy would get a checksum of its own and hide the damage.
            raise CorruptDataError(
                f"{store.where(entry.name)} is damaged; the archive was not changed."
            )

    return blocks
