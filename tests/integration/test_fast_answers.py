"""What is said to be fast answers on an event loop from memory, not the database."""

from __future__ import annotations

import ast
import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy.exc import OperationalError

from dashboard import settings
from dashboard.access import Act
from dashboard.accounts import LOCAL, Cookies
from dashboard.accounts.users import Users, write_users
from dashboard.commands.local import StoredSignIns
from dashboard.corrections.values import SourceFile
from dashboard.inbox.watch import Inbox
from dashboard.monitoring import Monitoring
from dashboard.off_loop import OffLoop
from dashboard.options import Options
from dashboard.readiness import ReadinessChecks
from hcs.errors import HCSError
from tests import plates
from tests.conftest import ROOT
from tests.integration.judged import ADA
from tests.integration.serving import (
    Served,
    ServerSettings,
    send,
    service,
    surveyed,
    tiff,
    wait_for,
)
from tests.integration.test_corrections import picture
from tests.integration.visits import Visit
from tests.statements import before_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.service import Service

KEY = "p.ome.zarr"
PATIENCE = 60.0
"""Seconds after which an answer is one that waits for the database."""

WAITS = object()

LISTED = {
    "PlateDesk.revision",
    "PlateDesk.entries",
    "PlateDesk.overview",
    "PlateDesk.well",
    "QualityDesk.metrics",
    "QualityDesk.values",
    "QualityDesk.field_values",
    "QualityDesk.judgement",
    "QualityDesk.failed_wells",
    "QualityDesk.progress",
}
"""What pages ask while they are drawn and only the first time reads a document."""


def said_to_be_fast() -> dict[str, bool]:
    """Return what says so in its docstring, as class and name: is it a property."""
    asked = {name.partition(".")[0] for name in LISTED}
    texts = [path.read_text("utf-8") for path in (ROOT / "dashboard").rglob("*.py")]
    return {
        name: bool(member.decorator_list)
        for text in texts
        if "(fast)" in text or any(f"class {name}" in text for name in asked)
        for owner in ast.walk(ast.parse(text))
        if isinstance(owner, ast.ClassDef)
        for member in owner.body
        if isinstance(member, ast.FunctionDef)
        for name in [f"{owner.name}.{member.name}"]
        if "(fast)" in (ast.get_docstring(member) or "") or name in LISTED
    }


FAST = said_to_be_fast()


class Known(NamedTuple):
    """What answers, and what it is asked with."""

    made: Service
    owners: dict[str, Any]
    """By the name of the class that has the answer."""

    words: dict[str, Any]
    """Arguments by their names, and types where a name is used for two things."""

    def call(self, name: str) -> Callable[[], Any]:
        """Return what asks for an answer, with arguments that mean something."""
        owner, _, member = name.partition(".")
        assert owner in self.owners, f"Which object has {name}?"
        if FAST[name]:
            return lambda: getattr(self.owners[owner], member)
        asked = getattr(self.owners[owner], member)
        # A page that has been closed by an answer is of no use to the next.
        words = self.words | {"token": self.made.sessions.open(LOCAL.subject)}
        arguments = {}
        for parameter in inspect.signature(asked).parameters.values():
            typed = f"{parameter.name}: {parameter.annotation}"
            if typed in words or parameter.name in words:
                arguments[parameter.name] = words.get(typed, words.get(parameter.name))
            else:
                assert parameter.default is not parameter.empty, f"{name}: {typed}?"
        return lambda: asked(**arguments)


