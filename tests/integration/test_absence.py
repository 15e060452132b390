"""Plates that vanish while they are served: told, locked, and back by themselves."""

from __future__ import annotations

import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dashboard.access import WHILE_ABSENT
from dashboard.corrections.values import SourceFile
from dashboard.errors import RefusedError
from dashboard.monitoring import Monitoring
from dashboard.plates import watcher
from dashboard.plates.registry import Plates
from dashboard.readiness import ReadinessChecks
from hcs import pack
from tests import plates
from tests.integration.judged import ADA, KEY, verdicts
from tests.integration.serving import send, service, surveyed, tiff, wait_for
from tests.integration.test_corrections import picture
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def absent(visit: Visit) -> bool:
    """Look as a page does, and say whether it announces that the plate is away."""
    visit.look()
    visit.rest()
    return visit.content("header")["absence"] is not None


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]


def judge(visit: Visit, well: str = "A1") -> dict[str, object]:
    """Give a verdict as a page does; return the answer."""

    def answers() -> list[dict[str, object]]:
        visit.rest()
        answered: list[dict[str, object]] = visit.content("verdict", "answers")
        return answered

    before = len(answers())
    visit.send(
        "verdict", type="judge", plate=visit.session.state.plate, wells=[well],
        verdict="fail", batch=f"{before:032x}",
    )  # fmt: skip
    return wait_for(lambda: answers()[before:], "for the answer")[0]


def moved(path: Path, away: Path) -> Callable[[], object]:
    path.rename(away)
    return lambda: away.rename(path)


def overwritten(path: Path, away: Path) -> Callable[[], object]:
    path.rename(away)
    path.write_bytes(b"no archive" * 50)
    return lambda: away.replace(path)


@pytest.fixture(params=["folder", "archive", "root"])
def vanishing(request, tmp_path):
    """Return a service, and what lets its plate vanish."""
    plate = plates.make(tmp_path / "plates" / KEY)
    key, root, vanish = KEY, plate.parent, moved
    if request.param == "archive":
        key, vanish = "p.ozx", overwritten
        pack(plate, plate.with_name(key))
        shutil.rmtree(plate)
    path = root if request.param == "root" else root / key
    with service(tmp_path / "workspace", root, measure=False) as made:
        yield made, key, lambda: vanish(path, tmp_path / "away")


def test_a_plate_that_vanishes_is_announced_locked_and_comes_back_by_itself(
    vanishing, caplog
):
    made, key, vanish = vanishing
    visit = Visit(made, f"plate={key}&well=A1")
    surveyed(made, key)
    assert not absent(visit)
    before = {well.label: well.state for well in made.plates.overview(key).wells}
    bring_back = vanish()
    wait_for(lambda: absent(visit), "for the page to say so")
    absence = visit.content("header")["absence"]
    assert absence["since"]
    assert absence["reason"]
    # What was known of it stays in sight, as it was last seen.
    overview = made.plates.overview(key)
    assert {well.label: well.state for well in overview.wells} == before
    assert visit.content("gallery")["fields"]
    assert not visit.content("gallery")["error"]
    # Nothing is decided, and the list says it, too.
    assert judge(visit)["error"] == WHILE_ABSENT
    assert visit.content("verdict")["away"] == WHILE_ABSENT
    assert not visit.content("verdict")["locked"]
    assert WHILE_ABSENT in visit.content("signoff")["barred"].values()
    assert not verdicts(made.reviews.read(key))
    assert made.plates.absent() == (key,)
    assert b"\nhcs_plates_unreachable 1.0" in Monitoring(made).text()
    assert ReadinessChecks(made).look().absent == (key,)
    (entry,) = made.plates.entries()
    assert entry.absent_since
    assert entry.error
    bring_back()
    wait_for(lambda: not absent(visit), "for the page to go on")
    assert "error" not in judge(visit)
    assert len(verdicts(made.reviews.read(key))) == 1
    assert made.plates.entries()[0].error is None
    assert not made.plates.absent()
    said = [line for line in lines_of(caplog) if "ozx" in line or "ome.zarr" in line]
    assert len(said) == 2, said
    assert "cannot be reached" in said[0]
    assert "there again" in said[1]
    visit.close()


