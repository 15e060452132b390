"""An export in a folder, which may be written to, or go away, while it is read."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from hcs.errors import SourceError
from hcs.ingest.sources.files import (
    INNER_ARCHIVE,
    MAX_FILES,
    BaseSource,
    ExportFile,
    is_archive_name,
    is_out_of_reach,
    out_of_reach,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hcs.ingest.formats.image_file import Opener

MAX_DEPTH: Final = 32
"""Folders inside folders. Exports have two or three."""

_SAMPLES = 32
"""Files of a folder whose content enters the fingerprint."""

_SAMPLE_BYTES = 256 << 10

_GONE = "has gone since it was listed"

_PROBES: Final = 3
"""Other files that are tried before a share counts as gone."""


class FolderSource(BaseSource):
    """The files below a folder; links to folders are not followed.

    Thread safety: a lock guards what was noted of the files.
    """

    def __init__(self, root: Path, *, links_out: bool = True) -> None:
        self._root, self._top, self._links_out = root, root.resolve(), links_out
        self.name = self._top.name
        self._lock = threading.Lock()
        self._device = self._stat_root().st_dev
        left_out: list[tuple[str, str]] = []
        listed = self._listed(left_out)
        self._paths = {name: path for name, (path, _) in listed.items()}
        self._files = {name: file for name, (_, file) in sorted(listed.items())}
        self._gone: set[str] = set()
        self.left_out = tuple(sorted(left_out))

    @property
    def files(self) -> tuple[ExportFile, ...]:
        """What can be read, sorted by name, as it was when it was last looked at."""
        with self._lock:
            return tuple(self._files.values())

    def _stat_root(self) -> os.stat_result:
        try:
            return self._root.stat()
        except OSError as error:
            raise out_of_reach(str(self._root), error) from error

    def _listed(
        self, left_out: list[tuple[str, str]]
    ) -> dict[str, tuple[str, ExportFile]]:
        """Return path and description of the files that can be read, by name."""
        listed: dict[str, tuple[str, ExportFile]] = {}
        for name, path in _walk(str(self._root), "", 0, left_out):
            try:
                status = Path(path).stat()
            except OSError as error:
                if is_out_of_reach(error):
                    raise out_of_reach(str(self._root), error) from error
                left_out.append((name, f"cannot be read: {error.strerror}"))
                continue
            if reason := self._unusable(name, path, status):
                left_out.append((name, reason))
                continue
            if name in listed:
                raise SourceError(
                    f"{self._root} holds two files called {name}, where letters that "
                    f"are no valid text are replaced. Rename one of them."
                )
            listed[name] = path, _described(name, status)
            if len(listed) > MAX_FILES:
                raise SourceError(f"{self._root} holds more than {MAX_FILES:,} files.")
        return listed

    def _unusable(self, name: str, path: str, status: os.stat_result) -> str:
        """Return why a file is not to be read, "" where it is."""
        if not stat.S_ISREG(status.st_mode):
            return "is not a regular file"
        if is_archive_name(name):
            return INNER_ARCHIVE
        inside = self._links_out or not Path(path).is_symlink()
        if not inside and self._top not in Path(path).resolve().parents:
            return "is a link that leaves the folder"
        return ""

    def opener(self, name: str) -> Opener:
        """Return a function that opens the file called `name`."""
        # Paths are texts: an export has hundred thousands of them.
        return partial(_opened, self._paths[name])

    def state(self, name: str) -> ExportFile:
        """Return a file as it was when it was last looked at."""
        with self._lock:
            return self._files[name]

    def change(self, name: str, since: ExportFile | None = None) -> str:
        """Return what happened to a file since it was so, "" if nothing."""
        try:
            now = _described(name, Path(self._paths[name]).stat())
        except OSError as error:
            if is_out_of_reach(error) or not self._is_there(name):
                raise out_of_reach(str(self._root), error) from error
            with self._lock:
                self._gone.add(name)
            return _GONE
        with self._lock:
            before, self._files[name] = since or self._files[name], now
            back = name in self._gone
            self._gone.discard(name)
        if before.size != now.size:
            return (
                f"was written while it was read: it had {before.size:,} bytes, and "
                f"then {now.size:,}"
            )
        return (
            "was written while it was read" if back or before.mark != now.mark else ""
        )

    def _is_there(self, name: str) -> bool:
        """Return whether a file's folder, on the file system of the listing, is there.

        Where a share is not mounted, its place is an empty folder of another device.
        """
        folder = Path(self._paths[name]).parent
        return self._stat_root().st_dev == self._device and folder.is_dir()

    def reach(self, name: str) -> None:
        """Raise `StoreError` where neither a file nor others can be read."""
        self._stat_root()
        lost: OSError | None = None
        for probed in (name, *self._others(name)):
            try:
                with self.opener(probed)() as stream:
                    stream.read(1)
                    stream.seek(-1, os.SEEK_END)
                    stream.read(1)
            except OSError as error:
                if not is_out_of_reach(error):
                    return
                lost = error
            else:
                return
        if lost is not None:
            raise out_of_reach(str(self._root), lost) from lost

    def _others(self, name: str) -> list[str]:
        others = [file for file in self.files if file.name != name]
        return [file.name for file in _spread(others, _PROBES)]

    def news(self) -> tuple[ExportFile, ...]:
        """Return the files that are new, or other than when last looked at."""
        self._stat_root()
        known = {file.name: (file.size, file.mark) for file in self.files}
        return tuple(
            file
            for name, (_, file) in sorted(self._listed([]).items())
            if known.get(name) != (file.size, file.mark)
        )

    def close(self) -> None:
        """Do nothing: files are opened one by one."""

    def fingerprint(self, names: Iterable[str]) -> str:
        """Return a digest of names, sizes and the content of some of the files."""
        used = set(names)
        files = [file for file in self.files if file.name in used]
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file.name}\0{file.size}\0".encode())
        for file in _spread(files, _SAMPLES):
            try:
                with self.opener(file.name)() as stream:
                    digest.update(hashlib.sha256(stream.read(_SAMPLE_BYTES)).digest())
            except OSError:
                self.reach(file.name)
                digest.update(_GONE.encode())
        return f"sha256:{digest.hexdigest()}"


def _opened(path: str) -> BinaryIO:
    return open(path, "rb")  # noqa: PTH123  # a text is what is kept


def _described(name: str, status: os.stat_result) -> ExportFile:
    return ExportFile(name, status.st_size, status.st_mtime_ns)


def _walk(
    folder: str, prefix: str, depth: int, left_out: list[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the files below a folder with their printable names."""
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        if is_out_of_reach(error):
            raise out_of_reach(folder, error) from error
        left_out.append((prefix or ".", f"cannot be listed: {error.strerror}"))
        return
    for entry in entries:
        name = prefix + printable(entry.name)
        if not _is_folder(entry):
            yield name, entry.path
        elif entry.is_symlink():
            left_out.append((f"{name}/", "is a link to a folder"))
        elif _is_hierarchy(entry.path):
            left_out.append((f"{name}/", "is a Zarr hierarchy"))
        elif depth >= MAX_DEPTH:
            left_out.append((f"{name}/", f"is deeper than {MAX_DEPTH} folders"))
        else:
            yield from _walk(entry.path, f"{name}/", depth + 1, left_out)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads in a circle; reading it will say so.
        return False


def _is_hierarchy(path: str) -> bool:
    documents = ("zarr.json", ".zgroup", ".zarray")
    return any((Path(path) / document).exists() for document in documents)


def _spread(files: Sequence[ExportFile], count: int) -> list[ExportFile]:
    step = max(1, len(files) // count)
    return list(files[::step][:count])
