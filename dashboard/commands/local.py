"""The local start: who started the server comes in by the line that it prints."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.accounts import Cookies, Entrance, LocalStart, Tokens
from dashboard.accounts.cookies import SignInBook
from dashboard.accounts.running import RunningServer, announced
from dashboard.app import normal_prefix
from dashboard.commands.link import open_line
from dashboard.errors import DashboardError
from dashboard.web.origins import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from dashboard.app import ServerSettings
    from dashboard.service import Service

_SIGNED_IN = "signed-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a server is opened."""

    entrance: Entrance
    line: str
    note: str = ""

    def lines(self) -> Iterator[str]:
        """Yield how to open the server, and what to know of that."""
        if self.note:
            yield f"  note       {self.note}"
        yield self.line
        yield "Stop with Ctrl+C."


@contextlib.contextmanager
def local_start(
    service: Service, settings: ServerSettings, *, no_token: bool
) -> Iterator[Start]:
    """Yield how a server is opened, and let `hcs-dashboard link` find it meanwhile.

    Raises
    ------
    DashboardError
        If there is to be no token at an address that others reach.
    """
    prefix = normal_prefix(settings.prefix)
    address = f"http://127.0.0.1:{settings.port}{prefix}/"
    if no_token:
        if settings.address not in LOOPBACK:
            raise DashboardError(
                f"--no-token with --address {settings.address}: everybody who reaches "
                f"the port could change the plates. It works on 127.0.0.1 only."
            )
        yield Start(
            entrance=Entrance(),
            line=open_line(address),
            note="no token is asked for: everybody on this machine can judge and "
            "change the plates, in any name",
        )
        return
    tokens = Tokens()
    server = server_id(service, settings.port)
    book = StoredSignIns(service, server)
    cookies = Cookies(server, settings.port, path=prefix, book=book)
    local = LocalStart(tokens, cookies)
    running = RunningServer(
        id=server, address=address, machine=platform.node(), secret=tokens.secret
    )
    with announced(service.workspace.path, running):
        yield Start(
            entrance=Entrance(
                identify=local.identify,
                local=local,
                cookies=cookies,
            ),
            line=open_line(address, tokens.new()),
        )


def server_id(service: Service, port: int) -> str:
    """Return what tells a server from others: the same when it starts anew."""
    place = f"{service.workspace_id}:{platform.node()}:{service.workspace.path}:{port}"
    return hashlib.sha256(place.encode()).hexdigest()[:8]


class StoredSignIns(SignInBook):
    """Those of a server in the database, for all its processes and later starts."""

    def __init__(self, service: Service, server: str) -> None:
        super().__init__()
        self._settings = service.storage.settings
        self._submit = service.threads.submit
        self._server = server
        self._renewing: Future[None] | None = None
        self.read()  # so that there is always something to go on with

    def read(self) -> Any:
        """Return what is kept, seconds old at most."""
        return self._settings.get(_SIGNED_IN, self._server)

    def read_anew(self) -> None:
        """Have the next `read` wait, on an event loop for a moment only."""
        self._settings.forget(_SIGNED_IN, self._server)

    def renewed(self) -> Future[None]:
        """Read in a thread; whoever asks meanwhile waits for the same reading."""
        if self._renewing is None or self._renewing.done():
            self.read_anew()
            self._renewing = self._submit(self.read)
        return self._renewing

    def change(
        self, make: Callable[[Any], Any], changed: Callable[[], object]
    ) -> Future[None]:
        """Keep a change in a thread."""

        def keep() -> None:
            self._settings.change(make, _SIGNED_IN, self._server)
            changed()

        return self._submit(keep)
