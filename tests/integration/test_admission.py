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


def test_connections_over_the_number_are_told_and_those_far_over_it_are_closed(
    served: Served,
) -> None:
    with ExitStack() as opened:
        for _ in range(ROOM.connections):
            opened.enter_context(socket.create_connection(("127.0.0.1", served.port)))
        http = served.server._http
        wait_for(lambda: len(http._connections) == ROOM.connections, "for all of them")
        answer = served.get("/health")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "60"
        assert "connections" in answer.json["error"]
        wait_for(lambda: len(http._connections) == ROOM.connections, "for its end")
        more = [
            opened.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            for _ in range(4)
        ]
        more[-1].settimeout(60)
        assert more[-1].recv(1) == b""  # closed, without a word that it had asked for
    wait_for(lambda: not http._connections, "for the end of all")
    assert served.get("/health").status == 200


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
