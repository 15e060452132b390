"""What a page is told over its websocket, and how often."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aiohttp
import panel as pn
import pytest
from bokeh.core.has_props import _default_resolver
from bokeh.model import Model

from dashboard.app import ServerSettings
from dashboard.views import patch
from dashboard.views.patch import _frame
from dashboard.web import page_html, passed_connection
from tests import plates
from tests.benchmarks.raw_page import RawPage
from tests.integration.serving import Served, service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEY = "p.ome.zarr"


class Hearing(RawPage):
    """A page that keeps what it is told."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        super().__init__(http, url)
        self.messages: list[list[dict[str, Any]]] = []
        """The changes of each message."""

        self.kinds: set[str] = set()

    def _take(self, header: dict[str, Any], content: str) -> None:
        self.kinds.add(header["msgtype"])
        if header["msgtype"] == "PATCH-DOC":
            self.messages.append(json.loads(content)["events"])
        super()._take(header, content)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("messages")
    plate = plates.make(folder / KEY, fields=2, shape=(32, 40))
    with (
        service(folder / "workspace", plate) as made,
        Served(made, ServerSettings(port=0)) as running,
    ):
        surveyed(made, KEY)
        yield running


def clicked(served: Served, *wells: str) -> Hearing:
    """Return a page that was opened, and on which wells were chosen."""

    async def work(headers: Mapping[str, str]) -> Hearing:
        async with aiohttp.ClientSession(headers=headers) as client:
            page = Hearing(client, f"{served.url}/")
            await page.open(f"plate={KEY}")
            for well in wells:
                at_rest = page.expect("header__rest", _after_gallery(page, well))
                page.say("plate_map", "select", well=well)
                await page.wait(at_rest, f"well {well}")
            await page.close()
        assert not page.errors
        return page

    return asyncio.run(work(served.sent_by_pages))


def _after_gallery(page: RawPage, well: str) -> Callable[[Any], bool]:
    """Return whether a page is at rest that shows a well: it was before, perhaps."""
    gallery = page.expect(
        "gallery__content",
        lambda shown: shown["well"] == well and not shown["loading"],
    )
    return lambda rest: rest["at_rest"] and gallery.done()


def test_a_page_is_told_nothing_twice(served: Served) -> None:
    page = clicked(served, "A1", "A2", "B2")
    changes = [change for message in page.messages for change in message]
    assert {change["kind"] for change in changes} == {"ModelChanged"}
    assert len({change["model"]["id"] for change in changes}) == 1
    for name in {change["attr"] for change in changes}:
        texts = [change["new"] for change in changes if change["attr"] == name]
        assert all(before != after for before, after in pairwise(texts)), name
    for message in page.messages:
        names = [change["attr"] for change in message]
        assert len(set(names)) == len(names)


def test_what_names_pictures_comes_before_what_a_browser_draws_meanwhile(
    served: Served,
) -> None:
    page = clicked(served, "A1")
    names = [[change["attr"] for change in message] for message in page.messages]
    shows = [message for message in names if "gallery__content" in message]
    assert shows
    assert all(message[0] == "gallery__content" for message in shows)
    assert any("header__content" in message for message in shows)


def test_a_verdict_is_answered_before_what_it_changes_is_drawn(served: Served) -> None:
    async def work(headers: Mapping[str, str]) -> Hearing:
        async with aiohttp.ClientSession(headers=headers) as client:
            page = Hearing(client, f"{served.url}/")
            await page.open(f"plate={KEY}")
            page.say("header", "name", name="Ada")
            shown = await page.click("A1")
            reviewed = page.expect("verdict__since", lambda since: since["changed"])
            await page.judge(KEY, "A1", shown["digest"], "flag")
            await page.wait(reviewed, "what holds since")
            await page.close()
        assert not page.errors
        return page

    page = asyncio.run(work(served.sent_by_pages))
    names = [[change["attr"] for change in message] for message in page.messages]
    answer = names.index(["verdict__answers"])
    assert any("verdict__since" in message for message in names[answer + 1 :])
    # Nothing waits for a sign that a message was taken.
    assert page.kinds == {"ACK", "PULL-DOC-REPLY", "PATCH-DOC"}


