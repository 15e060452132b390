"""Several processes of the dashboard behind nginx, with one PostgreSQL."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser import nginx
from tests.browser.nginx import free_port
from tests.browser.serving import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Processes:
    """What runs, as docs/deploying.md says it."""

    url: str
    """That people open, with a slash at its end."""

    servers: tuple[Server, ...]


@contextlib.contextmanager
def processes(
    folder: Path, plates: Path, users: Path, database: str, count: int = 2
) -> Iterator[Processes]:
    """Run some; `folder` holds the workspace that they share."""
    port = free_port()
    with contextlib.ExitStack() as stack:
        servers = []
        for _ in range(count):
            server = Server(
                plates,
                *("--users", users, "--database", database, "--prefix", "/hcs"),
                *("--origin", f"127.0.0.1:{port}"),
                workspace=folder / "workspace",
            )
            stack.callback(server.stop)
            servers.append(server)
        text = nginx.several(port, [server.port for server in servers])
        stack.enter_context(nginx.running(folder / "nginx", port, text))
        yield Processes(f"http://127.0.0.1:{port}/hcs/", tuple(servers))
