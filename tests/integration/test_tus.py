"""Uploads over HTTP by the tus protocol: any client, broken lines, other people."""

from __future__ import annotations

import contextlib
import gc
import io
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tusclient.client import TusClient

from dashboard.accounts import Role, Visitor
from dashboard.app import ServerSettings
from dashboard.uploads.values import Quotas
from dashboard.web import gate
from tests import plates
from tests.integration.serving import Served, person, service, tiff, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tornado.httputil import HTTPServerRequest

ROOT = Path(__file__).resolve().parents[2]
KEY = "p.ome.zarr"
LIMIT = 4_000_000
TUS = {"Tus_Resumable": "1.0.0"}
DATA = bytes(i % 251 for i in range(1_000_000))


def by_name(request: HTTPServerRequest) -> Visitor | None:
    """Identify who asks by their `X-Name`; a name that begins with V only looks."""
    name = request.headers.get("X-Name", "Ann")
    role = Role.VIEWER if name.startswith("V") else Role.CURATOR
    return person(role, name) if name else None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = plates.make(tmp_path_factory.mktemp("plates") / KEY, rows=1, columns=1)
    quotas = Quotas(file_bytes=LIMIT)
    settings = ServerSettings(port=0, prefix="/hcs")
    with (
        service(tmp_path_factory.mktemp("w"), path, quotas=quotas) as made,
        Served(made, settings, by_name) as running,
    ):
        yield running


ADDRESS = "/hcs/uploads"


def announced(served: Served, size: int, **headers: str) -> str:
    answer = served.announce(ADDRESS, size, **headers)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def offset_of(served: Served, location: str, **headers: str) -> int:
    answer = served.send("HEAD", location, None, **TUS, **headers)
    assert answer.status == 200
    return int(answer.headers["Upload-Offset"])


def content(served: Served, location: str) -> bytes:
    upload = location.rpartition("/")[2]
    return served.service.uploads.content("user:Ann", upload).read_bytes()


class HalfRequest:
    """A PATCH whose bytes come as a test sends them."""

    def __init__(self, served: Served, location: str, offset: int, length: int) -> None:
        address = ("127.0.0.1", served.port)
        self.connection = socket.create_connection(address, timeout=60)
        self.connection.sendall(
            f"PATCH {location} HTTP/1.1\r\n{served.head}Tus-Resumable: 1.0.0\r\n"
            f"Content-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n".encode()
        )

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self) -> bytes:
        """Return the beginning of what came back, b"" where the server let go."""
        with contextlib.suppress(ConnectionError):
            return self.connection.recv(4096)
        return b""

    def __enter__(self) -> HalfRequest:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()


# --- the protocol ---------------------------------------------------------------------


def test_options_tell_the_version_the_extensions_and_the_largest_file(
    served: Served,
) -> None:
    for address in (ADDRESS, f"{ADDRESS}/anything"):
        answer = served.send("OPTIONS", address, None)
        assert answer.status == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"] == "creation,termination,expiration"
        assert answer.headers["Tus-Max-Size"] == str(LIMIT)


def test_a_file_is_announced_sent_in_pieces_asked_after_and_whole(
    served: Served,
) -> None:
    made = served.announce(ADDRESS, len(DATA), "B02 ü.tif", plate=KEY)
    location = made.headers["Location"]
    assert location.startswith(f"{ADDRESS}/")
    assert made.headers["Upload-Expires"].endswith("GMT")
    first = served.add_bytes(location, 0, DATA[:300_000])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "300000")
    assert first.headers["Tus-Resumable"] == "1.0.0"
    head = served.send("HEAD", location, None, **TUS)
    assert head.headers["Upload-Offset"] == "300000"
    assert head.headers["Upload-Length"] == str(len(DATA))
    assert head.headers["Cache-Control"] == "no-store"
    assert head.headers["Upload-Metadata"].startswith("filename ")
    last = served.add_bytes(location, 300_000, DATA[300_000:])
    assert last.headers["Upload-Offset"] == str(len(DATA))
    assert content(served, location) == DATA


