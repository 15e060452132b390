"""Who looks at what, within a process and across processes, on real databases."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, update

from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.presence.presence import BEAT_SECONDS, Presence
from dashboard.presence.rows import GONE_SECONDS
from dashboard.presence.values import Present
from dashboard.storage.database import presence
from dashboard.storage.engine import open_database
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import Served, service, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from dashboard.service import Service

ADA, BEN = Who("Ada", "typed"), Who("Ben", "typed")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'workspace.sqlite'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    database = open_database(url)
    yield database
    database.dispose()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def test_pages_of_one_server_know_of_each_other_at_once(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    pages = Presence(engine, pool.submit)
    pages.touch("a", "p", ADA, well="B02")
    pages.touch("b", "p", BEN)
    pages.touch("c", "q", None)
    ada = Present(who="Ada", known="typed", well="B02")
    assert pages.others("b", "p") == (ada,)
    assert pages.others("a", "p") == (Present(who="Ben", known="typed"),)
    assert pages.others("x", "q") == (Present(who=""),)
    pages.touch("a", "p", ADA, well="B03", field="0", deciding=True)
    (moved,) = pages.others("b", "p")
    assert (moved.well, moved.field, moved.deciding) == ("B03", "0", True)
    pages.session_ended("a")
    assert pages.others("b", "p") == ()


def test_a_page_that_leaves_while_the_database_is_read_is_gone(engine: Engine) -> None:
    pages = Presence(engine, lambda act: act())
    pages.touch("a", "p", ADA)

    @event.listens_for(engine, "after_cursor_execute")
    def leave(
        connection: object, cursor: object, statement: str, *more: object
    ) -> None:
        if statement.startswith("SELECT"):  # and so its row was found
            pages.session_ended("a")

    pages.touch("b", "p", BEN)
    assert pages.others("b", "p") == ()
    assert known_pages(engine) == 1


def test_a_page_that_moves_writes_nothing_where_there_is_no_other_server(
    engine: Engine,
) -> None:
    pages = Presence(engine, lambda act: act())
    statements: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement.partition(" ")[0])

    pages.touch("a", "p", ADA)
    assert "INSERT" in statements
    number = pages.look("b", "p")
    statements.clear()
    for well in ("A01", "A02", "A03"):
        pages.touch("a", "p", ADA, well=well)
    assert statements == []
    assert pages.look("b", "p") > number
    assert [present.well for present in pages.others("b", "p")] == ["A03"]
    assert pages.look("b", "p") == pages.look("a", "p")


OTHER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from dashboard.storage.engine import open_database
from dashboard.presence.presence import Presence
from hcs.metadata import Who
with ThreadPoolExecutor(2) as pool:
    engine = open_database(sys.argv[1])
    found = Presence(engine, pool.submit)
    found.touch("other", "p", Who("Ben", "typed"), well="C07", deciding=True)
    end = time.monotonic() + 120
    while time.monotonic() < end and not found.others("other", "p"):
        time.sleep(0.05)
    print(found.others("other", "p")[0].well, flush=True)
    sys.stdin.readline()
    found.close()
"""


