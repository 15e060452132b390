"""What a page says when a part of it fails, or when nothing connects it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.serving import well
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.browser.serving import Server

REFUSES_ITS_TEXT = """
export const build = () => ({ content() { throw new Error("no such suspect") } })
"""


def connected(page: Page) -> None:
    expect(page.locator("html[data-connected]")).to_have_count(1)


@pytest.mark.parametrize(
    "script",
    [
        'throw new Error("no such suspect")',
        'export function build() { throw new Error("no such suspect") }',
        REFUSES_ITS_TEXT,
    ],
    ids=["as it is loaded", "as it is drawn", "by what it shall show"],
)
def test_a_part_that_throws_says_so_in_its_place_and_the_others_work(
    looking: Server, visit: Callable[..., Page], script: str
) -> None:
    page = visit(
        looking,
        "?plate=demo.ome.zarr",
        scripts={"panels/suspects.js": script},
        expected=("no such suspect",),
    )
    connected(page)
    fault = page.locator('[data-part="suspects"] > .fault')
    expect(fault).to_contain_text("no such suspect")
    expect(page.locator(".fault")).to_have_count(1)
    expect(page.locator("#connection")).to_be_hidden()
    well(page, "C05").click()
    expect(page.locator('.hcs-thumb[data-well="C05"]').first).to_be_visible()


class Relay:
    """A proxy as they come: names the server as host, and may know no websockets."""

    def __init__(self, server: Server, *, upgrades: bool) -> None:
        self._server = server
        self._upgrades = upgrades
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = [self._listener]
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}/"
        self.let_in = server.let_in  # browsers send a cookie to all ports of a host
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        """Pass on both ways, and leave no socket for the collector to complain of."""
        server = ("127.0.0.1", self._server.port)
        with (
            near,
            contextlib.suppress(OSError),
            socket.create_connection(server) as far,
        ):
            self._open += [near, far]
            back = threading.Thread(target=_pump, args=(far, near, bytes), daemon=True)
            back.start()
            _pump(near, far, self._passed)
            back.join()

    def _passed(self, data: bytes) -> bytes:
        data = data.replace(
            b"Host: " + self.host.encode(), b"Host: " + self._server.host.encode()
        )
        if not self._upgrades:
            # Its address is one that the server knows: only the websocket is missing.
            data = data.replace(
                b"Origin: http://" + self.host.encode(),
                b"Origin: http://" + self._server.host.encode(),
            )
            data = data.replace(b"Upgrade: websocket\r\n", b"")
            data = data.replace(b"Connection: Upgrade", b"Connection: keep-alive")
        return data

    def close(self) -> None:
        for end in self._open:
            with contextlib.suppress(OSError):  # the other side was faster
                end.shutdown(socket.SHUT_RDWR)  # wakes who reads of it
        self._listener.close()


def _pump(
    source: socket.socket, target: socket.socket, passed: Callable[[bytes], bytes]
) -> None:
    with contextlib.suppress(OSError):  # either end was closed
        while data := source.recv(65536):
            target.sendall(passed(data))
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def relay(looking: Server) -> Iterator[Callable[..., Relay]]:
    """Stand between browser and server."""
    relays: list[Relay] = []

    def start(*, upgrades: bool) -> Relay:
        relays.append(Relay(looking, upgrades=upgrades))
        return relays[-1]

    yield start
    for each in relays:
        each.close()


def test_a_proxy_that_passes_no_websocket_on_is_named_at_the_top(
    relay: Callable[..., Relay], visit: Callable[..., Page]
) -> None:
    proxy = relay(upgrades=False)
    page = visit(proxy, "?plate=demo.ome.zarr", expected=("ws", "ebSocket", "Bokeh"))
    alarm = page.locator("#connection")
    expect(alarm).to_contain_text("no connection to the server")
    expect(alarm).to_contain_text("Upgrade")
    # What was loaded is there to be looked at.
    expect(well(page, "A01")).to_be_visible()


def test_an_origin_that_the_server_does_not_know_is_named_here_and_in_its_log(
    looking: Server, relay: Callable[..., Relay], visit: Callable[..., Page]
) -> None:
    proxy = relay(upgrades=True)
    page = visit(
        proxy, "?plate=demo.ome.zarr", expected=("ws", "ebSocket", "Bokeh", "health")
    )
    expect(page.locator("#connection")).to_contain_text(f"--origin {proxy.host}")
    log = wait_for(
        lambda: f"--origin {proxy.host}" in looking.said and looking.said,
        "for the log",
    )
    assert "allow-websocket-origin" not in log
    assert "BOKEH" not in log
