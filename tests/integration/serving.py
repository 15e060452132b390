"""A service over real plates and a real workspace, for the tests of this folder."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import io
import json
import threading
import time
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import tifffile

from dashboard.accounts import Entrance, Role, Visitor
from dashboard.app import (
    ServerSettings,
    free_port,
    make_server,
    new_loop,
    normal_prefix,
)
from dashboard.commands.local import local_start
from dashboard.commands.sign_in import SignIn, signing_in
from dashboard.compose import compose
from dashboard.options import Options
from dashboard.uploads.values import FileToSend
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
    settings.setdefault("imports", True)
    made = compose(plates, open_workspace(workspace), Options(**settings))
    try:
        yield made
    finally:
        made.close()


def wait_for(what: Callable[[], Any], reason: str = "") -> Any:
    """Return the first true answer; ask less and less often."""
    end = time.monotonic() + PATIENCE
    pause = 0.02
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(pause)
        pause = min(1.2 * pause, 0.06)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain {reason}")


def surveyed(made: Service, key: str) -> Any:
    """Return the overview once every well was looked at."""
    return wait_for(lambda: (o := made.plates.overview(key)).surveyed and o)


def tiff(array: np.ndarray, **metadata: Any) -> bytes:
    """Return a TIFF file of an array."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, photometric="minisblack", **metadata)
    return stream.getvalue()


def send(
    made: Service, token: str, data: bytes, name: str, owner: str = "local"
) -> Upload:
    """Upload bytes as the HTTP handler does, and let a page take them up."""
    sent = FileToSend(name=name, size=len(data))
    file = made.uploads.create(owner, sent, token)
    receiving = made.uploads.receive(owner, file.id, 0)
    try:
        for start in range(0, len(data), 1 << 16):
            receiving.write(data[start : start + (1 << 16)])
    finally:
        receiving.end()
    return made.corrections.take_up(token, file.id)


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
    """A running server: its address, and what it serves.

    Whoever asks it came in by the token that it was started with, unless something
    else tells who asks.
    """

    def __init__(
        self,
        made: Service,
        settings: ServerSettings,
        identify: Identify | None = None,
        sign_in: SignIn | None = None,
    ) -> None:
        self.service = made
        self._settings = settings
        self._identify = identify
        self._sign_in = sign_in
        self._cookie = ""
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._starting = contextlib.ExitStack()

    def _run(self) -> None:
        try:
            self.loop = new_loop()
            port = free_port("127.0.0.1", self._settings.port)
            self._settings = dataclasses.replace(self._settings, port=port)
            self.entrance = self._starting.enter_context(self._way_in())
            self.server = make_server(self.service, self._settings, self.entrance)
            self.server.start()
        except BaseException as error:
            self._error = error
            self._ready.set()
            raise
        self._ready.set()
        self.loop.start()
        self.server.stop()
        self._starting.close()
        self.loop.close()

    @contextmanager
    def _way_in(self) -> Iterator[Entrance]:
        if self._identify is not None:
            yield Entrance(identify=self._identify)
            return
        if self._sign_in is not None:
            with signing_in(self.service, self._settings, self._sign_in) as start:
                yield start.entrance
            return
        with local_start(self.service, self._settings, no_token=False) as start:
            yield start.entrance

    def _come_in(self) -> None:
        local = self.entrance.local
        if local is not None:
            path = f"{normal_prefix(self._settings.prefix)}/"
            answer = self.get(f"{path}?token={local.tokens.new()}")
            assert answer.status == 303
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]

    @property
    def port(self) -> int:
        return int(self.server.port)

    @property
    def url(self) -> str:
        """Address of the server's root, without prefix or slash."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str | None) -> Answer:
        return self.send("GET", path, None, **headers)

    def send(
        self, method: str, path: str, body: bytes | None, **headers: str | None
    ) -> Answer:
        """Ask over a connection of its own; `headers` with ``_`` for ``-``.

        None leaves one out that `Served` would send.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            sent = {name.replace("_", "-"): text for name, text in headers.items()}
            if method != "GET":
                sent.setdefault("Origin", self.url)
            if self._cookie:
                sent.setdefault("Cookie", self._cookie)
            named = {name: text for name, text in sent.items() if text is not None}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            headers: dict[str, str] = {}
            for name, text in response.getheaders():
                # A line for each of those that are there more than once, cookies say.
                known = headers.get(name)
                headers[name] = text if known is None else f"{known}\n{text}"
            return Answer(response.status, headers, response.read())

    def announce(
        self, address: str, size: int, name: str = "x.tif", **headers: str | None
    ) -> Answer:
        """Create an upload by the tus protocol; `headers` also say what it is for."""
        pairs = {"filename": name} | {
            key: str(headers.pop(key))
            for key in ("plate", "purpose", "well", "folder")
            if key in headers
        }
        metadata = ",".join(
            f"{key} {b64encode(text.encode()).decode()}" for key, text in pairs.items()
        )
        sent = {"Tus_Resumable": "1.0.0", "Upload_Length": str(size)} | headers
        return self.send("POST", address, None, Upload_Metadata=metadata, **sent)

    def add_bytes(
        self, location: str, offset: int, data: bytes, **headers: str | None
    ) -> Answer:
        """Bring bytes of an upload."""
        sent = {
            "Tus_Resumable": "1.0.0",
            "Upload_Offset": str(offset),
            "Content_Type": "application/offset+octet-stream",
        } | headers
        return self.send("PATCH", location, data, **sent)

    def upload(
        self, address: str, data: bytes, name: str = "x.tif", **headers: str | None
    ) -> Answer:
        """Upload a file and return what is known of it, or the first refusal."""
        made = self.announce(address, len(data), name, **headers)
        if made.status != 201:
            return made
        location = made.headers["Location"]
        by = {key: text for key, text in headers.items() if key.startswith("X_")}
        added = self.add_bytes(location, 0, data, **by)
        if added.status != 204:
            return added
        return self.get(location, Prefer="wait=50", **by)

    @property
    def sent_by_pages(self) -> dict[str, str]:
        """Headers that a browser sends with what a page of this server does."""
        return {"Origin": self.url, "Cookie": self._cookie}

    @property
    def head(self) -> str:
        """Lines of a request that say which server is asked, from where, by whom."""
        lines = {"Host": urlsplit(self.url).netloc, **self.sent_by_pages}
        return "".join(f"{name}: {text}\r\n" for name, text in lines.items())

    def __enter__(self) -> Served:
        self._thread.start()
        self._ready.wait(PATIENCE)
        if self._error is not None:
            raise self._error
        self._come_in()
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
