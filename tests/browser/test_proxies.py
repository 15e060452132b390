"""What a page says behind proxies that are set up wrongly: one nginx, many ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.browser.nginx import documented, free_port, running
from tests.browser.serving import well
from tests.browser.test_uploads import picture_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.serving import Server

_CARRIES = """
    proxy_pass http://hcs; proxy_http_version 1.1; proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
"""
_LOCATIONS = {
    # As nginx has it unless it is told otherwise: bodies of 1 MiB.
    "bodies of 1 MiB": f"location / {{ {_CARRIES} }}",
    "tiny bodies": f"location / {{ {_CARRIES} client_max_body_size 10k; }}",
    "no websocket": "location / { proxy_pass http://hcs; "
    "proxy_set_header Host $http_host; }",
    "name replaced": f"location / {{ {_CARRIES} }}".replace("$http_host", "$upstream"),
    # Less than what lies between two signs of life.
    "no patience": f"location / {{ {_CARRIES} }} "
    f"location = /ws {{ {_CARRIES} proxy_read_timeout 1s; }}",
    "prefix cut off": f"location /hcs/ {{ {_CARRIES} }}".replace("//hcs;", "//hcs/;"),
}


class Proxy(NamedTuple):
    """Where a page is opened, behind a proxy."""

    url: str
    host: str
    let_in: Callable


@pytest.fixture
def proxies(
    serve: Callable[..., Server], small_plate: Path, tmp_path: Path
) -> Iterator[Mapping[str, Proxy]]:
    """Serve a plate behind one nginx with a port for each way of being wrong."""
    ports = {name: free_port() for name in _LOCATIONS}
    origins = [
        f"--origin=127.0.0.1:{port}"
        for name, port in ports.items()
        if name != "name replaced"
    ]
    server = serve(small_plate, "--no-measure", *origins)
    servers = "".join(
        f"server {{ listen 127.0.0.1:{ports[name]}; {location} }}\n"
        for name, location in _LOCATIONS.items()
    ).replace("$upstream", server.host)
    text = f"{documented('Beside')} upstream hcs {{ server {server.host}; }} {servers}"
    with running(tmp_path / "nginx", ports["no websocket"], text):
        yield {
            name: Proxy(
                f"http://127.0.0.1:{port}/" + ("hcs/" if "prefix" in name else ""),
                f"127.0.0.1:{port}",
                server.let_in,
            )
            for name, port in ports.items()
        }


def test_each_proxy_that_is_set_up_wrongly_is_explained_on_the_page(
    proxies: Mapping[str, Proxy], visit: Callable[..., Page], tmp_path: Path
) -> None:
    away = ("ws", "ebSocket", "Bokeh", "health", "413", "/uploads", "404")

    page = visit(proxies["no websocket"], expected=away)
    alarm = page.locator("#connection")
    expect(alarm).to_contain_text("must pass websockets on")
    expect(alarm).not_to_contain_text("--origin")
    expect(well(page, "A1")).to_be_visible()

    replaced = proxies["name replaced"]
    page = visit(replaced, expected=away)
    expect(page.locator("#connection")).to_contain_text(f"--origin {replaced.host}")

    page = visit(proxies["prefix cut off"], expected=(*away, "/assets/", "/pixels/"))
    expect(page.locator("#path")).to_contain_text("opened at /hcs/")
    expect(page.locator("#path")).to_contain_text("--prefix /hcs")

    large = picture_file(tmp_path, "A2_s1_w1.tif", 3)
    page = visit(proxies["bodies of 1 MiB"], "?well=A2&field=0", expected=away)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    page.locator(".hcs-upload").set_input_files(large)
    # Pieces became smaller until the proxy took them.
    expect(page.locator(".hcs-compare")).to_be_visible()

    page = visit(proxies["tiny bodies"], "?well=A1&field=0", expected=away)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    page.locator(".hcs-upload").set_input_files(large)
    uploads = page.locator(".hcs-uploads")
    uploads.locator("summary").click()
    expect(uploads).to_contain_text("client_max_body_size")


@pytest.mark.full
def test_a_proxy_that_cuts_silent_connections_again_and_again_is_named(
    proxies: Mapping[str, Proxy], visit: Callable[..., Page]
) -> None:
    page = visit(proxies["no patience"], expected=("ws", "ebSocket", "Bokeh"))
    # The page loads itself again after each cut, until this was said.
    expect(page.locator("#connection")).to_contain_text("nginx: proxy_read_timeout")
