"""A workspace's database in one file, taken while it is served, and brought back.

A backup is a zip of the database (SQLite, as SQLite's own backup writes it) and a
document that says what it is of, with the database's digest. Pictures are made again;
uploads that nobody committed are not kept. A database of PostgreSQL is its keeper's.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dashboard.errors import DashboardError
from dashboard.storage.database import SCHEMA
from dashboard.storage.database_file import copy_database, damage
from dashboard.storage.engine import schema_of_file
from dashboard.storage.faults import PATIENCE_SECONDS, DatabaseFault
from dashboard.storage.occupied import alone

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATABASE: Final = "workspace.sqlite"
_DOCUMENT: Final = "backup.json"
_FORMAT: Final = "hcs-dashboard backup 1"
_BLOCK = 1 << 20
_MOMENT: Final = "%Y%m%dT%H%M%SZ"
"""Of names of files: in the order of time, as their letters have it."""

_MOST_BYTES = 64 << 30
_MOST_DOCUMENT = 1 << 16

_LOGS: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup says of itself."""

    format: str
    when: str
    """ISO time, in UTC."""

    program: str
    """Version of the program that wrote it."""

    schema: int
    sha256: str
    """Of the database."""

    nbytes: int


def back_up(
    database: Path, target: Path, program: str, seconds: float = PATIENCE_SECONDS
) -> Backup:
    """Write a backup of a database, which may be in use meanwhile.

    Parameters
    ----------
    database
        File of the database.
    target
        File to write; only its owner can read it. It is complete or not there.
    program
        Version to note.
    seconds
        How long another program may hold the database.

    Raises
    ------
    DashboardError
        If there is no database, it is damaged or held by another program, `target`
        exists, or the disk fails.
    """
    if not database.is_file():
        raise DashboardError(f"No database is at {database}: nothing to back up.")
    if target.exists():
        raise DashboardError(f"{target} exists; name another file.")
    try:
        with scratch_folder(target) as folder:
            copy = folder / _DATABASE
            copy_database(database, copy, seconds)
            if wrong := damage(copy):
                raise DashboardError(
                    f"The database {database} is damaged ({wrong}); no backup of it "
                    f"was written. Keep the last good one, and see docs/deploying.md."
                )
            backup = Backup(
                format=_FORMAT,
                when=datetime.now(UTC).isoformat(timespec="seconds"),
                program=program,
                schema=schema_of_file(copy),
                sha256=_digest(copy),
                nbytes=copy.stat().st_size,
            )
            written = folder / "backup.zip"
            with zipfile.ZipFile(written, "x", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_DOCUMENT, json.dumps(asdict(backup), indent=1))
                archive.write(copy, _DATABASE)
            # It holds what people wrote of each other's work.
            written.chmod(0o600)
            to_disk(written)
            # A link and not a renaming: what somebody put there meanwhile stays.
            os.link(written, target)
    except (OSError, DatabaseFault) as error:
        raise DashboardError(
            f"The backup {target} was not written: {why(error, target.parent)}."
        ) from error
    return backup


def dated_file(folder: Path) -> Path:
    """Return a file in a folder that is named by the moment, in UTC."""
    return folder / f"hcs-{datetime.now(UTC):{_MOMENT}}.zip"


def remove_older(folder: Path, count: int) -> list[Path]:
    """Remove backups of a folder but for the newest, and return what was removed.

    Only files that `dated_file` named are touched.

    Raises
    ------
    DashboardError
        If one cannot be removed.
    """
    names = sorted(path for path in folder.glob("hcs-*.zip") if _is_dated(path))
    older = names[: max(0, len(names) - count)]
    try:
        for path in older:
            path.unlink()
    except OSError as error:
        raise DashboardError(
            f"An older backup cannot be removed: {path} ({why(error)})."
        ) from error
    return older


def _is_dated(path: Path) -> bool:
    try:
        datetime.strptime(path.stem, f"hcs-{_MOMENT}").replace(tzinfo=UTC)
    except ValueError:
        # Somebody's own file in this folder: it is never removed.
        return False
    return path.is_file()