def test_a_file_without_bytes_is_whole_at_once_and_its_refusal_is_no_fault(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    location = announced(served, 0)
    assert offset_of(served, location) == 0
    state = served.get(location, Prefer="wait=50").json
    assert state["state"] == "refused"
    assert served.send("DELETE", location, None, **TUS).status == 204
    gc.collect()  # when it goes, asyncio tells of a failure that nobody has heard of
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_client_that_can_only_post_says_what_it_means(served: Served) -> None:
    location = announced(served, 3)
    answer = served.send(
        "POST",
        location,
        b"abc",
        **TUS,
        X_HTTP_Method_Override="PATCH",
        Content_Type="application/offset+octet-stream",
        Upload_Offset="0",
    )
    assert answer.status == 204
    gone = served.send("POST", location, None, **TUS, X_HTTP_Method_Override="DELETE")
    assert gone.status == 204
    assert served.get(location).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus_Resumable": None}, 412),
        ({"Tus_Resumable": "0.2.2"}, 412),
        ({"Upload_Length": None}, 400),
        ({"Upload_Length": "-1"}, 400),
        ({"Upload_Length": "many"}, 400),
        ({"Upload_Length": None, "Upload_Defer_Length": "1"}, 400),
        ({"Upload_Length": str(LIMIT + 1)}, 413),
        ({"purpose": "nothing"}, 400),
        ({"X_Name": "Vera"}, 403),
    ],
    ids=str,
)
def test_an_announcement_that_cannot_be_kept_is_refused(
    served: Served, headers: dict[str, str | None], status: int
) -> None:
    before = served.service.uploads.owned_by("user:Ann")
    answer = served.announce(ADDRESS, 5, **headers)
    assert answer.status == status
    assert answer.json["error"]
    assert served.service.uploads.owned_by("user:Ann") == before
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize(
    ("offset", "data", "headers", "status"),
    [
        (1, b"abc", {}, 409),
        (0, b"abcdef", {}, 413),
        (0, b"abc", {"Content_Type": "application/octet-stream"}, 415),
        (0, b"abc", {"Upload_Offset": "x"}, 400),
        (0, b"abc", {"Upload_Offset": None}, 400),
        (0, b"abc", {"Tus_Resumable": None}, 412),
    ],
    ids=str,
)
def test_bytes_that_cannot_be_taken_are_refused_and_change_nothing(
    served: Served, offset: int, data: bytes, headers: dict[str, str], status: int
) -> None:
    location = announced(served, 5)
    answer = served.add_bytes(location, offset, data, **headers)
    assert answer.status == status
    assert answer.json["error"]
    assert offset_of(served, location) == 0


def test_another_client_uploads_a_file_by_the_same_protocol(served: Served) -> None:
    data = tiff(np.arange(32 * 40, dtype="u2").reshape(32, 40))
    client = TusClient(f"{served.url}{ADDRESS}", headers={"Origin": served.url})
    uploader = client.uploader(
        file_stream=io.BytesIO(data), chunk_size=1000, metadata={"filename": "a.tif"}
    )
    uploader.upload_chunk()
    assert uploader.offset == 1000
    again = client.uploader(
        file_stream=io.BytesIO(data), chunk_size=1000, url=uploader.url
    )
    assert again.offset == 1000
    again.upload()
    location = f"{ADDRESS}/{str(again.url).rpartition('/')[2]}"
    assert content(served, location) == data
    picture = served.get(location, Prefer="wait=50").json["picture"]
    assert (picture["name"], picture["shape"]) == ("a.tif", [32, 40])


def test_the_script_of_the_documentation_uploads_a_file(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "uploading.md").read_text()
    script = text.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(compile(script, "uploading.md", "exec"), names)  # noqa: S102 - our own page
    picture = tmp_path / "B02_s1.tif"
    picture.write_bytes(tiff(np.zeros((32, 40), "u2")))
    path = plates.make(tmp_path / KEY, rows=1, columns=1)
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0)) as run,
    ):
        assert run.entrance.local is not None
        link = f"{run.url}/?token={run.entrance.local.tokens.new()}"
        client = names["come_in"](link)
        address = names["send_file"](client, str(picture), KEY, "B02")
        (file,) = made.uploads.owned_by("local")
        assert address.endswith(file.id)
        assert (file.whole, file.file.plate, file.file.well) == (True, KEY, "B02")


def test_the_list_says_what_becomes_of_each_file_of_the_visitor(
    served: Served,
) -> None:
    location = announced(served, 9, name="half.tif", X_Name="Lia", folder="run 1")
    served.upload(ADDRESS, b"nonsense", "bad.tif", X_Name="Lia")
    good = tiff(np.zeros((32, 40), "u2"))
    served.upload(ADDRESS, good, "good.tif", X_Name="Lia")
    states = served.get(ADDRESS, X_Name="Lia", Prefer="wait=50").json["uploads"]
    assert [(file["name"], file["state"]) for file in states] == [
        ("half.tif", "receiving"),
        ("bad.tif", "refused"),
        ("good.tif", "ready"),
    ]
    assert states[0]["folder"] == "run 1"
    assert location.endswith(states[0]["id"])
    assert "bad.tif" in states[1]["error"]
    ready = served.get(f"{ADDRESS}/{states[2]['id']}", X_Name="Lia").json
    assert ready["picture"]["dtype"] == "uint16"


# --- other people ---------------------------------------------------------------------


def test_case_60_an_upload_is_not_there_for_anybody_else(served: Served) -> None:
    location = announced(served, 6)
    served.add_bytes(location, 0, b"abc")
    for name in ("Ben", "Vera"):
        who = {"X_Name": name}
        assert served.send("HEAD", location, None, **TUS, **who).status == 404
        assert served.send("DELETE", location, None, **TUS, **who).status == 404
        assert served.get(location, **who).status == 404
        assert served.get(ADDRESS, **who).json == {"uploads": []}
    assert served.add_bytes(location, 3, b"def", X_Name="Ben").status == 404
    assert offset_of(served, location) == 3
    assert served.send("DELETE", location, None, **TUS).status == 204
    assert served.send("HEAD", location, None, **TUS).status == 404
    assert served.send("DELETE", location, None, **TUS).status == 404


