"""What pages ask who add plates: where from, what that would give, to have it done.

`AddDesk.try_out` looks at a source, `AddDesk.begin` makes it a job of the
inbox's engine.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.adding.folders import Folders
from dashboard.adding.trials import Trials
from dashboard.adding.values import NO_TARGET, Objections, Source, TargetFolder
from dashboard.adding.zips import UploadedZips, zip_name
from dashboard.errors import DashboardError, NotServedError, RefusedError
from dashboard.inbox.places import SUFFIX, file_name, reason_against_bytes
from dashboard.inbox.values import JobState
from dashboard.text import plain_text
from dashboard.uploads.values import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dashboard.access import Access
    from dashboard.adding.trials import Trial
    from dashboard.adding.values import FolderEntry, Listing, Questions
    from dashboard.inbox.desk import ImportDesk
    from dashboard.inbox.running import ImportLimits
    from dashboard.inbox.values import ImportJob, JobChoices
    from dashboard.uploads.uploads import Uploads
    from hcs.metadata import Who


@dataclass(frozen=True, slots=True)
class AddPlaces:
    """Where plates come from and go to: set where the server is started."""

    add_from: tuple[str, ...]
    """Folders that may be picked from."""

    zips: Path
    """Folder of uploaded zips while they are imported."""

    served: Callable[[], tuple[str, ...]]
    """Returns the served folders of plates; those that can be written take new ones."""


class AddDesk:
    """Adds plates to what is served.

    Parameters
    ----------
    access
        Says whether this server writes at all; roles are asked before this desk is.
    places
        Where plates come from and go to.
    uploads
        Where zips arrive.
    imports
        Has plates imported.
    limits
        What importing may take.
    """

    def __init__(
        self,
        access: Access,
        places: AddPlaces,
        uploads: Uploads,
        imports: ImportDesk,
        limits: ImportLimits,
    ) -> None:
        self._access, self._uploads = access, uploads
        self._imports, self._limits = imports, limits
        self._folders, self._served = Folders(places.add_from), places.served
        self._zips = UploadedZips(places.zips)
        self._trials = Trials()
        self._targets: tuple[TargetFolder, ...] = ()
        self._find_targets()

    # --- places -----------------------------------------------------------------------

    def targets(self) -> tuple[TargetFolder, ...]:
        """Return the folders that plates may be put into, the default first (fast).

        Whether they can be written was looked at last when somebody was about to.
        """
        return self._targets

    def roots(self) -> tuple[FolderEntry, ...]:
        """Return the folders that may be picked from."""
        return self._folders.top()

    def listing(self, identifier: str) -> Listing:
        """Return what is in a folder that was listed; see `Folders.listing`."""
        return self._folders.listing(identifier)

    def folder_source(self, identifier: str) -> Source:
        """Return what was picked from a listing.

        Raises
        ------
        NotServedError, DashboardError
            See `Folders.path`.
        """
        path = self._folders.path(identifier)
        return Source(path=path, name=Path(path).name or path)

    def upload_source(self, owner: str, upload: str) -> Source:
        """Return an uploaded zip.

        Raises
        ------
        NotServedError
            If it is not there, or somebody else's.
        RefusedError
            If it is not whole, or was sent for something else.
        """
        file = self._uploads.get(owner, upload)
        if file.file.purpose is not Purpose.PLATE:
            raise RefusedError(f"{file.file.name} was not sent to become a plate.")
        content = self._uploads.content(owner, upload)
        # Plates are called as their export: it gets its name beside its content.
        path = content.with_name(zip_name(file.file.name))
        try:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(content)
        except OSError:  # a disk without links of this kind
            with contextlib.suppress(FileExistsError):
                path.symlink_to(content.name)
        return Source(path=str(path), name=file.file.name, upload=upload, owner=owner)

    # --- before -----------------------------------------------------------------------

    def try_out(self, source: Source, questions: Questions) -> Trial:
        """Begin a dry run: nothing is written.

        Raises
        ------
        RefusedError
            If this server is read-only.
        """
        self._access.may_write()
        return self._trials.start(source, questions, self._limits.maps)

    def plain_name(self, plate: str) -> str:
        """Return a plate's name as it can be that of a file."""
        return file_name(plate)

    def reason_against_name(
        self, name: str, target: str, source: Source, part: str = ""
    ) -> str:
        """Return why a new plate cannot be called so, "" where it can."""
        if not name.strip():
            return "Give the plate a name."
        plain = file_name(name)
        if plain != name:
            return (
                f"A plate's name is that of its folder: up to 120 letters, digits, "
                f"spaces and - _ . + ( ), such as “{plain}”."
            )
        folder = self._target(target)
        path = Path(folder, f"{name}{SUFFIX}")
        job = self._job_of(source, part, folder)
        own = job is not None and job.target == str(path)
        if os.path.lexists(path) and not own:
            return f"There is a plate {name} in {folder} already: choose another name."
        return ""

    def reason_against_room(self, size: int, target: str) -> str:
        """Return why a plate has to wait for room on its disk, "" where it need not."""
        folder = self._target(target)
        return reason_against_bytes(folder, size, self._limits.reserve_bytes)

    def imported_already(self, source: Source, target: str, part: str = "") -> str:
        """Return that a source is, or is being, imported; "" where it is not."""
        job = self._job_of(source, part, self._target(target))
        if job is None:
            return ""
        if job.state in (JobState.WAITING, JobState.RUNNING):
            return f"{job.name} is being imported already: see the list of imports."
        if job.state in (JobState.DONE, JobState.GREW) and Path(job.target).exists():
            return (
                f"{job.name} was imported already, as {Path(job.target).name}; the "
                f"list of imports says whether it has grown since."
            )
        return ""

    def objections(
        self, source: Source, name: str, target: str, size: int, part: str = ""
    ) -> Objections:
        """Return what speaks against importing a source as it was tried out.

        Parameters
        ----------
        name
            That the plate is to have.
        size
            Bytes that it can take on the disk.
        part
            Which plate of a source that holds several.
        """
        return Objections(
            name=self.reason_against_name(name, target, source, part),
            already=self.imported_already(source, target, part),
            room=self.reason_against_room(size, target),
        )

    # --- the act ----------------------------------------------------------------------

    def begin(
        self,
        source: Source,
        choices: JobChoices,
        target: str,
        who: Who,
        *,
        part: str = "",
    ) -> ImportJob:
        """Have a source imported; an uploaded zip belongs to the import from then on.

        Raises
        ------
        NotServedError, DashboardError, RefusedError
            If the source is gone, the target is none, the name is taken, or the server
            is read-only. Nothing has changed then.
        """
        self._access.may_write()
        folder = self._target(target)
        name = choices.name
        against = self.imported_already(source, target, part) or (
            self.reason_against_name(name, target, source, part) if name else ""
        )
        if against:
            raise RefusedError(against)
        if not source.upload:
            return self._imports.add(source.path, folder, choices, who, part=part)
        content = self._uploads.content(source.owner, source.upload)
        path = self._zips.take(content, source.name)
        try:
            job = self._imports.add(path, folder, choices, who, part=part)
        except Exception:
            self._zips.drop(path)
            raise
        self._uploads.remove(source.owner, [source.upload])
        return job

    def sweep(self) -> None:
        """Remove uploaded zips whose imports have ended."""
        self._zips.sweep(self._imports.jobs(), self._imports.ignore)

    def close(self) -> None:
        """Stop all dry runs."""
        self._trials.close()

    # --- inside -----------------------------------------------------------------------

    def _find_targets(self) -> None:
        self._targets = tuple(
            TargetFolder(id=_target_id(folder), folder=folder)
            for folder in self._served()
            if os.access(folder, os.W_OK | os.X_OK)
        )

    def _target(self, identifier: str) -> str:
        self._find_targets()
        folders = {target.id: target.folder for target in self._targets}
        if identifier not in folders:
            raise NotServedError(
                f"There is no such folder for plates: {plain_text(identifier, 40)!r}."
                if identifier
                else NO_TARGET
            )
        return folders[identifier]

    def _job_of(self, source: Source, part: str, folder: str) -> ImportJob | None:
        """Return the import of a folder's export; an upload is always a new one."""
        if source.upload:
            return None
        return next(
            (
                job
                for job in self._imports.jobs()
                if (job.source, job.part, job.folder) == (source.path, part, folder)
            ),
            None,
        )


def _target_id(folder: str) -> str:
    """Return by what a page names a folder that plates may be put into."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:24]


def checked_roots(roots: Iterable[str], *, read_only: bool) -> tuple[str, ...]:
    """Return the folders that may be picked from, as paths that hold.

    One whose share is away may be there later; a file never is a folder.

    Raises
    ------
    DashboardError
        If one is no folder, or the server writes nothing.
    """
    if roots and read_only:
        raise DashboardError(
            "--add-from is for adding plates, and --read-only adds none: leave one of "
            "them out."
        )
    paths = [Path(root).expanduser().absolute() for root in roots]
    for path in paths:
        if path.exists() and not path.is_dir():
            raise DashboardError(f"--add-from takes folders, and {path} is none.")
    return tuple(dict.fromkeys(map(str, paths)))
