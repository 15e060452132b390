"""Plates at addresses: where they are read from, and what pages tell of that."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from dashboard.app import ServerSettings
from dashboard.plates.redirects import refuse_redirects
from tests import plates
from tests.integration.page_socket import document
from tests.integration.serving import Served, by_role_header, service

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("obstore", reason="needs the extra 'remote'")


class Folder(SimpleHTTPRequestHandler):
    """Sends the files of a folder, or sends on to another place."""

    def __init__(self, *args: Any, onwards: str, asked: list[str], **more: Any) -> None:
        self._onwards = onwards
        self._asked = asked
        super().__init__(*args, **more)

    def send_head(self) -> Any:
        self._asked.append(self.path)
        if not self._onwards:
            return super().send_head()
        self.send_response(302)
        self.send_header("Location", f"{self._onwards}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def web(folder: Path, onwards: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a web server, and the paths that it was asked for."""
    asked: list[str] = []
    handler = partial(Folder, directory=str(folder), onwards=onwards, asked=asked)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_case_36_a_plate_that_is_sent_on_to_another_host_is_refused_in_words(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=1)
    with (
        web(tmp_path) as (inner, asked),
        web(tmp_path, inner) as (outer, _),
        service(tmp_path / "w", f"{outer}/{path.name}") as made,
    ):
        (entry,) = made.plates.entries()
    assert asked == []
    assert entry.error is not None
    assert "was not named" in entry.error


def test_case_36_a_plate_at_the_host_that_was_named_is_read(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=1)
    with (
        web(tmp_path) as (address, _),
        service(tmp_path / "w", f"{address}/{path.name}") as made,
    ):
        (entry,) = made.plates.entries()
        assert entry.error is None


@pytest.mark.parametrize(
    "location", ["s3://bucket/p", "/srv/p.ome.zarr", Path("/x").as_uri()]
)
def test_case_36_only_web_servers_are_asked_about_redirects(location: str) -> None:
    refuse_redirects(location)


@pytest.mark.parametrize(
    "key",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:1/p",
        Path("/etc").as_uri(),
        "/etc",
        "..",
    ],
)
def test_case_36_no_address_of_a_page_becomes_a_place(tmp_path: Path, key: str) -> None:
    """Plates are keys of what the command line names; nothing else is opened."""
    path = plates.make(tmp_path / "p.ome.zarr", fields=1)
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0)) as served,
    ):
        address = f"/pixels/{quote(key, safe='')}/wells.json?well=A1"
        assert served.get(address).status == 404
        assert document(served, f"plate={key}", prefix="")
        assert [entry.key for entry in made.plates.entries()] == [path.name]


def test_who_only_looks_is_not_told_where_on_the_server_a_plate_lies(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "hidden-folder" / "p.ome.zarr", fields=1)
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0), by_role_header) as served,
    ):
        for role, shown in (("viewer", False), ("reviewer", False), ("curator", True)):
            page = served.get(f"/?plate={path.name}", X_Role=role).body.decode()
            assert path.name in page
            assert ("hidden-folder" in page) is shown, role