# --- broken connections ---------------------------------------------------------------


def test_three_broken_connections_lose_no_byte_that_was_acknowledged(
    served: Served,
) -> None:
    data = DATA * 3
    location = announced(served, len(data))
    offset = 0
    for part in (700_001, 650_000, 123_456):
        acknowledged = served.add_bytes(location, offset, data[offset:][:200_000])
        offset = int(acknowledged.headers["Upload-Offset"])
        with HalfRequest(served, location, offset, len(data) - offset) as half:
            half.send(data[offset : offset + part])
        received = offset_of(served, location)
        assert offset <= received <= offset + part
        offset = received
    last = served.add_bytes(location, offset, data[offset:])
    assert last.headers["Upload-Offset"] == str(len(data))
    assert content(served, location) == data


def test_who_asks_where_to_go_on_is_answered_though_a_connection_hangs(
    served: Served,
) -> None:
    location = announced(served, len(DATA))
    with HalfRequest(served, location, 0, len(DATA)) as hanging:
        hanging.send(DATA[:400_000])
        offset = offset_of(served, location)
        assert served.add_bytes(location, offset, DATA[offset:]).status == 204
        hanging.send(DATA[400_000:])
        assert b" 403 " in hanging.answer().partition(b"\r\n")[0]
    assert content(served, location) == DATA


def test_a_body_that_stalls_is_let_go_and_what_came_of_it_stays(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "STALL_SECONDS", 0.3)
    location = announced(served, len(DATA))
    with HalfRequest(served, location, 0, len(DATA)) as stalling:
        stalling.send(DATA[:200_000])
        assert stalling.answer() == b""
    upload = location.rpartition("/")[2]
    uploads = served.service.uploads
    wait_for(lambda: not uploads.get("user:Ann", upload).receiving, "for its end")
    assert uploads.get("user:Ann", upload).offset == 200_000


def test_a_stalled_body_of_anything_else_is_let_go_too(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "STALL_SECONDS", 0.3)
    address = ("127.0.0.1", served.port)
    with socket.create_connection(address, timeout=60) as connection:
        head = f"POST /hcs/leave HTTP/1.1\r\n{served.head}Content-Length: 9\r\n\r\nx"
        connection.sendall(head.encode())
        assert connection.recv(100) == b""


def test_a_refused_body_is_heard_of_by_who_sends_all_of_it(served: Served) -> None:
    location = announced(served, len(DATA))
    with HalfRequest(served, location, 5, len(DATA) - 5) as request:
        request.send(DATA[5:])
        assert b" 409 " in request.answer().partition(b"\r\n")[0]


def test_case_28_a_refused_body_without_end_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.web.uploads._LISTENING_BYTES", 1_000_000)
    location = announced(served, LIMIT)
    with HalfRequest(served, location, 5, LIMIT - 5) as request:
        with contextlib.suppress(ConnectionError):
            request.send(bytes(LIMIT - 100))
        answer = request.answer()
    assert answer == b"" or b" 409 " in answer.partition(b"\r\n")[0]


def test_bytes_in_chunks_of_unknown_number_are_bounded_by_what_was_announced(
    served: Served,
) -> None:
    address = ("127.0.0.1", served.port)

    def send_chunks(location: str, *chunks: bytes) -> bytes:
        with socket.create_connection(address, timeout=60) as connection:
            head = (
                f"PATCH {location} HTTP/1.1\r\n{served.head}Tus-Resumable: 1.0.0\r\n"
                f"Content-Type: application/offset+octet-stream\r\n"
                f"Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            connection.sendall(head.encode())
            for chunk in (*chunks, b""):
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            return connection.recv(4096).partition(b"\r\n")[0]

    location = announced(served, 10)
    assert b" 204 " in send_chunks(location, b"abcde", b"fghij")
    assert content(served, location) == b"abcdefghij"
    location = announced(served, 10)
    assert b" 413 " in send_chunks(location, b"abcdefghij", b"k")


# --- restarts -------------------------------------------------------------------------


def test_an_upload_of_an_ended_server_is_used_by_the_next(tmp_path: Path) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=1)
    data = tiff(np.full((32, 40), 7, "u2"))
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0), by_name) as run,
    ):
        identifier = run.upload("/uploads", data, "a.tif").json["id"]
        half = run.announce("/uploads", len(data)).headers["Location"]
        run.add_bytes(half, 0, data[:100])
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0), by_name) as run,
    ):
        assert offset_of(run, half) == 100
        assert run.add_bytes(half, 100, data[100:]).status == 204
        states = run.get("/uploads").json["uploads"]
        assert {file["state"] for file in states} <= {"received", "reading", "ready"}
        page = made.sessions.open("user:Ann")
        for upload in (identifier, half.rpartition("/")[2]):
            taken = made.corrections.take_up(page, upload)
            assert (made.corrections._uploads.planes(page, taken.id) == 7).all()