def test_pages_of_other_servers_are_seen_and_gone_when_these_stop(
    url: str, engine: Engine, pool: ThreadPoolExecutor
) -> None:
    pages = Presence(engine, pool.submit)
    pages.touch("mine", "p", ADA, well="A01")
    command = [sys.executable, "-c", OTHER, url]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as other:
        (ben,) = wait_for(lambda: pages.others("mine", "p"))
        assert ben == Present(who="Ben", known="typed", well="C07", deciding=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "A01\n"
        other.communicate("\n")
    wait_for(lambda: not pages.others("mine", "p"))


def test_a_page_that_says_nothing_any_more_is_gone(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    old = Presence(engine, pool.submit)
    old.touch("old", "p", BEN)
    mine = Presence(engine, pool.submit)
    mine.touch("mine", "p", ADA)
    wait_for(lambda: mine.others("mine", "p"))
    with engine.begin() as connection:  # its server was killed a while ago
        connection.execute(update(presence).values(at=time.time() - GONE_SECONDS - 1))
    wait_for(lambda: not mine.others("mine", "p"))


def test_a_token_is_not_shown_to_other_servers_and_a_page_has_one_row(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    pages = Presence(engine, pool.submit)
    for number in range(30):
        pages.touch("secret-token", "p", ADA, well=f"A{number:02}")
    count = select(func.count()).select_from(presence)

    def rows() -> int:
        with engine.connect() as connection:
            return int(connection.execute(count).scalar_one())

    wait_for(lambda: rows() == 1)
    with engine.connect() as connection:
        row = connection.execute(select(presence)).mappings().one()
    assert "secret-token" not in str(dict(row))
    assert BEAT_SECONDS * 2 < GONE_SECONDS


def test_nobody_is_shown_while_a_plate_is_judged_blind(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    pages = Presence(engine, pool.submit, hidden=lambda plate: plate == "blind")
    for plate in ("blind", "open"):
        pages.touch(f"a {plate}", plate, ADA)
        pages.touch(f"b {plate}", plate, BEN)
    assert pages.others("a blind", "blind") == ()
    assert len(pages.others("a open", "open")) == 1


def test_a_closed_browser_is_gone_at_once_and_back_when_it_shows_the_page_again(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=1, shape=(24, 32))
    with (
        service(tmp_path / "workspace", path, read_only=True) as made,
        Served(made, ServerSettings(port=0)) as server,
    ):
        plate, page, other = made.plates.overview(path.name).id, *_two(made)
        made.presence.touch(page, plate, ADA, well="A1")
        assert len(made.presence.others(other, plate)) == 1
        address = Urls().leave()
        foreign = server.send(
            "POST", address, page.encode(), Origin="http://evil.example"
        )
        unknown = server.send("POST", address, b"guessed")
        assert (foreign.status, unknown.status) == (403, 403)
        assert len(made.presence.others(other, plate)) == 1
        own = f"http://127.0.0.1:{server.port}"
        assert server.send("POST", address, page.encode(), Origin=own).status == 204
        # Its session lives on for a while, and speaks.
        made.presence.touch(page, plate, ADA, well="A2")
        assert made.presence.others(other, plate) == ()
        made.presence.shown(page)
        made.presence.touch(page, plate, ADA, well="A2")
        assert len(made.presence.others(other, plate)) == 1
        made.sessions.close(page)
        assert made.presence.others(other, plate) == ()
        assert server.send("POST", address, page.encode()).status == 403


def _two(made: Service) -> tuple[str, str]:
    return made.sessions.open(), made.sessions.open()


def known_pages(engine: Engine) -> int:
    """Return how many pages the database knows."""
    with engine.connect() as connection:
        query = select(func.count()).select_from(presence)
        return int(connection.execute(query).scalar() or 0)


def test_a_server_that_stops_leaves_no_page_behind(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=1, shape=(24, 32))
    workspace = tmp_path / "workspace"
    with service(workspace, path) as made:
        engine = open_database(made.workspace.database_url)
        token = made.sessions.open()
        made.presence.touch(token, made.plates.overview("p.ome.zarr").id, ADA)
        wait_for(lambda: known_pages(engine) == 1)
    assert known_pages(engine) == 0
    engine.dispose()


def test_a_page_that_left_too_late_for_a_thread_is_forgotten_at_the_end(
    engine: Engine,
) -> None:
    held = threading.Event()
    pool = ThreadPoolExecutor(1)
    pages = Presence(engine, pool.submit)
    pages.touch("a", "p", ADA)
    wait_for(lambda: known_pages(engine) == 1)
    pool.submit(held.wait)
    pages.session_ended("a")
    pool.shutdown(wait=False, cancel_futures=True)
    held.set()
    pages.close()
    assert known_pages(engine) == 0
