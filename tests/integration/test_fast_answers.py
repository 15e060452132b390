"""What is said to be fast answers on an event loop from memory, not the database."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from dashboard import settings
from dashboard.off_loop import OffLoop
from hcs.errors import HCSError
from tests import plates
from tests.integration.serving import (
    Served,
    ServerSettings,
    service,
    surveyed,
    wait_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.service import Service

KEY = "p.ome.zarr"
PATIENCE = 60.0
"""Seconds after which an answer is one that waits for the database."""

ANSWERS: dict[str, Callable[[Service], Any]] = {
    "revision": lambda made: made.plates.revision(KEY),
    "list": lambda made: made.plates.entries(),
    "overview": lambda made: made.plates.overview(KEY),
    "well": lambda made: made.plates.well(KEY, "A1"),
    "metrics": lambda made: made.quality.metrics(KEY),
    "values": lambda made: made.quality.values(KEY, "mean.0"),
    "field values": lambda made: made.quality.field_values(KEY, "A1"),
    "judgement": lambda made: made.quality.judgement(KEY),
    "roles": lambda made: made.projects.roles(KEY),
    "failed wells": lambda made: made.quality.failed_wells(KEY),
    "rules": lambda made: made.projects.rules(KEY),
    "basis": lambda made: made.assay.basis(KEY),
    "typed": lambda made: made.assay.typed(KEY),
    "map": lambda made: made.assay.map_source(KEY),
    "progress": lambda made: made.quality.progress(KEY),
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    # All that is known is at once too old, so that every answer asks anew.
    monkeypatch.setattr(settings, "_FRESH_SECONDS", -1.0)
    path = plates.make(tmp_path / KEY, fields=2)
    with service(tmp_path / "workspace", path) as running:
        surveyed(running, KEY)
        wait_for(lambda: (p := running.quality.progress(KEY)).total and not p.running)
        wait_for(lambda: running.quality.judgement(KEY).ready)
        for answer in ANSWERS.values():
            answer(running)
        yield running


@contextmanager
def database(made: Service, act: Callable[[], None]) -> Iterator[None]:
    """Have every statement of the service's database do something first."""

    def before(*_: object) -> None:
        act()

    event.listen(made.storage.engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(made.storage.engine, "before_cursor_execute", before)


def on_a_loop(act: Callable[[], Any]) -> Any:
    """Return what an event loop of another thread gets, None while it waits."""
    answers: list[Any] = []

    async def ask() -> None:
        try:
            answers.append(act())
        except BaseException as error:
            answers.append(error)

    thread = threading.Thread(target=lambda: asyncio.run(ask()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answers[0] if answers else None


@pytest.mark.parametrize("name", ANSWERS)
def test_a_fast_answer_comes_though_the_database_does_not(
    made: Service, name: str
) -> None:
    usual = ANSWERS[name](made)
    answering = threading.Event()
    with database(made, lambda: answering.wait(4 * PATIENCE) and None):
        try:
            answer = on_a_loop(lambda: ANSWERS[name](made))
        finally:
            answering.set()
    assert type(answer) is type(usual), answer


@pytest.mark.parametrize("name", ANSWERS)
def test_a_fast_answer_fails_in_words_where_the_database_is_gone(
    made: Service, name: str
) -> None:
    def gone() -> None:
        raise OperationalError("select", {}, Exception("server closed"))

    usual = ANSWERS[name](made)
    with database(made, gone):
        answer = on_a_loop(lambda: ANSWERS[name](made))
    assert isinstance(answer, (type(usual), HCSError)), answer


def test_a_setting_is_the_same_object_until_it_is_another_value(made: Service) -> None:
    fresh = settings.Settings(made.storage.engine)
    fresh.put({"a": 1}, "kind", "x")
    first = fresh.get("kind", "x")
    assert fresh.get("kind", "x") is first
    fresh.put({"a": 2}, "kind", "x")
    assert on_a_loop(lambda: fresh.get("kind", "x")) == {"a": 2}
    fresh.close()


def test_a_reading_that_began_before_a_change_is_not_kept(made: Service) -> None:
    fresh = settings.Settings(made.storage.engine)
    fresh.put("old", "kind", "x")
    read = fresh._read

    def slow(name: str) -> Any:
        value = read(name)
        fresh._read = read  # type: ignore[method-assign]
        fresh.put("new", "kind", "x")
        return value

    fresh._read = slow  # type: ignore[method-assign]
    assert fresh.get("kind", "x") == "old"
    assert fresh.get("kind", "x") == "new"
    fresh.close()


def test_health_opens_no_plate(tmp_path: Path) -> None:
    for number in range(3):
        plates.make(tmp_path / "plates" / f"{number}.zarr", rows=1, columns=1)
    with (
        service(tmp_path / "workspace", tmp_path / "plates") as made,
        Served(made, ServerSettings(port=0)) as running,
    ):
        assert running.get("/health").json == {"status": "ok", "plates": 3}
        assert all(plate.opening._plate is None for plate in made.storage.plates.all())


def test_work_off_the_loop_is_waited_for_as_long_as_is_said() -> None:
    off_loop, go_on = OffLoop(), threading.Event()
    done = on_a_loop(
        lambda: off_loop.run("a", lambda: go_on.wait(60), lambda: None, 0.0)
    )
    assert done is False
    go_on.set()
    off_loop.close()
