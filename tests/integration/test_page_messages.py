"""What a page is told over its websocket, and how often."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aiohttp
import panel as pn
import pytest

from dashboard.app import ServerSettings
from dashboard.views.patch import _frame
from tests import plates
from tests.benchmarks.raw_page import RawPage
from tests.integration.serving import Served, service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY = "p.ome.zarr"


class Hearing(RawPage):
    """A page that keeps what it is told."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        super().__init__(http, url)
        self.messages: list[list[dict[str, Any]]] = []
        """The changes of each message."""

    def _take(self, header: dict[str, Any], content: str) -> None:
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
                at_rest = page.expect("header__rest", lambda rest: rest["at_rest"])
                page.say("plate_map", "select", well=well)
                await page.wait(at_rest, f"well {well}")
            await page.close()
        assert not page.errors
        return page

    return asyncio.run(work(served.sent_by_pages))


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
