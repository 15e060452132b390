"""The servers that run on a workspace, for other commands of whoever started them.

Each keeps a file that its owner alone can read: its address, and the secret that makes
one-time tokens for it. Two servers of one workspace keep two files.
"""

from __future__ import annotations

import contextlib
import json
import platform
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = "servers"

_SECONDS = 5.0
"""That a server of this machine may take to take a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that was started on a workspace."""

    id: str
    address: str
    """That its owner opens it by, with a slash at the end."""

    machine: str
    """Name of the computer that it runs on."""

    secret: str
    """Of its tokens, see `dashboard.accounts.tokens.Tokens`."""


@contextlib.contextmanager
def announced(workspace: Path, server: RunningServer) -> Iterator[None]:
    """Let other commands find a server while it runs.

    Raises
    ------
    DashboardError
        If the workspace cannot be written.
    """
    folder = workspace / _FOLDER
    path = folder / f"{server.id}.json"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(json.dumps(asdict(server)), encoding="utf-8")
    except OSError as error:
        raise DashboardError(
            f"{path} cannot be written ({error.strerror}): it lets "
            f"`hcs-dashboard link` find this server. Choose another workspace with "
            f"--workspace."
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def running(workspace: Path) -> list[RunningServer]:
    """Return the servers of a workspace that run on this machine."""
    servers = []
    for path in sorted((workspace / _FOLDER).glob("*.json")):
        try:
            server = RunningServer(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            # Of somebody else, or cut short by a crash.
            continue
        if server.machine == platform.node() and _answers(server.address):
            servers.append(server)
    return servers


def _answers(address: str) -> bool:
    """Whether something listens there; a server that was killed leaves its file."""
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), _SECONDS):
            return True
    except OSError:
        return False
