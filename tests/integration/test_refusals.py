"""What parts of a page do where the service refuses what they ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bokeh.document import Document

from dashboard.errors import RefusedError
from dashboard.plates.values import Progress
from dashboard.quality.suspects import Judgement
from dashboard.session import Session
from dashboard.state import ViewState
from dashboard.views.measuring import MeasuringJob
from dashboard.views.snapshot import Snapshot
from dashboard.views.suspects import Suspects
from dashboard.web.urls import Urls
from tests import plates
from tests.integration.judged import KEY
from tests.integration.serving import service, surveyed, wait_for

if TYPE_CHECKING:

    from dashboard.service import Service


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))


class Opened:
    """A page's session over a document that no browser shows."""

    def __init__(self, made: Service) -> None:
        self.document = Document()
        self.session = Session(made, Urls(""), self.document)

    def settle(self) -> None:
        """Wait for what was asked of the service, and hand it to the page."""
        wait_for(lambda: self.document.session_callbacks, "for an answer")
        for one in self.document.session_callbacks:
            self.document.remove_next_tick_callback(one)
            one.callback()


def content(part: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(part.component.content)
    return found


def test_a_read_only_page_neither_judges_nor_measures_again(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate, read_only=True, measure=False) as made:
        overview = surveyed(made, KEY)
        for act in (made.judge_anew, made.resume_measuring):
            with pytest.raises(RefusedError, match="read-only"):
                act(KEY)
        session = Opened(made).session
        now = Snapshot(
            state=ViewState(plate=KEY),
            overview=overview,
            judgement=Judgement(ready=True, moved=True),
            progress=Progress(total=12, done=3, running=True),
        )
        suspects, measuring = Suspects(session), MeasuringJob(session)
        for part in (suspects, measuring):
            part.draw(now)
        assert content(suspects)["moved"]
        assert not content(suspects)["writable"]
        assert content(measuring)["act"] == ""
        # A page that sends them all the same gets nothing done, and does not fail.
        suspects.component._handle_msg({"type": "anew"})
        measuring.component._handle_msg({"type": "hold"})
        measuring.component._handle_msg({"type": "resume"})
        assert made.progress(KEY).done == 0
