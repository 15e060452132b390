"""What a page shows where a thread answers later than one that was asked after it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from panel.io.state import set_curdoc

from tests import plates
from tests.integration.judged import KEY, correct
from tests.integration.serving import PATIENCE, send, service, tiff, wait_for
from tests.integration.test_corrections import picture
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.service import Service


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Service]:
    plate = plates.make(tmp_path / KEY, fields=2)
    with service(tmp_path / "workspace", plate, measure=False) as running:
        yield running


def answered(visit: Visit) -> list[Callable[[], object]]:
    """Return what the threads of a page have come to, which it does not know yet."""
    acts: list[Callable[[], object]] = []

    def some() -> bool:
        acts.extend(visit._turns.take())
        return bool(acts)

    wait_for(some, "for a thread's answer")
    return acts


def tell(visit: Visit, acts: list[Callable[[], object]]) -> None:
    with set_curdoc(visit._document):
        for act in acts:
            act()
    visit.rest()


def first_version(visit: Visit) -> Any:
    return visit.content("gallery")["fields"][0]["version"]


def test_a_well_that_was_read_before_a_commit_is_not_shown_after_it(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={KEY}&well=A1")
    snapshots = visit._page._snapshots
    snapshots._well(visit.session.state.view())
    early = answered(visit)  # whose turn comes late, as of a thread that was held up
    before = correct(made, "A1", "0", 7)
    visit.look()
    visit.rest()
    now = first_version(visit)
    assert now != before
    tell(visit, early)
    assert first_version(visit) == now
    visit.close()


def test_a_field_that_is_opened_while_its_well_is_read_has_what_was_measured(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / KEY, fields=2)
    with service(tmp_path / "workspace", plate) as made:
        wait_for(lambda: made.quality.field_values(KEY, "A2"), "for values")
        visit = Visit(made, f"plate={KEY}&well=A1")
        with set_curdoc(visit._document):
            visit.session.state.update(well="A2")
            visit.session.state.update(field="0")  # before the well's answer is told
        visit.rest()
        now = visit._page._snapshots.now
        assert now.field is not None
        assert now.field_values == made.quality.field_values(KEY, "A2")
        visit.close()


def test_a_file_for_a_well_is_not_taken_for_the_one_that_was_opened_meanwhile(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={KEY}&well=A1")
    upload = send(made, visit.session.token, tiff(picture(9)), "A1_DNA.tif")
    given = {"type": "uploaded", "upload": upload.id, "plate": KEY, "well": "A1"}
    visit.send("correction", **given)
    early = answered(visit)  # it was read, and the page hears of it late
    with set_curdoc(visit._document):
        visit.session.state.update(well="A2")
    visit.rest()
    tell(visit, early)
    visit.act("correction", **given)  # a message that comes late itself
    assert visit.content("correction")["well"] == "A2"
    assert visit.content("correction")["uploads"] == []
    with set_curdoc(visit._document):
        visit.session.state.update(well="A1")
    visit.rest()
    visit.act("correction", **given)
    wait_for(lambda: visit.rest() or visit.content("correction")["uploads"])
    visit.close()


def test_versions_of_a_field_are_not_shown_as_those_of_the_next(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(made, "A1", "0", 7)
    visit = Visit(made, f"plate={KEY}&well=A1&field=0")
    assert visit.content("history")["versions"]
    history, gate = made.corrections.history, threading.Event()

    def slow(*field: str) -> Any:
        assert gate.wait(PATIENCE)
        return history(*field)

    monkeypatch.setattr(made.corrections, "history", slow)
    with set_curdoc(visit._document):
        visit.session.state.update(field="1")
    visit.rest()
    shown = visit.content("history")
    assert (shown["field"], shown["loading"], shown["versions"]) == ("1", True, [])
    gate.set()
    wait_for(
        lambda: visit.rest() or not visit.content("history")["loading"], "for versions"
    )
    visit.close()


def test_versions_stay_and_can_be_reverted_to_while_the_plate_is_read_again(
    made: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = correct(made, "A1", "0", 7)
    visit = Visit(made, f"plate={KEY}&well=A1&field=0")
    versions = visit.content("history")["versions"]
    history, gate = made.corrections.history, threading.Event()

    def slow(*field: str) -> Any:
        assert gate.wait(PATIENCE)
        return history(*field)

    monkeypatch.setattr(made.corrections, "history", slow)
    made.access.plate(KEY).bump()  # as each step of measuring does
    visit.look()
    visit.rest()
    shown = visit.content("history")
    assert (shown["loading"], shown["versions"]) == (False, versions)
    place = {"plate": KEY, "well": "A1", "field": "0"}
    visit.act("history", type="revert", version=before, reason="sharper", **place)
    assert visit.content("history")["error"] == ""
    gate.set()
    wait_for(
        lambda: visit.rest() or len(visit.content("history")["versions"]) == 3,
        "for the revert",
    )
    visit.close()


def test_what_was_said_of_a_file_first_does_not_take_back_what_was_said_next(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={KEY}")
    upload = send(made, visit.session.token, tiff(picture(9)), "scan.tif")
    visit.send("corrections", type="uploaded", plate=KEY, uploads=[upload.id])
    wait_for(lambda: visit.rest() or visit.content("corrections", "rows"))
    said = {"type": "change", "plate": KEY, "rows": [upload.id]}
    visit.send("corrections", what="well", value="A1", **said)
    early = answered(visit)  # the page hears of it after the next
    visit.act("corrections", what="field", value="1", **said)
    tell(visit, early)
    wait_for(
        lambda: (
            visit.rest() or visit.content("corrections", "rows")[0]["key"] == "A1/1"
        ),
        "for both",
    )
    visit.close()


def test_common_limits_that_come_after_a_well_was_opened_are_shown(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / KEY, fields=2)
    with service(tmp_path / "workspace", plate) as made:
        wait_for(lambda: made.quality.field_values(KEY, "A2"), "for values")
        visit = Visit(made, f"plate={KEY}&metric=mean.0")
        visit.send("plate_map", type="limits")
        early = answered(visit)
        with set_curdoc(visit._document):
            visit.session.state.update(well="A2")
        visit.rest()
        tell(visit, early)
        assert visit.content("plate_map", "values")["values"]["project"]
        visit.close()


@pytest.mark.parametrize(
    ("kind", "name", "asked"),
    [("find", "matches", "words"), ("trend", "trend", "metric")],
)
def test_the_list_answers_what_was_asked_for_last(
    made: Service, kind: str, name: str, asked: str
) -> None:
    visit = Visit(made, "")
    visit.session.state.update(plate="")
    visit.rest()
    metrics = [metric.id for metric in made.quality.metrics(KEY)][-2:]
    first, last = ("a", "ab") if kind == "find" else metrics
    visit.send("plates", type=kind, **{asked: first})
    early = answered(visit)
    visit.act("plates", type=kind, **{asked: last})
    shown = visit.content("plates", name)
    tell(visit, early)
    assert visit.content("plates", name) == shown
    visit.close()


def test_each_question_for_medians_is_answered_also_where_the_answer_is_the_same(
    made: Service,
) -> None:
    visit = Visit(made, "")
    visit.session.state.update(plate="")
    visit.rest()
    texts = []
    for _ in range(2):
        visit.act("plates", type="trend", metric="")
        visit.until("plates", "trend")
        texts.append(visit.content("plates", "trend"))
    assert texts[0]["problem"] == texts[1]["problem"] == "No plate is measured yet."
    assert texts[0] != texts[1]
    visit.close()


def test_who_asks_for_assay_metrics_that_cannot_be_read_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [plates.make(tmp_path / name) for name in (KEY, "q.ome.zarr")]
    with service(tmp_path / "workspace", *paths, measure=False) as made:
        visit = Visit(made, "")
        before = visit.content("plates")["refused"]

        def fail(_: object) -> object:
            raise OSError("the disk has gone")

        monkeypatch.setattr(made.assay_windows, "offers", fail)
        visit.send("plates", type="metrics")
        wait_for(
            lambda: visit.rest() or visit.content("plates")["refused"] != before,
            "for a reason",
        )
        assert "log says why" in visit.content("plates")["refused"][1]
        visit.close()


def test_pictures_that_come_after_another_plate_is_opened_are_not_seen_on_it(
    tmp_path: Path,
) -> None:
    paths = [plates.make(tmp_path / name) for name in (KEY, "q.ome.zarr")]
    with service(tmp_path / "workspace", *paths, measure=False) as made:
        visit = Visit(made, "plate=q.ome.zarr")
        seen = {"type": "seen", "well": "A1", "digest": "0" * 32}
        for key, count in ((KEY, 0), ("q.ome.zarr", 1)):
            visit.act("verdict", plate=key, **seen)
            assert visit.content("verdict", "unseen")["seen"] == count
        visit.close()
