"""What parts of a page do where the service refuses what they ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bokeh.document import Document

from dashboard.addresses import Urls
from dashboard.errors import RefusedError
from dashboard.progress import Progress
from dashboard.quality.judgement import Judgement
from dashboard.session import Session
from dashboard.state import ViewState
from dashboard.views.distribution import DistributionPart
from dashboard.views.measuring import MeasuringJob
from dashboard.views.snapshot import Snapshot
from dashboard.views.statistics import Statistics
from dashboard.views.suspects import Suspects
from dashboard.views.writes import NOT_OPEN
from tests import plates
from tests.integration.judged import ADA, KEY, correct
from tests.integration.serving import service, surveyed, wait_for
from tests.integration.visits import PutOff, Visit

if TYPE_CHECKING:
    from dashboard.service import Service
    from dashboard.views.island import Message, Part


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))


class Opened:
    """A page's session over a document that no browser shows."""

    def __init__(self, made: Service) -> None:
        self.document = Document()
        self._turns = PutOff()
        self.session = Session(made, Urls(""), self.document, turns=self._turns)
        self.session.state.update(plate=KEY)

    def settle(self) -> None:
        """Wait for what was asked of the service, and hand it to the page."""
        for act in wait_for(self._turns.take, "for an answer"):
            act()


def content(island: Any) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(island.texts["content"])
    return texts


def test_a_read_only_page_neither_judges_nor_measures_again(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate, read_only=True, measure=False) as made:
        overview = surveyed(made, KEY)
        for act in (made.quality.judge_anew, made.quality.resume_measuring):
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
        assert content(suspects.component)["moved"]
        for part in (suspects, measuring):
            for reason in content(part.component)["barred"].values():
                assert "read-only" in reason
        assert content(suspects.component)["barred"].keys() == {"anew", "measure"}
        assert content(measuring.component)["barred"].keys() == {"hold", "resume"}
        # A page that sends them all the same gets nothing done, and does not fail.
        suspects.component.handle({"type": "anew"})
        measuring.component.handle({"type": "hold"})
        measuring.component.handle({"type": "resume"})
        assert made.quality.progress(KEY).done == 0


def test_where_suspects_would_stand_a_button_measures_a_plate_that_waits_for_it(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate, measure=False) as made:
        opened = Opened(made)
        suspects, overview = Suspects(opened.session), surveyed(made, KEY)

        def shown() -> dict[str, Any]:
            now = Snapshot(
                state=ViewState(plate=KEY),
                overview=overview,
                progress=made.quality.progress(KEY),
            )
            suspects.draw(now)
            return content(suspects.component)

        made.quality.read_measured(KEY)
        assert (shown()["pending"], shown()["held"]) == ("Not measured yet.", True)
        suspects.component.handle({"type": "measure", "plate": KEY})
        wait_for(lambda: made.quality.progress(KEY).done, "for a measured field")
        assert not shown()["held"]


def test_a_well_without_images_is_not_called_clean(plate: Path, tmp_path: Path) -> None:
    with service(tmp_path / "w", plate, measure=False) as made:
        suspects = Suspects(Opened(made).session)
        suspects.draw(
            Snapshot(
                state=ViewState(plate=KEY, well="P24"),
                overview=surveyed(made, KEY),
                judgement=Judgement(ready=True),
            )
        )
        shown = content(suspects.component)
        assert shown["title"] == "P24 has no image"
        assert "nothing to check" in shown["clean"]


def test_what_a_signed_plate_refuses_is_said_where_it_was_asked(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate) as made:
        overview = surveyed(made, KEY)
        made.quality.measure(KEY)
        made.signing.sign_off(KEY, ADA)
        opened = Opened(made)
        session, cut = opened.session, "power_log_log_slope.0"
        now = Snapshot(
            state=ViewState(plate=KEY, metric=cut),
            overview=overview,
            metrics=made.quality.metrics(KEY),
            values=made.quality.values(KEY, cut),
            judgement=Judgement(ready=True, moved=True, cuts={cut: (-3.0, None)}),
            progress=Progress(total=12, done=12, failed=1),
        )
        plots, suspects = DistributionPart(session), Suspects(session)
        statistics = Statistics(session, lambda _: None)
        for part in (plots, suspects):
            part.draw(now)
        statistics._now = now
        for part in (plots, suspects, statistics):
            part.wake()
        asked = [
            (plots.component, {"type": "cut", "metric": cut, "low": -2.0}),
            (suspects.component, {"type": "anew"}),
            (statistics.component, {"type": "assay", "metric": cut}),
            (statistics.component, {"type": "roles", "proposal": True}),
        ]
        for island, message in asked:
            island.handle({"plate": KEY, **message})
            opened.settle()
            count, why = content(island)["refused"]
            assert count >= 1
            assert "Reopen" in why
        # The page has to take back what was entered: what is kept is as before.
        assert content(plots.component)["low"] == -3.0
        assert made.assay.basis(KEY).basis.cuts == {}
        # Said until it is done, or another plate is looked at.
        made.signing.reopen(KEY, ADA)
        suspects.component.handle({"type": "anew", "plate": KEY})
        opened.settle()
        assert content(suspects.component)["refused"] == [1, ""]
        session.state.update(plate="another.ome.zarr")
        plots._show_heads()
        assert content(plots.component)["refused"] == [1, ""]


