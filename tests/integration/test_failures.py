"""What a page says of a failure that nobody foresaw, and what the log has of it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest

from dashboard.logs import keep_log
from tests import plates
from tests.integration.judged import KEY
from tests.integration.serving import service, surveyed, wait_for
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Return the file that the log goes into."""
    root = logging.getLogger()
    before = list(root.handlers)
    assert not keep_log(tmp_path / "logs")
    yield tmp_path / "logs" / "dashboard.log"
    for handler in [new for new in root.handlers if new not in before]:
        root.removeHandler(handler)
        handler.close()


def test_the_page_names_the_id_under_which_the_log_has_what_nobody_foresaw(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("on purpose")

    plate = plates.make(tmp_path / KEY)
    with service(tmp_path / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        visit = Visit(made, f"plate={KEY}&well=A1")
        for name, message in (
            ("judge", {"type": "judge", "wells": ["A1"], "verdict": "fail"}),
            ("undo", {"type": "undo", "target": "0" * 32}),
        ):
            monkeypatch.setattr(type(made.decisions), name, broken)
            before = len(visit.content("verdict", "answers"))
            visit.send("verdict", plate=KEY, batch=f"{before:032x}", **message)
            wait_for(
                lambda: visit.rest() or visit.content("verdict", "answers")[before:]  # noqa: B023
            )
            said = visit.content("verdict", "answers")[-1]["error"]
            number = re.search(r"the server's log says why, under (\w{8})", said)
            assert number is not None, said
            assert re.search(rf"\[{number[1]}\].*failed", log.read_text()), said
        assert log.read_text().count("ZeroDivisionError: on purpose") == 2
        visit.close()