def test_no_frame_of_a_message_waits_for_a_sign_of_the_one_before(
    served: Served,
) -> None:
    """Bokeh's messages are three frames; a browser's sign takes 40 ms."""
    at_once: list[int] = []

    async def work(headers: Mapping[str, str]) -> None:
        async with aiohttp.ClientSession(headers=headers) as client:
            page = RawPage(client, f"{served.url}/")
            await page.open(f"plate={KEY}")
            for session in served.server.get_sessions("/"):
                for connection in session._subscribed_connections:
                    stream = connection._socket.ws_connection.stream
                    at_once.append(
                        stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                    )
            await page.close()

    asyncio.run(work(served.sent_by_pages))
    assert at_once
    assert all(at_once)


def test_what_loads_bokeh_is_looked_for_once_and_again_for_other_models(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    look = page_html.bundle_resources

    def note(*inputs: Any, **named: Any) -> Any:
        looks.append(inputs)
        return look(*inputs, **named)

    monkeypatch.setattr(page_html, "bundle_resources", note)
    page_html._SCRIPTS.clear()

    def scripts() -> list[str]:
        body = served.get("/").body.decode()
        return re.findall(r'<script [^>]*src="(static/[^"]*)"', body)

    first = scripts()
    assert any("bokeh" in name for name in first)
    assert any("panel" in name for name in first)
    assert scripts() == first
    assert len(looks) == 1
    model = type("ModelOfATest", (Model,), {})
    try:
        assert scripts() == first
    finally:
        _default_resolver.remove(model)
    assert len(looks) == 2


def test_a_page_that_reads_nothing_is_closed_before_its_texts_fill_the_memory(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that sleeps, or a program that means no good."""
    monkeypatch.setattr(passed_connection, "MOST_UNREAD_BYTES", 1 << 20)
    unread: list[int] = []
    done = threading.Event()
    left_open: list[bool] = []

    async def send_much() -> None:
        try:
            (session,) = served.server.get_sessions("/")
            (connection,) = session._subscribed_connections
            stream = connection._socket.ws_connection.stream
            wire = next(
                m for m in session.document.models if hasattr(m, "header__rest")
            )
            for count in range(256):
                if stream.closed():
                    break
                unread.append(len(stream._write_buffer))
                patch.change(wire, {"header__rest": f"{count}" + " " * (1 << 18)})
                await asyncio.sleep(0)  # what Bokeh sends by itself comes to its end
            left_open.append(not stream.closed())
        finally:
            done.set()

    async def work(headers: Mapping[str, str]) -> None:
        async with aiohttp.ClientSession(headers=headers) as client:
            page = RawPage(client, f"{served.url}/")
            await page.open(f"plate={KEY}")
            served.loop.add_callback(send_much)
            assert done.wait(60), "nobody reads meanwhile"
            assert page._listener is not None
            page._listener.cancel()

    wait_for(lambda: not served.server.get_sessions("/"), "for pages to go")
    asyncio.run(work(served.sent_by_pages))
    assert left_open == [False]
    assert max(unread) <= 1 << 20


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_texts_of_any_length_are_one_frame(size: int) -> None:
    """A frame of a websocket spells its length in one of three ways."""
    frame = _frame("x" * size)
    assert frame[0] == 0x81, "a whole text"
    head = 2 if size < 126 else 4 if size < 1 << 16 else 10
    spelled = frame[1] if head == 2 else int.from_bytes(frame[2:head], "big")
    assert spelled == size
    assert frame[1] == {2: size, 4: 126, 10: 127}[head]
    assert frame[head:] == b"x" * size


def test_a_page_makes_no_model_but_the_one_that_carries_its_texts(
    served: Served,
) -> None:
    fake_roots = len(pn.state._fake_roots)
    answer = served.send("GET", f"/?plate={KEY}", None)
    assert answer.status == 200
    assert len(pn.state._fake_roots) == fake_roots
    (document,) = [
        session.document
        for session in served.server.get_sessions("/")
        if session.connection_count == 0
    ][-1:]
    models = {type(model).__name__ for model in document.models}
    assert {name for name in models if not name.startswith("PageWire")} == {
        "ReactiveESM"
    }