def test_a_plate_that_was_renamed_is_offered_by_its_new_name(tmp_path):
    plate = plates.make(tmp_path / "plates" / KEY)
    with service(tmp_path / "workspace", plate.parent, measure=False) as made:
        visit = Visit(made, f"plate={KEY}")
        surveyed(made, KEY)
        plate.rename(plate.with_name("renamed.ome.zarr"))
        wait_for(
            lambda: (
                absent(visit)
                and visit.content("header")["absence"]["moved_to"] == "renamed.ome.zarr"
            )
        )
        visit.act("header", type="plate", plate="renamed.ome.zarr")
        assert not absent(visit)
        assert visit.content("header")["plate"] == "renamed.ome.zarr"
        visit.close()


class LosingExecutor(ThreadPoolExecutor):
    """Measures, and loses the plate on the way."""

    def __init__(self, lose: Callable[[], object]) -> None:
        super().__init__(1)
        self._tasks = iter([lambda: None, lambda: None, lose])

    def submit(self, work, /, *arguments, **named):
        super().submit(next(self._tasks, lambda: None))
        return super().submit(work, *arguments, **named)


def test_measuring_stops_where_its_plate_goes_and_blames_no_field(tmp_path):
    plate = plates.make(tmp_path / "plates" / KEY, fields=2)
    away = tmp_path / "away"
    with (
        LosingExecutor(lambda: plate.rename(away)) as executor,
        service(
            tmp_path / "workspace", plate.parent, measure=False, executor=executor
        ) as made,
    ):
        surveyed(made, KEY)
        made.quality.resume_measuring(KEY)
        wait_for(
            lambda: "cannot be reached" in made.quality.progress(KEY).message,
            "for measuring to stop",
        )
        stopped = made.quality.progress(KEY)
        assert (stopped.failed, stopped.running) == (0, False)
        assert stopped.done < stopped.total
        away.rename(plate)
        wait_for(
            lambda: (
                made.quality.progress(KEY).done == stopped.total
                and not made.quality.progress(KEY).running
            ),
            "for the rest",
        )
        assert made.quality.progress(KEY).failed == 0


def test_a_place_that_does_not_answer_counts_as_one_that_is_away(tmp_path, monkeypatch):
    monkeypatch.setattr(watcher, "SILENT_SECONDS", 0.1)
    plate = plates.make(tmp_path / KEY)
    hang = threading.Event()
    with service(tmp_path / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        opening = made.storage.plates.get(KEY).opening
        reread = opening.reread
        # A share whose server is gone: whoever asks it waits in the kernel.
        monkeypatch.setattr(opening, "reread", lambda: hang.wait(60) and reread())
        wait_for(lambda: made.plates.revision(KEY) and made.plates.absent())
        absence = made.plates.overview(KEY).absence
        assert "does not answer" in absence.reason
        hang.set()
        wait_for(lambda: not made.plates.absent(), "for the plate to be there again")


def test_a_correction_of_a_plate_that_has_just_gone_is_refused_and_stays_staged(
    tmp_path,
):
    plate = plates.make(tmp_path / KEY)
    with service(tmp_path / "workspace", plate, measure=False, watch=False) as made:
        token = made.sessions.open()
        upload = send(made, token, tiff(picture(7)), "x.tif")
        staged = made.corrections.stage(
            token, KEY, "A1", "0", [SourceFile(upload=upload.id, channel=1)]
        )
        plate.rename(tmp_path / "away")
        with pytest.raises(RefusedError, match="cannot be reached"):
            made.corrections.commit(staged.id, ADA, "imaged again")
        with pytest.raises(RefusedError, match="cannot be reached"):
            made.pending.keep([staged.id], ADA, "imaged again")
        (tmp_path / "away").rename(plate)
        made.storage.plates.get(KEY).reach.regain()
        made.corrections.commit(staged.id, ADA, "imaged again")
        assert made.plates.well(KEY, "A1").field("0").corrected


def test_a_plate_that_is_away_keeps_its_place_in_the_list(tmp_path: Path) -> None:
    names = [f"p{number}.ome.zarr" for number in range(1, 5)]
    for name in names:
        plates.make(tmp_path / "served" / name, rows=1, columns=1, shape=(8, 8))
    served = Plates([str(tmp_path / "served")])
    listed = lambda: [entry.key for entry in served.entries()]  # noqa: E731
    assert listed() == names
    for away in (names[:1], names[1:3], names[2:]):
        for name in away:
            (tmp_path / "served" / name).rename(tmp_path / name)
        served.rescan()
        assert listed() == names
        for name in away:
            (tmp_path / name).rename(tmp_path / "served" / name)
        assert listed() == names
        served.rescan()
        assert listed() == names
    served.close()
