"""A service over real plates and a real workspace, for the tests of this folder."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tifffile

from dashboard.accounts import Role, Visitor, everybody_is_local
from dashboard.app import ServerSettings, make_server, new_loop
from dashboard.compose import Options, compose
from dashboard.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts import Identify
    from dashboard.corrections.values import Upload
    from dashboard.service import Service

PATIENCE = 180.0
"""Seconds until a wait is a failure; nothing here takes two on a calm machine."""


@contextmanager
def service(workspace: Path, *plates: Path, **settings: Any) -> Iterator[Service]:
    """Serve plates without a network, measured in this process."""
    settings.setdefault("workers", 0)
    made = compose(plates, open_workspace(workspace), Options(**settings))
    try:
        yield made
    finally:
        made.close()


def wait_for(what: Callable[[], Any], reason: str = "") -> Any:
    """Return the first true answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain {reason}")


def surveyed(made: Service, key: str) -> Any:
    """Return the overview once every well was looked at."""
    return wait_for(lambda: (o := made.plates.overview(key)).surveyed and o)


def tiff(array: np.ndarray, **metadata: Any) -> bytes:
    """Return a TIFF file of an array."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, photometric="minisblack", **metadata)
    return stream.getvalue()


def send(made: Service, token: str, data: bytes, name: str) -> Upload:
    """Upload bytes as the HTTP handler does."""
    receiving = made.corrections.begin_upload(token, name, len(data))
    try:
        for start in range(0, len(data), 1 << 16):
            receiving.write(data[start : start + (1 << 16)])
        return receiving.finish()
    except BaseException:
        receiving.abandon()
        raise


def person(
    role: Role, name: str = "", project_roles: Mapping[str, Role] | None = None
) -> Visitor:
    """Return somebody who signed in, named after their role unless told otherwise."""
    name = name or role.label
    return Visitor(
        subject=f"user:{name}",
        name=name,
        known="sign-in",
        role=role,
        project_roles=project_roles or {},
    )


def by_role_header(request: HTTPServerRequest) -> Visitor | None:
    """Identify who asks by the role in their `X-Role`, nobody where there is none."""
    role = Role.named(request.headers.get("X-Role", ""))
    return None if role is None else person(role)


class Served:
    """A running server: its address, and what it serves."""

    def __init__(
        self,
        made: Service,
        settings: ServerSettings,
        identify: Identify = everybody_is_local,
    ) -> None:
        self.service = made
        self._settings = settings
        self._identify = identify
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.loop = new_loop()
            self.server = make_server(self.service, self._settings, self._identify)
            self.server.start()
        except BaseException as error:
            self._error = error
            self._ready.set()
            raise
        self._ready.set()
        self.loop.start()
        self.server.stop()
        self.loop.close()

    @property
    def port(self) -> int:
        return int(self.server.port)

    @property
    def url(self) -> str:
        """Address of the server's root, without prefix or slash."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, **headers)

    def send(
        self, method: str, path: str, body: bytes | None, **headers: str
    ) -> Answer:
        """Ask over a connection of its own; `headers` with ``_`` for ``-``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): one for name, one in headers.items()}
            connection.request(method, path, body, named)
            found = connection.getresponse()
            return Answer(found.status, dict(found.getheaders()), found.read())

    def __enter__(self) -> Served:
        self._thread.start()
        self._ready.wait(PATIENCE)
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *exception: object) -> None:
        self.loop.add_callback(self.loop.stop)
        self._thread.join(PATIENCE)


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)
