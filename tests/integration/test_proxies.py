"""A proxy that is set up wrongly is explained by whatever still comes through it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from typing import TYPE_CHECKING

import pytest

from dashboard.accounts import Entrance
from dashboard.app import ServerSettings, free_port
from tests import plates
from tests.browser.nginx import running
from tests.integration.page_socket import page_token
from tests.integration.serving import Served, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = "text/html,application/xhtml+xml"

_HOST = "proxy_set_header Host $http_host;"
_UPGRADE = (
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    "proxy_set_header Connection upgrade;"
)
_LOCATIONS = {
    "right": f"location /hcs/ {{ proxy_pass http://below; {_HOST} }}",
    "cuts": f"location /hcs/ {{ proxy_pass http://below/; {_HOST} }}",
    "passes": f"location / {{ proxy_pass http://root; {_HOST} }}",
    "renames": "location / { proxy_pass http://root; }",
    "replaces": "location / { proxy_pass http://127.0.0.1:$ROOT; }",
    "hurries": f"location / {{ proxy_pass http://root; {_HOST} {_UPGRADE} "
    "proxy_read_timeout 1s; }",
}
"""Servers of nginx, in front of one below a prefix and one at the root."""


class Proxies:
    """One nginx that listens at several ports, each set up otherwise."""

    def __init__(self, ports: dict[str, int], root: Served) -> None:
        self.ports = ports
        self.root = root

    def ask(self, name: str, path: str, method: str = "GET", **headers: str):
        """Return status, headers and text of an answer."""
        port = self.ports[name]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(connection):
            connection.request(
                method,
                path,
                headers={k.replace("_", "-"): v for k, v in headers.items()},
            )
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxies]:
    """Run the servers and the nginx."""
    folder: Path = tmp_path_factory.mktemp("proxies")
    plates.make(folder / "plates" / "one.ome.zarr")
    ports = {name: free_port("127.0.0.1", 0) for name in _LOCATIONS}
    known = tuple(
        f"127.0.0.1:{ports[name]}" for name in _LOCATIONS if name != "replaces"
    )
    identify = Entrance().identify
    with (
        service(folder / "workspace", folder / "plates", measure=False) as made,
        Served(
            made, ServerSettings(port=0, origins=known, ping_seconds=0.2), identify
        ) as root,
        Served(
            made, ServerSettings(port=0, origins=known, prefix="/hcs"), identify
        ) as below,
    ):
        servers = "".join(
            f"server {{ listen 127.0.0.1:{ports[name]}; {location} }}\n"
            for name, location in _LOCATIONS.items()
        ).replace("$ROOT", str(root.port))
        text = (
            f"upstream root {{ server 127.0.0.1:{root.port}; }}\n"
            f"upstream below {{ server 127.0.0.1:{below.port}; }}\n{servers}"
        )
        with running(folder / "nginx", ports["right"], text):
            yield Proxies(ports, root)


def test_a_proxy_that_cuts_the_prefix_off_is_named_where_the_page_should_be(proxies):
    assert proxies.ask("right", "/hcs/health")[0] == 200
    status, _, text = proxies.ask("cuts", "/hcs/", Accept=PAGE)
    assert status == 404
    assert "<h1>Nothing is at this address</h1>" in text
    for part in ("below &#x27;/hcs/&#x27; (--prefix)", "proxy_pass without a path"):
        assert part in text
    # What is no page gets the same in JSON.
    said = json.loads(proxies.ask("cuts", "/hcs/health")[2])["error"]
    assert "must pass it on as it is" in said


def test_a_server_that_does_not_know_its_prefix_says_which_it_should_be(proxies):
    status, _, text = proxies.ask("passes", "/screens/", Accept=PAGE)
    assert status == 404
    assert "start hcs-dashboard with --prefix /screens" in text
    status, _, text = proxies.ask("passes", "/%3Cimg%20src=x%3E/", Accept=PAGE)
    assert status == 404
    assert "<img" not in text


def test_a_proxy_that_replaces_the_name_is_told_from_a_name_that_is_missing(proxies):
    status, _, text = proxies.ask("renames", "/", Accept=PAGE)
    assert status == 421
    assert "<h1>The server does not know this address</h1>" in text
    assert "proxy_set_header Host $http_host" in text
    status, headers, text = proxies.ask("renames", "/")
    assert (status, headers["Content-Type"]) == (421, "application/json")


def test_a_page_can_ask_why_nothing_that_it_sends_arrives(proxies):
    asks = {"Sec_Fetch_Site": "same-origin"}
    right = {**asks, "Origin": f"http://127.0.0.1:{proxies.ports['passes']}"}
    assert proxies.ask("passes", "/health", "POST", **right)[0] == 200
    # The proxy replaced the name by one that is known, the page's own is not.
    origin = f"http://127.0.0.1:{proxies.ports['replaces']}"
    status, _, text = proxies.ask("replaces", "/health", "POST", **asks, Origin=origin)
    assert status == 403
    host = origin.removeprefix("http://")
    assert f"start it with --origin {host}" in json.loads(text)["error"]


def test_signs_of_life_keep_a_silent_websocket_open_behind_a_proxy_that_hurries(
    proxies,
):
    host = f"127.0.0.1:{proxies.ports['hurries']}"
    lines = (
        "GET /ws HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Sec-WebSocket-Protocol: bokeh, {page_token(proxies.root)}",
    )
    pings = 0
    with socket.create_connection(("127.0.0.1", proxies.ports["hurries"])) as line:
        line.settimeout(60)
        line.sendall("\r\n".join((*lines, "", "")).encode())
        stream = line.makefile("rb")
        assert stream.readline().split()[1] == b"101"
        while stream.readline().strip():
            pass
        # Of 0.2 s each: three times what the proxy waits for.
        while pings < 15:
            head = stream.read(2)
            assert len(head) == 2, f"the proxy ended it after {pings} pings"
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
            stream.read(size)
            pings += head[0] & 15 == 9
