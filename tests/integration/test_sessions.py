"""A page that is closed leaves nothing behind."""

from __future__ import annotations

import gc
import re
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.session import Session
from dashboard.state import SessionState, ViewState, encode
from dashboard.views.page import Page
from hcs.errors import NotFoundError
from tests import plates
from tests.integration.page_socket import document, page_token
from tests.integration.serving import Served, service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.views.snapshot import Snapshot

KEY = "p.ome.zarr"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    path = plates.make(tmp_path / KEY, fields=2)
    with (
        service(tmp_path / "workspace", path) as made,
        Served(
            made, ServerSettings(port=0, prefix="/hcs", unused_seconds=2.0)
        ) as running,
    ):
        surveyed(made, KEY)
        yield running


def alive() -> list[object]:
    """Return the sessions and their states that something still holds."""
    for _ in range(3):
        gc.collect()
    return [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, (Session, SessionState))
    ]


def nothing_since(before: list[object]) -> bool:
    """Whether nothing is held but what other tests' servers had left before."""
    known = {id(thing) for thing in before}
    return all(id(thing) in known for thing in alive())


def visit(served: Served, query: str = "") -> None:
    """Open a page as a browser does after its HTML, and close it."""
    assert document(served, query)


def test_closed_pages_leave_no_session_and_no_view_alive(served: Served) -> None:
    views, before = set(pn.state._views), alive()
    states = [
        ViewState(),
        ViewState(plate=KEY),
        ViewState(plate=KEY, well="A1"),
        ViewState(plate=KEY, well="A1", field="1", metric="completeness"),
        ViewState(plate="nothing", well="<b>"),
    ]
    for state in states:
        visit(served, encode(state))
    wait_for(lambda: len(served.service.sessions) == 0, "for the sessions to end")
    wait_for(lambda: nothing_since(before), "for the sessions to be forgotten")
    assert set(pn.state._views) <= views


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_100_closed_pages_leave_nothing_alive(served: Served) -> None:
    views, before = set(pn.state._views), alive()
    for number in range(100):
        # Every fourth opens the plate, a well, a field, or a montage of the plate.
        query = ("", "well=A1", "well=A1&field=0", "montage=random")[number % 4]
        visit(served, f"plate={KEY}&{query}")
    wait_for(lambda: len(served.service.sessions) == 0)
    wait_for(lambda: nothing_since(before))
    assert set(pn.state._views) <= views


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_memory_after_200_pages_is_that_after_20(served: Served) -> None:
    """A tenth more at most: what a page leaves behind adds up on a server of months."""

    def memory(pages: int) -> int:
        for number in range(pages):
            query = ("", "well=A1", "well=A1&field=0", "montage=random")[number % 4]
            visit(served, f"plate={KEY}&{query}")
        wait_for(lambda: len(served.service.sessions) == 0, "for the pages to end")
        gc.collect()
        pages_held = Path("/proc/self/statm").read_text().split()[1]
        return int(pages_held)

    after_20 = memory(20)
    assert memory(180) <= 1.1 * after_20


def test_a_page_that_is_only_fetched_holds_no_upload_folder(served: Served) -> None:
    answer = served.get("/hcs/")
    assert answer.status == 200
    assert not list(served.service.workspace.staging.iterdir())


def test_a_page_names_no_other_host(served: Served) -> None:
    body = served.get("/hcs/").body.decode()
    hosts = set(re.findall(r"""(?:src|href)=["'](?:https?:)?//([^/"']+)""", body))
    assert hosts == set()


def test_a_page_names_the_prefix_as_its_base_address(served: Served) -> None:
    body = served.get("/hcs/").body.decode()
    assert re.findall(r"<base href=\"(.*?)\">", body) == ["/hcs/"]


def test_a_page_rebuilt_for_a_websocket_keeps_its_styles_local(
    served: Served,
) -> None:
    """No HTML was rendered for it; Panel then names its own host for every style."""
    text = str(document(served))
    assert "cdn.holoviz.org" not in text
    assert "cdn.bokeh.org" not in text


def test_a_foreign_page_cannot_open_a_websocket(served: Served) -> None:
    answer = served.get(
        "/hcs/ws",
        Origin="http://evil.example",
        Upgrade="websocket",
        Connection="Upgrade",
        Sec_WebSocket_Protocol=f"bokeh, {page_token(served)}",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="x3JJHMbDL1EzLkh9GBhXDw==",
    )
    assert answer.status == 403


def test_a_page_is_served_for_any_address(served: Served) -> None:
    for query in ("plate=../../etc", "plate=%00", "z=1e9&well=%3Cscript%3E", "a=" * 60):
        answer = served.get(f"/hcs/?{query}")
        assert answer.status == 200
        assert b"Traceback" not in answer.body


def test_work_that_fails_reaches_its_page_only_as_an_exception(
    tmp_path: Path,
) -> None:
    """`Service.submit` runs in a thread and carries the error back."""
    path = plates.make(tmp_path / KEY)
    with service(tmp_path / "w", path) as made:

        def work() -> None:
            raise NotFoundError("no such thing")

        assert isinstance(made.threads.submit(work).exception(), NotFoundError)


class _Broken:
    """A part that cannot draw."""

    component = None

    def draw(self, now: Snapshot) -> None:
        raise NotFoundError("The plate that it shows is gone.")


def test_a_part_that_cannot_draw_keeps_no_other_from_it(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    document = Document()
    with set_curdoc(document):
        session = Session(served.service, Urls("/hcs"), document)
        page = Page(session)
        drawn: list[str] = []

        class _Last(_Broken):
            def draw(self, now: Snapshot) -> None:
                drawn.append(now.stage)

        page.parts = {"broken": _Broken(), **page.parts, "last": _Last()}
        page.start()
        assert drawn == [page.stage]
        assert "The part broken of a page could not be drawn" in caplog.text
        assert "it shows is gone" in caplog.text
        session.close()
