"""Case 70: sessions, uploads and connections are capped, in words."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from dashboard.accounts import Role
from dashboard.app import ServerSettings
from dashboard.errors import TooLargeError
from dashboard.uploads.values import FileToSend, Quotas
from dashboard.web import admission
from dashboard.web.admission import Capacity
from tests import plates
from tests.integration.serving import Served, person, service, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts import Visitor

ROOM = Capacity(pages=10, person_pages=5, connections=6)


def by_name(request: HTTPServerRequest) -> Visitor | None:
    """Identify who asks by the name in a header."""
    name = request.headers.get("X-Name")
    return person(Role.REVIEWER, name) if name else None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    plates.make(tmp_path / "plates" / "p.ome.zarr")
    settings = ServerSettings(port=0, capacity=ROOM, unused_seconds=1.0)
    with (
        service(tmp_path / "workspace", tmp_path / "plates", measure=False) as made,
        Served(made, settings, by_name) as running,
    ):
        yield running


def test_case_70_pages_that_no_browser_connects_with_are_few_and_go_by_themselves(
    served: Served,
) -> None:
    """A person may have five pages here, of them two without a websocket."""
    for _ in range(2):
        assert served.get("/", X_Name="Ann").status == 200
    refused = served.get("/", X_Name="Ann", Accept="text/html")
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "60"
    assert "2 pages are being loaded in your name" in refused.body.decode()
    assert "error" in served.get("/", X_Name="Ann", Accept="application/json").json
    for name in ("Ben", "Cid"):  # the others may come, until it is four in all
        assert served.get("/", X_Name=name).status == 200
    full = served.get("/", X_Name="Dan")
    assert full.status == 503
    assert "at this server" in full.body.decode()
    assert len(served.service.sessions) == 4
    wait_for(lambda: not len(served.service.sessions), "for pages without a browser")
    assert served.get("/", X_Name="Ann").status == 200


def test_case_70_pages_in_use_are_counted_for_each_person_and_for_all(
    served: Served,
) -> None:
    sessions = served.service.sessions
    mine = [sessions.open("user:Ann") for _ in range(5)]
    assert (
        "5 pages are open in your name" in served.get("/", X_Name="Ann").body.decode()
    )
    assert served.get("/", X_Name="Ben").status == 200
    theirs = [sessions.open(f"user:{number}") for number in range(5)]
    assert served.get("/", X_Name="Ben").status == 503
    for token in mine + theirs:
        sessions.close(token).result(60)
    assert served.get("/", X_Name="Ann").status == 200


def connected(opened: ExitStack, served: Served, said: bytes = b"") -> socket.socket:
    """Open a connection and send something on it."""
    connection = socket.create_connection(("127.0.0.1", served.port))
    opened.enter_context(connection)
    connection.settimeout(60)
    connection.sendall(said)
    return connection


def ended(connection: socket.socket) -> bool:
    """Wait for the end of a connection, or for a byte of an answer."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:  # what it had sent was not read
        return True


def test_connections_over_the_number_are_told(
    served: Served,
) -> None:
    asking = (
        f"POST /leave HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nX-Name: Ann\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Length: 9\r\n\r\n"
    ).encode()
    with ExitStack() as opened:
        for _ in range(ROOM.connections):
            connected(opened, served, asking)
        http = served.server._http
        asked = http.request_callback.admission._asked
        wait_for(lambda: len(asked) == ROOM.connections, "for all of them")
        answer = served.get("/health")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "60"
        assert "connections" in answer.json["error"]
        wait_for(lambda: len(http._connections) == ROOM.connections, "for its end")
        # No place is left but that of the last one, who has asked nothing.
        last = connected(opened, served)
        connected(opened, served)
        assert ended(last)
    wait_for(lambda: not http._connections, "for the end of all")
    assert served.get("/health").status == 200


@pytest.mark.parametrize("said", [b"", b"GET /health HTTP/1.1\r\nHost: "])
def test_connections_that_do_not_ask_to_the_end_keep_nobody_out(
    served: Served, said: bytes
) -> None:
    http = served.server._http
    with ExitStack() as opened:
        first = connected(opened, served, said)
        for _ in range(3 * ROOM.connections):
            connected(opened, served, said)
        assert ended(first), "who came first goes first"
        for _ in range(3):
            assert served.get("/health").status == 200
    wait_for(lambda: not http._connections, "for the end of all")


def test_connections_that_have_ended_are_forgotten(served: Served) -> None:
    """Else each holds its stream for ever, and counts as one that may give way."""
    http = served.server._http
    room = http.request_callback.admission
    with ExitStack() as opened:
        for _ in range(2 * ROOM.connections):
            connected(opened, served)
        assert served.get("/health").status == 200
    wait_for(lambda: not http._connections, "for the end of all")
    assert not room._asked
    assert not room._silent
    assert not room._leaving
    assert room.connections() == 0


def test_a_header_that_does_not_end_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "ASKING_SECONDS", 0.1)
    with ExitStack() as opened:
        slow = connected(opened, served, b"GET /health HTTP/1.1\r\nHost: ")
        assert ended(slow)
        # Who has asked once may be silent for longer.
        line = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n"
        usual = connected(opened, served, line.encode())
        assert usual.recv(12) == b"HTTP/1.1 200"
        slow = connected(opened, served)
        assert ended(slow)
        usual.sendall(line.encode())
        assert b"HTTP/1.1 200" in read_until(usual, b"HTTP/1.1 200")


def read_until(connection: socket.socket, text: bytes) -> bytes:
    """Return what comes, up to some text and a little more."""
    came = b""
    while text not in came:
        some = connection.recv(4096)
        assert some, f"closed after {came!r}"
        came += some
    return came


def test_uploads_that_are_empty_or_broken_off_are_few(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / "p.ome.zarr")
    quotas = Quotas(person_coming=3, total_files=5)
    with service(tmp_path / "workspace", plate, quotas=quotas) as made:
        sent = FileToSend(name="a.tif", size=9)
        empty = FileToSend(name="b.tif", size=0)
        for file in (sent, empty, sent):
            made.uploads.create("user:Ann", file)
        for file in (sent, empty):
            with pytest.raises(TooLargeError, match="3 files of yours are empty, or"):
                made.uploads.create("user:Ann", file)
        for _ in range(2):
            made.uploads.create("user:Ben", sent)
        with pytest.raises(TooLargeError, match="5 may be here at once"):
            made.uploads.create("user:Ben", sent)