def owners_in(*roots: Any) -> dict[str, Any]:
    """Return an object of each class of ours that these hold, at whatever depth."""
    owners: dict[str, Any] = {}
    waiting, seen = list(roots), set()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen or not type(each).__module__.startswith("dashboard."):
            continue
        seen.add(id(each))
        for base in type(each).__mro__:
            owners.setdefault(base.__name__, each)
        names = getattr(each, "__dict__", {}) or getattr(type(each), "__slots__", ())
        waiting += [getattr(each, name, None) for name in names]
    return owners


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("fast")
    path = plates.make(folder / KEY, fields=2)
    users = folder / "users.json"
    write_users(users, {})
    with (
        pytest.MonkeyPatch.context() as patch,
        service(folder / "workspace", path) as made,
    ):
        # All that is known is at once too old, so that every answer asks anew.
        patch.setattr(settings, "_FRESH_SECONDS", -1.0)
        surveyed(made, KEY)
        wait_for(lambda: (p := made.quality.progress(KEY)).total and not p.running)
        wait_for(lambda: made.quality.judgement(KEY).ready)
        visit = Visit(made, f"plate={KEY}&well=A1")
        token = visit.session.token
        upload = send(made, token, tiff(picture(7)), "x.tif")
        staged = made.corrections.stage(
            token, KEY, "A1", "0", [SourceFile(upload=upload.id, channel=1)]
        )
        book = StoredSignIns(made, "server")
        inbox = Inbox(Options().inbox, made.inbox)
        extra = (book, Cookies("server", None, book=book), Users(users), inbox)
        words = {
            "key": KEY,
            "plate": made.access.plate(KEY),
            "plate: str": KEY,
            "well": "A1",
            "label": "A1",
            "field": "0",
            "metric": "mean.0",
            "visitor": LOCAL,
            "act": Act.JUDGE,
            "act: str": "sign-in",
            "acts": tuple(Act),
            "who": ADA,
            "who: str": "Ada",
            "owner": LOCAL.subject,
            "upload": upload.id,
            "files": (),
            "axis": "c",
            "staged": staged.id,
            "identifier": staged.id,
            "kind": "pixels",
            "proposal": "of nobody",
            "method": "GET",
            "path": "/",
            "status": 200,
            "seconds": 0.1,
            "read": lambda verdicts: type(verdicts).__name__,
            "review": made.reviews.review(KEY),
            "location": str(path),
            "session": "of nobody",
            "message": {},
        }
        monitors = (Monitoring(made), ReadinessChecks(made))
        page = (visit.session, visit.parts["verdict"])
        yield Known(made, owners_in(made, *page, *extra, *monitors), words)


def on_a_loop(act: Callable[[], Any]) -> Any:
    """Return what an event loop of another thread gets, None while it waits."""
    answers: list[Any] = []

    async def ask() -> None:
        answers.append(answer_of(act))

    thread = threading.Thread(target=lambda: asyncio.run(ask()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answers[0] if answers else WAITS


def answer_of(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except BaseException as error:
        return error


@pytest.mark.parametrize("name", FAST)
def test_a_fast_answer_comes_though_the_database_does_not(
    known: Known, name: str
) -> None:
    usual = answer_of(known.call(name))
    asked, answering = known.call(name), threading.Event()
    engine = known.made.storage.engine
    with before_statements(engine, lambda: answering.wait(4 * PATIENCE)):
        try:
            answer = on_a_loop(asked)
        finally:
            answering.set()
    assert type(answer) is type(usual), answer
    assert isinstance(usual, HCSError) or not isinstance(usual, BaseException)


@pytest.mark.parametrize("name", FAST)
def test_a_fast_answer_fails_in_words_where_the_database_is_gone(
    known: Known, name: str
) -> None:
    def gone() -> None:
        raise OperationalError("select", {}, Exception("server closed"))

    usual = answer_of(known.call(name))
    asked = known.call(name)
    with before_statements(known.made.storage.engine, gone):
        answer = on_a_loop(asked)
    assert isinstance(answer, (type(usual), HCSError)), answer


def test_a_setting_is_the_same_object_until_it_is_another_value(known: Known) -> None:
    fresh = settings.Settings(known.made.storage.engine)
    fresh.put({"a": 1}, "kind", "x")
    first = fresh.get("kind", "x")
    assert fresh.get("kind", "x") is first
    fresh.put({"a": 2}, "kind", "x")
    assert on_a_loop(lambda: fresh.get("kind", "x")) == {"a": 2}
    fresh.close()


def test_a_reading_that_began_before_a_change_is_not_kept(known: Known) -> None:
    fresh = settings.Settings(known.made.storage.engine)
    fresh.put("old", "kind", "x")
    read = fresh._texts

    def slow(*names: str) -> dict[str, str | None]:
        texts = read(*names)
        fresh._texts = read  # type: ignore[method-assign]
        fresh.put("new", "kind", "x")
        return texts

    fresh._texts = slow  # type: ignore[method-assign]
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