def test_what_a_page_asks_of_the_plate_before_is_not_done_to_the_open_one(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate, measure=False) as made:
        session, cut = Opened(made).session, "power_log_log_slope.0"
        now = Snapshot(
            state=ViewState(plate=KEY, metric=cut),
            overview=surveyed(made, KEY),
            metrics=made.quality.metrics(KEY),
            judgement=Judgement(ready=True, moved=True, cuts={cut: (-3.0, None)}),
            progress=Progress(total=12, done=3, running=True),
        )
        plots, suspects = DistributionPart(session), Suspects(session)
        statistics = Statistics(session, lambda _: None)
        measuring = MeasuringJob(session)
        asked: list[tuple[Part, Message]] = [
            (measuring, {"type": "hold"}),
            (measuring, {"type": "resume"}),
            (plots, {"type": "cut", "metric": cut, "low": -2.0}),
            (suspects, {"type": "anew"}),
            (suspects, {"type": "measure"}),
            (statistics, {"type": "assay", "metric": cut}),
            (statistics, {"type": "roles", "proposal": True}),
        ]
        for part, message in asked:
            part.wake()
            part.draw(now)
            assert content(part.component)["plate"] == KEY
            before = content(part.component)["refused"][0]
            part.component.handle({"plate": "before.ome.zarr", **message})
            count, why = content(part.component)["refused"]
            assert (count, why) == (before + 1, NOT_OPEN)
        assert made.assay.basis(KEY).basis.cuts == {}
        assert not made.quality.progress(KEY).running


def test_a_set_up_that_was_entered_for_the_plate_before_is_not_kept_for_the_open_one(
    plate: Path, tmp_path: Path
) -> None:
    plates.make(plate.with_name("second.ome.zarr"))
    with service(tmp_path / "w", plate.parent, measure=False) as made:
        surveyed(made, KEY)
        visit = Visit(made, f"plate={KEY}")
        assert visit.content("setup")["plate"] == KEY
        entered: list[Message] = [
            {"type": "typed", "patterns": {"negative": "A1"}},
            {"type": "limit", "metric": "percent_saturated", "limit": 0.5},
            {"type": "clip", "channel": 0, "level": 4000},
            {"type": "nuclear", "channel": 0},
        ]

        def send_all(key: str) -> None:
            for message in entered:
                visit.act("setup", plate=key, **message)

        before = visit.content("setup")
        send_all("second.ome.zarr")
        assert visit.content("setup") == before | {"problem": ["channels", NOT_OPEN]}
        # One that comes after the next plate was opened, and before it is drawn.
        visit.session.state.update(plate="second.ome.zarr")
        visit.send("setup", plate=KEY, **entered[0])
        wait_for(lambda: visit.rest() or visit.content("setup")["plate"] != KEY)
        assert visit.content("setup")["problem"] == ["typed", NOT_OPEN]
        for key in (KEY, "second.ome.zarr"):
            assert made.assay.typed(key) == {}
            assert made.assay.basis(key).basis.limits == {}
        send_all("second.ome.zarr")
        wait_for(lambda: visit.rest() or visit.content("setup")["nuclear_kept"])
        assert made.assay.typed("second.ome.zarr") == {"negative": "A1"}
        assert visit.content("setup")["problem"] == ["", ""]
        visit.close()


def test_a_revert_says_why_nothing_was_reverted(plate: Path, tmp_path: Path) -> None:
    with service(tmp_path / "w", plate) as made:
        surveyed(made, KEY)
        correct(made, "A1", "0", 77)
        first = made.corrections.history(KEY, "A1", "0")[-1].id
        visit = Visit(made, f"plate={KEY}&well=A1&field=0")
        asked = {"plate": KEY, "well": "A1", "field": "0", "version": first}
        asked["reason"] = "the first was right"

        def why(**other: str) -> str:
            visit.send("history", type="revert", **(asked | other))
            return str(visit.content("history")["error"])

        for place in ({"plate": "before.ome.zarr"}, {"well": "A2"}, {"field": "1"}):
            assert why(**place) == "Open that field first: nothing was reverted."
        assert why(version="x") == "That version is not there any more."
        assert why(reason=" ").startswith("A revert needs a reason")
        assert made.corrections.history(KEY, "A1", "0")[-1].id == first
        assert len(made.corrections.history(KEY, "A1", "0")) == 2
        assert why() == ""
        assert why() == "Wait until the revert before is done."
        visit.rest()
        assert len(made.corrections.history(KEY, "A1", "0")) == 3
        visit.close()
