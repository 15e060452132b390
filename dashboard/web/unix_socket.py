"""A Unix socket for a proxy on this machine: who can open it is the file's mode."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from pathlib import Path

    from tornado.httpserver import HTTPServer

_BACKLOG = 128

MODES = {"600": 0o600, "660": 0o660}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixSocket:
    """Where a proxy comes."""

    path: Path
    mode: int = 0o600
    """0o600 for a proxy of the same account, 0o660 for one of the same group."""

    def listen(self, server: HTTPServer) -> None:
        """Let a server listen here, and nowhere else.

        Raises
        ------
        DashboardError
            If something else is there, or it cannot be made.
        """
        if not hasattr(socket, "AF_UNIX"):  # pragma: no cover - Windows
            raise DashboardError("--socket: this system has no Unix sockets.")
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind(listening)
        except (OSError, ValueError) as error:
            listening.close()
            reason = getattr(error, "strerror", None) or error
            raise DashboardError(
                f"--socket {self.path} cannot be made: {reason}."
            ) from error
        except DashboardError:
            listening.close()
            raise
        for descriptor, opened in list(server._sockets.items()):
            server._handlers.pop(descriptor)()
            del server._sockets[descriptor]
            opened.close()
        server.add_socket(listening)

    def _bind(self, listening: socket.socket) -> None:
        self._refuse_taken()
        self.path.unlink(missing_ok=True)  # of a server that was killed
        # Nobody may come between the making of the file and its mode.
        before = os.umask(0o777 & ~self.mode)
        try:
            listening.bind(str(self.path))
        finally:
            os.umask(before)
        self.path.chmod(self.mode)
        listening.setblocking(False)
        listening.listen(_BACKLOG)

    def _refuse_taken(self) -> None:
        try:
            is_socket = stat.S_ISSOCK(self.path.lstat().st_mode)
        except FileNotFoundError:
            return
        if not is_socket:
            raise DashboardError(
                f"--socket {self.path}: there is a file of that name that is no socket."
            )
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(str(self.path)) == 0:
                raise DashboardError(
                    f"--socket {self.path}: a server listens there already."
                )

    def remove(self) -> None:
        """Remove the file when the server has ended."""
        with contextlib.suppress(OSError):
            self.path.unlink()
