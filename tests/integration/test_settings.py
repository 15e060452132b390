"""Settings in a database that several servers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard import settings as settings_module
from dashboard.settings import Settings
from dashboard.storage.engine import open_database
from tests.statements import before_statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    yield opened
    opened.dispose()


@pytest.fixture
def here(engine: Engine) -> Iterator[Settings]:
    settings = Settings(engine)
    yield settings
    settings.close()


def test_all_that_is_in_use_is_read_again_in_one_statement(
    here: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Settings(engine)
    for kind in ("rules", "roles", "basis"):
        here.put({"of": kind}, kind, "plate")
        assert here.get(kind, "plate") == {"of": kind}
    other.put({"of": "another server"}, "roles", "plate")
    statements: list[object] = []
    with before_statements(engine, lambda: statements.append(None)):
        monkeypatch.setattr(settings_module, "_FRESH_SECONDS", -1.0)
        here.get("rules", "plate")
        monkeypatch.setattr(settings_module, "_FRESH_SECONDS", 60.0)
        assert len(statements) == 1
        assert here.get("roles", "plate") == {"of": "another server"}
        assert here.get("basis", "plate") == {"of": "basis"}
        assert len(statements) == 1
    other.close()


def test_what_nobody_asks_for_any_more_is_not_read_again(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("rules", "roles"):
        here.put({"of": kind}, kind)
        here.get(kind)
    monkeypatch.setattr(settings_module, "_FRESH_SECONDS", -1.0)
    monkeypatch.setattr(settings_module, "_IN_USE_SECONDS", -1.0)
    read, texts = [], here._texts

    def note(*names: str) -> dict[str, str | None]:
        read.append(len(names))
        return texts(*names)

    monkeypatch.setattr(here, "_texts", note)
    assert here.get("rules") == {"of": "rules"}
    assert read == [1]


def test_an_equal_value_that_was_spelled_anew_stays_the_same_object(
    here: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.put({"a": 1, "b": 2}, "rules")
    value, stamp = here.get("rules"), here.stamp
    other = Settings(engine)
    other.put({"b": 2, "a": 1}, "rules")
    other.close()
    monkeypatch.setattr(settings_module, "_FRESH_SECONDS", -1.0)
    assert here.get("rules") is value
    assert here.stamp == stamp