def read_backup(source: Path) -> Backup:
    """Return what a backup says of itself.

    Raises
    ------
    DashboardError
        If it is no backup, or of a newer program.
    """
    if not source.is_file():
        raise DashboardError(f"No backup is at {source}: it is no file.")
    try:
        with zipfile.ZipFile(source) as archive, archive.open(_DOCUMENT) as stream:
            # It may be anybody's zip, and unpack to any size.
            document: Any = json.loads(stream.read(_MOST_DOCUMENT))
        backup = Backup(
            **{name: document[name] for name in Backup.__dataclass_fields__}
        )
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise DashboardError(
            f"{source} is no backup of a workspace: {why(error)}."
        ) from error
    if backup.format != _FORMAT or not isinstance(backup.schema, int):
        raise DashboardError(f"{source} is a backup of another kind: {document}.")
    if backup.schema > SCHEMA:
        raise DashboardError(
            f"{source} has schema {backup.schema}, this program knows up to {SCHEMA}. "
            f"Restore it with the newer program."
        )
    return backup


def restore(source: Path, database: Path) -> tuple[Backup, Path | None]:
    """Put the database of a backup in the place of the one of a workspace.

    Returns
    -------
        What the backup says, and where the database that was there is now.

    Raises
    ------
    DashboardError
        If a program is at work in the workspace, or the backup is not whole. Nothing
        is changed then.
    """
    backup = read_backup(source)
    try:
        with alone(database.parent), scratch_folder(database) as folder:
            copy = folder / _DATABASE
            _take_out(source, backup, copy)
            if wrong := damage(copy):
                raise DashboardError(f"The database in {source} is damaged: {wrong}.")
            copy.chmod(0o600)
            # On the disk before it takes the place of the other.
            to_disk(copy)
            former = put_aside(database)
            copy.replace(database)
            # The new name, too.
            to_disk(database.parent)
    except (OSError, zipfile.BadZipFile, DatabaseFault) as error:
        raise DashboardError(
            f"{source} was not restored: {why(error, database.parent)}. What was "
            f"there is still in {database.parent}."
        ) from error
    return backup, former


def _take_out(source: Path, backup: Backup, copy: Path) -> None:
    """Write the database of a backup to a file, as far as it says that it goes."""
    limit = min(backup.nbytes, _MOST_BYTES)
    digest, size = hashlib.sha256(), 0
    with (
        zipfile.ZipFile(source) as archive,
        archive.open(_DATABASE) as stream,
        copy.open("xb") as out,
    ):
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > limit:
                raise DashboardError(f"The database in {source} is larger than noted.")
            digest.update(block)
            out.write(block)
    if (size, digest.hexdigest()) != (backup.nbytes, backup.sha256):
        raise DashboardError(
            f"The database in {source} is not the one that was backed up: it has "
            f"{size:,} bytes of {backup.nbytes:,}, or another digest."
        )


def put_aside(database: Path) -> Path | None:
    """Rename a database that is there, with what SQLite keeps beside it."""
    if not database.exists():
        return None
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    aside = database.with_name(f"{database.name}.before-{moment}")
    number = 1
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{database.name}.before-{moment}-{number}")
    for log in _LOGS:
        log_path = database.with_name(f"{database.name}{log}")
        if log_path.exists():
            log_path.rename(aside.with_name(f"{aside.name}{log}"))
    database.rename(aside)
    return aside


@contextlib.contextmanager
def scratch_folder(target: Path) -> Iterator[Path]:
    """Yield a folder on the disk of a file; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=".hcs-", dir=target.parent))
    try:
        yield folder
    except DatabaseFault as fault:
        if fault.folder == folder:  # it is gone when people look for it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from fault
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def to_disk(path: Path) -> None:
    """Have the system write a file or a folder for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def why(error: Exception, folder: Path | None = None) -> str:
    """Return why something failed, as half a sentence; names the disk that is full."""
    if folder is not None and getattr(error, "errno", None) == errno.ENOSPC:
        return f"the disk of {folder} is full: free some space on it"
    return str(getattr(error, "strerror", None) or error).removesuffix(".")
