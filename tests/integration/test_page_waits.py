"""A page is drawn, acted in and closed without waiting for the database or a disk."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.off_loop import on_event_loop
from tests import plates
from tests.integration.judged import A1, KEY, verdicts
from tests.integration.serving import PATIENCE, service, surveyed, wait_for
from tests.integration.visits import Visit
from tests.statements import before_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.service import Service

_FOLDERS: set[str] = set()
"""In which no file may be opened or listed on an event loop now."""

_OPENED: list[str] = []


def _note_files(name: str, arguments: tuple[Any, ...]) -> None:
    """Note who looks at a disk on an event loop; Python keeps such hooks for ever."""
    if name not in {"open", "os.listdir", "os.scandir"} or not _FOLDERS:
        return
    ours = any(str(arguments[0]).startswith(folder) for folder in _FOLDERS)
    if ours and on_event_loop():
        _OPENED.append("".join(traceback.format_stack(limit=8)))


sys.addaudithook(_note_files)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Service]:
    path = plates.make(tmp_path / KEY, fields=2)
    with service(tmp_path / "workspace", path) as running:
        surveyed(running, KEY)
        wait_for(lambda: (p := running.quality.progress(KEY)).total and not p.running)
        yield running


def on_a_loop(act: Callable[[], object]) -> None:
    """Do something on an event loop of a thread, and have what it raises."""

    async def do() -> None:
        act()

    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(do())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert failures == []


def test_who_chose_a_well_can_judge_it_before_what_may_be_put_off_is_drawn(
    made: Service,
) -> None:
    page = Visit(made, f"plate={KEY}&well=A1")
    page.send("plate_map", type="select", well="A2")
    page.rest(later=False)
    assert page.content("gallery")["well"] == page.content("verdict")["well"] == "A2"
    page.close()


def test_a_page_is_drawn_acted_in_and_closed_while_the_database_does_not_answer(
    made: Service, tmp_path: Path
) -> None:
    answering, asked = threading.Event(), []

    def wait() -> None:
        if on_event_loop():
            asked.append("".join(traceback.format_stack(limit=16)))
        else:
            answering.wait(PATIENCE)

    def visit() -> None:
        page = Visit(made, f"plate={KEY}&well=A1")
        page.connect()
        assert page.content("verdict")["plate"] == KEY
        page.act(
            "verdict", type="judge", plate=KEY, wells=["A1"], verdict="pass",
            basis="thumbnails", batch="1" * 32,
        )  # fmt: skip
        page.look()
        page.close()

    _FOLDERS.add(str(tmp_path))
    with before_statements(made.storage.engine, wait):
        try:
            on_a_loop(visit)
        finally:
            _FOLDERS.clear()
            answering.set()
        # What was decided meanwhile is kept once the database answers.
        wait_for(lambda: verdicts(made.reviews.read(KEY)).get(A1) == "pass")
    assert asked == []
    assert _OPENED == []
