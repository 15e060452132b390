"""The folder for what is ours and not a plate's: database, previews, staging, logs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from dashboard.errors import DashboardError
from dashboard.private_folder import close_to_others

_OURS = (
    "previews",
    "staging",
    "pending",
    "imports",
    "logs",
    "demo",
    "servers",
    "workspace.sqlite",
)
"""Beginnings of the names of all that is kept in a workspace."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An existing folder that can be written."""

    path: Path
    private: bool = False
    """It is the user's own and not chosen; others who open the plate do not see it."""

    closed: str = ""
    """What others could read until now, as a sentence; "" where that was nothing."""

    @property
    def database(self) -> Path:
        """File of the default database."""
        return self.path / "workspace.sqlite"

    @property
    def database_url(self) -> str:
        """Its address, as SQLAlchemy takes it."""
        return f"sqlite:///{self.database.as_posix()}"

    @property
    def previews(self) -> Path:
        """Folder of encoded pictures; may be emptied at any time."""
        return self.path / "previews"

    @property
    def staging(self) -> Path:
        """Folder of uploads and of corrections that are not committed."""
        return self.path / "staging"

    @property
    def pending(self) -> Path:
        """Folder of corrections of plates that cannot be written."""
        return self.path / "pending"

    @property
    def imports(self) -> Path:
        """Folder of uploaded exports whose import has not ended."""
        return self.path / "imports"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.path / "logs"


def open_workspace(path: Path | None = None) -> Workspace:
    """Return the workspace at `path`, or the user's own, made if it is not there.

    Raises
    ------
    DashboardError
        If it cannot be made or written.
    """
    workspace = Workspace(workspace_folder(path), private=path is None)
    try:
        workspace.path.parent.mkdir(parents=True, exist_ok=True)
        workspace.path.mkdir(mode=0o700, exist_ok=True)
        for part in (
            workspace.previews,
            workspace.staging,
            workspace.pending,
            workspace.imports,
            workspace.logs,
        ):
            # Uploads are nobody else's business on a shared machine.
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=workspace.path):
            pass
        closed = close_to_others(workspace.path, workspace.database, _OURS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DashboardError(
            f"The workspace {workspace.path} cannot be written ({reason}). Choose "
            f"another with --workspace."
        ) from error
    return replace(workspace, closed=closed)


def workspace_folder(path: Path | None = None) -> Path:
    """Return where a workspace is, or the user's own, there or not.

    Raises
    ------
    DashboardError
        If the path begins with a user whom nobody knows.
    """
    folder = path if path is not None else Path(platformdirs.user_data_dir("hcs"))
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:
        raise DashboardError(f"The workspace {folder} is nowhere: {error}.") from error


_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs", "lustre")


def network_filesystem(location: str) -> str | None:
    """Return the kind of network file system that a path lies on, None for others.

    Only Linux says so; elsewhere the answer is None.
    """
    try:
        path = str(Path(location).resolve(strict=True))
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except (OSError, ValueError):
        return None
    best, kind = "", ""
    for line in mounts:
        _, _, mount = line.partition(" ")
        point, _, options = mount.partition(" ")
        point = point.replace("\\040", " ").rstrip("/") + "/"
        if f"{path}/".startswith(point) and len(point) >= len(best):
            best, kind = point, options.partition(" ")[0]
    return kind if kind in _NETWORK else None
